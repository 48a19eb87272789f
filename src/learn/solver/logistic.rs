//! Logistic regression with an L2 penalty, by Newton's method.

use super::newton::{AtRow, newton};
use super::{Design, Line, Weights};
use crate::learn::LearnError;

/// Minimises `Σ v · ln(1 + exp(-s·(b + x·w))) + ½ strength ‖w‖²`, s = ±1, v the row's weight (scikit-learn's
/// `LogisticRegression` with `C = 1 / strength`; the intercept is free). The positive class is where `truth` is true.
///
/// The loss is strictly convex for `strength` above 0, so the answer is the only one.
///
/// # Errors
/// Those of `design`; [`LearnError::Internal`] when a step cannot be solved.
pub fn logistic(design: &dyn Design, truth: &[bool], weights: Weights, strength: f64) -> Result<Line, LearnError> {
    let total = |positive: bool| -> f64 {
        truth.iter().enumerate().filter(|(_, y)| **y == positive).map(|(row, _)| weights.of(row)).sum()
    };
    // One more of each class, so that the start is finite even for a single class.
    let start = ((total(true) + 1.0) / (total(false) + 1.0)).ln();
    let row = |row: usize, margin: f64| {
        let (positive, weight) = (truth[row], weights.of(row));
        // ln(1 + exp(-|m|)) and 1 / (1 + exp(-|m|)) neither overflow nor lose their digits.
        let small = (-margin.abs()).exp();
        let likely = 1.0 / (1.0 + small);
        let p = if margin >= 0.0 { likely } else { small * likely };
        AtRow {
            loss: weight * (small.ln_1p() + if (margin >= 0.0) == positive { 0.0 } else { margin.abs() }),
            slope: weight * (p - f64::from(u8::from(positive))),
            curvature: weight * (small * likely * likely),
        }
    };
    newton(design, row, Line { intercept: start, weights: vec![0.0; design.width()] }, strength)
}
