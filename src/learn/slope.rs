//! Whether probabilities are as sure as they should be.

use super::metrics::{mean, sum};

/// Probabilities are kept this far from 0 and 1, where the log-odds end.
const EDGE: f64 = 1e-12;
/// Most Newton steps; a dozen are enough where there is an answer.
const STEPS: usize = 50;

/// How the log-odds of outcomes follow those of predictions: 1 is right, below it the predictions are too sure of
/// themselves, above it too timid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The slope.
    pub slope: f64,
    /// The log-odds of the outcome where those predicted are 0: 0 is right.
    pub intercept: f64,
    /// Its standard error.
    pub error: f64,
}

impl Slope {
    /// The interval of 95 %.
    pub fn interval(&self) -> (f64, f64) {
        (self.slope - 1.96 * self.error, self.slope + 1.96 * self.error)
    }

    /// Distance from 1 as a factor, in logarithms: 0.5 is as far off as 2.
    pub fn off(&self) -> f64 {
        self.slope.max(EDGE).ln().abs()
    }
}

/// The calibration slope (Cox 1958): the logistic regression of the outcomes on the predictions' log-odds, with a free
/// intercept and without a penalty, by Newton's method; the standard error is that of the inverse Hessian. `None` where
/// there is none: one class, one prediction, or classes that the predictions separate.
pub fn calibration_slope(truth: &[bool], p: &[f64]) -> Option<Slope> {
    let odds: Vec<f64> = p.iter().map(|p| p.clamp(EDGE, 1.0 - EDGE)).map(|p| (p / (1.0 - p)).ln()).collect();
    let share = mean(truth.iter().map(|&y| f64::from(u8::from(y))))?;
    if share <= 0.0 || share >= 1.0 || odds.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let (mut a, mut b) = ((share / (1.0 - share)).ln(), 0.0);
    for _ in 0..STEPS {
        let fitted: Vec<f64> = odds.iter().map(|x| 1.0 / (1.0 + (-(a + b * x)).exp())).collect();
        let gap = |i: usize| f64::from(u8::from(truth[i])) - fitted[i];
        let weight = |i: usize| fitted[i] * (1.0 - fitted[i]);
        let rows = || 0..odds.len();
        let (ga, gb) = (sum(rows().map(gap)), sum(rows().map(|i| gap(i) * odds[i])));
        let haa = sum(rows().map(weight));
        let hab = sum(rows().map(|i| weight(i) * odds[i]));
        let hbb = sum(rows().map(|i| weight(i) * odds[i] * odds[i]));
        let determinant = haa * hbb - hab * hab;
        if !determinant.is_finite() || determinant <= 1e-12 * haa * hbb {
            return None;
        }
        let (da, db) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
        if da.abs().max(db.abs()) < 1e-12 * (1.0 + b.abs()) {
            return Some(Slope { slope: b, intercept: a, error: (haa / determinant).sqrt() });
        }
        // A step of more than this would overshoot where the classes are nearly separate.
        (a, b) = (a + da.clamp(-5.0, 5.0), b + db.clamp(-5.0, 5.0));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Stored {
        slopes: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        truth: Vec<bool>,
        p: Vec<f64>,
        slope: Option<f64>,
        intercept: Option<f64>,
        error: Option<f64>,
    }

    #[test]
    fn slopes_are_those_of_an_unpenalised_logistic_regression() {
        let stored: Stored = serde_json::from_str(include_str!("../../tests/reference/promotion.json")).unwrap();
        for case in stored.slopes {
            let ours = calibration_slope(&case.truth, &case.p);
            let theirs = [case.slope, case.intercept, case.error];
            for (at, theirs) in theirs.into_iter().enumerate() {
                let ours = ours.map(|ours| [ours.slope, ours.intercept, ours.error][at]);
                let near = ours.zip(theirs).map_or(ours == theirs, |(ours, theirs)| (ours - theirs).abs() < 1e-6);
                assert!(near, "{ours:?}, scikit-learn has {theirs:?}");
            }
        }
    }

    #[test]
    fn one_class_one_prediction_or_nothing_has_no_slope() {
        assert_eq!(calibration_slope(&[], &[]), None);
        assert_eq!(calibration_slope(&[true, true], &[0.4, 0.6]), None);
        assert_eq!(calibration_slope(&[true, false], &[0.4, 0.4]), None);
        assert_eq!(calibration_slope(&[true, false], &[0.9, f64::NAN]), None);
    }
}
