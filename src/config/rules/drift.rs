//! When the rows are not those the model was trained on.

use serde::Serialize;

/// `[alerts.data_drift]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataDriftRule {
    /// `effect`: the least stability index that matters, however sure it is; default 0.1.
    pub effect: f64,
    /// `discoveries`: the share of chance allowed among the features that are said to have moved; default 0.01.
    pub discoveries: f64,
    /// `runs`: a feature must have moved in so many runs …; default 2.
    pub runs: usize,
    /// `of`: … of the newest so many; default 3.
    pub of: usize,
    /// `important`: a warning when what moved has at least this share of the model's gain; default 0.1.
    pub important: f64,
    /// `auc`: the least AUC between the run's rows and the training rows that matters; default 0.65.
    pub auc: f64,
    /// `min_rows`: fewer predictions of a run say nothing; default 100.
    pub min_rows: u64,
}

impl Default for DataDriftRule {
    fn default() -> Self {
        Self {
            effect: crate::domain::drift::EFFECT,
            discoveries: 0.01,
            runs: 2,
            of: 3,
            important: 0.1,
            auc: 0.65,
            min_rows: 100,
        }
    }
}
