//! The figures a set of judged predictions is reported by.

use super::*;

/// Number of intervals of the calibration error that is reported.
const BINS: usize = 10;

/// A figure by its name in [`crate::domain::metric::Metric`].
pub type Figure = (&'static str, f64);

/// Every defined figure of probabilities against a truth of two classes.
pub fn binary(truth: &[bool], p: &[f64], threshold: f64) -> Vec<Figure> {
    defined([
        ("log_loss", log_loss(truth, p)),
        ("auc", auc(truth, p)),
        ("average_precision", average_precision(truth, p)),
        ("brier", brier(truth, p)),
        ("accuracy", accuracy(truth, p, threshold)),
        ("ece", expected_calibration_error(truth, p, BINS)),
        ("positive_rate", mean(truth.iter().map(|&t| f64::from(u8::from(t))))),
        ("predicted_rate", mean(p.iter().copied())),
    ])
}

/// Every defined figure of numbers against numbers.
pub fn regression(truth: &[f64], p: &[f64]) -> Vec<Figure> {
    defined([
        ("rmse", rmse(truth, p)),
        ("mae", mae(truth, p)),
        ("r2", r2(truth, p)),
        ("bias", bias(truth, p)),
        ("predicted_mean", mean(p.iter().copied())),
    ])
}

fn defined<const N: usize>(figures: [(&'static str, Option<f64>); N]) -> Vec<Figure> {
    figures.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| v.is_finite())?))).collect()
}
