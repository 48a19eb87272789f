//! Model versions.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, json, ms, to_json};
use crate::domain::Instant;
use crate::domain::model::ModelCard;

/// One model version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRow {
    /// The run that made it.
    pub run: i64,
    /// When it was made.
    pub made: Instant,
    /// When its run committed; absent while it has not (or never did).
    pub committed: Option<Instant>,
    /// What is known of it.
    pub card: ModelCard,
}

/// The number of the next version to be made.
pub fn next_version(connection: &Connection, pipeline: &str) -> Result<i64> {
    Ok(connection.query_row(
        "SELECT COALESCE(MAX(version), 0) + 1 FROM models WHERE pipeline = ?1",
        params![pipeline],
        |row| row.get(0),
    )?)
}

/// Enters a version that a worker made.
pub fn enter(tx: &Transaction<'_>, pipeline: &str, run: i64, card: &ModelCard, now: Instant) -> Result<()> {
    tx.execute(
        "INSERT INTO models (pipeline, version, run, made, card) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (pipeline, version) DO UPDATE SET run = ?3, made = ?4, card = ?5",
        params![pipeline, card.version, run, ms(now), to_json(card)?],
    )?;
    Ok(())
}

/// Marks the versions of a run committed.
pub fn commit(tx: &Transaction<'_>, run: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE models SET committed = ?2 WHERE run = ?1", params![run, ms(now)])?;
    Ok(())
}

/// The version made by a run, committed or not.
pub fn of_run(connection: &Connection, run: i64) -> Result<Option<ModelRow>> {
    Ok(connection
        .prepare_cached("SELECT * FROM models WHERE run = ?1 ORDER BY version DESC LIMIT 1")?
        .query_row(params![run], row)
        .optional()?)
}

/// Hands the version that a failed run made over to a rerun that reuses its training.
pub fn adopt(tx: &Transaction<'_>, from: i64, to: i64) -> Result<()> {
    tx.execute("UPDATE models SET run = ?2 WHERE run = ?1 AND committed IS NULL", params![from, to])?;
    Ok(())
}

/// One version.
pub fn get(connection: &Connection, pipeline: &str, version: i64) -> Result<Option<ModelRow>> {
    Ok(connection
        .prepare_cached("SELECT * FROM models WHERE pipeline = ?1 AND version = ?2")?
        .query_row(params![pipeline, version], row)
        .optional()?)
}

/// The newest committed versions, newest first.
pub fn list(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<ModelRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM models WHERE pipeline = ?1 AND committed IS NOT NULL ORDER BY version DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![pipeline, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<ModelRow> {
    Ok(ModelRow {
        run: row.get("run")?,
        made: instant(row.get("made")?),
        committed: row.get::<_, Option<i64>>("committed")?.map(instant),
        card: json(row, "card")?,
    })
}
