//! Probabilities and decisions against a truth of two classes.

use super::mean;

/// Log loss of one row: `-ln` of the probability given to what happened, with the probability clipped to
/// `[eps, 1 - eps]`, eps = 2^-52, as scikit-learn's `log_loss` does for f64.
pub fn row_log_loss(truth: bool, p: f64) -> f64 {
    let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    if truth { -p.ln() } else { -(1.0 - p).ln() }
}

/// Mean log loss; `None` of no rows.
pub fn log_loss(truth: &[bool], p: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(p).map(|(&t, &p)| row_log_loss(t, p)))
}

/// Brier score: mean of `(p - y)^2`; `None` of no rows.
pub fn brier(truth: &[bool], p: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(p).map(|(&t, &p)| (p - f64::from(u8::from(t))).powi(2)))
}

/// Share of rows on the right side of `threshold` (at and above is positive); `None` of no rows.
pub fn accuracy(truth: &[bool], p: &[f64], threshold: f64) -> Option<f64> {
    Confusion::of(truth, p, threshold).accuracy()
}

/// Counts of decisions by truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confusion {
    /// Negative and called negative.
    pub true_negative: u64,
    /// Negative but called positive.
    pub false_positive: u64,
    /// Positive but called negative.
    pub false_negative: u64,
    /// Positive and called positive.
    pub true_positive: u64,
}

impl Confusion {
    /// Counts the rows; a probability at and above `threshold` is called positive.
    pub fn of(truth: &[bool], p: &[f64], threshold: f64) -> Self {
        let mut counts = Self::default();
        for (&truth, &p) in truth.iter().zip(p) {
            match (truth, p >= threshold) {
                (false, false) => counts.true_negative += 1,
                (false, true) => counts.false_positive += 1,
                (true, false) => counts.false_negative += 1,
                (true, true) => counts.true_positive += 1,
            }
        }
        counts
    }

    /// Rows in all.
    pub fn total(&self) -> u64 {
        self.true_negative + self.false_positive + self.false_negative + self.true_positive
    }

    /// Share of right decisions; `None` of no rows.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.true_negative + self.true_positive, self.total())
    }

    /// Share of the rows called positive that are; 0 when none is called so (scikit-learn's `zero_division=0`).
    pub fn precision(&self) -> f64 {
        share(self.true_positive, self.true_positive + self.false_positive).unwrap_or(0.0)
    }

    /// Share of the positive rows that are called so; 0 when there is none (`zero_division=0`).
    pub fn recall(&self) -> f64 {
        share(self.true_positive, self.true_positive + self.false_negative).unwrap_or(0.0)
    }

    /// Harmonic mean of precision and recall; 0 when neither is defined (`zero_division=0`).
    pub fn f1(&self) -> f64 {
        let missed = self.false_positive + self.false_negative;
        share(2 * self.true_positive, 2 * self.true_positive + missed).unwrap_or(0.0)
    }

    /// Mean of the recalls of the classes that occur in the truth; `None` of no rows.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let positive = share(self.true_positive, self.true_positive + self.false_negative);
        let negative = share(self.true_negative, self.true_negative + self.false_positive);
        mean([positive, negative].into_iter().flatten())
    }

    /// Matthews' correlation coefficient, -1 to 1; 0 when a factor of its denominator is 0.
    pub fn matthews(&self) -> f64 {
        let [tn, fp, fn_, tp] = [self.true_negative, self.false_positive, self.false_negative, self.true_positive]
            .map(|count| count as f64);
        let denominator = ((tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_)).sqrt();
        if denominator == 0.0 { 0.0 } else { (tp * tn - fp * fn_) / denominator }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
