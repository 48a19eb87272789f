//! Pipelines as the engine last loaded them, and what an operator set on them.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, json, ms, to_json};
use crate::domain::Instant;

/// One pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PipelineRow {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Hash of its configuration.
    pub config_hash: String,
    /// Name of the metric on the overview: `auc`, `rmse`, or empty.
    pub headline: String,
    /// Names of its stages in order.
    pub stages: Vec<String>,
    /// No scheduled or event checks until resumed.
    pub paused: bool,
    /// When the schedule asks next.
    pub next_check: Option<Instant>,
    /// Commits so far.
    pub generation: i64,
}

/// Records a pipeline as configured now; its pause and generation stay.
pub fn upsert(
    tx: &Transaction<'_>,
    name: &str,
    title: &str,
    config_hash: &str,
    headline: &str,
    stages: &[String],
) -> Result<()> {
    tx.execute(
        "INSERT INTO pipelines (name, title, config_hash, headline, stages) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET title = ?2, config_hash = ?3, headline = ?4, stages = ?5",
        params![name, title, config_hash, headline, to_json(&stages)?],
    )?;
    Ok(())
}

/// Forgets pipelines that are no longer configured; their runs and files stay.
pub fn keep_only(tx: &Transaction<'_>, names: &[String]) -> Result<()> {
    let names = to_json(&names)?;
    tx.execute("DELETE FROM pipelines WHERE name NOT IN (SELECT value FROM json_each(?1))", params![names])?;
    Ok(())
}

/// Sets when the schedule asks next.
pub fn set_next_check(tx: &Transaction<'_>, name: &str, next: Option<Instant>) -> Result<()> {
    tx.execute("UPDATE pipelines SET next_check = ?2 WHERE name = ?1", params![name, next.map(ms)])?;
    Ok(())
}

/// Pauses or resumes.
pub fn set_paused(tx: &Transaction<'_>, name: &str, paused: bool) -> Result<()> {
    tx.execute("UPDATE pipelines SET paused = ?2 WHERE name = ?1", params![name, paused])?;
    Ok(())
}

/// Counts a commit and answers the new generation.
pub fn next_generation(tx: &Transaction<'_>, name: &str) -> Result<i64> {
    Ok(tx.query_row(
        "UPDATE pipelines SET generation = generation + 1 WHERE name = ?1 RETURNING generation",
        params![name],
        |row| row.get(0),
    )?)
}

/// All, by name.
pub fn list(connection: &Connection) -> Result<Vec<PipelineRow>> {
    let mut statement = connection.prepare_cached("SELECT * FROM pipelines ORDER BY name")?;
    let rows = statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// One by name.
pub fn get(connection: &Connection, name: &str) -> Result<Option<PipelineRow>> {
    Ok(connection
        .prepare_cached("SELECT * FROM pipelines WHERE name = ?1")?
        .query_row(params![name], row)
        .optional()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<PipelineRow> {
    Ok(PipelineRow {
        name: row.get("name")?,
        title: row.get("title")?,
        config_hash: row.get("config_hash")?,
        headline: row.get("headline")?,
        stages: json(row, "stages")?,
        paused: row.get("paused")?,
        next_check: row.get::<_, Option<i64>>("next_check")?.map(instant),
        generation: row.get("generation")?,
    })
}
