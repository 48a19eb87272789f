//! An alert as it is published.

use serde::{Deserialize, Serialize};

use super::{Alarm, AlertKind, AlertState, Severity};
use crate::domain::Instant;

/// A row of the published table `fact_alert`: one episode of an alert, as it stood when its run published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactAlert {
    /// Its number.
    pub alert: i64,
    /// See [`super::fingerprint`].
    pub fingerprint: String,
    /// Its pipeline.
    pub pipeline: String,
    /// What it is about.
    pub kind: AlertKind,
    /// The object within the pipeline.
    pub object: String,
    /// How grave.
    pub severity: Severity,
    /// Where it is in its life.
    pub state: AlertState,
    /// One sentence.
    pub message: String,
    /// The observed figure, in `unit`.
    pub observed: Option<f64>,
    /// Lower end of what was expected.
    pub low: Option<f64>,
    /// Upper end of what was expected.
    pub high: Option<f64>,
    /// Unit of the three.
    pub unit: String,
    /// The run it is about.
    pub run: Option<i64>,
    /// When it was first seen.
    pub raised: Instant,
    /// When it first fired.
    pub fired: Option<Instant>,
    /// When it was over.
    pub ended: Option<Instant>,
    /// The operator who answered it.
    pub who: Option<String>,
    /// What they said.
    pub note: Option<String>,
    /// Whether it was right to raise it.
    pub alarm: Option<Alarm>,
    /// When its mute ends.
    pub muted_until: Option<Instant>,
}
