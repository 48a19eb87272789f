//! What receivers call an alert: a work item's number, an issue's key.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Result, ms};
use crate::domain::Instant;

/// Remembers what a channel's receiver calls the trouble with this fingerprint from now on.
pub fn put(tx: &Transaction<'_>, channel: &str, fingerprint: &str, remote: &str, now: Instant) -> Result<()> {
    tx.execute(
        "INSERT INTO receipts (channel, fingerprint, remote, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET remote = ?3, at = ?4",
        params![channel, fingerprint, remote, ms(now)],
    )?;
    Ok(())
}

/// What a channel's receiver calls the trouble with this fingerprint, if it ever said so.
pub fn get(connection: &Connection, channel: &str, fingerprint: &str) -> Result<Option<String>> {
    let mut statement =
        connection.prepare_cached("SELECT remote FROM receipts WHERE channel = ?1 AND fingerprint = ?2")?;
    Ok(statement.query_row(params![channel, fingerprint], |row| row.get(0)).optional()?)
}
