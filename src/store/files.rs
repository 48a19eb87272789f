//! The ledger: every file version ever seen, its state, and the run that consumed it.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, StoreError, instant, int, json, ms, parsed, to_json, uint};
use crate::domain::Instant;
use crate::domain::file::{FileState, Listed};

/// One file version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRow {
    /// Grows in order of arrival.
    pub id: i64,
    /// Its pipeline.
    pub pipeline: String,
    /// The landing it was seen in: a folder, relative to the workspace where it is inside, or a URL; empty where that was
    /// not written down.
    pub source: String,
    /// Its name in the landing.
    pub key: String,
    /// Its version token.
    pub token: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Its modification time.
    pub modified: Instant,
    /// BLAKE3 of its content, once settled.
    pub hash: Option<String>,
    /// When it was first listed.
    pub first_seen: Instant,
    /// Since when no look has seen it change.
    pub unchanged_since: Instant,
    /// When it was found complete.
    pub settled: Option<Instant>,
    /// Where it is.
    pub state: FileState,
    /// Why, in plain words.
    pub reason: String,
    /// Rows in it, once read.
    pub rows: Option<u64>,
    /// Rows of it that were rejected.
    pub rejected: Option<u64>,
    /// The run that has it or took it.
    pub run: Option<i64>,
    /// Runs that tried it.
    pub attempts: u32,
    /// The rule by which it was found complete.
    pub rule: Option<String>,
    /// The file version it is a duplicate of, or superseded by.
    pub other: Option<i64>,
    /// Rows that its manifest promises.
    pub promised: Option<u64>,
    /// Earliest event time of its usable rows, once read.
    pub data_from: Option<Instant>,
    /// Latest event time of its usable rows, once read.
    pub data_to: Option<Instant>,
    /// Where it lies since it was archived: an absolute path.
    pub archived: Option<String>,
}

/// Enters a new file version as `seen` and answers its id.
pub fn enter(tx: &Transaction<'_>, pipeline: &str, listed: &Listed, now: Instant) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO files (pipeline, key, token, bytes, modified, first_seen, unchanged_since, state, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'seen', 'listed')",
    )?
    .execute(params![pipeline, listed.key, listed.token.0, int(listed.bytes), ms(listed.modified), ms(now)])?;
    let id = tx.last_insert_rowid();
    remember(tx, id, None, FileState::Seen, "listed", now)?;
    Ok(id)
}

/// Moves a file version to `next` with its reason and keeps the transition. Refuses what the state machine forbids.
pub fn set_state(tx: &Transaction<'_>, id: i64, next: FileState, reason: &str, now: Instant) -> Result<()> {
    let current: FileState = tx
        .prepare_cached("SELECT state FROM files WHERE id = ?1")?
        .query_row(params![id], |row| parsed(row, "state", FileState::parse))?;
    if !current.may_become(next) {
        return Err(StoreError::Forbidden(format!("file {id} is {current} and cannot become {next}")));
    }
    tx.prepare_cached(
        "UPDATE files SET state = ?2, reason = ?3, settled = CASE WHEN ?2 = 'ready' THEN COALESCE(settled, ?4) ELSE settled END
         WHERE id = ?1",
    )?
    .execute(params![id, next.name(), reason, ms(now)])?;
    remember(tx, id, Some(current), next, reason, now)
}

fn remember(
    tx: &Transaction<'_>,
    id: i64,
    before: Option<FileState>,
    state: FileState,
    reason: &str,
    now: Instant,
) -> Result<()> {
    let in_a_run = before == Some(FileState::Claimed) || state == FileState::Claimed;
    tx.prepare_cached(
        "INSERT INTO file_history (file, at, before, state, reason, run)
         VALUES (?1, ?2, ?3, ?4, ?5, CASE WHEN ?6 THEN (SELECT run FROM files WHERE id = ?1) END)",
    )?
    .execute(params![id, ms(now), before.map(FileState::name), state.name(), reason, in_a_run])?;
    Ok(())
}

/// Records that a version which had not settled yet has changed: it is still the same version, still growing.
pub fn regrow(tx: &Transaction<'_>, id: i64, listed: &Listed, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE files SET token = ?2, bytes = ?3, modified = ?4, unchanged_since = ?5 WHERE id = ?1",
        params![id, listed.token.0, int(listed.bytes), ms(listed.modified), ms(now)],
    )?;
    Ok(())
}

/// Sets the content hash found when it settled.
pub fn set_hash(tx: &Transaction<'_>, id: i64, hash: &str) -> Result<()> {
    tx.prepare_cached("UPDATE files SET hash = ?2 WHERE id = ?1")?.execute(params![id, hash])?;
    Ok(())
}

/// Claims a file for a run, counting the attempt.
pub fn claim(tx: &Transaction<'_>, id: i64, run: i64, now: Instant) -> Result<()> {
    tx.prepare_cached("UPDATE files SET run = ?2, attempts = attempts + 1 WHERE id = ?1")?.execute(params![id, run])?;
    set_state(tx, id, FileState::Claimed, &format!("taken by run {run}"), now)
}

/// Sets rows read and rejected.
pub fn set_rows(tx: &Transaction<'_>, id: i64, rows: u64, rejected: u64) -> Result<()> {
    tx.prepare_cached("UPDATE files SET rows = ?2, rejected = ?3 WHERE id = ?1")?.execute(params![
        id,
        int(rows),
        int(rejected)
    ])?;
    Ok(())
}

/// File versions of a pipeline in one state, in order of arrival.
pub fn in_state(connection: &Connection, pipeline: &str, state: FileState) -> Result<Vec<FileRow>> {
    oldest_in_state(connection, pipeline, state, usize::MAX)
}

/// As [`in_state`], at most `limit` of them.
pub fn oldest_in_state(
    connection: &Connection,
    pipeline: &str,
    state: FileState,
    limit: usize,
) -> Result<Vec<FileRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM files WHERE pipeline = ?1 AND state = ?2 ORDER BY id LIMIT ?3")?;
    let most = int(limit as u64);
    let rows = statement.query_map(params![pipeline, state.name(), most], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Keeps the header of a file as it was read: names of its columns in order, and their types if the format says them.
pub fn set_header(tx: &Transaction<'_>, id: i64, columns: &[String], types: &[String]) -> Result<()> {
    tx.prepare_cached("UPDATE files SET columns = ?2, types = ?3 WHERE id = ?1")?.execute(params![
        id,
        to_json(&columns)?,
        to_json(&types)?
    ])?;
    Ok(())
}

/// The header of a file version.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderRow {
    /// Its ledger id.
    pub id: i64,
    /// Its name in the landing.
    pub key: String,
    /// Where it is.
    pub state: FileState,
    /// When it was first listed.
    pub first_seen: Instant,
    /// Names of its columns in order.
    pub columns: Vec<String>,
    /// Their types; empty when the format has none.
    pub types: Vec<String>,
}

/// Headers of the newest `limit` file versions that no newer one had replaced before they were run, oldest first.
pub fn headers(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<HeaderRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, key, state, first_seen, columns, types FROM files
         WHERE pipeline = ?1 AND columns IS NOT NULL AND state NOT IN ('superseded', 'vanished', 'duplicate')
         ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows: Vec<HeaderRow> = statement
        .query_map(params![pipeline, int(limit as u64)], |row| {
            Ok(HeaderRow {
                id: row.get("id")?,
                key: row.get("key")?,
                state: parsed(row, "state", FileState::parse)?,
                first_seen: instant(row.get("first_seen")?),
                columns: json(row, "columns")?,
                types: json(row, "types")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// The newest version of every name of a pipeline.
pub fn newest_versions(connection: &Connection, pipeline: &str) -> Result<Vec<FileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM files f WHERE pipeline = ?1
         AND id = (SELECT MAX(id) FROM files WHERE pipeline = f.pipeline AND key = f.key) ORDER BY id",
    )?;
    let rows = statement.query_map(params![pipeline], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// A committed, claimed or ready file version with this content, other than `id`, whose rows count: one that a newer
/// version of its name has replaced does not (a correction that is taken back is news).
pub fn same_content(connection: &Connection, pipeline: &str, hash: &str, id: i64) -> Result<Option<FileRow>> {
    Ok(connection
        .prepare_cached(
            "SELECT * FROM files WHERE pipeline = ?1 AND hash = ?2 AND id <> ?3
             AND state IN ('committed', 'archived', 'claimed', 'ready')
             AND NOT EXISTS (SELECT 1 FROM files newer WHERE newer.pipeline = files.pipeline AND newer.key = files.key
                             AND newer.id > files.id AND newer.id <> ?3
                             AND newer.state IN ('committed', 'archived', 'claimed', 'ready'))
             ORDER BY id LIMIT 1",
        )?
        .query_row(params![pipeline, hash, id], row)
        .optional()?)
}

/// Duplicates of nothing: the file version that had their content went before a run took it.
pub fn orphaned_duplicates(connection: &Connection, pipeline: &str) -> Result<Vec<FileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM files WHERE pipeline = ?1 AND state = 'duplicate' AND NOT EXISTS (
             SELECT 1 FROM files twin WHERE twin.pipeline = files.pipeline AND twin.hash = files.hash
             AND twin.id <> files.id AND twin.state IN ('committed', 'archived', 'claimed', 'ready', 'quarantined', 'held'))
         ORDER BY id",
    )?;
    let rows = statement.query_map(params![pipeline], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Whether a run ever committed this file version.
pub fn was_committed(connection: &Connection, id: i64) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM file_history WHERE file = ?1 AND state = 'committed')")?
        .query_row(params![id], |row| row.get(0))?)
}

/// One file version.
pub fn get(connection: &Connection, id: i64) -> Result<Option<FileRow>> {
    Ok(connection.prepare_cached("SELECT * FROM files WHERE id = ?1")?.query_row(params![id], row).optional()?)
}

/// File versions of a run's batch in order of arrival.
pub fn of_run(connection: &Connection, run: i64) -> Result<Vec<FileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT f.* FROM run_files rf JOIN files f ON f.id = rf.file WHERE rf.run = ?1 ORDER BY f.id",
    )?;
    let rows = statement.query_map(params![run], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// File versions whose rows are in the lake and reach into the span, in order of arrival.
pub fn spanning(connection: &Connection, pipeline: &str, from: Instant, to: Instant) -> Result<Vec<FileRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM files WHERE pipeline = ?1 AND state IN ('committed', 'archived')
         AND data_from < ?3 AND data_to >= ?2 ORDER BY id",
    )?;
    let rows = statement.query_map(params![pipeline, ms(from), ms(to)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The newest file versions, newest first, of one pipeline or all.
pub fn list(connection: &Connection, pipeline: Option<&str>, limit: usize) -> Result<Vec<FileRow>> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM files WHERE (?1 IS NULL OR pipeline = ?1) ORDER BY id DESC LIMIT ?2")?;
    let rows = statement.query_map(params![pipeline, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// File versions with this name, oldest first, of one pipeline or all.
pub fn named(connection: &Connection, pipeline: Option<&str>, key: &str) -> Result<Vec<FileRow>> {
    // Two statements, so that the index on both serves where both are given.
    let rows = match pipeline {
        Some(pipeline) => connection
            .prepare_cached("SELECT * FROM files WHERE pipeline = ?1 AND key = ?2 ORDER BY id")?
            .query_map(params![pipeline, key], row)?
            .collect::<rusqlite::Result<_>>()?,
        None => connection
            .prepare_cached("SELECT * FROM files WHERE key = ?1 ORDER BY id")?
            .query_map(params![key], row)?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(rows)
}

/// Every transition of a file version, oldest first: (instant, state, reason).
pub fn history(connection: &Connection, id: i64) -> Result<Vec<(Instant, FileState, String)>> {
    let mut statement =
        connection.prepare_cached("SELECT at, state, reason FROM file_history WHERE file = ?1 ORDER BY id")?;
    let rows = statement
        .query_map(params![id], |row| {
            Ok((instant(row.get("at")?), parsed(row, "state", FileState::parse)?, row.get("reason")?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// When the newest `limit` new files of a pipeline (duplicates left out) were first seen, oldest first.
pub fn arrivals(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<Instant>> {
    Ok(arrived(connection, pipeline, limit)?.into_iter().map(|(at, _)| at).collect())
}

/// The newest `limit` new files of a pipeline (duplicates left out), in order of arrival: (first seen, name).
pub fn arrived(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<(Instant, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT first_seen, key FROM files WHERE pipeline = ?1 AND state NOT IN ('duplicate', 'vanished')
         ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows: Vec<(Instant, String)> = statement
        .query_map(params![pipeline, int(limit as u64)], |row| Ok((instant(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// What is known of a file's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Grows in order of arrival.
    pub id: i64,
    /// Its name.
    pub key: String,
    /// When it was first listed.
    pub first_seen: Instant,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows in it, once read.
    pub rows: Option<u64>,
    /// Columns in it, once its header was read.
    pub columns: Option<u64>,
    /// It is ready or in use: no copy, not in quarantine.
    pub usable: bool,
}

/// What is known of the newest `limit` files that are ready or in use, oldest first.
pub fn measured(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<Measured>> {
    measured_where(connection, "usable", pipeline, limit)
}

/// As [`measured`], with the files that a run took and that turned out to be of no use.
pub fn ever_measured(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<Measured>> {
    measured_where(connection, "(usable OR id IN (SELECT file FROM run_files))", pipeline, limit)
}

fn measured_where(connection: &Connection, which: &str, pipeline: &str, limit: usize) -> Result<Vec<Measured>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, key, first_seen, bytes, rows, CASE WHEN json_valid(columns) THEN json_array_length(columns) END,
                state IN ('ready', 'claimed', 'committed', 'archived') AS usable
         FROM files WHERE pipeline = ?1 AND {which} ORDER BY id DESC LIMIT ?2",
    ))?;
    let mut rows: Vec<Measured> = statement
        .query_map(params![pipeline, int(limit as u64)], |row| {
            Ok(Measured {
                id: row.get(0)?,
                key: row.get(1)?,
                first_seen: instant(row.get(2)?),
                bytes: uint(row.get(3)?),
                rows: row.get::<_, Option<i64>>(4)?.map(uint),
                columns: row.get::<_, Option<i64>>(5)?.map(uint),
                usable: row.get(6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// How many file versions of a pipeline are in one state.
pub fn count(connection: &Connection, pipeline: &str, state: FileState) -> Result<u64> {
    let query = "SELECT COUNT(*) FROM files WHERE pipeline = ?1 AND state = ?2";
    Ok(connection.prepare_cached(query)?.query_row(params![pipeline, state.name()], |row| row.get(0)).map(uint)?)
}

/// How many file versions of a pipeline there ever were. Takes the longer the more there are.
pub fn count_known(connection: &Connection, pipeline: &str) -> Result<u64> {
    let query = "SELECT COUNT(*) FROM files WHERE pipeline = ?1";
    Ok(connection.prepare_cached(query)?.query_row(params![pipeline], |row| row.get(0)).map(uint)?)
}

/// How many file versions wait for a run or are not yet complete.
pub fn count_waiting(connection: &Connection, pipeline: &str) -> Result<u64> {
    let query = "SELECT COUNT(*) FROM files WHERE pipeline = ?1 AND state IN ('seen', 'settling', 'ready')";
    Ok(connection.prepare_cached(query)?.query_row(params![pipeline], |row| row.get(0)).map(uint)?)
}

pub(super) fn row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        id: row.get("id")?,
        pipeline: row.get("pipeline")?,
        source: row.get("source")?,
        key: row.get("key")?,
        token: row.get("token")?,
        bytes: uint(row.get("bytes")?),
        modified: instant(row.get("modified")?),
        hash: row.get("hash")?,
        first_seen: instant(row.get("first_seen")?),
        unchanged_since: instant(row.get("unchanged_since")?),
        settled: row.get::<_, Option<i64>>("settled")?.map(instant),
        state: parsed(row, "state", FileState::parse)?,
        reason: row.get("reason")?,
        rows: row.get::<_, Option<i64>>("rows")?.map(uint),
        rejected: row.get::<_, Option<i64>>("rejected")?.map(uint),
        run: row.get("run")?,
        attempts: row.get("attempts")?,
        rule: row.get("rule")?,
        other: row.get("other")?,
        promised: row.get::<_, Option<i64>>("promised")?.map(uint),
        data_from: row.get::<_, Option<i64>>("data_from")?.map(instant),
        data_to: row.get::<_, Option<i64>>("data_to")?.map(instant),
        archived: row.get("archived")?,
    })
}
