//! The trigger: "is there new, complete data?" A look at the landing, its outcome in the ledger, and an answer.

use std::path::Path;

use crate::config::pipeline::Overlap;
use crate::config::{Landing, Pipeline};
use crate::domain::file::{FileState, Listed};
use crate::domain::form::{Budget, FileFormat};
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::domain::trigger::Answer;
use crate::domain::{Instant, text};
use crate::landing::inspect::{Expected, Found, inspect};
use crate::landing::list::{Listing, list};
use crate::landing::reconcile::{Step, compare};
use crate::store::files::{self, FileRow};
use crate::store::runs::{self, NewRun};
use crate::store::{self, Result, Transaction, events, triggers};

use super::context::Context;
use super::create::create_run;
use super::fetch;

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
    let looked = match &landing.remote {
        None => tokio::task::spawn_blocking(move || look(&landing)).await,
        Some(place) => Ok(fetch::look(place, &landing).await),
    };
    let listing = match looked {
        Ok(Ok(listing)) => listing,
        Ok(Err(reason)) => return cannot_look(context, pipeline, cause, &reason).await,
        Err(panic) => return cannot_look(context, pipeline, cause, &panic.to_string()).await,
    };
    let quarantined = match &pipeline.landing.remote {
        None => settle(context, pipeline, listing).await?.0,
        Some(_) => {
            fetch::tidy(context, pipeline).await?;
            match settle_remote(context, pipeline, listing).await? {
                (quarantined, None) => quarantined,
                (_, Some(reason)) => return cannot_look(context, pipeline, cause, &reason).await,
            }
        }
    };
    let pipeline = pipeline.clone();
    context.write(move |tx, now| answer(tx, &pipeline, (cause, again), quarantined, now)).await
}

fn look(landing: &Landing) -> std::result::Result<Listing, String> {
    list(&landing.path, &landing.pattern).map_err(|error| {
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
/// That something cannot be fetched counts only while nothing else is ready.
async fn settle_remote(context: &Context, pipeline: &Pipeline, listing: Listing) -> Result<(u64, Option<String>)> {
    let again = Listing { files: listing.files.clone(), refused: Vec::new() };
    let (mut quarantined, mut failed) = settle(context, pipeline, listing).await?;
    if pipeline.landing.settle.is_zero() && failed.is_none() {
        let (more, why) = settle(context, pipeline, again).await?;
        (quarantined, failed) = (quarantined + more, why);
    }
    let name = pipeline.name.clone();
    let ready = context.store.read(move |c| files::in_state(c, &name, FileState::Ready)).await?;
    if let Some(why) = failed.as_ref().filter(|_| !ready.is_empty()) {
        context.note(Level::Warn, Some(&pipeline.name), None, "file", why).await;
    }
    Ok((quarantined, failed.filter(|_| ready.is_empty())))
}

/// Brings the ledger up to date and answers how many files went to quarantine, and why some could not be fetched.
async fn settle(context: &Context, pipeline: &Pipeline, listing: Listing) -> Result<(u64, Option<String>)> {
    let name = pipeline.name.clone();
    let known = context.store.read(move |connection| files::newest_versions(connection, &name)).await?;
    let landing = pipeline.landing.clone();
    let refused = listing.refused;
    let steps = compare(&known, listing.files, context.now(), landing.settle, landing.settle_max);
    let due: Vec<(i64, String, bool)> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Inspect { id, key, overdue } => Some((*id, key.clone(), *overdue)),
            _ => None,
        })
        .collect();
    let (inspected, failed) = match &pipeline.landing.remote {
        None => (open_all(pipeline, &known, due).await, None),
        Some(place) => {
            let due = due.iter().filter_map(|(id, ..)| known.iter().find(|row| row.id == *id).cloned()).collect();
            fetch::open_all(place, &pipeline.landing, due).await
        }
    };
    let moved = steps.iter().any(|step| !matches!(step, Step::Wait { .. }));
    if !moved && refused.is_empty() {
        return Ok((0, failed));
    }
    let name = pipeline.name.clone();
    let written = context.write(move |tx, now| write_steps(tx, &name, steps, inspected, &refused, now)).await;
    Ok((written?, failed))
}

async fn open_all(pipeline: &Pipeline, known: &[FileRow], due: Vec<(i64, String, bool)>) -> Vec<(i64, Found)> {
    let folder = pipeline.landing.path.clone();
    let (format, budget) = (pipeline.clean.format.clone(), pipeline.clean.budget);
    let tokens: Vec<String> = due
        .iter()
        .map(|(id, ..)| known.iter().find(|row| row.id == *id).map(|row| row.token.clone()).unwrap_or_default())
        .collect();
    let work = move || open_each(&folder, (&format, budget), &due, &tokens);
    // A panic in a parser costs this look; the next one finds the files where they were.
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

fn open_each(
    folder: &Path,
    (format, budget): (&FileFormat, Budget),
    due: &[(i64, String, bool)],
    tokens: &[String],
) -> Vec<(i64, Found)> {
    let due: Vec<_> = due.iter().zip(tokens).collect();
    // Reading is mostly waiting for the disk and hashing: a few threads suffice, and none for a file or two.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = due.len().div_ceil(threads).max(8);
    let look = |((id, key, overdue), token): &(&(i64, String, bool), &String)| {
        (*id, inspect(&folder.join(key), &Expected { token, format, budget, overdue: *overdue }))
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> =
            due.chunks(share).map(|share| scope.spawn(move || share.iter().map(look).collect::<Vec<_>>())).collect();
        // A panic in a parser costs its share of this look, as above.
        shares.into_iter().flat_map(|share| share.join().unwrap_or_default()).collect()
    })
}

fn write_steps(
    tx: &Transaction<'_>,
    pipeline: &str,
    steps: Vec<Step>,
    inspected: Vec<(i64, Found)>,
    refused: &[(String, String)],
    now: Instant,
) -> Result<u64> {
    for step in steps {
        match step {
            Step::Enter(listed) => enter(tx, pipeline, &listed, now)?,
            Step::Regrow { id, listed } => {
                files::regrow(tx, id, &listed, now)?;
                wait(tx, id, "still growing", now)?;
            }
            Step::Supersede { id } => {
                files::set_state(tx, id, FileState::Superseded, "a newer version came before it was run", now)?;
            }
            Step::Vanish { id } => {
                files::set_state(tx, id, FileState::Vanished, "no longer in the landing", now)?;
            }
            Step::Return { id } => files::set_state(tx, id, FileState::Settling, "back in the landing", now)?,
            Step::Wait { id } => wait(tx, id, "waiting until it stands still", now)?,
            Step::Inspect { .. } => {}
        }
    }
    let mut quarantined = 0;
    for (id, found) in inspected {
        quarantined += u64::from(write_found(tx, pipeline, id, found, now)?);
    }
    remember_refused(tx, pipeline, refused, now)?;
    Ok(quarantined)
}

fn enter(tx: &Transaction<'_>, pipeline: &str, listed: &Listed, now: Instant) -> Result<()> {
    let earlier = files::named(tx, Some(pipeline), &listed.key)?;
    let id = files::enter(tx, pipeline, listed, now)?;
    if earlier.iter().any(|row| row.state == FileState::Committed) {
        let said = format!("{} was overwritten after it had been run", text::one_line(&listed.key));
        events::add(tx, Level::Warn, Some(pipeline), None, "file", &said, now)?;
        wait(tx, id, "a new version of a file that had been run", now)?;
    }
    Ok(())
}

fn wait(tx: &Transaction<'_>, id: i64, reason: &str, now: Instant) -> Result<()> {
    if files::get(tx, id)?.is_some_and(|row| row.state == FileState::Seen) {
        files::set_state(tx, id, FileState::Settling, reason, now)?;
    }
    Ok(())
}

/// Writes what an inspection found; true when the file went to quarantine.
fn write_found(tx: &Transaction<'_>, pipeline: &str, id: i64, found: Found, now: Instant) -> Result<bool> {
    match found {
        Found::Whole { hash, rule } => {
            files::set_hash(tx, id, &hash)?;
            match files::same_content(tx, pipeline, &hash, id)? {
                Some(twin) => {
                    let reason = format!("same content as {} (file {})", text::one_line(&twin.key), twin.id);
                    files::set_state(tx, id, FileState::Duplicate, &reason, now)?;
                    let key = files::get(tx, id)?.map(|row| text::one_line(&row.key)).unwrap_or_default();
                    let said = format!("{key} was not run: {reason}");
                    events::add(tx, Level::Info, Some(pipeline), None, "file", &said, now)?;
                }
                None => files::set_state(tx, id, FileState::Ready, &rule, now)?,
            }
        }
        Found::Unfinished(reason) => wait(tx, id, &reason, now)?,
        Found::Moved => {}
        Found::Unusable(reason) => {
            quarantine(tx, pipeline, id, &reason, now)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves a file to quarantine in the ledger and says so.
pub fn quarantine(tx: &Transaction<'_>, pipeline: &str, id: i64, reason: &str, now: Instant) -> Result<()> {
    let reason = text::one_line(reason);
    files::set_state(tx, id, FileState::Quarantined, &reason, now)?;
    let key = files::get(tx, id)?.map(|row| text::one_line(&row.key)).unwrap_or_default();
    events::add(tx, Level::Warn, Some(pipeline), None, "file", &format!("{key} quarantined: {reason}"), now)
}

fn remember_refused(tx: &Transaction<'_>, pipeline: &str, refused: &[(String, String)], now: Instant) -> Result<()> {
    for (key, reason) in refused {
        let said = format!("{} is not taken: {reason}", text::one_line(key));
        let known = events::list(tx, Some(pipeline), 200)?.iter().any(|event| event.text == said);
        if !known {
            events::add(tx, Level::Warn, Some(pipeline), None, "file", &said, now)?;
        }
    }
    Ok(())
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

/// Creates a run that takes the oldest ready files, as many as a run may.
fn take(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    cause: Cause,
    reason: &str,
    ready: &[FileRow],
    now: Instant,
) -> Result<i64> {
    let batch: Vec<&FileRow> = ready.iter().take(pipeline.landing.max_files_per_run).collect();
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

fn known(tx: &store::Connection, pipeline: &str) -> Result<usize> {
    Ok(files::counts(tx, pipeline)?.iter().map(|(_, n)| usize::try_from(*n).unwrap_or(0)).sum())
}

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
