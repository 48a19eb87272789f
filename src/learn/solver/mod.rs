//! Linear models by methods whose cost is one or a few passes over the rows, whatever their number.
//!
//! Least squares with any elastic-net penalty needs only the [`Gram`] matrix of the columns: one pass, then everything
//! happens on `columns x columns` numbers. Logistic regression takes Newton steps, each one pass, and there are few.
//! Rows are asked for block by block ([`Design`]), so that the whole matrix never has to be in memory; sums are taken
//! in the order of the rows on one thread, so that the same rows give the same bits.

mod cholesky;
mod elastic_net;
mod gram;
mod logistic;
mod multinomial;
mod products;

#[cfg(test)]
mod multinomial_tests;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::LearnError;
pub use elastic_net::{Penalty, elastic_net};
pub use gram::Gram;
pub use logistic::logistic;
pub use multinomial::{multinomial, softmax};

/// Rows of numbers without gaps.
pub trait Design {
    /// Columns of each row.
    fn width(&self) -> usize;

    /// Rows in all.
    fn rows(&self) -> usize;

    /// Hands the values of `rows` to `take` in order, block by block: which rows, and their values row by row.
    ///
    /// # Errors
    /// Those of whoever makes the values.
    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(Range<usize>, &[f64])) -> Result<(), LearnError>;
}

/// An intercept and one weight a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The prediction (or logit) where every column is 0.
    pub intercept: f64,
    /// What one unit of each column adds.
    pub weights: Vec<f64>,
}

impl Line {
    /// The value at a row of as many columns as there are weights.
    pub fn at(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.weights, row)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
