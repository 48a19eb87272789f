//! What is measured of a file.

use chrono::{NaiveDateTime, NaiveTime};

use crate::alerts::baseline::date_in_name;
use crate::domain::format;
use crate::store::files::Measured;

/// Whether a past file shapes what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It does.
    Ordinary,
    /// It raised an alert: it does not.
    Alerted,
    /// It raised an alert that an operator called normal: it does, and files like it are normal too.
    Normal,
}

/// A file as the detector sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenFile<'a> {
    /// Its name.
    pub key: &'a str,
    /// The time it is about: the date in its name, else when it came.
    pub at: NaiveDateTime,
    /// Its size in bytes.
    pub bytes: u64,
    /// Rows in it, once read.
    pub rows: Option<u64>,
    /// Columns in it, once its header was read.
    pub columns: Option<u64>,
    /// What became of it.
    pub mark: Mark,
}

impl<'a> SeenFile<'a> {
    /// A file of the ledger.
    pub fn of(file: &'a Measured, mark: Mark) -> Self {
        let midnight = date_in_name(&file.key).map(|day| day.and_time(NaiveTime::MIN));
        Self {
            key: &file.key,
            at: midnight.unwrap_or_else(|| file.first_seen.naive_utc()),
            bytes: file.bytes,
            rows: file.rows,
            columns: file.columns,
            mark,
        }
    }
}

/// A figure of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Metric {
    Bytes,
    Rows,
    BytesPerRow,
    Columns,
}

impl Metric {
    /// All, the most telling first.
    pub const ALL: [Self; 4] = [Self::Bytes, Self::Rows, Self::BytesPerRow, Self::Columns];

    /// Its value, where it is known.
    pub fn of(self, file: &SeenFile<'_>) -> Option<f64> {
        let rows = file.rows.map(|rows| rows as f64);
        match self {
            Self::Bytes => Some(file.bytes as f64),
            Self::Rows => rows,
            Self::BytesPerRow => rows.filter(|rows| *rows > 0.0).map(|rows| file.bytes as f64 / rows),
            Self::Columns => file.columns.map(|columns| columns as f64),
        }
    }

    /// Its unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Rows => "rows",
            Self::BytesPerRow => "bytes a row",
            Self::Columns => "columns",
        }
    }

    /// Whether the configured direction applies: of the others both ways are odd.
    pub fn is_directed(self) -> bool {
        matches!(self, Self::Bytes | Self::Rows)
    }

    /// A value for a person, without its unit when that is said once beside it.
    pub fn write(self, value: f64) -> String {
        let whole = value.round().max(0.0) as u64;
        match self {
            Self::Bytes => format::bytes(whole),
            Self::Rows | Self::Columns => format::count(whole),
            Self::BytesPerRow => format::figure(value),
        }
    }

    /// `is 10.2x its usual 93 kB`, `has 0.31x its usual 1,843 rows`.
    pub fn compare(self, factor: f64, usual: f64) -> String {
        let (ratio, usual) = (format::ratio(factor), self.write(usual));
        match self {
            Self::Bytes => format!("is {ratio} its usual {usual}"),
            other => format!("has {ratio} its usual {usual} {}", other.unit()),
        }
    }
}
