//! Landings in object stores: their objects are fetched before a run takes them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt};

use crate::config::{Landing, Pipeline};
use crate::domain::Instant;
use crate::domain::file::FileState;
use crate::domain::location::Location;
use crate::domain::text;
use crate::lake::remote::Remote;
use crate::lake::trouble::Trouble;
use crate::landing::inspect::{Found, Standing, by_its_marker, never_came, not_there};
use crate::landing::look::Markers;
use crate::landing::marker;
use crate::landing::names::marker_of;
use crate::landing::remote::{Fetched, fetch, small, spooled};
use crate::store::files::{self, FileRow};
use crate::store::{Result, Transaction, ledger};

use super::context::Context;
use super::settle::{self, hold_too_large};

/// Objects fetched at a time.
const AT_A_TIME: usize = 4;

/// Of objects (ledger ids in order) those that are to be fetched now: what is too large is held unread, and what one run
/// could not take with those that wait already stays in the store until then.
///
/// # Errors
/// The store's.
pub async fn within_reach(
    context: &Context,
    pipeline: &Pipeline,
    due: Vec<(i64, Standing)>,
) -> Result<Vec<(i64, Standing)>> {
    let pipeline = pipeline.clone();
    let choose = move |tx: &Transaction<'_>, now: Instant| {
        let landing = &pipeline.landing;
        let (mut batch, _) = ledger::ready(tx, &pipeline.name, landing.max_files_per_run)?;
        let mut chosen = Vec::new();
        for (id, standing) in due {
            let Some(row) = files::get(tx, id)? else { continue };
            if hold_too_large(tx, &pipeline, &row, now)? {
                continue;
            }
            batch.push(row);
            if super::check::batch(landing, &batch).len() < batch.len() {
                break;
            }
            chosen.push((id, standing));
        }
        Ok(chosen)
    };
    context.write(choose).await
}

/// Of objects those whose markers are among `markers`, and ledger ids of those that waited too long for theirs. A marker
/// from before its object was about an earlier version.
///
/// # Errors
/// The store's.
pub async fn marked(
    context: &Context,
    pipeline: &Pipeline,
    due: Vec<(i64, Standing)>,
    markers: Markers,
) -> Result<(Vec<(i64, Standing)>, Vec<i64>)> {
    let pipeline = pipeline.clone();
    let choose = move |tx: &Transaction<'_>, now: Instant| {
        let (mut chosen, mut quarantined) = (Vec::new(), Vec::new());
        for (id, standing) in due {
            let (Some(row), Some(template)) = (files::get(tx, id)?, &pipeline.landing.marker) else { continue };
            let marker = marker_of(template, &row.key);
            if markers.get(&marker).is_some_and(|put| *put >= row.modified) {
                chosen.push((id, standing));
            } else if standing == Standing::Overdue {
                settle::quarantine(tx, &pipeline.name, id, &never_came(&marker), now)?;
                quarantined.push(id);
            } else {
                settle::wait(tx, id, &not_there(&marker), now)?;
            }
        }
        Ok((chosen, quarantined))
    };
    context.write(choose).await
}

/// Fetches the objects of these rows, whose markers decide where there is a template of their names. What cannot be had
/// now is left out, and the first reason is answered.
pub async fn open_all(
    place: &Location,
    landing: &Landing,
    marker: Option<&str>,
    due: Vec<(FileRow, Standing)>,
) -> (Vec<(i64, Found)>, Option<String>) {
    if due.is_empty() {
        return (Vec::new(), None);
    }
    let remote = match Remote::open(place) {
        Ok(remote) => remote,
        Err(trouble) => return (Vec::new(), Some(trouble.words)),
    };
    let count = due.len();
    let one = |(row, standing): (FileRow, Standing)| {
        let (remote, target) = (&remote, local_copy(landing, &row));
        async move { (row.id, row.key.clone(), fetch_one(remote, (&row, standing), marker, &target).await) }
    };
    // In ledger order: of two with the same content the first one counts.
    let done: Vec<_> = stream::iter(due).map(one).buffered(AT_A_TIME).collect().await;
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for (id, key, fetched) in done {
        match fetched {
            Ok(what) => found.push((id, what)),
            Err(trouble) => failed.push(format!("{}: {}", text::one_line(&key), trouble.words)),
        }
    }
    failed.sort();
    let said =
        failed.first().map(|first| format!("{} of {count} new objects cannot be fetched: {first}", failed.len()));
    (found, said)
}

/// Fetches an object and has its marker decide, if it must have one: what that says may still be put right, unless the
/// object is overdue.
async fn fetch_one(
    remote: &Remote,
    (row, standing): (&FileRow, Standing),
    marker: Option<&str>,
    target: &Path,
) -> std::result::Result<Found, Trouble> {
    let said = match marker.map(|template| marker_of(template, &row.key)) {
        None => None,
        Some(marker) => match small(remote, &marker, marker::MOST).await? {
            Some(text) => Some((marker, String::from_utf8_lossy(&text).into_owned())),
            None => return Ok(Found::Unfinished(not_there(&marker))),
        },
    };
    // What an earlier look fetched to no avail is still the same version.
    if said.is_none() || !target.exists() {
        match fetch(remote, &row.key, &row.token, target).await? {
            Fetched::Moved => return Ok(Found::Moved),
            Fetched::Whole { hash } if said.is_none() => {
                let rule = "an object is put whole or not at all; its content was fetched".to_owned();
                return Ok(Found::Whole { hash, rule, promised: None });
            }
            Fetched::Whole { .. } => {}
        }
    }
    let Some((marker, said)) = said else { return Ok(Found::Moved) };
    let (target, key) = (target.to_owned(), row.key.clone());
    let verify = move || by_its_marker(&mut std::fs::File::open(target)?, &key, &marker, &said);
    let verified = tokio::task::spawn_blocking(verify).await.map_err(std::io::Error::other).flatten();
    let found = verified.map_err(|error| Trouble::other(format!("the local copy cannot be read: {error}")))?;
    Ok(match found {
        Found::Unusable(what) if standing != Standing::Overdue => Found::Unfinished(what),
        found => found,
    })
}

/// Where the bytes of a landed file can be read: where it landed, where it was archived, or the copy that was
/// fetched.
pub fn local_copy(landing: &Landing, row: &FileRow) -> PathBuf {
    if let Some(path) = &row.archived {
        return path.into();
    }
    match &landing.remote {
        None => landing.path.join(&row.key),
        Some(_) => spooled(&landing.path, row.id, &row.key, &row.token),
    }
}

/// Fetches what a run has claimed and no local copy is left of: another machine, or a rerun after the copies were
/// dropped. Of an object that is gone or changed there will be none, which the worker notices.
///
/// # Errors
/// The store's; inside, why objects cannot be had now.
pub async fn again(context: &Context, pipeline: &Pipeline, run: i64) -> Result<Option<String>> {
    let Some(place) = &pipeline.landing.remote else { return Ok(None) };
    let mut rows = context.store.read(move |connection| files::of_run(connection, run)).await?;
    rows.retain(|row| row.state == FileState::Claimed && !local_copy(&pipeline.landing, row).exists());
    let rows = rows.into_iter().map(|row| (row, Standing::Still)).collect();
    Ok(open_all(place, &pipeline.landing, None, rows).await.1)
}

/// Drops the local copies that no run will need.
///
/// # Errors
/// The store's.
pub async fn tidy(context: &Context, pipeline: &Pipeline) -> Result<()> {
    let (name, landing) = (pipeline.name.clone(), pipeline.landing.clone());
    let needed = [FileState::Seen, FileState::Settling, FileState::Ready, FileState::Claimed, FileState::Held];
    let rows = context
        .store
        .read(move |c| {
            let rows: Result<Vec<_>> = needed.iter().map(|state| files::in_state(c, &name, *state)).collect();
            Ok(rows?.concat())
        })
        .await?;
    let names: HashSet<_> =
        rows.iter().filter_map(|row| Some(local_copy(&landing, row).file_stem()?.to_owned())).collect();
    for entry in std::fs::read_dir(&landing.path).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.file_stem().is_some_and(|stem| !names.contains(stem)) {
            // One that cannot be dropped now can be later.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}
