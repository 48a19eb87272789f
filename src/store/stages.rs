//! Stage runs and their attempts.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, StoreError, instant, int, json, ms, parsed, seconds, to_json, uint};
use crate::domain::Instant;
use crate::domain::run::{StageKind, StageState};

/// One stage of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRow {
    /// The run.
    pub run: i64,
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub kind: StageKind,
    /// Names of the stages it waits for.
    pub needs: Vec<String>,
    /// Where it is.
    pub state: StageState,
    /// Attempts so far.
    pub attempt: u32,
    /// When its newest attempt began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// The run whose output it took over.
    pub reused_from: Option<i64>,
    /// One line on what it did.
    pub summary: String,
    /// Why it failed, one sentence.
    pub error: Option<String>,
}

impl StageRow {
    /// Seconds of its newest attempt, up to `now` while it runs.
    pub fn seconds(&self, now: Instant) -> Option<f64> {
        Some(seconds(self.started?, self.ended.unwrap_or(now)))
    }
}

/// One try of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptRow {
    /// Its stage.
    pub stage: String,
    /// 1 for the first.
    pub attempt: u32,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    /// How it ended.
    pub outcome: Option<StageState>,
    /// Class of the error.
    pub error_class: Option<String>,
    /// The error, one sentence.
    pub error: Option<String>,
    /// Peak resident memory in bytes.
    pub peak_memory: Option<u64>,
    /// Processor time in milliseconds.
    pub cpu_ms: Option<u64>,
}

/// Creates a waiting stage.
pub fn create(
    tx: &Transaction<'_>,
    run: i64,
    position: usize,
    name: &str,
    kind: StageKind,
    needs: &[String],
) -> Result<()> {
    tx.execute(
        "INSERT INTO stages (run, name, position, kind, needs, state) VALUES (?1, ?2, ?3, ?4, ?5, 'waiting')",
        params![run, name, int(position as u64), kind.name(), to_json(&needs)?],
    )?;
    Ok(())
}

/// Moves a stage to `next`, setting its start or end. Refuses what the state machine forbids.
pub fn set_state(tx: &Transaction<'_>, run: i64, name: &str, next: StageState, now: Instant) -> Result<()> {
    let current: StageState = tx
        .prepare_cached("SELECT state FROM stages WHERE run = ?1 AND name = ?2")?
        .query_row(params![run, name], |row| parsed(row, "state", StageState::parse))?;
    if !current.may_become(next) {
        return Err(StoreError::Forbidden(format!("stage {name} of run {run} is {current} and cannot become {next}")));
    }
    tx.execute(
        "UPDATE stages SET state = ?3,
             started = CASE WHEN ?3 = 'running' THEN ?4 ELSE started END,
             ended = CASE WHEN ?5 THEN ?4 WHEN ?3 = 'running' THEN NULL ELSE ended END
         WHERE run = ?1 AND name = ?2",
        params![run, name, next.name(), ms(now), next.is_final()],
    )?;
    Ok(())
}

/// Sets its one line.
pub fn set_summary(tx: &Transaction<'_>, run: i64, name: &str, summary: &str) -> Result<()> {
    tx.execute("UPDATE stages SET summary = ?3 WHERE run = ?1 AND name = ?2", params![run, name, summary])?;
    Ok(())
}

/// Marks it reused from an earlier run, with the earlier one's summary.
pub fn set_reused(tx: &Transaction<'_>, run: i64, name: &str, from: i64, now: Instant) -> Result<()> {
    set_state(tx, run, name, StageState::Reused, now)?;
    tx.execute(
        "UPDATE stages SET reused_from = ?3,
             summary = COALESCE((SELECT summary FROM stages WHERE run = ?3 AND name = ?2), '')
         WHERE run = ?1 AND name = ?2",
        params![run, name, from],
    )?;
    Ok(())
}

/// Begins the next attempt and answers its number.
pub fn begin_attempt(tx: &Transaction<'_>, run: i64, name: &str, now: Instant) -> Result<u32> {
    set_state(tx, run, name, StageState::Running, now)?;
    let attempt: u32 = tx.query_row(
        "UPDATE stages SET attempt = attempt + 1, error = NULL WHERE run = ?1 AND name = ?2 RETURNING attempt",
        params![run, name],
        |row| row.get(0),
    )?;
    tx.execute(
        "INSERT INTO attempts (run, stage, attempt, started) VALUES (?1, ?2, ?3, ?4)",
        params![run, name, attempt, ms(now)],
    )?;
    Ok(attempt)
}

/// Records the process of an attempt, so that recovery can end a survivor.
pub fn set_pid(tx: &Transaction<'_>, run: i64, name: &str, attempt: u32, pid: u32) -> Result<()> {
    tx.execute(
        "UPDATE attempts SET pid = ?4 WHERE run = ?1 AND stage = ?2 AND attempt = ?3",
        params![run, name, attempt, pid],
    )?;
    Ok(())
}

/// How an attempt ended.
pub struct Ending<'a> {
    /// The outcome: succeeded, failed, cancelled, interrupted.
    pub outcome: StageState,
    /// (class, sentence) of the error.
    pub error: Option<(&'a str, &'a str)>,
    /// Peak resident memory in bytes, when measured.
    pub peak_memory: Option<u64>,
    /// Processor time in milliseconds, when measured.
    pub cpu_ms: Option<u64>,
}

/// Records the end of an attempt. The stage's own state is set apart, as a retry may follow.
pub fn end_attempt(
    tx: &Transaction<'_>,
    run: i64,
    name: &str,
    attempt: u32,
    ending: &Ending<'_>,
    now: Instant,
) -> Result<()> {
    tx.execute(
        "UPDATE attempts SET ended = ?4, outcome = ?5, error_class = ?6, error = ?7, peak_memory = ?8, cpu_ms = ?9
         WHERE run = ?1 AND stage = ?2 AND attempt = ?3",
        params![
            run,
            name,
            attempt,
            ms(now),
            ending.outcome.name(),
            ending.error.map(|(class, _)| class),
            ending.error.map(|(_, sentence)| sentence),
            ending.peak_memory.map(int),
            ending.cpu_ms.map(int),
        ],
    )?;
    if let Some((_, sentence)) = ending.error {
        tx.execute("UPDATE stages SET error = ?3 WHERE run = ?1 AND name = ?2", params![run, name, sentence])?;
    }
    Ok(())
}

/// Stages of a run in order.
pub fn of_run(connection: &Connection, run: i64) -> Result<Vec<StageRow>> {
    let mut statement = connection.prepare_cached("SELECT * FROM stages WHERE run = ?1 ORDER BY position")?;
    let rows = statement.query_map(params![run], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Attempts of a run in the order in which they began.
pub fn attempts(connection: &Connection, run: i64) -> Result<Vec<AttemptRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM attempts WHERE run = ?1 ORDER BY started, stage, attempt")?;
    let rows = statement.query_map(params![run], attempt_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// What the last `limit` successes of a stage took, oldest first: (end, seconds, bytes of the run's batch).
pub fn paces(connection: &Connection, pipeline: &str, stage: &str, limit: usize) -> Result<Vec<(Instant, f64, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT s.ended, (s.ended - s.started) / 1000.0, r.bytes FROM runs r JOIN stages s ON s.run = r.id
         WHERE r.pipeline = ?1 AND s.name = ?2 AND s.state = 'succeeded' ORDER BY r.id DESC LIMIT ?3",
    )?;
    let mut rows: Vec<(Instant, f64, u64)> = statement
        .query_map(params![pipeline, stage, int(limit as u64)], |row| {
            Ok((instant(row.get(0)?), row.get(1)?, uint(row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// The state of one stage.
pub fn state(connection: &Connection, run: i64, name: &str) -> Result<Option<StageState>> {
    Ok(connection
        .prepare_cached("SELECT state FROM stages WHERE run = ?1 AND name = ?2")?
        .query_row(params![run, name], |row| parsed(row, "state", StageState::parse))
        .optional()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<StageRow> {
    Ok(StageRow {
        run: row.get("run")?,
        name: row.get("name")?,
        kind: parsed(row, "kind", StageKind::parse)?,
        needs: json(row, "needs")?,
        state: parsed(row, "state", StageState::parse)?,
        attempt: row.get("attempt")?,
        started: row.get::<_, Option<i64>>("started")?.map(instant),
        ended: row.get::<_, Option<i64>>("ended")?.map(instant),
        reused_from: row.get("reused_from")?,
        summary: row.get("summary")?,
        error: row.get("error")?,
    })
}

fn attempt_row(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(AttemptRow {
        stage: row.get("stage")?,
        attempt: row.get("attempt")?,
        started: instant(row.get("started")?),
        ended: row.get::<_, Option<i64>>("ended")?.map(instant),
        outcome: outcome.as_deref().and_then(StageState::parse),
        error_class: row.get("error_class")?,
        error: row.get("error")?,
        peak_memory: row.get::<_, Option<i64>>("peak_memory")?.map(uint),
        cpu_ms: row.get::<_, Option<i64>>("cpu_ms")?.map(uint),
    })
}
