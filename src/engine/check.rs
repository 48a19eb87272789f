//! The trigger: "is there new, complete data?" A look at the landing, its outcome in the ledger, and an answer.

use crate::config::pipeline::Overlap;
use crate::config::{Landing, Pipeline};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::domain::trigger::Answer;
use crate::domain::{Instant, text};
use crate::landing::list::{Listing, list};
use crate::landing::names::Names;
use crate::store::files::{self, FileRow};
use crate::store::runs::{self, NewRun};
use crate::store::{self, Result, Transaction, events, triggers};

use super::context::Context;
use super::create::create_run;
use super::settle::settle;
use super::{fetch, stream};

/// What a check led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The recorded answer.
    pub answer: Answer,
    /// The run it created.
    pub run: Option<i64>,
    /// Files that could not be used, newly quarantined by this check.
    pub quarantined: u64,
}

/// Looks at the landing, brings the ledger up to date, answers, and creates a run when the answer is true. `again` is a
/// second look at what was settling: only an answer that differs from the one before is worth a record.
///
/// # Errors
/// Only when the store cannot be written. A landing that cannot be looked at is an answer (false, with the reason).
pub async fn check(context: &Context, pipeline: &Pipeline, cause: Cause, again: bool) -> Result<Checked> {
    let landing = pipeline.landing.clone();
    let unread = match &landing.stream {
        Some(stream) => stream::take(context, pipeline, stream).await?,
        None => None,
    };
    let looked = match &landing.remote {
        None => tokio::task::spawn_blocking(move || look(&landing)).await,
        Some(place) => Ok(fetch::look(place, &landing).await),
    };
    let listing = match looked {
        Ok(Ok(listing)) => listing,
        Ok(Err(reason)) => return cannot_look(context, pipeline, cause, &reason).await,
        Err(panic) => return cannot_look(context, pipeline, cause, &panic.to_string()).await,
    };
    let (quarantined, failed) = match &pipeline.landing.remote {
        None => (settle(context, pipeline, listing).await?.0, unread),
        Some(_) => {
            fetch::tidy(context, pipeline).await?;
            settle_remote(context, pipeline, listing).await?
        }
    };
    // That something cannot be had counts only while nothing else is ready.
    if let Some(why) = failed {
        let name = pipeline.name.clone();
        if context.store.read(move |c| files::in_state(c, &name, FileState::Ready)).await?.is_empty() {
            return cannot_look(context, pipeline, cause, &why).await;
        }
        context.note(Level::Warn, Some(&pipeline.name), None, "file", &why).await;
    }
    let pipeline = pipeline.clone();
    context.write(move |tx, now| answer(tx, &pipeline, (cause, again), quarantined, now)).await
}

fn look(landing: &Landing) -> std::result::Result<Listing, String> {
    if landing.stream.is_some() && !landing.path.is_dir() {
        return Ok(Listing::default());
    }
    let names = Names::of(landing).map_err(|error| format!("a pattern of the landing: {error}"))?;
    list(&landing.path, &names).map_err(|error| {
        let place = landing.path.display();
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("the landing {place} does not exist: create it, or correct `landing.path`")
            }
            _ => format!("the landing {place} cannot be listed: {error}"),
        }
    })
}

async fn cannot_look(context: &Context, pipeline: &Pipeline, cause: Cause, reason: &str) -> Result<Checked> {
    let answer = Answer {
        cause,
        fired: false,
        reason: format!("cannot look: {}", text::one_line(reason)),
        ready: 0,
        settling: 0,
    };
    let (name, recorded) = (pipeline.name.clone(), answer.clone());
    context
        .write(move |tx, now| {
            let known = triggers::list(tx, &name, 1)?.first().map(|row| row.answer.reason.clone());
            if known.as_deref() != Some(&recorded.reason) {
                events::add(tx, Level::Error, Some(&name), None, "trigger", &recorded.reason, now)?;
            }
            triggers::record(tx, &name, now, &recorded, None)
        })
        .await?;
    Ok(Checked { answer, run: None, quarantined: 0 })
}

/// As [`settle`]. Where an object stands still as soon as it is there, the same look that enters it also fetches it.
async fn settle_remote(context: &Context, pipeline: &Pipeline, listing: Listing) -> Result<(u64, Option<String>)> {
    let again = Listing { files: listing.files.clone(), refused: Vec::new() };
    let (mut quarantined, mut failed) = settle(context, pipeline, listing).await?;
    if pipeline.landing.settle.is_zero() && failed.is_none() {
        let (more, why) = settle(context, pipeline, again).await?;
        (quarantined, failed) = (quarantined + more, why);
    }
    Ok((quarantined, failed))
}

fn answer(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    (cause, again): (Cause, bool),
    quarantined: u64,
    now: Instant,
) -> Result<Checked> {
    let name = &pipeline.name;
    if let Some(row) = files::orphaned_duplicates(tx, name)?.first() {
        // One at a time: the next of several is a duplicate of this one.
        files::set_state(tx, row.id, FileState::Ready, "the file with the same content went before it was run", now)?;
    }
    let ready = files::in_state(tx, name, FileState::Ready)?;
    let mut unsettled = files::in_state(tx, name, FileState::Settling)?;
    unsettled.extend(files::in_state(tx, name, FileState::Seen)?);
    let settling = unsettled.len();
    let arriving = cause == Cause::Event && unsettled.iter().any(|row| is_arriving(row, pipeline.landing.settle, now));
    let busy = runs::open(tx)?.into_iter().find(|run| run.pipeline == *name);
    // A file of a failed run is tried again by the schedule or the operator, not by every file-system event.
    let fresh = ready.iter().any(|row| row.attempts == 0);
    let fired = busy.is_none() && !ready.is_empty() && !arriving && (fresh || cause != Cause::Event);
    if let Some(run) = busy.as_ref().filter(|_| cause == Cause::Schedule && pipeline.overlap == Overlap::Skip) {
        let said = format!("the scheduled check starts nothing: run {} is under way", run.id);
        // Once a run, however often the schedule asks meanwhile.
        if !events::list(tx, Some(name), 20)?.iter().any(|event| event.text == said) {
            events::add(tx, Level::Info, Some(name), Some(run.id), "trigger", &said, now)?;
        }
    }
    let reason = match (&busy, ready.len()) {
        (Some(run), 0) => format!("run {} is under way; nothing new", run.id),
        (Some(run), n) => {
            format!("run {} is under way; {} for the next one", run.id, plural(n, "file waits", "files wait"))
        }
        (None, 0) if settling > 0 => plural(settling, "file still settling", "files still settling"),
        (None, 0) => format!("nothing new: {} known", plural(known(tx, name)?, "file", "files")),
        (None, n) if arriving => {
            format!("{n} ready, {} with them", plural(settling, "file is arriving", "files are arriving"))
        }
        (None, n) if fresh => plural(n, "new file", "new files"),
        (None, n) => plural(n, "file of a failed run", "files of failed runs"),
    };
    let answer = Answer { cause, fired, reason, ready: ready.len() as u64, settling: settling as u64 };
    let run = if fired { Some(take(tx, pipeline, cause, &answer.reason, &ready, now)?) } else { None };
    let repeats = (again || cause == Cause::Event)
        && !fired
        && triggers::list(tx, name, 1)?.first().is_some_and(|row| row.answer.reason == answer.reason);
    if !repeats {
        triggers::record(tx, name, now, &answer, run)?;
    }
    Ok(Checked { answer, run, quarantined })
}

/// Whether a file is just landing, so that one run should take it with those that landed before it. A file that does
/// not come to an end holds nobody up for long.
fn is_arriving(row: &FileRow, settle: std::time::Duration, now: Instant) -> bool {
    let within = |since: Instant, times: u32| (now - since).to_std().is_ok_and(|age| age < settle * times);
    within(row.unchanged_since, 2) && within(row.first_seen, 10)
}

/// Creates a run that takes the oldest ready files.
fn take(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    cause: Cause,
    reason: &str,
    ready: &[FileRow],
    now: Instant,
) -> Result<i64> {
    let batch = batch(&pipeline.landing, ready);
    let ids: Vec<i64> = batch.iter().map(|row| row.id).collect();
    let new = NewRun {
        pipeline: &pipeline.name,
        cause,
        reason,
        parent: None,
        config_hash: &pipeline.config_hash,
        seed: pipeline.seed,
        files: &ids,
        bytes: batch.iter().map(|row| row.bytes).sum(),
    };
    create_run(tx, pipeline, &new, now)
}

/// As many files as one run may take, and no more bytes; the first goes in any case.
pub fn batch<'r>(landing: &Landing, ready: &'r [FileRow]) -> Vec<&'r FileRow> {
    let mut bytes = 0_u64;
    let fits = |row: &&FileRow| {
        let first = bytes == 0;
        bytes = bytes.saturating_add(row.bytes.max(1));
        first || landing.max_bytes_per_run.is_none_or(|most| bytes <= most)
    };
    ready.iter().take(landing.max_files_per_run).take_while(fits).collect()
}

fn known(tx: &store::Connection, pipeline: &str) -> Result<usize> {
    Ok(files::counts(tx, pipeline)?.iter().map(|(_, n)| usize::try_from(*n).unwrap_or(0)).sum())
}

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
