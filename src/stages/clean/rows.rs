//! What was read from one file.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::columns::Reason;
use super::source::{Refusal, quarantine};

/// Of a value that is kept in the rejects, at most this many bytes.
const LONGEST_VALUE: usize = 200;

/// Of the flaws of one file, at most this many are kept; all are counted.
pub(super) const MOST_FLAWS: usize = 100_000;

/// A value, or a whole record, that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Ledger id of the file.
    pub file: i64,
    /// Record number, 1-based, the header not counted.
    pub line: i64,
    /// Column of the plan; empty for a whole record.
    pub column: Arc<str>,
    /// Member of a zip file it stood in.
    pub member: Option<Arc<str>>,
    /// What stood there, cut to a sensible length.
    pub value: String,
    pub reason: Reason,
}

impl Flaw {
    pub fn new(file: i64, line: i64, column: Arc<str>, value: &str, reason: Reason) -> Self {
        Self { file, line, column, member: None, value: cut(value), reason }
    }
}

/// The rows of one file, typed, with what was wrong.
#[derive(Debug)]
pub(super) struct FileRows {
    /// Ledger id.
    pub id: i64,
    /// Name in the landing.
    pub key: String,
    pub bytes: u64,
    /// Records in the file.
    pub records: u64,
    /// The read columns in the order of the plan, then `_file` and `_line`.
    pub frame: DataFrame,
    /// Rows of `frame` that must not be used, ascending.
    pub rejected: Vec<usize>,
    /// Records that did not even become rows of `frame`.
    pub broken: u64,
    pub flaws: Vec<Flaw>,
    /// Invalid values that became null.
    pub nulled: u64,
}

impl FileRows {
    /// Takes the rows of a further member of the same file.
    pub fn append(&mut self, other: Self) -> Result<(), Refusal> {
        let height = self.frame.height();
        self.records += other.records;
        self.broken += other.broken;
        self.nulled += other.nulled;
        self.rejected.extend(other.rejected.into_iter().map(|row| row + height));
        let room = MOST_FLAWS.saturating_sub(self.flaws.len());
        self.flaws.extend(other.flaws.into_iter().take(room));
        match self.frame.vstack_mut_owned(other.frame) {
            Ok(_) => Ok(()),
            Err(error) => quarantine(format!("its members do not go together: {error}")),
        }
    }
}

fn cut(value: &str) -> String {
    if value.len() <= LONGEST_VALUE {
        return value.to_owned();
    }
    let mut end = LONGEST_VALUE;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &value[..end])
}
