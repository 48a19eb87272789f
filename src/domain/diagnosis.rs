//! What a model does well and badly, looked at from many sides: made by the train stage from the holdout, kept beside
//! the model's bundle, drawn by the console and the report.
//!
//! Everything is about the *judged twin* (fitted before the holdout) on the rows of the holdout, unless said.

#[cfg(test)]
pub mod tests;
mod words;

pub use words::{BIN_ROWS, Slope};

use serde::{Deserialize, Serialize};

use super::plan::{Loss, Task};

/// Name of its file in a bundle's folder. It is not part of the bundle's hash.
pub const FILE: &str = "diagnosis.json";

/// A model seen from many sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What is predicted.
    pub task: Task,
    /// Name of the target.
    pub target: String,
    /// Of a regression: the loss it is judged by.
    #[serde(default)]
    pub loss: Loss,
    /// Rows of the holdout.
    pub rows: u64,
    /// First and last day of the holdout, `2013-03-01`.
    pub days: Option<(String, String)>,
    /// Rows looked at where that is a sample (permutation, partial dependence): the same or fewer.
    pub sampled: u64,
    /// Of a binary task.
    pub classes: Option<Classes>,
    /// Of several classes. Everything else is then about the class called: a prediction is its probability, an outcome
    /// whether the call was right.
    #[serde(default)]
    pub several: Option<Several>,
    /// Of a regression.
    pub residuals: Option<Residuals>,
    /// What is lost when a feature's values are shuffled, most first.
    pub permutation: Vec<Permutation>,
    /// How the mean prediction follows the most important features.
    pub dependence: Vec<Dependence>,
    /// Where the loss is worst, worst first.
    pub segments: Vec<Segment>,
    /// Predicted against actual, a day of the holdout each, oldest first.
    pub by_day: Vec<Day>,
    /// What the recipe makes of fewer rows, by growing number; the last one is the model itself. Empty where that was not
    /// tried, and before it was.
    #[serde(default)]
    pub learning: Vec<Learning>,
}

/// A point of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// Rows trained on: the newest before the holdout.
    pub rows: u64,
    /// Mean loss on the holdout.
    pub loss: f64,
}

/// How the classes are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classes {
    /// Probability from which a row counts as positive.
    pub threshold: f64,
    /// Rows: true negatives, false positives, false negatives, true positives.
    pub confusion: [u64; 4],
    /// Area under the ROC curve; absent when there is one class only.
    pub auc: Option<f64>,
    /// Average precision; absent without positives.
    pub average_precision: Option<f64>,
    /// ROC curve: (false positive rate, true positive rate), from (0, 0) to (1, 1), thinned to at most 101 points.
    pub roc: Vec<(f64, f64)>,
    /// Precision-recall curve: (recall, precision), by growing recall, thinned to at most 101 points.
    pub precision_recall: Vec<(f64, f64)>,
    /// Calibration: bins of equal width by predicted probability, empty ones left out.
    pub calibration: Vec<Bin>,
}

/// How several classes are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Several {
    /// Each class, in the order of the model.
    pub classes: Vec<OneClass>,
    /// Rows by actual and called class: `confusion[actual][called]`.
    pub confusion: Vec<Vec<u64>>,
    /// Calibration of the class called: bins of equal width by its probability, empty ones left out.
    pub calibration: Vec<Bin>,
}

/// How one of several classes is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneClass {
    /// Its name.
    pub name: String,
    /// Rows of it.
    pub rows: u64,
    /// Share of the rows called it that are; 0 when none is.
    pub precision: f64,
    /// Share of its rows that are called so; 0 when there is none.
    pub recall: f64,
    /// Area under its ROC curve against the rest; absent where it does not occur.
    pub auc: Option<f64>,
    /// Average precision against the rest; absent where it does not occur, and before it was measured.
    #[serde(default)]
    pub average_precision: Option<f64>,
    /// Its ROC curve against the rest, as [`Classes::roc`]; of the [`CURVES`] most frequent classes, and empty before it was
    /// kept.
    #[serde(default)]
    pub roc: Vec<(f64, f64)>,
    /// Its precision-recall curve against the rest, as [`Classes::precision_recall`]; like `roc`.
    #[serde(default)]
    pub precision_recall: Vec<(f64, f64)>,
}

/// Of so many classes, the most frequent ones, curves are kept.
pub const CURVES: usize = 6;

impl Several {
    /// The classes of which curves are kept, the most frequent first.
    pub fn curved(&self) -> Vec<&OneClass> {
        let mut classes: Vec<&OneClass> = self.classes.iter().filter(|class| class.roc.len() > 1).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.rows));
        classes
    }
}

/// A bin of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows.
    pub rows: u64,
    /// Mean prediction.
    pub predicted: f64,
    /// Mean outcome.
    pub actual: f64,
}

/// How far predictions of numbers are off. A residual is outcome minus prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Residuals {
    /// Residuals at the 1, 5, 25, 50, 75, 95 and 99 % quantile.
    pub quantiles: [f64; 7],
    /// Histogram between the outer quantiles: (lower edge, upper edge, rows); what lies beyond is in the outer bins.
    pub histogram: Vec<(f64, f64, u64)>,
    /// Ten bins of as many rows each by prediction.
    pub by_prediction: Vec<Bin>,
}

/// What shuffling a feature costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Permutation {
    /// The feature.
    pub feature: String,
    /// How much the mean loss grows, as a share of it; mean over the shuffles.
    pub mean: f64,
    /// Standard deviation over the shuffles (divisor n).
    pub deviation: f64,
}

/// How the mean prediction follows one feature, all others being as they are (Friedman 2001).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    /// The feature.
    pub feature: String,
    /// (value as a person reads it, its number if it has one, mean prediction): numbers by value, texts by frequency.
    pub points: Vec<(String, Option<f64>, f64)>,
}

/// A part of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// What its rows have in common: `carrier = EV, departure ≥ 1020`.
    pub what: String,
    /// Rows.
    pub rows: u64,
    /// Mean loss (log loss or squared error) of its rows.
    pub loss: f64,
    /// Mean loss over all rows.
    pub overall: f64,
    /// Its share of the total loss, 0 to 1.
    pub share: f64,
    /// Mean prediction and mean outcome.
    pub predicted: f64,
    /// See `predicted`.
    pub actual: f64,
}

/// One day of the holdout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// `2013-03-01`
    pub day: String,
    /// Rows.
    pub rows: u64,
    /// Mean prediction.
    pub predicted: f64,
    /// Mean outcome.
    pub actual: f64,
    /// Mean loss.
    pub loss: f64,
}
