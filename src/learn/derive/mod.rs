//! Features that are derived: from the row itself, from earlier rows, from tables beside the data.
//!
//! They are made when rows are read, here and nowhere else, for training and for serving: one plan, one meaning. What a
//! row is told of other rows is a function of the history before its event time, so late rows and reruns give what they
//! would have given in order, and no change of the future changes the past.

mod compile;
mod line;
mod past;
mod table;

#[cfg(test)]
mod tests;

use std::path::Path;

use polars::prelude::{Column, DataFrame, DataType, IntoLazy, PolarsError, PolarsResult, Series};

pub use compile::{compile, data_type};
use past::Index;
use table::Table;

use super::LearnError;
use super::frame::{cast, column, instants};
use super::place::Place;
use crate::domain::dataset::Part;
use crate::domain::expr::Expr;
use crate::domain::feature::{Derivation, FeaturePlan, Step};

/// Everything that features look at beside their own row.
#[derive(Default)]
pub struct Beyond {
    indices: Vec<Index>,
    tables: Vec<Table>,
}

/// For features that look at nothing beyond their own row.
pub static NOTHING: Beyond = Beyond { indices: Vec::new(), tables: Vec::new() };

impl Beyond {
    /// Reads what `features` need: columns of the history in `parts`, and tables in the workspace `root`. Reads nothing
    /// when they need nothing.
    ///
    /// # Errors
    /// [`LearnError::Lake`] and [`LearnError::Input`] when a part or a table cannot be read or lacks a column.
    pub fn read(
        place: &Place,
        parts: &[Part],
        root: &Path,
        features: &[FeaturePlan],
        time: &str,
    ) -> Result<Self, LearnError> {
        let mut beyond = Self::default();
        for feature in features {
            for (at, step) in feature.steps.iter().enumerate() {
                beyond.require(&feature.steps[..at], &step.how, root)?;
            }
        }
        if beyond.indices.is_empty() {
            return Ok(beyond);
        }
        let mut names = vec![time.to_owned()];
        for name in beyond.indices.iter().flat_map(Index::inputs) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        for part in parts.iter().filter(|part| part.rows > 0) {
            beyond.append(&place.read_table(&part.path, Some(&names))?, time)?;
        }
        beyond.finish();
        Ok(beyond)
    }

    fn require(&mut self, before: &[Step], how: &Derivation, root: &Path) -> Result<(), LearnError> {
        match how {
            Derivation::Lookback(look) if !self.indices.iter().any(|index| index.serves(before, look)) => {
                self.indices.push(Index::new(before, look)?);
            }
            Derivation::Lookup(lookup) if !self.tables.iter().any(|table| table.serves(lookup)) => {
                self.tables.push(Table::read(lookup, root)?);
            }
            _ => {}
        }
        Ok(())
    }

    fn append(&mut self, rows: &DataFrame, time: &str) -> Result<(), LearnError> {
        self.indices.iter_mut().try_for_each(|index| index.append(rows, time))
    }

    fn finish(&mut self) {
        self.indices.iter_mut().for_each(Index::finish);
    }

    /// The tables that were read: file and BLAKE3.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tables.iter().map(|table| (table.file(), table.hash.as_str()))
    }

    /// The values of `feature` for every row of `table`, which has its inputs and the event time.
    ///
    /// # Errors
    /// [`LearnError::Input`] when an input is missing or of a type that does not fit.
    pub fn values(&self, feature: &FeaturePlan, table: &DataFrame, time: &str) -> Result<Series, LearnError> {
        if feature.steps.is_empty() {
            return column(table, &feature.name);
        }
        let times = if feature.looks_beyond() { instants(&column(table, time)?)? } else { Vec::new() };
        let mut scratch = table.clone();
        for (at, step) in feature.steps.iter().enumerate() {
            let made = match &step.how {
                Derivation::Expression(expr) => {
                    evaluate(&mut scratch, &step.name, expr)?;
                    continue;
                }
                Derivation::Lookback(look) => {
                    let index = self.indices.iter().find(|index| index.serves(&feature.steps[..at], look));
                    index.ok_or_else(|| unread(feature))?.told(look, &scratch, &times)?
                }
                Derivation::Lookup(lookup) => {
                    let table = self.tables.iter().find(|table| table.serves(lookup));
                    table.ok_or_else(|| unread(feature))?.told(&scratch, &times)?
                }
            };
            put(&mut scratch, made.with_name(step.name.as_str().into()).into()).map_err(|e| failed(&step.name, &e))?;
        }
        column(&scratch, &feature.name)
    }
}

fn unread(feature: &FeaturePlan) -> LearnError {
    LearnError::Internal(format!("what feature {:?} looks at was not read", feature.name))
}

fn failed(name: &str, error: &PolarsError) -> LearnError {
    LearnError::Input(format!("`{name}` cannot be derived: {error}"))
}

/// Adds the column `name` that `expr` gives.
fn evaluate(table: &mut DataFrame, name: &str, expr: &Expr) -> Result<(), LearnError> {
    let height = table.height();
    let derived = table
        .clone()
        .lazy()
        .select([compile(expr).alias(name)])
        .collect()
        .and_then(|frame| frame.column(name).cloned())
        // A constant expression gives one value for all rows.
        .map(|column| if column.len() == 1 && height != 1 { column.new_from_index(0, height) } else { column });
    derived.and_then(|column| put(table, column)).map_err(|e| failed(name, &e))
}

fn put(table: &mut DataFrame, column: Column) -> PolarsResult<()> {
    table.with_column(column).map(drop)
}

/// The key of each row, of the columns `by` as texts; `None` where one of them is null.
fn keys(table: &DataFrame, by: &[String]) -> Result<Vec<Option<String>>, LearnError> {
    let mut keys = vec![Some(String::new()); table.height()];
    for name in by {
        let texts = cast(&column(table, name)?, &DataType::String)?;
        let texts = texts.str().map_err(|e| LearnError::internal("cannot read a key", e))?;
        for (key, text) in keys.iter_mut().zip(texts.iter()) {
            // The length keeps ("a", "bc") apart from ("ab", "c").
            *key = key.take().zip(text).map(|(key, text)| format!("{key}{}:{text};", text.len()));
        }
    }
    Ok(keys)
}
