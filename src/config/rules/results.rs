//! When results are far from the past.

use serde::Serialize;

/// `[alerts.results_drift]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultsRule {
    /// `sigmas`: a daily result that lies more than this many robust standard deviations from its trailing window is
    /// far from the past; default 5.
    pub sigmas: f64,
}

impl Default for ResultsRule {
    fn default() -> Self {
        Self { sigmas: 5.0 }
    }
}
