//! The state of a workspace: one SQLite file, one writer, any number of readers.
//!
//! One small file a table. Functions that read take a `&Connection`, functions that write take a `&Transaction`, so a
//! caller composes one transition out of several tables and it happens whole or not at all. WAL mode with
//! `synchronous=FULL`: what was committed survives a power cut.

pub mod alerts;
pub mod aliases;
pub mod champions;
pub mod deadlines;
pub mod deliveries;
pub mod engine;
pub mod events;
pub mod files;
pub mod inputs;
pub mod ledger;
pub mod logs;
pub mod metrics;
pub mod models;
pub mod mutes;
pub mod outbox;
pub mod parts;
pub mod past;
pub mod pipelines;
pub mod receipts;
pub mod runs;
pub mod stages;
pub mod standings;
pub mod streams;
pub mod triage;
pub mod triggers;
mod writer;

#[cfg(test)]
mod growth_tests;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
pub use rusqlite::{Connection, Transaction};
use rusqlite::{OpenFlags, config::DbConfig, types::Type};

use crate::domain::Instant;
pub use writer::Store;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's own word for it.
    #[error("the state store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// There is no store where one was expected.
    #[error("no state in {0}: start the workspace once with `landfall` or `landfall run`")]
    Missing(PathBuf),
    /// The file was made by a newer Landfall.
    #[error("the state in {path} is of version {found}, this Landfall knows up to {known}: use the newer one")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Version in it.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// The integrity check failed.
    #[error("the state in {path} is damaged ({detail}): restore it from a backup; nothing was changed")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's first complaint.
        detail: String,
    },
    /// A state machine forbids it.
    #[error("{0}")]
    Forbidden(String),
    /// The writer thread is gone.
    #[error("the state store is closed")]
    Closed,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, StoreError>;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_alerts.sql"),
    include_str!("migrations/0005_registry.sql"),
    include_str!("migrations/0008_ledger.sql"),
    include_str!("migrations/0009_streams.sql"),
    include_str!("migrations/0011_model.sql"),
    include_str!("migrations/0012_indexes.sql"),
    include_str!("migrations/0013_source.sql"),
    include_str!("migrations/0014_names.sql"),
];

/// File of the store inside a workspace's state folder.
pub fn path(state: &Path) -> PathBuf {
    state.join("state.db")
}

/// Opens the store read-only, for a console or a listing command. Waits up to a second for a writer.
///
/// # Errors
/// [`StoreError::Missing`] when there is none.
pub fn open_reader(state: &Path) -> Result<Connection> {
    let path = path(state);
    if !path.exists() {
        return Err(StoreError::Missing(state.to_owned()));
    }
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    compile_once(&connection)?;
    check_version(&path, &connection)?;
    Ok(connection)
}

/// Opens the store for writing, creating and migrating it. The caller holds the workspace's lock.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Damaged`], or SQLite's.
fn open_writer(state: &Path) -> Result<Connection> {
    let path = path(state);
    let mut connection = Connection::open(&path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Before anything is set: a file that is no store, or a newer one, is left as it is.
    let found = check_version(&path, &connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Landing a year of files repeats a dozen statements per file; none should be compiled more than once.
    connection.set_prepared_statement_cache_capacity(128);
    compile_once(&connection)?;
    if found > 0 {
        let detail: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if detail != "ok" {
            return Err(StoreError::Damaged { path, detail });
        }
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", i64::try_from(index).unwrap_or(0) + 1)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// Without this SQLite compiles a statement that was kept anew at each use, for the values bound to it might lead to
/// another plan: with an index or two that takes longer than asking.
fn compile_once(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn check_version(path: &Path, connection: &Connection) -> Result<i64> {
    let damaged = |error: rusqlite::Error| StoreError::Damaged { path: path.to_owned(), detail: error.to_string() };
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(damaged)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

/// An instant as it is stored.
pub(crate) fn ms(instant: Instant) -> i64 {
    instant.timestamp_millis()
}

/// A stored instant.
pub(crate) fn instant(ms: i64) -> Instant {
    DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default()
}

/// Seconds from one instant to another, 0 when the end is before the start: a reader's clock may be a moment behind the
/// writer's, and a clock may be put back.
pub(crate) fn seconds(from: Instant, to: Instant) -> f64 {
    (to - from).num_milliseconds().max(0) as f64 / 1000.0
}

/// Reads column `index` with `parse`; a text that no state has is a damaged store, not a panic.
pub(crate) fn parsed<T>(row: &rusqlite::Row<'_>, index: &str, parse: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    parse(&text).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("unknown {index} `{text}`").into())
    })
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &rusqlite::Row<'_>, index: &str) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

/// A value as stored JSON. Everything stored this way serialises.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Forbidden(format!("cannot store a value: {error}")))
}

/// Whole numbers go through SQLite as i64.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// See [`int`].
pub(crate) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
