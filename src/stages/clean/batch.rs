//! The rows of all files of a batch as one table.

use std::collections::HashSet;

use polars::prelude::{BooleanChunked, Column, DataFrame, IntoLazy, NewChunkedArray, PolarsResult};

use super::columns::ColumnRule;
use super::rows::{FileRows, Flaw};
use super::typed::{Settled, settle};
use crate::domain::plan::system;
use crate::learn::derive::compile;
use crate::stages::StageError;

/// A file that gave rows.
#[derive(Debug)]
pub(super) struct UsedFile {
    pub id: i64,
    pub key: String,
    pub bytes: u64,
    pub records: u64,
    pub rejected: u64,
}

/// All usable rows of a batch, in order of arrival (file, then line), and what was wrong with the others.
#[derive(Debug)]
pub(super) struct Batch {
    pub frame: DataFrame,
    pub files: Vec<UsedFile>,
    pub flaws: Vec<Flaw>,
    pub nulled: u64,
}

impl Batch {
    /// Puts the rows of `files` together, derives the columns that have an expression and leaves rejected rows out.
    pub fn assemble(files: Vec<FileRows>, rules: &[ColumnRule<'_>]) -> Result<Self, StageError> {
        let mut batch = Self::concatenate(files).map_err(|error| wrong("putting the files together", error))?;
        for rule in rules.iter().filter(|rule| rule.plan.expression.is_some()) {
            batch.derive(rule)?;
        }
        let names = rules.iter().map(|rule| rule.plan.name.as_str());
        batch.frame = batch
            .frame
            .select(names.chain([system::FILE, system::LINE]))
            .map_err(|error| wrong("ordering the columns", error))?;
        Ok(batch)
    }

    /// Rows read.
    pub fn records(&self) -> u64 {
        self.files.iter().map(|file| file.records).sum()
    }

    /// Rows rejected.
    pub fn rejected(&self) -> u64 {
        self.files.iter().map(|file| file.rejected).sum()
    }

    fn concatenate(files: Vec<FileRows>) -> PolarsResult<Self> {
        let mut batch = Self { frame: DataFrame::empty(), files: Vec::new(), flaws: Vec::new(), nulled: 0 };
        for rows in files {
            let FileRows { id, key, bytes, records, frame, rejected, broken, flaws, nulled } = rows;
            let rejected_rows = broken + rejected.len() as u64;
            let frame = if rejected.is_empty() { frame } else { frame.filter(&all_but(frame.height(), &rejected))? };
            if batch.files.is_empty() {
                batch.frame = frame;
            } else {
                batch.frame.vstack_mut_owned(frame)?;
            }
            batch.files.push(UsedFile { id, key, bytes, records, rejected: rejected_rows });
            batch.flaws.extend(flaws);
            batch.nulled += nulled;
        }
        batch.frame.rechunk_mut_par();
        Ok(batch)
    }

    fn derive(&mut self, rule: &ColumnRule<'_>) -> Result<(), StageError> {
        let Some(expression) = &rule.plan.expression else { return Ok(()) };
        let name = rule.plan.name.as_str();
        let place = format!("the expression of column `{name}`");
        let derived = self
            .frame
            .clone()
            .lazy()
            .select([compile(expression).alias(name)])
            .collect()
            .and_then(|frame| frame.column(name)?.clone().new_or_repeated(self.frame.height()))
            .and_then(|column| settle(&column, rule, &[]))
            .map_err(|error| StageError::Input(format!("{place} cannot be evaluated: {error}")))?;
        self.add(rule, derived).map_err(|error| wrong(&place, error))
    }

    fn add(&mut self, rule: &ColumnRule<'_>, derived: Settled) -> PolarsResult<()> {
        let Settled { column, refused, nulled } = derived;
        self.nulled += nulled;
        self.frame.with_column(column)?;
        if refused.is_empty() {
            return Ok(());
        }
        let (files, lines) =
            (self.frame.column(system::FILE)?.i64()?.rechunk(), self.frame.column(system::LINE)?.i64()?.rechunk());
        let mut rows = Vec::with_capacity(refused.len());
        for (row, value, reason) in refused {
            let (file, line) = (files.get(row).unwrap_or_default(), lines.get(row).unwrap_or_default());
            self.flaws.push(Flaw::new(file, line, rule.name.clone(), &value, reason));
            if let Some(used) = self.files.iter_mut().find(|used| used.id == file) {
                used.rejected += 1;
            }
            rows.push(row);
        }
        self.frame = self.frame.filter(&all_but(self.frame.height(), &rows))?;
        Ok(())
    }
}

trait Repeated: Sized {
    fn new_or_repeated(self, height: usize) -> PolarsResult<Self>;
}

impl Repeated for Column {
    /// A constant expression gives one value for all rows.
    fn new_or_repeated(self, height: usize) -> PolarsResult<Self> {
        Ok(if self.len() == 1 && height != 1 { self.new_from_index(0, height) } else { self })
    }
}

fn all_but(height: usize, rows: &[usize]) -> BooleanChunked {
    let rows: HashSet<usize> = rows.iter().copied().collect();
    BooleanChunked::from_iter_values("".into(), (0..height).map(|row| !rows.contains(&row)))
}

fn wrong(place: &str, error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context(place.to_owned()))
}
