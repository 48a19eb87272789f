//! Sessions of the engine: who held the workspace, and when.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms};
use crate::domain::Instant;

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    /// Process id.
    pub pid: u32,
    /// Boot id of the machine: with the pid and the start it tells a live session from a reused pid.
    pub boot: String,
    /// When it began.
    pub started: Instant,
    /// Its newest sign of life: its start, then once a minute. Absent of sessions older than this column.
    pub seen: Option<Instant>,
    /// When it ended in good order; absent while it lives, or after it was killed.
    pub stopped: Option<Instant>,
}

/// Records the beginning of a session and answers its id.
pub fn start(tx: &Transaction<'_>, pid: u32, boot: &str, now: Instant) -> Result<i64> {
    tx.execute("INSERT INTO engine (pid, boot, started, seen) VALUES (?1, ?2, ?3, ?3)", params![pid, boot, ms(now)])?;
    Ok(tx.last_insert_rowid())
}

/// Records a sign of life of a session.
pub fn seen(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE engine SET seen = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(())
}

/// Records the orderly end of a session.
pub fn stop(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE engine SET stopped = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(())
}

/// The newest session, if there ever was one.
pub fn latest(connection: &Connection) -> Result<Option<Session>> {
    Ok(connection
        .query_row("SELECT pid, boot, started, seen, stopped FROM engine ORDER BY id DESC LIMIT 1", [], |row| {
            Ok(Session {
                pid: row.get("pid")?,
                boot: row.get("boot")?,
                started: instant(row.get("started")?),
                seen: row.get::<_, Option<i64>>("seen")?.map(instant),
                stopped: row.get::<_, Option<i64>>("stopped")?.map(instant),
            })
        })
        .optional()?)
}

/// When engines were running, of the newest `limit` sessions, oldest first: (begin, end). One that was killed ends with
/// its newest sign of life, the newest one that did not end with `now`.
pub fn awake(connection: &Connection, limit: usize, now: Instant) -> Result<Vec<(Instant, Instant)>> {
    let mut statement = connection.prepare_cached(
        "SELECT started, CASE WHEN stopped IS NULL AND id = (SELECT MAX(id) FROM engine) THEN NULL
                              ELSE COALESCE(stopped, seen, started) END
         FROM engine ORDER BY id DESC LIMIT ?1",
    )?;
    let mut rows: Vec<(Instant, Instant)> = statement
        .query_map(params![int(limit as u64)], |row| {
            Ok((instant(row.get(0)?), row.get::<_, Option<i64>>(1)?.map_or(now, instant)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}
