//! The trigger: "is there new, complete data?" A look at the landing, its outcome in the ledger, and an answer.

use crate::config::pipeline::Overlap;
use crate::config::{Landing, Pipeline};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::domain::trigger::Answer;
use crate::domain::{Instant, text};
use crate::landing::look::Look;
use crate::store::files::{self, FileRow};
use crate::store::runs::{self, NewRun};
use crate::store::{Result, StoreError, Transaction, events, ledger, triggers};

use super::apart::{apart, first_is_alone};
use super::context::Context;
use super::create::create_run;
use super::settle::{Settled, settle};
use super::{fetch, stream};

/// What a check led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The recorded answer.
    pub answer: Answer,
    /// The run it created.
    pub run: Option<i64>,
    /// Ledger ids of the files that could not be used, newly quarantined by this check.
    pub quarantined: Vec<i64>,
}

/// Looks at the landing, brings the ledger up to date, answers, and creates a run when the answer is true. `again` is a
/// second look at what was settling: only an answer that differs from the one before is worth a record.
///
/// # Errors
/// Only when the store cannot be written. A landing that cannot be looked at is an answer (false, with the reason).
pub async fn check(context: &Context, pipeline: &Pipeline, cause: Cause, again: bool) -> Result<Checked> {
    let unread = match &pipeline.landing.stream {
        Some(stream) => stream::take(context, pipeline, stream).await?,
        None => None,
    };
    let arrived = context.moved.take(&pipeline.name);
    let look = match Look::begin(&pipeline.landing).await {
        Ok(look) => look,
        Err(reason) => return cannot_look(context, pipeline, cause, &reason).await,
    };
    if pipeline.landing.remote.is_some() {
        fetch::tidy(context, pipeline).await?;
    }
    let Settled { quarantined, failed } = match settle(context, pipeline, look, arrived).await? {
        Ok(settled) => settled,
        Err(reason) => return cannot_look(context, pipeline, cause, &reason).await,
    };
    // That something cannot be had counts only while nothing else is ready.
    if let Some(why) = failed.or(unread) {
        let name = pipeline.name.clone();
        if context.store.read(move |c| ledger::ready(c, &name, 1)).await?.0.is_empty() {
            return cannot_look(context, pipeline, cause, &why).await;
        }
        context.note(Level::Warn, Some(&pipeline.name), None, "file", &why).await;
    }
    let pipeline = pipeline.clone();
    context.write(move |tx, now| answer(tx, &pipeline, (cause, again), quarantined, now)).await
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
    Ok(Checked { answer, run: None, quarantined: Vec::new() })
}

fn answer(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    (cause, again): (Cause, bool),
    quarantined: Vec<i64>,
    now: Instant,
) -> Result<Checked> {
    let name = &pipeline.name;
    if let Some(row) = files::orphaned_duplicates(tx, name)?.first() {
        // One at a time: the next of several is a duplicate of this one.
        files::set_state(tx, row.id, FileState::Ready, "the file with the same content went before it was run", now)?;
    }
    let count = |state| Ok::<_, StoreError>(usize::try_from(files::count(tx, name, state)?).unwrap_or(usize::MAX));
    // A file of a failed run is tried again by the schedule or the operator, not by every file-system event.
    let (oldest, fresh) = ledger::ready(tx, name, pipeline.landing.max_files_per_run)?;
    let (ready, settling) = (count(FileState::Ready)?, count(FileState::Settling)? + count(FileState::Seen)?);
    let arriving = cause == Cause::Event && is_arriving(tx, pipeline, now)?;
    let busy = runs::open(tx)?.into_iter().find(|run| run.pipeline == *name);
    let worth = fresh || cause != Cause::Event || first_is_alone(tx, pipeline, &oldest)?;
    let fired = busy.is_none() && ready > 0 && !arriving && worth;
    if let Some(run) = busy.as_ref().filter(|_| cause == Cause::Schedule && pipeline.overlap == Overlap::Skip) {
        let said = format!("the scheduled check starts nothing: run {} is under way", run.id);
        // Once a run, however often the schedule asks meanwhile.
        if !events::list(tx, Some(name), 20)?.iter().any(|event| event.text == said) {
            events::add(tx, Level::Info, Some(name), Some(run.id), "trigger", &said, now)?;
        }
    }
    let reason = match (&busy, ready) {
        (Some(run), 0) => format!("run {} is under way; nothing new", run.id),
        (Some(run), n) => {
            format!("run {} is under way; {} for the next one", run.id, plural(n, "file waits", "files wait"))
        }
        (None, 0) if settling > 0 => plural(settling, "file still settling", "files still settling"),
        (None, 0) => {
            let known = usize::try_from(files::count_known(tx, name)?).unwrap_or(usize::MAX);
            format!("nothing new: {} known", plural(known, "file", "files"))
        }
        (None, n) if arriving => {
            format!("{n} ready, {} with them", plural(settling, "file is arriving", "files are arriving"))
        }
        (None, n) if fresh => plural(n, "new file", "new files"),
        (None, n) => plural(n, "file of a failed run", "files of failed runs"),
    };
    let answer = Answer { cause, fired, reason, ready: ready as u64, settling: settling as u64 };
    let run = if fired { Some(take(tx, pipeline, cause, &answer.reason, &oldest, now)?) } else { None };
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
fn is_arriving(tx: &Transaction<'_>, pipeline: &Pipeline, now: Instant) -> Result<bool> {
    let before = |times: i32| {
        let settle = chrono::Duration::from_std(pipeline.landing.settle).unwrap_or_default();
        now - settle.checked_mul(times).unwrap_or_default()
    };
    ledger::is_arriving(tx, &pipeline.name, before(2), before(10))
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
    let ready = apart(tx, pipeline, ready.to_vec())?;
    let batch = batch(&pipeline.landing, &ready);
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

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
