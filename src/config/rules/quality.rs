//! When the data is not as good as it was.

use serde::Serialize;

/// `[alerts.null_rate]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NullRateRule {
    /// `effect`: by how much the share of nulls in a column must exceed its usual one to matter; default 0.05.
    pub effect: f64,
    /// `sigmas`: and by how many robust standard deviations of past batches; default 5.
    pub sigmas: f64,
}

impl Default for NullRateRule {
    fn default() -> Self {
        Self { effect: 0.05, sigmas: 5.0 }
    }
}
