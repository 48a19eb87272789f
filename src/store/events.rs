//! What happened, and what operators did.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::logs::{level, level_name};
use super::{Result, instant, int, ms};
use crate::domain::Instant;
use crate::domain::job::Level;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventRow {
    /// Grows with time.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// How grave.
    pub level: Level,
    /// To which pipeline.
    pub pipeline: Option<String>,
    /// In which run.
    pub run: Option<i64>,
    /// A stage's name, `model`, `file`, `trigger`, `alert`, `engine`, `config`, `operator`.
    pub subject: String,
    /// What: sanitised, one line.
    pub text: String,
}

/// Records that something happened.
pub fn add(
    tx: &Transaction<'_>,
    level: Level,
    pipeline: Option<&str>,
    run: Option<i64>,
    subject: &str,
    text: &str,
    now: Instant,
) -> Result<()> {
    tx.prepare_cached("INSERT INTO events (at, level, pipeline, run, subject, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![ms(now), level_name(level), pipeline, run, subject, text])?;
    Ok(())
}

/// The newest events, newest first; of one pipeline or all.
pub fn list(connection: &Connection, pipeline: Option<&str>, limit: usize) -> Result<Vec<EventRow>> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM events WHERE (?1 IS NULL OR pipeline = ?1) ORDER BY id DESC LIMIT ?2")?;
    let rows = statement
        .query_map(params![pipeline, int(limit as u64)], |row| {
            Ok(EventRow {
                id: row.get("id")?,
                at: instant(row.get("at")?),
                level: level(&row.get::<_, String>("level")?),
                pipeline: row.get("pipeline")?,
                run: row.get("run")?,
                subject: row.get("subject")?,
                text: row.get("text")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Records what an operator did, why, and how it ended; also as an event.
pub fn operation(
    tx: &Transaction<'_>,
    who: &str,
    what: &str,
    target: &str,
    why: Option<&str>,
    result: &str,
    now: Instant,
) -> Result<()> {
    tx.execute(
        "INSERT INTO operations (at, who, what, target, why, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![ms(now), who, what, target, why, result],
    )?;
    let because = why.map(|why| format!(" ({why})")).unwrap_or_default();
    add(tx, Level::Info, None, None, "operator", &format!("{who}: {what} {target}{because}: {result}"), now)
}
