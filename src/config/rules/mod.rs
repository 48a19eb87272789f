//! When to raise alerts: one rule a detector, each with parameters of its own and a [`Policy`] that all have.

mod calendar;
mod drift;
mod files;
mod heartbeat;
mod life;
mod model;
mod own;
mod policy;
mod quality;
mod results;
mod runs;
mod size;
mod staleness;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::pipeline::seconds;
use crate::domain::alert::{AlertKind, Severity};
pub use calendar::{Blackout, Calendar, DAY};
pub use drift::DataDriftRule;
pub use files::{HeaderChange, IncompleteRule, OverwrittenRule, QuarantineRule, SchemaRule, Together, UnsettledRule};
pub use heartbeat::Heartbeat;
pub use life::LifeRules;
pub use model::{LabelsOverdueRule, MetricDeclineRule, ModelNotRefreshedRule};
pub use own::{ClockRule, CredentialsRule, DeliveryRule, DiskRule, OwnRules, SilenceRule};
pub use quality::NullRateRule;
pub use results::ResultsRule;
pub use runs::{HeartbeatRule, LongRunRule, QueuedRule};
pub use size::{Direction, FileSizeRule, Sensitivity};
pub use staleness::StalenessRule;

/// The rules of a pipeline: `[alerts]` and its tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AlertRules {
    /// What was said of each kind; of others the default holds. See [`AlertRules::policy`].
    pub policies: BTreeMap<AlertKind, Policy>,
    /// `[alerts.staleness]`
    pub staleness: StalenessRule,
    /// `[alerts.long_run]`
    pub long_run: LongRunRule,
    /// `[alerts.queued]`
    pub queued: QueuedRule,
    /// `[alerts.heartbeat]`
    pub heartbeat: HeartbeatRule,
    /// `[alerts.file_size]`
    pub file_size: FileSizeRule,
    /// `[alerts.results_drift]`
    pub results: ResultsRule,
    /// `[alerts.data_drift]`
    pub data_drift: DataDriftRule,
    /// `[alerts.schema_change]`
    pub schema_change: SchemaRule,
    /// `[alerts.quarantine]`
    pub quarantine: QuarantineRule,
    /// `[alerts.overwritten]`
    pub overwritten: OverwrittenRule,
    /// `[alerts.unsettled]`
    pub unsettled: UnsettledRule,
    /// `[alerts.incomplete_set]`
    pub incomplete_set: IncompleteRule,
    /// `[alerts.labels_overdue]`
    pub labels_overdue: LabelsOverdueRule,
    /// `[alerts.metric_decline]`
    pub metric_decline: MetricDeclineRule,
    /// `[alerts.model_not_refreshed]`
    pub model_not_refreshed: ModelNotRefreshedRule,
    /// `[alerts.null_rate]`
    pub null_rate: NullRateRule,
}

impl AlertRules {
    /// The defaults of a workspace whose clocks show this time zone.
    pub fn in_zone(time_zone: &str) -> Self {
        Self { staleness: StalenessRule::in_zone(time_zone), ..Self::default() }
    }

    /// How alerts of a kind are treated.
    pub fn policy(&self, kind: AlertKind) -> Policy {
        self.policies.get(&kind).cloned().unwrap_or_else(|| Policy::of(kind))
    }
}

/// How alerts of one kind are treated, whatever their detector says: keys that every `[alerts.<kind>]` has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    /// `enabled`: whether the detector is asked at all; default true.
    pub enabled: bool,
    /// `severity`: instead of what the detector says.
    pub severity: Option<Severity>,
    /// `hold`: how long it must be seen before it fires; see [`Policy::of`].
    #[serde(serialize_with = "seconds")]
    pub hold: Duration,
    /// `recover`: clean looks in a row until it is over; see [`Policy::of`].
    pub recover: u32,
}
