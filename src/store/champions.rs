//! Which version serves, and every change of it.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms};
use crate::domain::Instant;

/// One change of the champion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reign {
    /// The version that serves from `at` on.
    pub version: i64,
    /// Since when.
    pub at: Instant,
    /// The run that promoted it, if a run did.
    pub run: Option<i64>,
    /// `landfall`, or the operator.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// Makes a version the champion.
pub fn crown(
    tx: &Transaction<'_>,
    pipeline: &str,
    version: i64,
    run: Option<i64>,
    who: &str,
    reason: &str,
    now: Instant,
) -> Result<()> {
    tx.execute(
        "INSERT INTO champions (pipeline, version, at, run, who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![pipeline, version, ms(now), run, who, reason],
    )?;
    Ok(())
}

/// The version that serves.
pub fn current(connection: &Connection, pipeline: &str) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT version FROM champions WHERE pipeline = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row(params![pipeline], |row| row.get(0))
        .optional()?)
}

/// The version that served before the one that serves, if there was another.
pub fn previous(connection: &Connection, pipeline: &str) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached("SELECT version FROM champions WHERE pipeline = ?1 AND version <> ?2 ORDER BY id DESC LIMIT 1")?
        .query_row(params![pipeline, current(connection, pipeline)?], |row| row.get(0))
        .optional()?)
}

/// The version that served when a run began that committed at `at`.
pub fn before(connection: &Connection, pipeline: &str, run: i64, at: Instant) -> Result<Option<i64>> {
    Ok(connection
        .prepare_cached(
            "SELECT version FROM champions WHERE pipeline = ?1 AND at <= ?2 AND (run IS NULL OR run <> ?3)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![pipeline, ms(at), run], |row| row.get(0))
        .optional()?)
}

/// The newest changes, newest first.
pub fn list(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<Reign>> {
    let mut statement = connection.prepare_cached(
        "SELECT version, at, run, who, reason FROM champions WHERE pipeline = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement
        .query_map(params![pipeline, int(limit as u64)], |row| {
            Ok(Reign {
                version: row.get("version")?,
                at: instant(row.get("at")?),
                run: row.get("run")?,
                who: row.get("who")?,
                reason: row.get("reason")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
