//! When results are far from the past.

use serde::Serialize;

/// `[alerts.results_drift]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultsRule {
    /// `sigmas`: a daily result that lies more than this many robust standard deviations from its trailing window is
    /// far from the past; default 5.
    pub sigmas: f64,
    /// `effect_warning`: the least distance of a day's predictions from a reference that matters: Wasserstein in
    /// standard deviations of the reference for numbers, Jensen-Shannon for classes; default 0.1.
    pub effect_warning: f64,
    /// `effect_critical`: the distance that is critical (of classes four fifths of it); default 0.25.
    pub effect_critical: f64,
    /// `min_rows`: fewer predictions of a day say nothing; default 200.
    pub min_rows: u64,
    /// `new_levels`: the share of a batch's rows with a category that training never saw; default 0.05.
    pub new_levels: f64,
}

impl Default for ResultsRule {
    fn default() -> Self {
        Self { sigmas: 5.0, effect_warning: 0.10, effect_critical: 0.25, min_rows: 200, new_levels: 0.05 }
    }
}
