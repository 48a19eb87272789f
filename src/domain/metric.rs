//! A measured figure with everything needed to read it rightly.

use serde::{Deserialize, Serialize};

use super::Instant;

/// How the rows behind a figure were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Predicted before the outcome was known, judged after: the honest figure.
    Prequential,
    /// The time-ordered end of the labelled history, unseen by the model judged.
    Holdout,
    /// Not about predictions: counts and shares of a batch.
    Batch,
}

impl Split {
    /// Its name in the store and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prequential => "prequential",
            Self::Holdout => "holdout",
            Self::Batch => "batch",
        }
    }

    /// The split with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Prequential, Self::Holdout, Self::Batch].into_iter().find(|s| s.name() == name)
    }
}

/// One figure. Names in use: those of docs/models.md (`auc`, `log_loss`, `rmse`, `r2` and their kin), `positive_rate`,
/// `predicted_rate` (mean probability), `own_loss` (of a regression that is not judged by squared errors: what boosting makes
/// small), `coverage`
/// (share of the outcomes between the bounds given with the predictions), `interval_width` (mean distance of the bounds),
/// `skill` (1 - loss / baseline's loss), `rows`, `rejected`, `reject_ratio`, `null_rate`, `predicted_mean`, `predicted_p05`,
/// `predicted_p50`, `predicted_p95`, `labelled` (share of predicted rows with an outcome), `predicted_open` (mean
/// prediction of this run's rows that wait for their outcome), `loss_increase` (of the champion over the shadow, as a
/// share of the shadow's loss), `predicted_invalid` (predictions that are no valid
/// number); by day and against `validation` or `trailing` in `who`: `drift_wasserstein` (over the reference's standard
/// deviation), `drift_ks`, `drift_psi`, `drift_js`, `drift_chi2_p`, `drift_reference_rows`; by column `new_level_rate`
/// and `new_level`, and of the features that a run predicted from, against the model's training rows (see
/// [`crate::domain::drift::Moved`]) `input_psi`, `input_limit`, `input_p`, `input_weight`; of all at once `domain_auc`,
/// and by `low` and `high` in `who` its interval; by day with `estimate`, `estimate_low` and `estimate_high` in `who` what
/// a figure is expected to be before the outcomes are known, and its band; of what was published `contract_invalid`, `contract_duplicates`, `contract_schema`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What is measured, from the list above.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// Rows behind it.
    pub n: u64,
    /// How they were chosen.
    pub split: Split,
    /// Who predicted: `champion`, `challenger`, `baseline`, `shadow` (the version that served before), or empty when
    /// nobody did. Of a distance, to what. Of what is expected and not measured: `estimate`.
    pub who: String,
    /// Version of the model that made the predictions, if one did.
    pub model: Option<i64>,
    /// Calendar day (`2013-03-01`) the rows belong to, when the figure is about one day.
    pub day: Option<String>,
    /// A column's name, when the figure is about one column.
    pub column: Option<String>,
    /// First and last event time of the rows.
    pub from: Option<Instant>,
    /// See `from`.
    pub to: Option<Instant>,
    /// The run whose predictions it is about, all of them as far as they are judged by now: a later measurement of the
    /// same figure takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_run: Option<i64>,
}

impl Metric {
    /// A figure about a batch that no model and nobody predicted; the rest with struct update.
    pub fn of_batch(name: &str, value: f64, n: u64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            n,
            split: Split::Batch,
            who: String::new(),
            model: None,
            day: None,
            column: None,
            from: None,
            to: None,
            of_run: None,
        }
    }
}
