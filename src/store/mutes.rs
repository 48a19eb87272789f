//! Silence about fingerprints, until an instant.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{Result, instant, ms};
use crate::domain::Instant;
use crate::domain::alert::Mute;

/// Mutes a fingerprint; an earlier mute of it is replaced.
pub fn set(tx: &Transaction<'_>, mute: &Mute) -> Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO mutes (fingerprint, until, reason, who, since) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![mute.fingerprint, ms(mute.until), mute.reason, mute.who, ms(mute.since)],
    )?;
    Ok(())
}

/// Ends a mute. Answers whether there was one.
pub fn end(tx: &Transaction<'_>, fingerprint: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM mutes WHERE fingerprint = ?1", params![fingerprint])? > 0)
}

/// Drops the mutes that are over. What was done is in the operations.
pub fn end_due(tx: &Transaction<'_>, now: Instant) -> Result<()> {
    tx.prepare_cached("DELETE FROM mutes WHERE until <= ?1")?.execute(params![ms(now)])?;
    Ok(())
}

/// The mute of a fingerprint that holds at `now`.
pub fn get(connection: &Connection, fingerprint: &str, now: Instant) -> Result<Option<Mute>> {
    Ok(connection
        .prepare_cached("SELECT * FROM mutes WHERE fingerprint = ?1 AND until > ?2")?
        .query_row(params![fingerprint, ms(now)], row)
        .optional()?)
}

/// All mutes, those that end first first.
pub fn list(connection: &Connection) -> Result<Vec<Mute>> {
    let mut statement = connection.prepare_cached("SELECT * FROM mutes ORDER BY until")?;
    Ok(statement.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Mute> {
    Ok(Mute {
        fingerprint: row.get("fingerprint")?,
        until: instant(row.get("until")?),
        reason: row.get("reason")?,
        who: row.get("who")?,
        since: instant(row.get("since")?),
    })
}
