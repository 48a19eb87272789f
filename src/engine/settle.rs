//! What a look at the landing means for the ledger: new versions enter, those that stood still are opened, and each goes
//! where the landing's rules send it, with the rule that decided.

use std::path::Path;

use crate::config::pipeline::{Duplicates, Overwritten};
use crate::config::{Landing, Pipeline};
use crate::domain::file::{FileState, Listed};
use crate::domain::form::{Budget, FileFormat};
use crate::domain::job::Level;
use crate::domain::{Instant, format, text};
use crate::landing::inspect::{Expected, Found, Standing, inspect};
use crate::landing::look::{Look, Markers};
use crate::landing::reconcile::{Step, compare};
use crate::store::files::FileRow;
use crate::store::{Connection, Result, Transaction, events, files, ledger};

use super::context::Context;
use super::fetch;
use super::moved::Arrived;

/// So many files are opened before what was found in them is written.
const OPENED: usize = 1_000;
/// Entries that cannot be taken: so many are named, and not again while they are among so many newest events.
const NAMED: usize = 50;
const SAID: usize = 1_000;

/// What a look led to.
#[derive(Debug, Default)]
pub struct Settled {
    /// Ledger ids of the files that went to quarantine.
    pub quarantined: Vec<i64>,
    /// Why some could not be fetched.
    pub failed: Option<String>,
}

/// What is kept of a look while its pages come: nothing but numbers, so that a landing may be of any size.
#[derive(Debug, Default)]
struct Account {
    /// Ledger ids of what is there and may be waiting for something.
    there: Vec<i64>,
    /// Ledger ids of what is to be opened, and why.
    due: Vec<(i64, Standing)>,
    /// What came to its name by a rename.
    arrived: Arrived,
    /// Whether anything was written.
    changed: bool,
}

/// Brings the ledger up to date, page by page; inside, why the landing could not be looked at to its end.
pub async fn settle(
    context: &Context,
    pipeline: &Pipeline,
    mut look: Look,
    arrived: Arrived,
) -> Result<std::result::Result<Settled, String>> {
    let (mut account, mut page) = (Account { arrived, ..Account::default() }, look.next_page().await);
    loop {
        let listed = match page {
            Err(why) => return Ok(Err(why)),
            Ok(None) => break,
            Ok(Some(listed)) => listed,
        };
        // The next page is read while this one is compared.
        let compared;
        (page, compared) = tokio::join!(look.next_page(), write_page(context, pipeline, listed, account));
        account = compared?;
    }
    let markers = look.markers();
    let (name, refused) = (pipeline.name.clone(), look.refused());
    let (now, mut there, mut changed) = (context.now(), std::mem::take(&mut account.there), account.changed);
    changed |= context
        .store
        .write(move |tx| {
            there.sort_unstable();
            let mut gone = ledger::waiting(tx, &name)?;
            gone.retain(|id| there.binary_search(id).is_err());
            for id in &gone {
                files::set_state(tx, *id, FileState::Vanished, "no longer in the landing", now)?;
            }
            remember_refused(tx, &name, &refused, now)?;
            Ok(!gone.is_empty() || !refused.is_empty())
        })
        .await?;
    let settled = open_due(context, pipeline, account.due, &markers, &mut changed).await?;
    if changed {
        context.changed();
    }
    Ok(Ok(settled))
}

/// Compares a page with the ledger and writes what follows, in one transaction.
async fn write_page(
    context: &Context,
    pipeline: &Pipeline,
    page: Vec<Listed>,
    mut account: Account,
) -> Result<Account> {
    let (pipeline, now) = (pipeline.clone(), context.now());
    let landing = &pipeline.landing;
    // With a marker nothing depends on how long a file stood still.
    let settle = if landing.marker.is_some() { std::time::Duration::ZERO } else { landing.settle };
    // An object stands still as soon as it is there: the look that enters it also fetches it.
    let at_once = landing.remote.is_some() && landing.settle.is_zero();
    let work = move |tx: &Transaction<'_>| {
        for file in page {
            let known = ledger::newest(tx, &pipeline.name, &file.key)?;
            account.there.extend(known.as_ref().filter(|row| !row.state.is_in_the_lake()).map(|row| row.id));
            let elsewhere = known.as_ref().is_some_and(|row| !is_of(&pipeline.landing, &row.source));
            let moved = account.arrived.get(&file.key) == Some(&file.token);
            let (settle, at_once) = if moved { (std::time::Duration::ZERO, true) } else { (settle, at_once) };
            for step in compare(known.as_ref(), elsewhere, file, now, settle, pipeline.landing.settle_max) {
                account.changed |= !matches!(step, Step::Wait { .. } | Step::Inspect { .. });
                let id = write_step(tx, &pipeline, &step, now)?;
                match step {
                    Step::Inspect { overdue: true, .. } => account.due.push((id, Standing::Overdue)),
                    Step::Inspect { .. } if !moved => account.due.push((id, Standing::Still)),
                    Step::Inspect { .. } | Step::Enter(_) | Step::Regrow { .. } if at_once => {
                        account.due.push((id, Standing::Moved));
                    }
                    _ => {}
                }
                account.there.push(id);
            }
        }
        Ok(account)
    };
    context.store.write(work).await
}

/// Whether a version that was seen in `source` was seen in this landing. The token of a local file tells it from all others,
/// and a stream is what it is whichever brokers lead to it; an object may be there with the same content elsewhere.
fn is_of(landing: &Landing, source: &str) -> bool {
    landing.remote.is_none() || source.is_empty() || place(source) == place(&landing.source)
}

/// The container and the prefix that a URL means, however it is spelled.
fn place(url: &str) -> String {
    let (_, path) = url.split_once("://").unwrap_or(("", url));
    let (host, prefix) = path.split_once('/').unwrap_or((path, ""));
    let container = host.split('@').next().unwrap_or(host);
    format!("{container}/{}", prefix.trim_matches('/'))
}

/// Writes a step and answers the ledger id of the version it is about.
fn write_step(tx: &Transaction<'_>, pipeline: &Pipeline, step: &Step, now: Instant) -> Result<i64> {
    match step {
        Step::Enter(listed) => return enter(tx, pipeline, listed, now),
        Step::Regrow { id, listed } => {
            ledger::free_token(tx, &pipeline.name, &listed.key, &listed.token.0)?;
            files::regrow(tx, *id, listed, now)?;
            ledger::set_source(tx, *id, &pipeline.landing.source)?;
            wait(tx, *id, "still growing", now)?;
        }
        Step::Supersede { id } => {
            files::set_state(tx, *id, FileState::Superseded, "a newer version came before it was run", now)?;
        }
        Step::Return { id } => files::set_state(tx, *id, FileState::Settling, "back in the landing", now)?,
        Step::Wait { id } => wait(tx, *id, "waiting until it stands still", now)?,
        Step::Inspect { .. } => {}
    }
    let (Step::Regrow { id, .. }
    | Step::Supersede { id }
    | Step::Return { id }
    | Step::Wait { id }
    | Step::Inspect { id, .. }) = step
    else {
        return Ok(0);
    };
    Ok(*id)
}

/// Opens what is due, in ledger order: of two with the same content the first one counts.
async fn open_due(
    context: &Context,
    pipeline: &Pipeline,
    mut due: Vec<(i64, Standing)>,
    markers: &Markers,
    changed: &mut bool,
) -> Result<Settled> {
    let mut settled = Settled::default();
    due.sort_unstable_by_key(|(id, _)| *id);
    if pipeline.landing.remote.is_some() {
        if pipeline.landing.marker.is_some() {
            (due, settled.quarantined) = fetch::marked(context, pipeline, due, markers.clone()).await?;
            *changed |= !settled.quarantined.is_empty();
        }
        let before = due.len();
        due = fetch::within_reach(context, pipeline, due).await?;
        *changed |= due.len() < before;
    }
    for some in due.chunks(OPENED) {
        let asked = some.to_vec();
        let rows = move |c: &Connection| -> Result<Vec<(FileRow, Standing)>> {
            let row = |(id, how): &(i64, Standing)| Some(files::get(c, *id).transpose()?.map(|row| (row, *how)));
            asked.iter().filter_map(row).filter(|row| !matches!(row, Ok((row, _)) if !is_open(row))).collect()
        };
        let rows = context.store.read(rows).await?;
        let (found, failed) = match &pipeline.landing.remote {
            None => (open_local(pipeline, rows).await, None),
            Some(place) => fetch::open_all(place, &pipeline.landing, pipeline.landing.marker.as_deref(), rows).await,
        };
        if !found.is_empty() {
            *changed = true;
            let (pipeline, now) = (pipeline.clone(), context.now());
            let write = move |tx: &Transaction<'_>| write_all_found(tx, &pipeline, found, now);
            settled.quarantined.extend(context.store.write(write).await?);
        }
        if failed.is_some() {
            // The rest would meet the same trouble; the next look goes on here.
            settled.failed = failed;
            break;
        }
    }
    Ok(settled)
}

/// Whether a version is still to be found complete.
fn is_open(row: &FileRow) -> bool {
    matches!(row.state, FileState::Seen | FileState::Settling)
}

async fn open_local(pipeline: &Pipeline, due: Vec<(FileRow, Standing)>) -> Vec<(i64, Found)> {
    let (landing, format, budget) = (pipeline.landing.clone(), pipeline.clean.format.clone(), pipeline.clean.budget);
    // A panic in a parser costs this look; the next one finds the files where they were.
    tokio::task::spawn_blocking(move || open_each(&landing, &format, budget, &due)).await.unwrap_or_default()
}

fn open_each(landing: &Landing, format: &FileFormat, budget: Budget, due: &[(FileRow, Standing)]) -> Vec<(i64, Found)> {
    // Reading is mostly waiting for the disk and hashing: a few threads suffice, and none for a file or two.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let share = due.len().div_ceil(threads).max(8);
    let (folder, marker): (&Path, Option<&str>) = (&landing.path, landing.marker.as_deref());
    let look = |(row, standing): &(FileRow, Standing)| {
        let expected = Expected { token: &row.token, format, budget, marker, standing: *standing };
        (row.id, inspect(&folder.join(&row.key), &expected))
    };
    std::thread::scope(|scope| {
        let shares: Vec<_> =
            due.chunks(share).map(|share| scope.spawn(move || share.iter().map(look).collect::<Vec<_>>())).collect();
        // A panic in a parser costs its share of this look, as above.
        shares.into_iter().flat_map(|share| share.join().unwrap_or_default()).collect()
    })
}

/// Writes what was found, and answers which files went to quarantine.
fn write_all_found(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    found: Vec<(i64, Found)>,
    now: Instant,
) -> Result<Vec<i64>> {
    let mut quarantined = Vec::new();
    for (id, found) in found {
        // An operator may have decided about it meanwhile.
        if files::get(tx, id)?.is_some_and(|row| is_open(&row)) && write_found(tx, pipeline, id, found, now)? {
            quarantined.push(id);
        }
    }
    Ok(quarantined)
}

/// Enters a version and answers its ledger id.
fn enter(tx: &Transaction<'_>, pipeline: &Pipeline, listed: &Listed, now: Instant) -> Result<i64> {
    let earlier = files::named(tx, Some(&pipeline.name), &listed.key)?;
    if !earlier.is_empty() {
        ledger::free_token(tx, &pipeline.name, &listed.key, &listed.token.0)?;
    }
    let id = files::enter(tx, &pipeline.name, listed, now)?;
    ledger::set_source(tx, id, &pipeline.landing.source)?;
    for row in earlier.iter().filter(|row| row.state == FileState::Superseded && row.other.is_none()) {
        ledger::set_other(tx, row.id, id)?;
    }
    let Some(run) = earlier.iter().rev().find(|row| row.state.is_in_the_lake()) else { return Ok(id) };
    let said = format!("{} was overwritten after it had been run", text::one_line(&listed.key));
    events::add(tx, Level::Warn, Some(&pipeline.name), None, "file", &said, now)?;
    let before = format!("a new version of file {}, which had been run", run.id);
    match pipeline.landing.overwritten {
        Overwritten::Run => wait(tx, id, &before, now)?,
        Overwritten::Hold => {
            let reason = format!("{before}: `landing.overwritten` holds it until it is released");
            files::set_state(tx, id, FileState::Held, &reason, now)?;
        }
        Overwritten::Ignore => {
            let reason = format!("{before}: `landing.overwritten` ignores it");
            files::set_state(tx, id, FileState::Ignored, &reason, now)?;
        }
    }
    Ok(id)
}

/// Says why a version waits, when it begins to.
pub fn wait(tx: &Transaction<'_>, id: i64, reason: &str, now: Instant) -> Result<()> {
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
    if hold_too_large(tx, pipeline, &row, now)? {
        return Ok(());
    }
    files::set_state(tx, id, FileState::Ready, rule, now)
}

/// Holds a file that is larger than one may be, once: an operator may release it. True when it is held.
pub fn hold_too_large(tx: &Transaction<'_>, pipeline: &Pipeline, row: &FileRow, now: Instant) -> Result<bool> {
    let Some(most) = pipeline.landing.max_file_bytes.filter(|most| row.bytes > *most) else { return Ok(false) };
    if files::history(tx, row.id)?.iter().any(|(_, state, _)| *state == FileState::Held) {
        return Ok(false);
    }
    let (size, most) = (format::bytes(row.bytes), format::bytes(most));
    let reason = format!("its {size} are more than the {most} of `landing.max_file_bytes`: release or drop it");
    files::set_state(tx, row.id, FileState::Held, &reason, now)?;
    let said = format!("{} is held: {reason}", text::one_line(&row.key));
    events::add(tx, Level::Warn, Some(&pipeline.name), None, "file", &said, now)?;
    Ok(true)
}

/// Moves a file to quarantine in the ledger and says so.
pub fn quarantine(tx: &Transaction<'_>, pipeline: &str, id: i64, reason: &str, now: Instant) -> Result<()> {
    let reason = text::one_line(reason);
    files::set_state(tx, id, FileState::Quarantined, &reason, now)?;
    let key = files::get(tx, id)?.map(|row| text::one_line(&row.key)).unwrap_or_default();
    events::add(tx, Level::Warn, Some(pipeline), None, "file", &format!("{key} quarantined: {reason}"), now)
}

fn remember_refused(tx: &Transaction<'_>, pipeline: &str, refused: &[(String, String)], now: Instant) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let known = events::list(tx, Some(pipeline), SAID)?;
    let mut said: Vec<String> = refused
        .iter()
        .take(NAMED)
        .map(|(key, reason)| format!("{} is not taken: {reason}", text::one_line(key)))
        .collect();
    if refused.len() > NAMED {
        said.push(format!("{} more in the landing are not taken either", refused.len() - NAMED));
    }
    for said in said.iter().filter(|said| known.iter().all(|event| event.text != **said)) {
        events::add(tx, Level::Warn, Some(pipeline), None, "file", said, now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_the_same_however_it_is_spelled() {
        assert_eq!(place("abfss://c@account.dfs.core.windows.net/in/x/"), place("az://c/in/x"));
        assert_eq!(place("s3://bucket"), place("s3://bucket/"));
        assert_ne!(place("s3://bucket/in"), place("s3://bucket/in2"));
        assert_ne!(place("s3://bucket/in"), place("s3://other/in"));
    }
}
