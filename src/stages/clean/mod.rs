//! The clean stage: a batch of landed files becomes rows of the history.
//!
//! Every value is parsed, judged and imputed by the plan; rows that cannot be used go to the rejects with file,
//! record, column, value and reason; files that cannot be used are answered one by one and the rest goes on. What is
//! left is derived from, deduplicated and merged into the partitions it belongs to. Piece by piece: what does not fit
//! into memory waits on disk, cut into partitions, which are then merged one by one. Held whole are a partition while it
//! is merged, a row group of Parquet, Arrow and Avro files (they have no groups), and the keys of a batch whose key lacks the event time.

pub mod added;
mod batch;
mod blocks;
mod builder;
mod cell;
mod claim;
mod cleaning;
mod columnar;
mod columns;
mod csv;
mod filling;
mod header;
mod history;
mod infer;
mod intake;
mod json;
mod keys;
mod merge;
mod partition;
mod quality;
mod read;
mod records;
mod rejects;
mod rescue;
mod rows;
mod single;
mod source;
mod spill;
mod text;
mod typed;
mod unpack;
mod whole;

use self::cleaning::{Cleaning, Room};
use super::{Events, StageError};
use crate::domain::format;
use crate::domain::job::{CleanJob, Job};
use crate::lake::Lake;
pub(crate) use cleaning::Pieces;
pub use infer::{Inferred, infer};
pub use single::{Single, single};

/// Cleans the batch of `work` and stages the partitions of the history it changes. See [`CleanJob`] for what is
/// staged.
///
/// # Errors
/// [`StageError::Input`] when no file of the batch can be used, when more rows are rejected than the plan allows, or
/// when an expression cannot be evaluated; [`StageError::Lake`] when the lake cannot be read or written.
pub fn run(job: &Job, work: &CleanJob, events: &Events) -> Result<String, StageError> {
    run_in(Pieces::default(), job, work, events)
}

/// As [`run`], in pieces of another size.
pub(crate) fn run_in(pieces: Pieces, job: &Job, work: &CleanJob, events: &Events) -> Result<String, StageError> {
    let lake = Lake::open(&job.lake)?;
    let plan = added::before(&work.plan, &lake, &work.history)?;
    let rules = columns::rules(&plan);
    let cleaning = Cleaning::new(&plan, &rules, events, pieces, Some(Room::new(&lake, &job.staging)?));
    let whole = added::by_the_batch(&plan, &work.files, &cleaning);
    let (plan, rules) = (&*whole, columns::rules(&whole));
    let cleaning = Cleaning::new(plan, &rules, events, pieces, cleaning.room);
    let mut batch = read::all(&work.files, &cleaning)?;
    quality::judge(&batch)?;
    if let Some(rejects) = rejects::stage(&lake, job, &batch)? {
        events.artifact(rejects);
    }
    let (records, rejected) = (batch.records(), batch.rejected());
    batch.cut()?;
    let merged = merge::merge(&lake, job, plan, work, &batch)?;
    let (partitions, won) = (merged.partitions.len(), merged.won.part.rows);
    merged.partitions.into_iter().for_each(|artifact| events.artifact(artifact));
    events.artifact(merged.won);
    Ok(summary(records, rejected, won, partitions))
}

fn summary(records: u64, rejected: u64, won: u64, partitions: usize) -> String {
    let outdated = records - rejected - won;
    let mut text = format!("{}, {} rejected", format::counted(records, "row"), format::count(rejected));
    if outdated > 0 {
        text.push_str(&format!(", {} outdated by later rows", format::count(outdated)));
    }
    let noun = if partitions == 1 { "partition" } else { "partitions" };
    text.push_str(&format!(", {partitions} {noun} written"));
    text
}

/// Threads to work with: those polars may use.
fn threads() -> usize {
    let available = || std::thread::available_parallelism().map_or(1, usize::from);
    std::env::var("POLARS_MAX_THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or_else(available).max(1)
}
