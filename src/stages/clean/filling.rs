//! The columns of a file while they are filled record by record.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::builder::ColumnBuilder;
use super::columns::{ColumnRule, Reason};
use super::rows::{FileRows, Flaw, MOST_FLAWS};
use super::source::{Refusal, quarantine};
use crate::domain::form::{Budget, Evolution};
use crate::domain::job::InputFile;
use crate::domain::plan::system;
use crate::stages::Events;

/// What the members of a file have in common.
#[derive(Clone, Copy)]
pub(super) struct Taking<'a> {
    pub file: &'a InputFile,
    /// The columns that are read.
    pub rules: &'a [&'a ColumnRule<'a>],
    pub budget: Budget,
    pub evolution: Evolution,
    /// Records in the members before.
    pub before: u64,
    pub events: &'a Events,
}

/// Rows by record: each of [`Filling::push`] and [`Filling::broken`] is one.
pub(super) struct Filling<'a> {
    taking: Taking<'a>,
    columns: Vec<ColumnBuilder<'a>>,
    lines: Vec<i64>,
    /// Records so far.
    pub records: u64,
    rejected: Vec<usize>,
    broken: u64,
    flaws: Vec<Flaw>,
    whole_record: Arc<str>,
}

impl<'a> Filling<'a> {
    /// Nothing yet. `decimal` is what parts a number's fraction from its whole.
    pub fn new(taking: Taking<'a>, decimal: char) -> Self {
        let rows = usize::try_from(taking.file.bytes / 64).unwrap_or(0).min(1 << 16) + 16;
        let columns = taking.rules.iter().map(|rule| ColumnBuilder::new(rule, rows).with_decimal(decimal)).collect();
        Self {
            taking,
            columns,
            lines: Vec::with_capacity(rows),
            records: 0,
            rejected: Vec::new(),
            broken: 0,
            flaws: Vec::new(),
            whole_record: "".into(),
        }
    }

    /// A record: `text` says what stands in it for each of the columns that are read, if anything does.
    pub fn push<T: AsRef<str>>(&mut self, text: impl Fn(usize) -> Option<T>, nulls: &[String]) {
        self.records += 1;
        let line = (self.taking.before + self.records) as i64;
        let mut reject = false;
        for (index, builder) in self.columns.iter_mut().enumerate() {
            let raw = text(index);
            let raw = raw.as_ref().map(AsRef::as_ref);
            let Some(reason) = builder.raw(raw, nulls) else { continue };
            reject = true;
            if self.flaws.len() < MOST_FLAWS {
                let column = self.taking.rules[index].name.clone();
                self.flaws.push(Flaw::new(self.taking.file.id, line, column, raw.unwrap_or_default(), reason));
            }
        }
        if reject {
            self.rejected.push(self.lines.len());
        }
        self.lines.push(line);
    }

    /// A record that is none of the file's form.
    pub fn broken(&mut self, record: &str, reason: Reason) {
        self.records += 1;
        self.broken += 1;
        if self.flaws.len() < MOST_FLAWS {
            let (column, line) = (self.whole_record.clone(), (self.taking.before + self.records) as i64);
            self.flaws.push(Flaw::new(self.taking.file.id, line, column, record, reason));
        }
    }

    /// The rows. `whole` says what a record should have been: when more than half of them are not, the file is not
    /// what it is taken for.
    pub fn finish(self, whole: &str) -> Result<FileRows, Refusal> {
        if self.broken * 2 > self.records {
            return quarantine(format!("{} of {} records {whole}", self.broken, self.records));
        }
        let nulled = self.columns.iter().map(|builder| builder.nulled).sum();
        let height = self.lines.len();
        let mut columns: Vec<Column> = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        columns.push(Column::new_scalar(system::FILE.into(), self.taking.file.id.into(), height));
        columns.push(Series::new(system::LINE.into(), self.lines).into());
        let frame =
            DataFrame::new(height, columns).or_else(|error| quarantine(format!("it cannot be read: {error}")))?;
        Ok(FileRows {
            id: self.taking.file.id,
            key: self.taking.file.key.clone(),
            bytes: self.taking.file.bytes,
            records: self.records,
            frame,
            rejected: self.rejected,
            broken: self.broken,
            flaws: self.flaws,
            nulled,
        })
    }
}
