//! The columns of a stretch of a file while they are filled record by record.

use std::sync::Arc;

use polars::prelude::{Column, DataFrame};

use super::builder::ColumnBuilder;
use super::cleaning::Cleaning;
use super::columns::{ColumnRule, Reason};
use super::rejects::Tally;
use super::rows::{Flaw, MOST_FLAWS, Rows};
use super::source::{Refusal, quarantine};
use crate::domain::form::{Budget, Evolution};
use crate::domain::job::InputFile;
use crate::stages::Events;

/// What the members of a file have in common.
#[derive(Clone, Copy)]
pub(super) struct Taking<'a> {
    pub file: &'a InputFile,
    pub cleaning: &'a Cleaning<'a>,
    /// No record of a member came before.
    pub first: bool,
    /// Threads that parse.
    pub hands: usize,
}

impl<'a> Taking<'a> {
    /// The columns that are read.
    pub fn rules(&self) -> &'a [&'a ColumnRule<'a>] {
        &self.cleaning.read
    }

    pub fn budget(&self) -> Budget {
        self.cleaning.plan.budget
    }

    pub fn evolution(&self) -> Evolution {
        self.cleaning.plan.evolution
    }

    pub fn events(&self) -> &'a Events {
        self.cleaning.events
    }
}

/// Rows by record: each of [`Filling::push`] and [`Filling::broken`] is one.
pub(super) struct Filling<'a> {
    taking: Taking<'a>,
    columns: Vec<ColumnBuilder<'a>>,
    lines: Vec<i64>,
    /// Records so far.
    pub records: u64,
    /// The byte of the text at which the present record begins, where that is known.
    pub at: Option<usize>,
    rejected: Vec<usize>,
    broken: u64,
    flaws: Vec<Flaw>,
    tally: Tally,
    whole_record: Arc<str>,
}

impl<'a> Filling<'a> {
    /// Nothing yet, with room for the rows of about `bytes`. `decimal` is what parts a number's fraction from its whole.
    pub fn new(taking: Taking<'a>, decimal: char, bytes: usize) -> Self {
        let rows = bytes / 64 + 16;
        let columns = taking.rules().iter().map(|rule| ColumnBuilder::new(rule, rows).with_decimal(decimal)).collect();
        Self {
            taking,
            columns,
            lines: Vec::with_capacity(rows),
            records: 0,
            at: None,
            rejected: Vec::new(),
            broken: 0,
            flaws: Vec::new(),
            tally: Tally::default(),
            whole_record: "".into(),
        }
    }

    /// A record: `text` says what stands in it for each of the columns that are read, if anything does.
    #[inline]
    pub fn push<T: AsRef<str>>(&mut self, text: impl Fn(usize) -> Option<T>, nulls: &[String]) {
        self.records += 1;
        let (record, at) = (self.records as i64, self.at.map(|byte| byte as i64));
        let mut reject = false;
        for (index, builder) in self.columns.iter_mut().enumerate() {
            let raw = text(index);
            let raw = raw.as_ref().map(AsRef::as_ref);
            let Some(reason) = builder.raw(raw, nulls) else { continue };
            reject = true;
            let column = &self.taking.rules()[index].name;
            self.tally.count(column, &reason);
            if self.flaws.len() < MOST_FLAWS {
                let value = raw.unwrap_or_default();
                let flaw = Flaw::new(self.taking.file.id, record, column.clone(), value, reason);
                self.flaws.push(Flaw { line: at, ..flaw });
            }
        }
        if reject {
            self.rejected.push(self.lines.len());
        }
        self.lines.push(record);
    }

    /// A record that is none of the file's form.
    pub fn broken(&mut self, record: &str, reason: Reason) {
        self.records += 1;
        self.broken += 1;
        self.tally.count(&self.whole_record, &reason);
        if self.flaws.len() < MOST_FLAWS {
            let flaw = Flaw::new(self.taking.file.id, self.records as i64, self.whole_record.clone(), record, reason);
            self.flaws.push(Flaw { line: self.at.map(|byte| byte as i64), ..flaw });
        }
    }

    /// The rows.
    pub fn finish(self) -> Result<Rows, Refusal> {
        let nulled = self.columns.iter().map(|builder| builder.nulled).sum();
        let columns: Vec<Column> = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        let frame = DataFrame::new(self.lines.len(), columns)
            .or_else(|error| quarantine(format!("it cannot be read: {error}")))?;
        Ok(Rows {
            records: self.records,
            frame,
            lines: self.lines,
            rejected: self.rejected,
            broken: self.broken,
            flaws: self.flaws,
            tally: self.tally,
            nulled,
            ends: None,
        })
    }
}
