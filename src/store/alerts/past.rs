//! What past alerts say: about a fingerprint, about a rule, about what belongs into a baseline.

use rusqlite::{Connection, params};

use super::{AlertRow, row};
use crate::domain::Instant;
use crate::domain::alert::AlertKind;
use crate::store::{Result, instant, int, ms};

/// Episodes of one fingerprint, newest first.
pub fn episodes(connection: &Connection, fingerprint: &str, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM alerts_now WHERE fingerprint = ?1 ORDER BY id DESC LIMIT ?2")?;
    let rows = statement.query_map(params![fingerprint, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// How often a fingerprint has begun to fire or ended since an instant, and when it last did either.
pub fn changes(connection: &Connection, fingerprint: &str, since: Instant) -> Result<(u32, Option<Instant>)> {
    let found = connection
        .prepare_cached(
            "SELECT TOTAL(fired >= ?2) + TOTAL(ended >= ?2), MAX(MAX(fired, COALESCE(ended, fired)))
             FROM alerts WHERE fingerprint = ?1 AND fired IS NOT NULL",
        )?
        .query_row(params![fingerprint, ms(since)], |row| {
            Ok((row.get::<_, f64>(0)? as u32, row.get::<_, Option<i64>>(1)?.map(instant)))
        })?;
    Ok(found)
}

/// Episodes, over or not, that come and go.
pub fn flapping(connection: &Connection) -> Result<Vec<AlertRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM alerts_now WHERE flapping IS NOT NULL ORDER BY fingerprint, id")?;
    Ok(statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
}

/// Objects of one kind whose newest alert in a pipeline was not called normal: they are left out of a baseline.
pub fn abnormal(connection: &Connection, pipeline: &str, kind: AlertKind) -> Result<Vec<String>> {
    // SQLite takes the other columns of a row with MAX(id) from that row.
    let mut statement = connection.prepare_cached(
        "SELECT object FROM (SELECT object, normal, MAX(id) FROM alerts WHERE pipeline = ?1 AND kind = ?2 GROUP BY object)
         WHERE normal IS NULL",
    )?;
    Ok(statement.query_map(params![pipeline, kind.name()], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
