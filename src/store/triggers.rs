//! Trigger evaluations: the true and the false.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::run::Cause;
use crate::domain::trigger::Answer;

/// One recorded evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriggerRow {
    /// When it was asked.
    pub at: Instant,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// The run it led to.
    pub run: Option<i64>,
}

/// Records an evaluation.
pub fn record(tx: &Transaction<'_>, pipeline: &str, at: Instant, answer: &Answer, run: Option<i64>) -> Result<()> {
    tx.execute(
        "INSERT INTO triggers (pipeline, at, cause, fired, reason, ready, settling, run)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            pipeline,
            ms(at),
            answer.cause.name(),
            answer.fired,
            answer.reason,
            int(answer.ready),
            int(answer.settling),
            run
        ],
    )?;
    Ok(())
}

/// The newest evaluations of a pipeline, newest first.
pub fn list(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<TriggerRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM triggers WHERE pipeline = ?1 ORDER BY id DESC LIMIT ?2")?;
    let rows = statement.query_map(params![pipeline, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The evaluation that led to a run.
pub fn of_run(connection: &Connection, run: i64) -> Result<Option<TriggerRow>> {
    Ok(connection
        .prepare_cached("SELECT * FROM triggers WHERE run = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row(params![run], row)
        .optional()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<TriggerRow> {
    Ok(TriggerRow {
        at: instant(row.get("at")?),
        answer: Answer {
            cause: parsed(row, "cause", Cause::parse)?,
            fired: row.get("fired")?,
            reason: row.get("reason")?,
            ready: uint(row.get("ready")?),
            settling: uint(row.get("settling")?),
        },
        run: row.get("run")?,
    })
}
