//! What has been read of one file: stretch after stretch, member after member.

use std::sync::Arc;

use polars::prelude::{Column, NamedFrom, PolarsResult, Series};

use super::batch::Batch;
use super::cleaning::Cleaning;
use super::filling::Taking;
use super::rows::{MOST_FLAWS, Rows};
use super::source::{Refusal, quarantine};
use super::threads;
use crate::domain::job::InputFile;
use crate::domain::plan::system;

/// The rows of one file; nothing of it is the batch's before the file has been read to its end.
pub(super) struct Intake<'a> {
    taking: Taking<'a>,
    rows: Batch<'a>,
    member: Option<Arc<str>>,
    /// Of the present member: records before it, and records of it that are broken.
    before: u64,
    broken: u64,
    /// Of the present member: lines before the next stretch.
    lines: u64,
    flaws: usize,
}

impl<'a> Intake<'a> {
    /// Of `file`, from which nothing has been read. Texts are parsed by `hands` threads.
    pub fn new(file: &'a InputFile, cleaning: &'a Cleaning<'a>, hands: usize) -> Self {
        let taking = Taking { file, cleaning, first: true, hands };
        // The fewer work on a file, the more files are read beside it.
        let most = cleaning.pieces.memory / threads() * hands;
        Self { taking, rows: Batch::of(file, cleaning, most), member: None, before: 0, broken: 0, lines: 0, flaws: 0 }
    }

    /// Begins with the member of this name, if it has one.
    pub fn begin(&mut self, member: Option<Arc<str>>) -> Taking<'a> {
        (self.member, self.before, self.broken, self.lines) = (member, self.records(), 0, 0);
        self.taking.first = self.before == 0;
        self.taking
    }

    /// So many lines of the present member come before its first record.
    pub fn skip(&mut self, lines: u64) {
        self.lines = lines;
    }

    /// Records so far.
    pub fn records(&self) -> u64 {
        self.rows.records()
    }

    /// Records of the present member so far.
    pub fn of_member(&self) -> u64 {
        self.records() - self.before
    }

    /// Takes the next stretch of the present member.
    pub fn take(&mut self, stretch: Rows) -> Result<(), Refusal> {
        let Rows { records, frame, mut lines, rejected, broken, mut flaws, tally, nulled, ends } = stretch;
        let base = self.records() as i64;
        self.broken += broken;
        flaws.truncate(MOST_FLAWS - self.flaws);
        self.flaws += flaws.len();
        for flaw in &mut flaws {
            flaw.record += base;
            flaw.line = flaw.line.map(|line| line + self.lines as i64);
            flaw.member.clone_from(&self.member);
        }
        lines.iter_mut().for_each(|line| *line += base);
        let (id, height) = (self.taking.file.id, frame.height());
        self.lines += ends.unwrap_or_default();
        let with_origin = || -> PolarsResult<_> {
            let mut frame = frame;
            frame.with_column(Column::new_scalar(system::FILE.into(), id.into(), height))?;
            frame.with_column(Series::new(system::LINE.into(), lines).into())?;
            Ok(frame)
        };
        let frame = with_origin().or_else(|error| quarantine(format!("it cannot be read: {error}")))?;
        self.rows.count(id, records, broken + rejected.len() as u64, nulled);
        self.rows.add(id, frame, &rejected, flaws, tally).map_err(|error| Refusal::Stage(Box::new(error)))
    }

    /// Ends the present member. `whole` says what a record should have been: when more than half of them are not, the
    /// file is not what it is taken for.
    pub fn end(&mut self, whole: &str) -> Result<(), Refusal> {
        let records = self.of_member();
        if self.broken * 2 > records {
            return quarantine(format!("{} of {records} records {whole}", self.broken));
        }
        Ok(())
    }

    /// All rows of the file.
    pub fn finish(self) -> Batch<'a> {
        self.rows
    }
}
