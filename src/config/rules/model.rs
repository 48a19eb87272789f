//! When a model is not what it was.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::maybe_seconds;

/// `[alerts.metric_decline]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricDeclineRule {
    /// `sigmas`: a judged day that is worse than its trailing window by more than this many robust standard deviations
    /// is a decline; default 5.
    pub sigmas: f64,
    /// `margin`: a week whose loss is larger than the champion's validation loss by more than this share is a decline;
    /// default 0.25.
    pub margin: f64,
}

impl Default for MetricDeclineRule {
    fn default() -> Self {
        Self { sigmas: 5.0, margin: 0.25 }
    }
}

/// `[alerts.model_not_refreshed]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelNotRefreshedRule {
    /// `runs`: so many runs in a row neither replaced nor confirmed the serving model; default 10.
    pub runs: u32,
}

impl Default for ModelNotRefreshedRule {
    fn default() -> Self {
        Self { runs: 10 }
    }
}

/// `[alerts.labels_overdue]`
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LabelsOverdueRule {
    /// `after`: outcomes that are not known this long after their prediction are overdue; default learned from past
    /// delays.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
}
