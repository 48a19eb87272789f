//! Runs.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, StoreError, instant, int, ms, parsed, seconds, to_json, uint};
use crate::domain::Instant;
use crate::domain::run::{Cause, RerunFrom, RunState};

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// 1, 2, 3, … within a workspace.
    pub id: i64,
    /// Its pipeline.
    pub pipeline: String,
    /// Where it is.
    pub state: RunState,
    /// Why it exists.
    pub cause: Cause,
    /// Why, in plain words: the trigger's reason or the operator's.
    pub reason: String,
    /// The run it repeats.
    pub parent: Option<i64>,
    /// From where it repeats its parent.
    pub rerun_from: Option<RerunFrom>,
    /// When it was accepted.
    pub created: Instant,
    /// When its first stage began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// When its outputs became live.
    pub committed: Option<Instant>,
    /// Commits of its pipeline before it.
    pub generation: i64,
    /// Hash of the configuration it ran with.
    pub config_hash: String,
    /// Its seed.
    pub seed: u64,
    /// Files of its batch.
    pub files: u64,
    /// Bytes of its batch.
    pub bytes: u64,
    /// Rows of its batch, once read.
    pub rows: Option<u64>,
    /// Class of the error that ended it.
    pub error_class: Option<String>,
    /// The error that ended it, one sentence.
    pub error: Option<String>,
}

impl RunRow {
    /// Seconds from its start to its end, or to `now` while it runs.
    pub fn seconds(&self, now: Instant) -> Option<f64> {
        Some(seconds(self.started?, self.ended.unwrap_or(now)))
    }
}

/// What is known of a run when it is created.
pub struct NewRun<'a> {
    /// Its pipeline.
    pub pipeline: &'a str,
    /// Why it exists.
    pub cause: Cause,
    /// Why, in plain words.
    pub reason: &'a str,
    /// The run it repeats, and from where.
    pub parent: Option<(i64, &'a RerunFrom)>,
    /// Hash of the configuration.
    pub config_hash: &'a str,
    /// Seed of everything random.
    pub seed: u64,
    /// Ledger ids of its batch.
    pub files: &'a [i64],
    /// Bytes of its batch.
    pub bytes: u64,
}

#[cfg(test)]
impl<'a> NewRun<'a> {
    /// What tests begin with when it does not matter: a run of `p` that somebody asked for.
    pub fn asked(files: &'a [i64]) -> Self {
        let (pipeline, cause, reason) = ("p", Cause::Manual, "asked for");
        Self { pipeline, cause, reason, parent: None, config_hash: "0", seed: 42, files, bytes: 1 }
    }
}

/// Creates a queued run with its batch and answers its id.
pub fn create(tx: &Transaction<'_>, new: &NewRun<'_>, now: Instant) -> Result<i64> {
    let from = new.parent.map(|(_, from)| to_json(from)).transpose()?;
    tx.execute(
        "INSERT INTO runs (pipeline, state, cause, reason, parent, rerun_from, created, generation, config_hash, seed,
                           files, bytes)
         VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6,
                 (SELECT generation FROM pipelines WHERE name = ?1), ?7, ?8, ?9, ?10)",
        params![
            new.pipeline,
            new.cause.name(),
            new.reason,
            new.parent.map(|(id, _)| id),
            from,
            ms(now),
            new.config_hash,
            int(new.seed),
            int(new.files.len() as u64),
            int(new.bytes),
        ],
    )?;
    let id = tx.last_insert_rowid();
    let mut statement = tx.prepare_cached("INSERT INTO run_files (run, file) VALUES (?1, ?2)")?;
    for file in new.files {
        statement.execute(params![id, file])?;
    }
    Ok(id)
}

/// Moves a run to `next`, setting its start or end. Refuses what the state machine forbids.
pub fn set_state(tx: &Transaction<'_>, id: i64, next: RunState, now: Instant) -> Result<()> {
    let current = get(tx, id)?.ok_or_else(|| StoreError::Forbidden(format!("there is no run {id}")))?.state;
    if !current.may_become(next) {
        return Err(StoreError::Forbidden(format!("run {id} is {current} and cannot become {next}")));
    }
    tx.execute(
        "UPDATE runs SET state = ?2,
             started = CASE WHEN ?2 = 'running' THEN ?3 ELSE started END,
             ended = CASE WHEN ?4 THEN ?3 ELSE ended END
         WHERE id = ?1",
        params![id, next.name(), ms(now), next.is_final()],
    )?;
    Ok(())
}

/// Records the generation it works on and marks its start; see [`set_state`].
pub fn start(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    set_state(tx, id, RunState::Running, now)?;
    tx.execute(
        "UPDATE runs SET generation = (SELECT generation FROM pipelines WHERE name = runs.pipeline) WHERE id = ?1",
        params![id],
    )?;
    Ok(())
}

/// Records why a run ended badly.
pub fn set_error(tx: &Transaction<'_>, id: i64, class: &str, error: &str) -> Result<()> {
    tx.execute("UPDATE runs SET error_class = ?2, error = ?3 WHERE id = ?1", params![id, class, error])?;
    Ok(())
}

/// Adds to the rows of its batch.
pub fn set_rows(tx: &Transaction<'_>, id: i64, rows: u64) -> Result<()> {
    tx.execute("UPDATE runs SET rows = ?2 WHERE id = ?1", params![id, int(rows)])?;
    Ok(())
}

/// Marks that moving its staged objects begins: from here on recovery rolls forward.
pub fn set_committing(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE runs SET committing = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(())
}

/// Marks that what had been moved was taken back: there is nothing to roll forward.
pub fn clear_committing(tx: &Transaction<'_>, id: i64) -> Result<()> {
    tx.execute("UPDATE runs SET committing = NULL WHERE id = ?1", params![id])?;
    Ok(())
}

/// Marks the commit.
pub fn set_committed(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE runs SET committed = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(())
}

/// Whether moving its staged objects had begun.
pub fn is_committing(connection: &Connection, id: i64) -> Result<bool> {
    Ok(connection.query_row("SELECT committing IS NOT NULL FROM runs WHERE id = ?1", params![id], |row| row.get(0))?)
}

/// One run.
pub fn get(connection: &Connection, id: i64) -> Result<Option<RunRow>> {
    Ok(connection.prepare_cached("SELECT * FROM runs WHERE id = ?1")?.query_row(params![id], row).optional()?)
}

/// The newest runs, newest first, of one pipeline or all, in one state or any.
pub fn list(
    connection: &Connection,
    pipeline: Option<&str>,
    state: Option<RunState>,
    limit: usize,
) -> Result<Vec<RunRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM runs WHERE (?1 IS NULL OR pipeline = ?1) AND (?2 IS NULL OR state = ?2)
         ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = statement
        .query_map(params![pipeline, state.map(RunState::name), int(limit as u64)], row)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The newest runs that were accepted from one instant up to another, newest first.
pub fn between(connection: &Connection, from: Instant, to: Instant, limit: usize) -> Result<Vec<RunRow>> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM runs WHERE created >= ?1 AND created < ?2 ORDER BY id DESC LIMIT ?3")?;
    let rows =
        statement.query_map(params![ms(from), ms(to), int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Runs that are not over, oldest first.
pub fn open(connection: &Connection) -> Result<Vec<RunRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM runs WHERE state IN ('queued', 'running') ORDER BY id")?;
    let rows = statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Ledger ids of its batch, in order of arrival.
pub fn files(connection: &Connection, id: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT file FROM run_files WHERE run = ?1 ORDER BY file")?;
    let rows = statement.query_map(params![id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// What the last `limit` succeeded, whole (not rerun) runs of a pipeline took, oldest first: (end, seconds, bytes).
pub fn paces(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<(Instant, f64, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT ended, (ended - started) / 1000.0, bytes FROM runs
         WHERE pipeline = ?1 AND state = 'succeeded' AND parent IS NULL ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows: Vec<(Instant, f64, u64)> = statement
        .query_map(params![pipeline, int(limit as u64)], |row| {
            Ok((instant(row.get(0)?), row.get(1)?, uint(row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// When the newest `limit` outputs of a pipeline were published, oldest first.
pub fn published(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<Instant>> {
    let mut statement = connection.prepare_cached(
        "SELECT committed FROM runs WHERE pipeline = ?1 AND committed IS NOT NULL ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows: Vec<Instant> = statement
        .query_map(params![pipeline, int(limit as u64)], |row| Ok(instant(row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    rows.sort_unstable();
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let from: Option<String> = row.get("rerun_from")?;
    Ok(RunRow {
        id: row.get("id")?,
        pipeline: row.get("pipeline")?,
        state: parsed(row, "state", RunState::parse)?,
        cause: parsed(row, "cause", Cause::parse)?,
        reason: row.get("reason")?,
        parent: row.get("parent")?,
        rerun_from: from.and_then(|text| serde_json::from_str(&text).ok()),
        created: instant(row.get("created")?),
        started: row.get::<_, Option<i64>>("started")?.map(instant),
        ended: row.get::<_, Option<i64>>("ended")?.map(instant),
        committed: row.get::<_, Option<i64>>("committed")?.map(instant),
        generation: row.get("generation")?,
        config_hash: row.get("config_hash")?,
        seed: uint(row.get("seed")?),
        files: uint(row.get("files")?),
        bytes: uint(row.get("bytes")?),
        rows: row.get::<_, Option<i64>>("rows")?.map(uint),
        error_class: row.get("error_class")?,
        error: row.get("error")?,
    })
}
