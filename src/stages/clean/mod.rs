//! The clean stage: a batch of landed files becomes rows of the history.
//!
//! Every value is parsed, judged and imputed by the plan; rows that cannot be used go to the rejects with file,
//! record, column, value and reason; files that cannot be used are answered one by one and the rest goes on. What is
//! left is derived from, deduplicated and merged into the partitions it belongs to.

mod batch;
mod builder;
mod cell;
mod columnar;
mod columns;
mod csv;
mod filling;
mod header;
mod history;
mod infer;
mod json;
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
mod text;
mod typed;
mod unpack;

use std::collections::HashSet;

use self::batch::Batch;
use super::staged::Table;
use super::{Events, StageError};
use crate::domain::dataset::DatasetKind;
use crate::domain::format;
use crate::domain::job::{CleanJob, Job};
use crate::domain::plan::system;
use crate::lake::Lake;
pub use infer::{Inferred, infer};
pub use single::{Single, single};

/// Cleans the batch of `work` and stages the partitions of the history it changes. See [`CleanJob`] for what is
/// staged.
///
/// # Errors
/// [`StageError::Input`] when no file of the batch can be used, when more rows are rejected than the plan allows, or
/// when an expression cannot be evaluated; [`StageError::Lake`] when the lake cannot be read or written.
pub fn run(job: &Job, work: &CleanJob, events: &Events) -> Result<String, StageError> {
    let lake = Lake::open(&job.lake)?;
    let rules = columns::rules(&work.plan);
    let files = read::all(&work.files, &work.plan, &rules, events)?;
    let batch = Batch::assemble(files, &rules)?;
    quality::judge(&batch, &work.plan, events)?;
    if let Some(rejects) = rejects::stage(&lake, job, &batch)? {
        events.artifact(rejects);
    }
    let (records, rejected) = (batch.records(), batch.rejected());
    let ids: HashSet<i64> = batch.files.iter().map(|file| file.id).collect();
    let kept = work.plan.kept().map(|column| column.name.as_str()).chain([system::FILE, system::LINE]);
    let frame = batch.frame.select(kept).map_err(|error| StageError::Internal(anyhow::Error::new(error)))?;
    drop(batch);
    let mut merged = merge::merge(&lake, job, work, frame, ids, events)?;
    let partitions = merged.partitions.len();
    merged.partitions.into_iter().for_each(|artifact| events.artifact(artifact));
    let time = work.plan.time();
    let table = Table { kind: DatasetKind::Batch, partition: "", time, replaces: false, compact: false };
    events.artifact(table.write(&lake, job, &mut merged.won)?);
    Ok(summary(records, rejected, merged.won.height() as u64, partitions))
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
