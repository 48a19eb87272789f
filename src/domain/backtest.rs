//! A rolling-origin backtest: what would have been learned at several instants of the past, judged on what came next.

use serde::{Deserialize, Serialize};

use super::plan::Window;

/// One model of one fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// 1 for the oldest fold.
    pub fold: u32,
    /// Which rows it was trained on.
    pub window: Window,
    /// Who learned: `baseline`, `linear`, `boosting`.
    pub algorithm: String,
    /// Rows it was trained on.
    pub trained: u64,
    /// Rows it is judged on.
    pub rows: u64,
    /// First and last day of these.
    pub days: (String, String),
    /// The mean loss of these: log loss, or squared error of a regression.
    pub loss: f64,
    /// The other figures that are defined: name, value.
    pub figures: Vec<(String, f64)>,
}

/// One window and algorithm over all folds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Which rows were trained on.
    pub window: Window,
    /// Who learned.
    pub algorithm: String,
    /// Rows judged on.
    pub rows: u64,
    /// Their mean loss.
    pub loss: f64,
    /// `1 - loss / the baseline's loss`, the baseline trained on everything before each fold.
    pub skill: Option<f64>,
    /// Against the same algorithm on the first window: the relative difference of the loss, and its interval of 95 %.
    pub against_first: Option<[f64; 3]>,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// What the loss is called.
    pub loss: String,
    /// Days between the last row trained on and the first one judged on.
    pub gap_days: f64,
    /// Every trial, by fold.
    pub trials: Vec<Trial>,
    /// The sums, the least loss first.
    pub standings: Vec<Standing>,
    /// Algorithms that could not take part in a fold, and why.
    pub absent: Vec<String>,
}
