//! What is to be told, to whom, and how far that is.

use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::alert::{AlertState, Occasion};

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

/// A notice that waits, and what its alert has come to meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// The notice.
    pub row: OutboxRow,
    /// Where its alert is now.
    pub alert_state: Option<AlertState>,
    /// When its alert was resolved.
    pub alert_ended: Option<Instant>,
    /// Whether the channel has been told anything of this alert before.
    pub told: bool,
}

/// Everything that waits for a channel, oldest first.
pub fn waiting(connection: &Connection, channel: &str) -> Result<Vec<Waiting>> {
    let mut statement = connection.prepare_cached(
        "SELECT outbox.*, alerts.state AS alert_state, alerts.ended AS alert_ended,
             EXISTS (SELECT 1 FROM outbox AS other WHERE other.alert = outbox.alert
                     AND other.channel = outbox.channel AND other.state IN ('delivered', 'merged')) AS told
         FROM outbox LEFT JOIN alerts ON alerts.id = outbox.alert
         WHERE outbox.state = 'waiting' AND outbox.channel = ?1 ORDER BY outbox.id",
    )?;
    let rows = statement.query_map(params![channel], |found| {
        let state: Option<String> = found.get("alert_state")?;
        Ok(Waiting {
            row: row(found)?,
            alert_state: state.as_deref().and_then(AlertState::parse),
            alert_ended: found.get::<_, Option<i64>>("alert_ended")?.map(instant),
            told: found.get("told")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Names of the channels that something waits for.
pub fn awaited(connection: &Connection) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT channel FROM outbox WHERE state = 'waiting' ORDER BY channel")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// When the first of what waits is due.
pub fn next_due(connection: &Connection) -> Result<Option<Instant>> {
    let due: Option<i64> = connection
        .prepare_cached("SELECT MIN(due) FROM outbox WHERE state = 'waiting'")?
        .query_row([], |row| row.get(0))?;
    Ok(due.map(instant))
}

/// Names of the channels that were told, or will be, that an alert fires: neither dropped nor failed.
pub fn told(connection: &Connection, alert: i64) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT channel FROM outbox
         WHERE alert = ?1 AND state IN ('waiting', 'delivered', 'merged')
             AND occasion IN ('fired', 'repeated', 'escalated', 'flapping')
         ORDER BY channel",
    )?;
    Ok(statement.query_map(params![alert], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Ends notices: `state` is one of `delivered`, `failed`, `merged` and `dropped`. Those that are over already stay as
/// they are.
pub fn end(tx: &Transaction<'_>, ids: &[i64], state: &str, attempted: bool, now: Instant) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE outbox SET state = ?2, attempts = attempts + ?3, ended = ?4 WHERE id = ?1 AND state = 'waiting'",
    )?;
    ids.iter().try_for_each(|id| {
        statement.execute(params![id, state, attempted, ms(now)])?;
        Ok(())
    })
}

/// Records a failed attempt at a notice that is worth another one.
pub fn postpone(tx: &Transaction<'_>, id: i64, due: Instant) -> Result<()> {
    tx.prepare_cached("UPDATE outbox SET attempts = attempts + 1, due = ?2 WHERE id = ?1")?
        .execute(params![id, ms(due)])?;
    Ok(())
}

/// Makes everything that waits or failed due now, for a new try until `expires`; of one channel or all. Answers how
/// many that are.
pub fn retry(tx: &Transaction<'_>, channel: Option<&str>, now: Instant, expires: Instant) -> Result<usize> {
    Ok(tx.execute(
        "UPDATE outbox SET state = 'waiting', due = ?2, expires = ?3, ended = NULL, attempts = 0
         WHERE state IN ('waiting', 'failed') AND (?1 IS NULL OR channel = ?1)",
        params![channel, ms(now), ms(expires)],
    )?)
}

/// How many notices of each channel are in each state: (channel, state, count).
pub fn counts(connection: &Connection) -> Result<Vec<(String, String, u64)>> {
    let mut statement = connection
        .prepare_cached("SELECT channel, state, COUNT(*) AS n FROM outbox GROUP BY channel, state ORDER BY 1, 2")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, uint(row.get(2)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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
