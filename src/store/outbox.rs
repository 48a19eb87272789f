//! What is to be told, to whom, and how far that is.

use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed};
use crate::domain::Instant;
use crate::domain::alert::Occasion;

/// One notice to one channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// The channel's name.
    pub channel: String,
    /// The same key is told once.
    pub key: String,
    /// What it tells of; absent for a test.
    pub alert: Option<i64>,
    /// Why.
    pub occasion: Occasion,
    /// Notices of one group that wait together go as one.
    pub grouping: String,
    /// `waiting`, `delivered`, `failed`, `merged` (told as part of another) or `dropped` (over before it was told).
    pub state: String,
    /// When it was queued.
    pub created: Instant,
    /// Not before.
    pub due: Instant,
    /// Not after.
    pub expires: Instant,
    /// Attempts so far.
    pub attempts: u32,
    /// When it was over.
    pub ended: Option<Instant>,
}

/// A notice to be queued.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued<'a> {
    /// See [`OutboxRow::channel`].
    pub channel: &'a str,
    /// See [`OutboxRow::key`].
    pub key: &'a str,
    /// See [`OutboxRow::alert`].
    pub alert: Option<i64>,
    /// See [`OutboxRow::occasion`].
    pub occasion: Occasion,
    /// See [`OutboxRow::grouping`].
    pub grouping: &'a str,
    /// See [`OutboxRow::due`].
    pub due: Instant,
    /// See [`OutboxRow::expires`].
    pub expires: Instant,
}

/// Queues a notice. Answers whether it is new: a key that was queued before is left as it is.
pub fn queue(tx: &Transaction<'_>, notice: &Queued<'_>, now: Instant) -> Result<bool> {
    let added = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO outbox (channel, key, alert, occasion, grouping, state, created, due, expires)
             VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?7, ?8)",
        )?
        .execute(params![
            notice.channel,
            notice.key,
            notice.alert,
            notice.occasion.name(),
            notice.grouping,
            ms(now),
            ms(notice.due),
            ms(notice.expires),
        ])?;
    Ok(added > 0)
}

/// The newest notices, newest first.
pub fn list(connection: &Connection, limit: usize) -> Result<Vec<OutboxRow>> {
    let mut statement = connection.prepare_cached("SELECT * FROM outbox ORDER BY id DESC LIMIT ?1")?;
    Ok(statement.query_map(params![int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?)
}

/// Notices about one alert, oldest first.
pub fn of_alert(connection: &Connection, alert: i64) -> Result<Vec<OutboxRow>> {
    let mut statement = connection.prepare_cached("SELECT * FROM outbox WHERE alert = ?1 ORDER BY id")?;
    Ok(statement.query_map(params![alert], row)?.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.get("id")?,
        channel: row.get("channel")?,
        key: row.get("key")?,
        alert: row.get("alert")?,
        occasion: parsed(row, "occasion", Occasion::parse)?,
        grouping: row.get("grouping")?,
        state: row.get("state")?,
        created: instant(row.get("created")?),
        due: instant(row.get("due")?),
        expires: instant(row.get("expires")?),
        attempts: row.get("attempts")?,
        ended: row.get::<_, Option<i64>>("ended")?.map(instant),
    })
}
