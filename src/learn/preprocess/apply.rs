//! Applying to rows.

use std::collections::HashMap;
use std::ops::Range;

use super::fit::present;
use super::{Coding, Feature, Preprocess};
use crate::domain::plan::Impute;
use crate::learn::LearnError;
use crate::learn::frame::{Column, Frame};

/// One feature over the rows of one frame, its levels translated once.
struct Translated<'a> {
    feature: &'a Feature,
    column: &'a Column,
    /// Code in the frame → rank in the fitted levels.
    ranks: Vec<Option<u32>>,
}

impl Translated<'_> {
    /// The number of this row; `None` if missing.
    fn number(&self, row: usize) -> Option<f64> {
        match self.column {
            Column::Number(values) => values.get(row).filter(|v| !v.is_nan()).map(|&v| f64::from(v)),
            Column::Category { .. } => None,
        }
    }

    /// The rank of this row's level; `None` if missing or never seen in training.
    fn rank(&self, row: usize) -> Option<u32> {
        match self.column {
            Column::Category { codes, .. } => present(codes, row).and_then(|code| self.ranks[code]),
            Column::Number(_) => None,
        }
    }

    fn tree_value(&self, row: usize) -> f32 {
        match &self.feature.coding {
            Coding::Number { fill, .. } => self.number(row).or(*fill).map_or(f32::NAN, |v| v as f32),
            Coding::Category { fill, .. } => self.rank(row).or(*fill).map_or(f32::NAN, |rank| rank as f32),
        }
    }

    fn linear_value(&self, row: usize) -> f64 {
        let value = match &self.feature.coding {
            Coding::Number { centre, .. } => self.number(row).unwrap_or(*centre),
            Coding::Category { levels, fill, overall } => self
                .rank(row)
                .or(*fill)
                .and_then(|rank| levels.get(rank as usize))
                .map_or(*overall, |level| level.effect),
        };
        if self.feature.deviation > 0.0 { (value - self.feature.mean) / self.feature.deviation } else { 0.0 }
    }

    fn is_missing(&self, row: usize) -> bool {
        match self.feature.coding {
            Coding::Number { .. } => self.number(row).is_none(),
            Coding::Category { .. } => self.rank(row).is_none(),
        }
    }
}

impl Feature {
    /// Whether the linear view carries a second column that is 1 where the value is missing.
    fn has_indicator(&self) -> bool {
        self.missing > 0 && self.plan.impute == Impute::Leave
    }
}

impl Preprocess {
    /// Rows for trees, row by row (`rows x features`): numbers with NaN for missing, categories as their rank by
    /// frequency with NaN for missing and unknown levels.
    pub fn trees(&self, frame: &Frame, rows: impl ExactSizeIterator<Item = usize>) -> Result<Vec<f32>, LearnError> {
        let columns = self.translate(frame)?;
        let mut matrix = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            matrix.extend(columns.iter().map(|column| column.tree_value(row)));
        }
        Ok(matrix)
    }

    /// Rows for linear models, row by row (`rows x linear_names().len()`): standardised to mean 0 and standard
    /// deviation 1 over the training rows, nothing missing.
    pub fn linear(&self, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let columns = self.translate(frame)?;
        let mut matrix = Vec::with_capacity(rows.len() * self.linear_names().len());
        for row in rows {
            for column in &columns {
                matrix.push(column.linear_value(row));
                if column.feature.has_indicator() {
                    matrix.push(f64::from(u8::from(column.is_missing(row))));
                }
            }
        }
        Ok(matrix)
    }

    /// The feature behind each column of the linear view.
    pub fn linear_names(&self) -> Vec<&str> {
        let columns = |f: &Feature| if f.has_indicator() { 2 } else { 1 };
        self.features.iter().flat_map(|f| std::iter::repeat_n(f.plan.name.as_str(), columns(f))).collect()
    }

    fn translate<'a>(&'a self, frame: &'a Frame) -> Result<Vec<Translated<'a>>, LearnError> {
        if self.features.len() != frame.columns.len() {
            return Err(LearnError::Input(format!(
                "the model has {} features, the rows {}",
                self.features.len(),
                frame.columns.len()
            )));
        }
        self.features.iter().zip(&frame.columns).map(|(feature, column)| translate_one(feature, column)).collect()
    }
}

fn translate_one<'a>(feature: &'a Feature, column: &'a Column) -> Result<Translated<'a>, LearnError> {
    let ranks = match (&feature.coding, column) {
        (Coding::Category { levels, .. }, Column::Category { levels: names, .. }) => {
            let known: HashMap<&str, u32> =
                levels.iter().zip(0..).map(|(level, at)| (level.name.as_str(), at)).collect();
            names.iter().map(|name| known.get(name.as_str()).copied()).collect()
        }
        (Coding::Number { .. }, Column::Number(_)) => Vec::new(),
        _ => return Err(LearnError::Input(format!("column {:?} has changed its type", feature.plan.name))),
    };
    Ok(Translated { feature, column, ranks })
}
