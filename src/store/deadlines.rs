//! Every instant by which data had to be there: kept when it is made, so that a miss is known even if it healed.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms};
use crate::domain::Instant;

/// One deadline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadlineRow {
    /// Its number.
    pub id: i64,
    /// Its pipeline.
    pub pipeline: String,
    /// What was due: `arrival`, `data time` or `output`.
    pub object: String,
    /// The slot it belongs to.
    pub slot: Instant,
    /// Slot and grace.
    pub due: Instant,
    /// When what was due came.
    pub met: Option<Instant>,
    /// When it was seen to be missed; stays when it is met later.
    pub missed: Option<Instant>,
    /// Why a miss does not count: a holiday, a blackout, Landfall's own downtime.
    pub excused: Option<String>,
}

/// Records a deadline; one that is known already is left as it is.
pub fn expect(tx: &Transaction<'_>, pipeline: &str, object: &str, slot: Instant, due: Instant) -> Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO deadlines (pipeline, object, slot, due) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![pipeline, object, ms(slot), ms(due)])?;
    Ok(())
}

/// Records what became of a deadline.
pub fn settle(
    tx: &Transaction<'_>,
    id: i64,
    met: Option<Instant>,
    missed: Option<Instant>,
    excused: Option<&str>,
) -> Result<()> {
    tx.prepare_cached("UPDATE deadlines SET met = ?2, missed = ?3, excused = ?4 WHERE id = ?1")?.execute(params![
        id,
        met.map(ms),
        missed.map(ms),
        excused
    ])?;
    Ok(())
}

/// The newest slot of an object that is recorded.
pub fn newest_slot(connection: &Connection, pipeline: &str, object: &str) -> Result<Option<Instant>> {
    let newest: Option<i64> = connection
        .prepare_cached("SELECT MAX(slot) FROM deadlines WHERE pipeline = ?1 AND object = ?2")?
        .query_row(params![pipeline, object], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(newest.map(instant))
}

/// The newest `limit` deadlines of an object, and all of its older ones that are open, oldest first.
pub fn of_object(connection: &Connection, pipeline: &str, object: &str, limit: usize) -> Result<Vec<DeadlineRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM deadlines WHERE pipeline = ?1 AND object = ?2
           AND (met IS NULL AND missed IS NULL OR slot >= COALESCE(
               (SELECT slot FROM deadlines WHERE pipeline = ?1 AND object = ?2 ORDER BY slot DESC LIMIT 1 OFFSET ?3), 0))
         ORDER BY slot",
    )?;
    let offset = int(limit.saturating_sub(1) as u64);
    Ok(statement.query_map(params![pipeline, object, offset], row)?.collect::<rusqlite::Result<_>>()?)
}

/// The newest deadlines of a pipeline, newest first.
pub fn list(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<DeadlineRow>> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM deadlines WHERE pipeline = ?1 ORDER BY slot DESC, id DESC LIMIT ?2")?;
    Ok(statement.query_map(params![pipeline, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<DeadlineRow> {
    let when = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(instant));
    Ok(DeadlineRow {
        id: row.get("id")?,
        pipeline: row.get("pipeline")?,
        object: row.get("object")?,
        slot: instant(row.get("slot")?),
        due: instant(row.get("due")?),
        met: when("met")?,
        missed: when("missed")?,
        excused: row.get("excused")?,
    })
}
