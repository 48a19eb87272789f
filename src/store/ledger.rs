//! More of the ledger: what comparing a listing needs of it, and the story of one file version.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;

use super::files::{self, FileRow};
use super::{Result, instant, int, ms, parsed};
use crate::domain::Instant;
use crate::domain::file::FileState;

/// What a listed file is compared with: the newest version of its name as far as that takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its ledger id.
    pub id: i64,
    /// The landing it was seen in; empty where that was not written down.
    pub source: String,
    /// Its version token.
    pub token: String,
    /// When it was first listed.
    pub first_seen: Instant,
    /// Since when no look has seen it change.
    pub unchanged_since: Instant,
    /// Where it is.
    pub state: FileState,
}

/// The newest version of a name.
pub fn newest(connection: &Connection, pipeline: &str, key: &str) -> Result<Option<Known>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, source, token, first_seen, unchanged_since, state FROM files
         WHERE pipeline = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let known = statement.query_row(params![pipeline, key], |row| {
        Ok(Known {
            id: row.get("id")?,
            source: row.get("source")?,
            token: row.get("token")?,
            first_seen: instant(row.get("first_seen")?),
            unchanged_since: instant(row.get("unchanged_since")?),
            state: parsed(row, "state", FileState::parse)?,
        })
    });
    Ok(known.optional()?)
}

/// Remembers in which landing a file version was seen.
pub fn set_source(tx: &Transaction<'_>, id: i64, source: &str) -> Result<()> {
    tx.prepare_cached("UPDATE files SET source = ?2 WHERE id = ?1")?.execute(params![id, source])?;
    Ok(())
}

/// Ids of the newest versions that wait for something and have to be in the landing for that, in order of arrival.
// `+id`: they are few, and to be found by their state, not among all files in order.
pub fn waiting(connection: &Connection, pipeline: &str) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM files f WHERE pipeline = ?1 AND state IN ('seen', 'settling', 'ready', 'held')
         AND id = (SELECT MAX(id) FROM files WHERE pipeline = f.pipeline AND key = f.key) ORDER BY +id",
    )?;
    let ids = statement.query_map(params![pipeline], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Lets a name have a version token again that an earlier version of it had: an object store whose versions are hashes
/// of the content says so when a correction is taken back.
pub fn free_token(tx: &Transaction<'_>, pipeline: &str, key: &str, token: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE files SET token = token || ' of version ' || id WHERE pipeline = ?1 AND key = ?2 AND token = ?3",
    )?
    .execute(params![pipeline, key, token])?;
    Ok(())
}

/// Whether a file that has not settled changed after `changed` and is not older than `since`.
pub fn is_arriving(connection: &Connection, pipeline: &str, changed: Instant, since: Instant) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM files WHERE pipeline = ?1 AND state IN ('seen', 'settling')
                            AND unchanged_since > ?2 AND first_seen > ?3)",
        )?
        .query_row(params![pipeline, ms(changed), ms(since)], |row| row.get(0))?)
}

/// The oldest `limit` files that are ready, and whether any that is ready was never tried.
pub fn ready(connection: &Connection, pipeline: &str, limit: usize) -> Result<(Vec<FileRow>, bool)> {
    let rows = files::oldest_in_state(connection, pipeline, FileState::Ready, limit)?;
    let fresh = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM files WHERE pipeline = ?1 AND state = 'ready' AND attempts = 0)")?
        .query_row(params![pipeline], |row| row.get(0))?;
    Ok((rows, fresh))
}

/// The oldest `limit` of those that wait for a run and were in none yet.
pub fn untried(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<FileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM files WHERE pipeline = ?1 AND state = 'ready' AND attempts = 0 ORDER BY id LIMIT ?2",
    )?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![pipeline, most], files::row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// One step of a file version's life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// From where; `None` for the first.
    pub before: Option<FileState>,
    /// To where.
    pub state: FileState,
    /// Why, in plain words.
    pub reason: String,
    /// The run that had it.
    pub run: Option<i64>,
}

/// Every step of a file version, oldest first.
pub fn transitions(connection: &Connection, id: i64) -> Result<Vec<Transition>> {
    let mut statement = connection
        .prepare_cached("SELECT at, before, state, reason, run FROM file_history WHERE file = ?1 ORDER BY id")?;
    let rows = statement
        .query_map(params![id], |row| {
            let before: Option<String> = row.get("before")?;
            Ok(Transition {
                at: instant(row.get("at")?),
                before: before.as_deref().and_then(FileState::parse),
                state: parsed(row, "state", FileState::parse)?,
                reason: row.get("reason")?,
                run: row.get("run")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Whether a file version left this run's batch before the run's rows were made: unusable, changed or gone.
pub fn was_set_aside(connection: &Connection, id: i64, run: i64) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM file_history WHERE file = ?1 AND run = ?2 AND before = 'claimed'
                            AND state IN ('quarantined', 'vanished', 'superseded'))",
        )?
        .query_row(params![id, run], |row| row.get(0))?)
}

/// Sets by which rule a file version was found complete, and how many rows its manifest promises.
pub fn set_rule(tx: &Transaction<'_>, id: i64, rule: &str, promised: Option<u64>) -> Result<()> {
    tx.prepare_cached("UPDATE files SET rule = ?2, promised = ?3 WHERE id = ?1")?.execute(params![
        id,
        rule,
        promised.map(int)
    ])?;
    Ok(())
}

/// Sets the other version a file version's state is about.
pub fn set_other(tx: &Transaction<'_>, id: i64, other: i64) -> Result<()> {
    tx.prepare_cached("UPDATE files SET other = ?2 WHERE id = ?1")?.execute(params![id, other])?;
    Ok(())
}

/// Sets the earliest and the latest event time of the rows of a file version.
pub fn set_span(tx: &Transaction<'_>, id: i64, from: Instant, to: Instant) -> Result<()> {
    tx.prepare_cached("UPDATE files SET data_from = ?2, data_to = ?3 WHERE id = ?1")?.execute(params![
        id,
        ms(from),
        ms(to)
    ])?;
    Ok(())
}

/// Remembers where an archived file version lies and which version token it has there.
pub fn set_archived(tx: &Transaction<'_>, id: i64, path: &str, token: &str) -> Result<()> {
    tx.prepare_cached("UPDATE files SET archived = ?2, token = ?3 WHERE id = ?1")?.execute(params![id, path, token])?;
    Ok(())
}

/// An operator takes a file version up again: earlier attempts do not count any more.
pub fn forget_attempts(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.prepare_cached(
        "UPDATE files SET attempts = 0, first_seen = MIN(first_seen, ?2), unchanged_since = ?2 WHERE id = ?1",
    )?
    .execute(params![id, ms(now)])?;
    Ok(())
}

/// New versions, first seen since `since` or not run yet, of names of which a run had committed an earlier version:
/// (the new one, the newest committed one before it). Only those that are known to be complete and other content.
pub fn overwritten(connection: &Connection, pipeline: &str, since: Instant) -> Result<Vec<(FileRow, FileRow)>> {
    let mut used = connection.prepare_cached(
        "SELECT MAX(id) FROM files older WHERE pipeline = ?1 AND key = ?2 AND id < ?3
         AND EXISTS (SELECT 1 FROM file_history WHERE file = older.id AND state = 'committed')",
    )?;
    let mut pairs = BTreeMap::new();
    let mut pair = |newer: FileRow| -> Result<()> {
        let older: Option<i64> = used.query_row(params![pipeline, newer.key, newer.id], |row| row.get(0))?;
        if let Some(older) = older.map(|id| files::get(connection, id)).transpose()?.flatten() {
            pairs.insert(newer.id, (newer, older));
        }
        Ok(())
    };
    use FileState::{Archived, Claimed, Committed, Held, Quarantined, Ready};
    // Ids grow in order of arrival: the first that is too old ends it.
    let mut newest = connection.prepare_cached("SELECT * FROM files WHERE pipeline = ?1 ORDER BY id DESC")?;
    for found in newest.query_map(params![pipeline], files::row)? {
        let found = found?;
        if found.first_seen < since {
            break;
        }
        if matches!(found.state, Ready | Claimed | Committed | Archived | Quarantined | Held) {
            pair(found)?;
        }
    }
    let mut waiting =
        connection.prepare_cached("SELECT * FROM files WHERE pipeline = ?1 AND state IN ('ready', 'claimed')")?;
    for found in waiting.query_map(params![pipeline], files::row)? {
        pair(found?)?;
    }
    Ok(pairs.into_values().collect())
}

/// The latest event time in the files of a pipeline that were committed, those of `run` left out.
pub fn watermark(connection: &Connection, pipeline: &str, run: i64) -> Result<Option<Instant>> {
    let latest: Option<i64> = connection
        .prepare_cached(
            "SELECT data_to FROM files WHERE pipeline = ?1 AND data_to IS NOT NULL AND state IN ('committed', 'archived')
             AND (run IS NULL OR run <> ?2) ORDER BY data_to DESC LIMIT 1",
        )?
        .query_row(params![pipeline, run], |row| row.get(0))
        .optional()?;
    Ok(latest.map(instant))
}
