//! Log lines of stages.

use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms};
use crate::domain::Instant;
use crate::domain::job::Level;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogRow {
    /// Grows with time.
    pub id: i64,
    /// The stage that said it.
    pub stage: String,
    /// In which attempt.
    pub attempt: u32,
    /// When.
    pub at: Instant,
    /// How grave.
    pub level: Level,
    /// What: sanitised, one line.
    pub text: String,
}

/// Its name in the store.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// The level with this name; an unknown one is `info`.
pub fn level(name: &str) -> Level {
    match name {
        "debug" => Level::Debug,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Info,
    }
}

/// Adds a line.
pub fn add(
    tx: &Transaction<'_>,
    run: i64,
    stage: &str,
    attempt: u32,
    level: Level,
    text: &str,
    now: Instant,
) -> Result<()> {
    tx.prepare_cached("INSERT INTO logs (run, stage, attempt, at, level, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![run, stage, attempt, ms(now), level_name(level), text])?;
    Ok(())
}

/// The newest `limit` lines of a run (of one stage, or all), oldest first.
pub fn tail(connection: &Connection, run: i64, stage: Option<&str>, limit: usize) -> Result<Vec<LogRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM (SELECT * FROM logs WHERE run = ?1 AND (?2 IS NULL OR stage = ?2) ORDER BY id DESC LIMIT ?3)
         ORDER BY id",
    )?;
    let rows = statement
        .query_map(params![run, stage, int(limit as u64)], |row| {
            Ok(LogRow {
                id: row.get("id")?,
                stage: row.get("stage")?,
                attempt: row.get("attempt")?,
                at: instant(row.get("at")?),
                level: level(&row.get::<_, String>("level")?),
                text: row.get("text")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}
