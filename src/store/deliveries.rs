//! Every attempt to tell somebody something.

use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::alert::Occasion;

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// When it ended.
    pub at: Instant,
    /// The channel's name.
    pub channel: String,
    /// Why something was told.
    pub occasion: Occasion,
    /// What the alerts had in common.
    pub grouping: String,
    /// How many alerts it told of.
    pub alerts: u64,
    /// The alert it is about, or the gravest; absent for a test.
    pub alert: Option<i64>,
    /// `delivered`, `retry` or `refused`.
    pub outcome: String,
    /// What the receiver said, or what went wrong; sanitised, without secrets.
    pub detail: String,
    /// How long it took.
    pub milliseconds: u64,
}

/// Records an attempt; its `id` is ignored.
pub fn add(tx: &Transaction<'_>, attempt: &DeliveryRow) -> Result<i64> {
    tx.execute(
        "INSERT INTO deliveries (at, channel, occasion, grouping, alerts, alert, outcome, detail, ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            ms(attempt.at),
            attempt.channel,
            attempt.occasion.name(),
            attempt.grouping,
            int(attempt.alerts),
            attempt.alert,
            attempt.outcome,
            attempt.detail,
            int(attempt.milliseconds),
        ],
    )?;
    Ok(tx.last_insert_rowid())
}

/// The newest attempts, newest first.
pub fn list(connection: &Connection, limit: usize) -> Result<Vec<DeliveryRow>> {
    let mut statement = connection.prepare_cached("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?1")?;
    Ok(statement.query_map(params![int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?)
}

/// When a channel was tried after an instant, oldest first.
pub fn since(connection: &Connection, channel: &str, after: Instant) -> Result<Vec<Instant>> {
    let mut statement =
        connection.prepare_cached("SELECT at FROM deliveries WHERE channel = ?1 AND at > ?2 ORDER BY at, id")?;
    let rows = statement.query_map(params![channel, ms(after)], |row| Ok(instant(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn row(row: &Row<'_>) -> rusqlite::Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: row.get("id")?,
        at: instant(row.get("at")?),
        channel: row.get("channel")?,
        occasion: parsed(row, "occasion", Occasion::parse)?,
        grouping: row.get("grouping")?,
        alerts: uint(row.get("alerts")?),
        alert: row.get("alert")?,
        outcome: row.get("outcome")?,
        detail: row.get("detail")?,
        milliseconds: uint(row.get("ms")?),
    })
}
