//! What was read from a stretch of a file.

use std::sync::Arc;

use polars::prelude::DataFrame;

use super::columns::Reason;
use super::rejects::Tally;
use super::source::Refusal;
use crate::domain::format;

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
    pub record: i64,
    /// The line of the text in which it begins, 1-based: first of the stretch it was read from, then of the whole; none
    /// where there are no lines, or an expression refused the record.
    pub line: Option<i64>,
    /// Column of the plan; empty for a whole record.
    pub column: Arc<str>,
    /// Member of a zip file it stood in.
    pub member: Option<Arc<str>>,
    /// What stood there, cut to a sensible length.
    pub value: String,
    pub reason: Reason,
}

impl Flaw {
    pub fn new(file: i64, record: i64, column: Arc<str>, value: &str, reason: Reason) -> Self {
        Self { file, record, line: None, column, member: None, value: cut(value), reason }
    }
}

/// The records of a stretch of a file, typed, with what was wrong. Lines are counted from its beginning.
#[derive(Debug)]
pub(super) struct Rows {
    /// Records in it.
    pub records: u64,
    /// The read columns in the order of the plan.
    pub frame: DataFrame,
    /// Record number of each row of `frame`, 1-based, ascending.
    pub lines: Vec<i64>,
    /// Rows of `frame` that must not be used, ascending.
    pub rejected: Vec<usize>,
    /// Records that did not even become rows of `frame`.
    pub broken: u64,
    /// The first of them.
    pub flaws: Vec<Flaw>,
    /// All of them.
    pub tally: Tally,
    /// Invalid values that became null.
    pub nulled: u64,
    /// Line ends in it; none where it is not of lines.
    pub ends: Option<u64>,
}

impl Rows {
    /// The rows of `text`: so far the flaws have the byte at which their record begins in place of its line.
    pub fn of_lines(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let (mut at, mut line) = (0, 1);
        for flaw in &mut self.flaws {
            let begin = flaw.line.and_then(|byte| usize::try_from(byte).ok()).unwrap_or(at);
            line += ends(bytes.get(at..begin).unwrap_or_default()) as i64;
            (at, flaw.line) = (begin, Some(line));
        }
        self.ends = Some(ends(bytes));
        self
    }
}

/// Line ends in these bytes.
fn ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Why reading ended within a stretch of a file, by a record's number in it.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file cannot be used.
    Refused(Refusal),
    /// A quote is opened in the record and never closed.
    Unclosed(u64),
    /// The record is longer than a record may be.
    Long(u64),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Stop {
    /// What is said of it; `before` records came before the stretch, and one may have `most` bytes.
    pub fn refusal(self, before: u64, most: u64) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Unclosed(record) => {
                Refusal::Quarantine(format!("a quote opened in record {} is never closed", before + record))
            }
            Self::Long(record) => Refusal::Quarantine(format!(
                "record {} is longer than the {} that one may have (`landing.max_record`)",
                before + record,
                format::bytes(most)
            )),
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
