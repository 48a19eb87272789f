//! Streams as sources: what is new is read into micro-batches, each of which lands as a file.
//!
//! A [`Source`] knows its server; it keeps nothing. Where reading stands is kept in the store, and moves in the same
//! transaction that enters the file which holds what was read.

pub mod cosmos;
mod gateway;
pub mod kafka;
pub mod line;
pub mod spool;
mod words;

use std::time::Duration;

use crate::config::stream::Start;
use crate::domain::Instant;
use crate::lake::trouble::Trouble;

/// Where reading stands in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Where it goes on, in the words of the source.
    pub position: String,
    /// What the record before it was: a stream that has another one there is another stream.
    pub mark: Option<String>,
}

/// Where to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin<'p> {
    /// A partition that was never read.
    New(Start),
    /// Where reading stands.
    On(&'p Point),
}

/// How much to read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most records.
    pub rows: u64,
    /// Bytes after which no further record is taken.
    pub bytes: u64,
    /// For how long, roughly.
    pub time: Duration,
}

/// A partition of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Partitions out of which it was made; what was read of them was read of it.
    pub parents: Vec<String>,
}

/// What was read of a partition: a micro-batch, or (without rows) only that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The records, each a line with its end.
    pub lines: Vec<u8>,
    /// How many lines.
    pub rows: u64,
    /// Records without a value, which say nothing to land.
    pub empty: u64,
    /// What it covers, as a part of a name: `120-179`.
    pub range: String,
    /// When the newest of its records was written.
    pub newest: Option<Instant>,
    /// Where reading stands afterwards.
    pub next: Point,
    /// Records that are known to come after it.
    pub behind: u64,
    /// What should have come before it and had gone already.
    pub lost: Option<Lost>,
}

/// Records that had gone before they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Which, as [`Piece::range`] says it.
    pub range: String,
    /// How many at most.
    pub records: u64,
}

/// A server of a stream.
pub trait Source: Sync {
    /// Its partitions as they are now.
    ///
    /// # Errors
    /// When they cannot be had: no partition known is not the same as none there.
    fn partitions(&self) -> impl Future<Output = Result<Vec<Partition>, Trouble>> + Send;

    /// Reads on in a partition.
    ///
    /// # Errors
    /// When the server does not give it, or is not at that place any more the stream that was read before.
    fn read(
        &self,
        partition: &str,
        from: Begin<'_>,
        limits: Limits,
    ) -> impl Future<Output = Result<Piece, Trouble>> + Send;
}
