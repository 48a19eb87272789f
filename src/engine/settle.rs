//! What a look at the landing means for the ledger: new versions enter, those that stood still are opened, and each goes
//! where the landing's rules send it, with the rule that decided.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::config::pipeline::{Duplicates, Overwritten};
use crate::config::{Landing, Pipeline};
use crate::domain::file::{FileState, Listed};
use crate::domain::form::{Budget, FileFormat};
use crate::domain::job::Level;
use crate::domain::{Instant, format, text};
use crate::landing::inspect::{Expected, Found, inspect};
use crate::landing::list::Listing;
use crate::landing::reconcile::{Step, compare};
use crate::store::files::FileRow;
use crate::store::ledger::Known;
use crate::store::{Connection, Result, Transaction, events, files, ledger};

use super::context::Context;
use super::fetch;

/// Brings the ledger up to date and answers how many files went to quarantine, and why some could not be fetched.
pub async fn settle(context: &Context, pipeline: &Pipeline, listing: Listing) -> Result<(u64, Option<String>)> {
    let name = pipeline.name.clone();
    let Listing { files: listed, refused } = listing;
    let names: HashSet<String> = listed.iter().map(|file| file.key.clone()).collect();
    let known =
        context.store.read(move |connection| ledger::known(connection, &name, |key| names.contains(key))).await?;
    let landing = &pipeline.landing;
    // With a marker nothing depends on how long a file stood still.
    let settle = if landing.marker.is_some() { std::time::Duration::ZERO } else { landing.settle };
    let steps = compare(&known, listed, context.now(), settle, landing.settle_max);
    let (inspected, failed) = match &landing.remote {
        None => (open_all(pipeline, &known, &steps).await, None),
        Some(place) => fetch::open_all(place, landing, due_rows(context, &steps).await?).await,
    };
    let moved = steps.iter().any(|step| !matches!(step, Step::Wait { .. }));
    if !moved && refused.is_empty() {
        return Ok((0, failed));
    }
    let pipeline = pipeline.clone();
    let written = context.write(move |tx, now| write_steps(tx, &pipeline, steps, inspected, &refused, now)).await;
    Ok((written?, failed))
}

/// The rows of what is to be opened.
async fn due_rows(context: &Context, steps: &[Step]) -> Result<Vec<FileRow>> {
    let due = |step: &Step| if let Step::Inspect { id, .. } = step { Some(*id) } else { None };
    let due: Vec<i64> = steps.iter().filter_map(due).collect();
    let rows = move |c: &Connection| due.iter().filter_map(|id| files::get(c, *id).transpose()).collect();
    context.store.read(rows).await
}

/// What is to be opened: (ledger id, name, version token, whether it is overdue).
type Due = (i64, String, String, bool);

async fn open_all(pipeline: &Pipeline, known: &HashMap<String, Known>, steps: &[Step]) -> Vec<(i64, Found)> {
    let due: Vec<Due> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Inspect { id, key, overdue } => {
                Some((*id, key.clone(), known.get(key).map(|row| row.token.clone())?, *overdue))
            }
            _ => None,
        })
        .collect();
    let (landing, format, budget) = (pipeline.landing.clone(), pipeline.clean.format.clone(), pipeline.clean.budget);
    // A panic in a parser costs this look; the next one finds the files where they were.
    tokio::task::spawn_blocking(move || open_each(&landing, &format, budget, &due)).await.unwrap_or_default()
}

fn open_each(landing: &Landing, format: &FileFormat, budget: Budget, due: &[Due]) -> Vec<(i64, Found)> {
    // Reading is mostly waiting for the disk and hashing: a few threads suffice, and none for a file or two.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = due.len().div_ceil(threads).max(8);
    let (folder, marker): (&Path, Option<&str>) = (&landing.path, landing.marker.as_deref());
    let look = |(id, key, token, overdue): &Due| {
        (*id, inspect(&folder.join(key), &Expected { token, format, budget, marker, overdue: *overdue }))
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
    pipeline: &Pipeline,
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
    remember_refused(tx, &pipeline.name, refused, now)?;
    Ok(quarantined)
}

fn enter(tx: &Transaction<'_>, pipeline: &Pipeline, listed: &Listed, now: Instant) -> Result<()> {
    let earlier = files::named(tx, Some(&pipeline.name), &listed.key)?;
    let id = files::enter(tx, &pipeline.name, listed, now)?;
    for row in earlier.iter().filter(|row| row.state == FileState::Superseded && row.other.is_none()) {
        ledger::set_other(tx, row.id, id)?;
    }
    let Some(run) = earlier.iter().rev().find(|row| row.state.is_in_the_lake()) else { return Ok(()) };
    let said = format!("{} was overwritten after it had been run", text::one_line(&listed.key));
    events::add(tx, Level::Warn, Some(&pipeline.name), None, "file", &said, now)?;
    let before = format!("a new version of file {}, which had been run", run.id);
    match pipeline.landing.overwritten {
        Overwritten::Run => wait(tx, id, &before, now),
        Overwritten::Hold => {
            let reason = format!("{before}: `landing.overwritten` holds it until it is released");
            files::set_state(tx, id, FileState::Held, &reason, now)
        }
        Overwritten::Ignore => {
            let reason = format!("{before}: `landing.overwritten` ignores it");
            files::set_state(tx, id, FileState::Ignored, &reason, now)
        }
    }
}

fn wait(tx: &Transaction<'_>, id: i64, reason: &str, now: Instant) -> Result<()> {
    if files::get(tx, id)?.is_some_and(|row| row.state == FileState::Seen) {
        files::set_state(tx, id, FileState::Settling, reason, now)?;
    }
    Ok(())
}

/// Writes what an inspection found; true when the file went to quarantine.
fn write_found(tx: &Transaction<'_>, pipeline: &Pipeline, id: i64, found: Found, now: Instant) -> Result<bool> {
    match found {
        Found::Whole { hash, rule, promised } => {
            files::set_hash(tx, id, &hash)?;
            ledger::set_rule(tx, id, &rule, promised)?;
            whole(tx, pipeline, id, &hash, &rule, now)?;
        }
        Found::Unfinished(reason) => wait(tx, id, &reason, now)?,
        Found::Moved => {}
        Found::Unusable(reason) => {
            quarantine(tx, &pipeline.name, id, &reason, now)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// A complete file: a duplicate, too large, or ready.
pub fn whole(tx: &Transaction<'_>, pipeline: &Pipeline, id: i64, hash: &str, rule: &str, now: Instant) -> Result<()> {
    let name = &pipeline.name;
    let Some(row) = files::get(tx, id)? else { return Ok(()) };
    let key = text::one_line(&row.key);
    let skip = pipeline.landing.duplicates == Duplicates::Skip;
    if let Some(twin) = if skip { files::same_content(tx, name, hash, id)? } else { None } {
        let reason = format!("same content as {} (file {})", text::one_line(&twin.key), twin.id);
        files::set_state(tx, id, FileState::Duplicate, &reason, now)?;
        ledger::set_other(tx, id, twin.id)?;
        let said = format!("{key} was not run: {reason}");
        return events::add(tx, Level::Info, Some(name), None, "file", &said, now);
    }
    if let Some(most) = pipeline.landing.max_file_bytes.filter(|most| row.bytes > *most) {
        let (size, most) = (format::bytes(row.bytes), format::bytes(most));
        let reason = format!("its {size} are more than the {most} of `landing.max_file_bytes`: release or drop it");
        files::set_state(tx, id, FileState::Held, &reason, now)?;
        return events::add(tx, Level::Warn, Some(name), None, "file", &format!("{key} is held: {reason}"), now);
    }
    files::set_state(tx, id, FileState::Ready, rule, now)
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
