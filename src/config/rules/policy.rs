//! How alerts of each kind are treated when nothing is said of it.

use std::time::Duration;

use super::Policy;
use crate::domain::alert::AlertKind;

impl Policy {
    /// The default of a kind. Most alerts fire at once and are over at the first clean look: their detectors decide on
    /// whole histories, and a look is a run, a file or (for what a timer looks at) a minute. Otherwise:
    ///
    /// - statistics over the rows of a run need more than one good run: two clean ones, three for the decline of a metric
    ///   (as Azure Monitor resolves a dynamic threshold after three clean evaluations);
    /// - a nearly full disk is held for a minute, since a run's scratch space comes and goes, and needs three clean
    ///   minutes.
    pub fn of(kind: AlertKind) -> Self {
        let (hold, recover) = match kind {
            AlertKind::ResultsDrift | AlertKind::DataDrift | AlertKind::NullRate => (0, 2),
            AlertKind::MetricDecline => (0, 3),
            AlertKind::DiskLow => (60, 3),
            _ => (0, 1),
        };
        Self { enabled: true, severity: None, hold: Duration::from_secs(hold), recover }
    }
}
