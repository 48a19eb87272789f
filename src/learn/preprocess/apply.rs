//! Applying to rows.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::fit::{LEAST_ROWS, absent, present, spread};
use super::folds::{Folds, Shown};
use super::{Coding, Feature, Form, Level, Means, Preprocess};
use crate::domain::plan::Impute;
use crate::learn::LearnError;
use crate::learn::frame::{Column, Frame};

/// Rows that are laid out at a time.
const BLOCK: usize = 4_096;

/// Whether rows are learned from or new.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Learn,
    Predict,
}

/// One feature over the rows of one frame, its levels translated once.
struct Translated<'a> {
    feature: &'a Feature,
    column: &'a Column,
    /// Code in the frame → rank in the fitted levels.
    ranks: Vec<Option<u32>>,
    /// What rows are shown of the target instead of what was fitted.
    folds: Option<(&'a Folds, &'a [Shown], &'a [i64])>,
    /// What is taken off and what the rest is divided by, for each column of the linear view.
    scales: Vec<(f64, f64)>,
}

impl Translated<'_> {
    /// The number of this row within its bounds; `None` if missing.
    fn number(&self, row: usize) -> Option<f64> {
        let Column::Number(values) = self.column else { return None };
        let value = values.get(row).filter(|v| !v.is_nan()).map(|&v| f64::from(v))?;
        Some(self.feature.bounds.map_or(value, |(low, high)| value.clamp(low, high)))
    }

    /// The rank of this row's level; `None` if missing or never seen in training.
    fn rank(&self, row: usize) -> Option<u32> {
        match self.column {
            Column::Category { codes, .. } => present(codes, row).and_then(|code| self.ranks[code]),
            Column::Number(_) => None,
        }
    }

    /// The mean target of a level, or the overall one, as this row may see it.
    fn effect(&self, row: usize, rank: Option<u32>, levels: &[Level], overall: &Means, class: usize) -> f64 {
        let at = rank.map(|rank| rank as usize);
        let means = match self.folds {
            Some((folds, shown, time)) => {
                let shown = &shown[folds.at(time[row])];
                at.and_then(|at| shown.levels.get(at)).unwrap_or(&shown.overall)
            }
            None => at.and_then(|at| levels.get(at)).map_or(overall, |level| &level.effect),
        };
        means.as_slice().get(class).copied().unwrap_or(0.0)
    }

    fn tree_value(&self, row: usize) -> f32 {
        // Asked to show what is missing, trees see it as such: they know what to do with it.
        let filled = !self.feature.plan.indicator;
        match &self.feature.coding {
            Coding::Number { fill, .. } => self.number(row).or(fill.filter(|_| filled)).map_or(f32::NAN, |v| v as f32),
            Coding::Category { levels, fill, overall, trees, .. } => {
                let rank = self.rank(row).or(fill.filter(|_| filled));
                match (rank, trees) {
                    (None, _) => f32::NAN,
                    (Some(_), Form::Target) => self.effect(row, rank, levels, overall, 0) as f32,
                    (Some(rank), _) => rank as f32,
                }
            }
        }
    }

    fn linear_values(&self, row: usize, into: &mut Vec<f64>) {
        match &self.feature.coding {
            Coding::Number { centre, .. } => into.push(self.scaled(0, self.number(row).unwrap_or(*centre))),
            Coding::Category { levels, fill, overall, linear, .. } => {
                let rank = self.rank(row).or(*fill);
                let columns = 0..self.scales.len();
                match linear {
                    Form::OneHot => {
                        into.extend(columns.map(|at| self.scaled(at, f64::from(u8::from(rank == Some(at as u32))))));
                    }
                    Form::Rank => {
                        let value = rank.map_or_else(|| absent(*linear, levels.len(), overall, 0), f64::from);
                        into.push(self.scaled(0, value));
                    }
                    Form::Target => {
                        into.extend(columns.map(|at| self.scaled(at, self.effect(row, rank, levels, overall, at))));
                    }
                }
            }
        }
        if self.feature.has_indicator() {
            into.push(f64::from(u8::from(self.is_missing(row))));
        }
    }

    fn scaled(&self, column: usize, value: f64) -> f64 {
        match self.scales[column] {
            (mean, deviation) if deviation > 0.0 => (value - mean) / deviation,
            _ => 0.0,
        }
    }

    fn is_missing(&self, row: usize) -> bool {
        match self.feature.coding {
            Coding::Number { .. } => self.number(row).is_none(),
            Coding::Category { .. } => self.rank(row).is_none(),
        }
    }
}

impl Feature {
    /// What reads the linear view of a feature that was fitted on `rows` rows, beside what is stored: what is taken off
    /// and what the rest is divided by for each column, the rank that stands for a missing level, and whether a column
    /// that says what was missing follows.
    pub fn linear_view(&self, rows: u64) -> (Vec<(f64, f64)>, f64, bool) {
        let rank = match &self.coding {
            Coding::Category { levels, overall, .. } => absent(Form::Rank, levels.len(), overall, 0),
            Coding::Number { .. } => 0.0,
        };
        (self.scales(rows), rank, self.has_indicator())
    }

    /// Whether the linear view carries a further column that is 1 where the value is missing.
    fn has_indicator(&self) -> bool {
        self.missing > 0 && (self.plan.impute == Impute::Leave || self.plan.indicator)
    }

    /// What is taken off and what the rest is divided by, for each column of the linear view but the indicator. `rows` are
    /// those it was fitted on.
    fn scales(&self, rows: u64) -> Vec<(f64, f64)> {
        match &self.coding {
            Coding::Category { levels, fill, linear: Form::OneHot, .. } => {
                let frequent = levels.partition_point(|level| level.rows >= LEAST_ROWS);
                let share = |(at, level): (usize, &Level)| {
                    let filled = if *fill == Some(at as u32) { self.missing } else { 0 };
                    // Not to deviation 1: that would let a rare level have any weight almost for free.
                    ((level.rows + filled) as f64 / rows.max(1) as f64, 1.0)
                };
                levels[..frequent].iter().enumerate().map(share).collect()
            }
            Coding::Category { levels, fill, overall: overall @ Means::Each(means), linear: Form::Target, .. } => (0
                ..means.len())
                .map(|class| spread(levels, *fill, overall, self.missing, Form::Target, class))
                .collect(),
            _ => vec![(self.mean, self.deviation)],
        }
    }
}

impl Preprocess {
    /// Rows for trees, row by row (`rows x features`): numbers with NaN for missing, categories as their rank by
    /// frequency (or their mean target) with NaN for missing and unknown levels.
    ///
    /// # Errors
    /// [`LearnError::Input`] when a column is of another type than the one it was fitted on.
    pub fn trees(&self, frame: &Frame, rows: impl ExactSizeIterator<Item = usize>) -> Result<Vec<f32>, LearnError> {
        self.tree_rows(frame, rows, Purpose::Predict)
    }

    /// As [`Self::trees`], for rows it was fitted on, to learn from them: mean targets are those of the other folds.
    ///
    /// # Errors
    /// See [`Self::trees`].
    pub fn trees_to_learn(
        &self,
        frame: &Frame,
        rows: impl ExactSizeIterator<Item = usize>,
    ) -> Result<Vec<f32>, LearnError> {
        self.tree_rows(frame, rows, Purpose::Learn)
    }

    fn tree_rows(
        &self,
        frame: &Frame,
        rows: impl ExactSizeIterator<Item = usize>,
        purpose: Purpose,
    ) -> Result<Vec<f32>, LearnError> {
        let columns = self.translate(frame, purpose)?;
        let (rows, width) = (rows.collect::<Vec<_>>(), columns.len().max(1));
        let mut matrix = vec![0.0; rows.len() * columns.len()];
        let fill = |(block, rows): (&mut [f32], &[usize])| {
            for (into, &row) in block.chunks_exact_mut(width).zip(rows) {
                into.iter_mut().zip(&columns).for_each(|(value, column)| *value = column.tree_value(row));
            }
        };
        matrix.par_chunks_mut(width * BLOCK).zip(rows.par_chunks(BLOCK)).for_each(fill);
        Ok(matrix)
    }

    /// Rows for linear models, row by row (`rows x linear_names().len()`): numbers and mean targets standardised to mean 0
    /// and standard deviation 1 over the training rows (or scaled as the plan says), nothing missing.
    ///
    /// # Errors
    /// See [`Self::trees`].
    pub fn linear(&self, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        self.linear_rows(frame, rows, Purpose::Predict)
    }

    /// As [`Self::linear`], for rows it was fitted on, to learn from them: mean targets are those of the other folds.
    ///
    /// # Errors
    /// See [`Self::trees`].
    pub fn linear_to_learn(&self, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        self.linear_rows(frame, rows, Purpose::Learn)
    }

    fn linear_rows(&self, frame: &Frame, rows: Range<usize>, purpose: Purpose) -> Result<Vec<f64>, LearnError> {
        let columns = self.translate(frame, purpose)?;
        let mut matrix = Vec::with_capacity(rows.len() * self.linear_names().len());
        for row in rows {
            columns.iter().for_each(|column| column.linear_values(row, &mut matrix));
        }
        Ok(matrix)
    }

    /// The feature behind each column of the linear view.
    pub fn linear_names(&self) -> Vec<&str> {
        let columns = |f: &Feature| f.scales(self.rows).len() + usize::from(f.has_indicator());
        self.features.iter().flat_map(|f| std::iter::repeat_n(f.plan.name.as_str(), columns(f))).collect()
    }

    fn translate<'a>(&'a self, frame: &'a Frame, purpose: Purpose) -> Result<Vec<Translated<'a>>, LearnError> {
        if self.features.len() != frame.columns.len() {
            return Err(LearnError::Input(format!(
                "the model has {} features, the rows {}",
                self.features.len(),
                frame.columns.len()
            )));
        }
        let columns = self.features.iter().zip(&frame.columns).enumerate();
        columns
            .map(|(at, (feature, column))| {
                let shown = self.folds.shown.get(at).filter(|shown| purpose == Purpose::Learn && !shown.is_empty());
                let folds = shown.map(|shown| (&self.folds, shown.as_slice(), frame.time.as_slice()));
                let ranks = ranks(feature, column)?;
                Ok(Translated { feature, column, ranks, folds, scales: feature.scales(self.rows) })
            })
            .collect()
    }
}

fn ranks(feature: &Feature, column: &Column) -> Result<Vec<Option<u32>>, LearnError> {
    match (&feature.coding, column) {
        (Coding::Category { levels, .. }, Column::Category { levels: names, .. }) => {
            let known: HashMap<&str, u32> =
                levels.iter().zip(0..).map(|(level, at)| (level.name.as_str(), at)).collect();
            Ok(names.iter().map(|name| known.get(name.as_str()).copied()).collect())
        }
        (Coding::Number { .. }, Column::Number(_)) => Ok(Vec::new()),
        _ => Err(LearnError::Input(format!("column {:?} has changed its type", feature.plan.name))),
    }
}
