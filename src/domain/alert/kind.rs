//! What an alert can be about, and how grave it is.

use serde::{Deserialize, Serialize};

use crate::domain::run::named_states;

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

named_states!(Severity, [Info => "info", Warning => "warning", Critical => "critical"]);

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// No new files, no newer data, or no output, for longer than expected.
    Staleness,
    /// A run failed, after its last retry.
    RunFailed,
    /// A run or stage takes longer than it should, raised while it runs.
    LongRun,
    /// A run waits for its turn for too long.
    Queued,
    /// A running stage has not given a sign of life.
    Heartbeat,
    /// Results are far from the past.
    ResultsDrift,
    /// The rows predicted differ from those the model was trained on.
    DataDrift,
    /// The quality of the predictions, judged by their outcomes, declines.
    MetricDecline,
    /// The serving model was not replaced or confirmed by so many runs.
    ModelNotRefreshed,
    /// Outcomes that should be known by now are missing, so that nothing can be judged.
    LabelsOverdue,
    /// A landed file (its bytes, rows, bytes a row, columns, or the number of files) is far from the usual.
    FileSize,
    /// Columns were added, removed, reordered or changed their type.
    SchemaChange,
    /// A column has many more nulls than usual.
    NullRate,
    /// Too many rows were rejected.
    RejectRatio,
    /// A file could not be used and lies in quarantine.
    Quarantine,
    /// A file was overwritten after it had been used.
    Overwritten,
    /// A file keeps changing and never settles.
    Unsettled,
    /// Of the files that are expected together some are missing.
    IncompleteSet,
    /// The output could not be published.
    PublishFailed,
    /// The published output breaks its contract.
    Contract,
    /// The disk of the lake or of the state is nearly full.
    DiskLow,
    /// The machine's clock jumped.
    ClockJump,
    /// A credential expires soon or has expired.
    Credentials,
    /// Alerts could not be delivered.
    Delivery,
    /// Landfall itself was silent: no engine ran.
    Silence,
    /// Part of Landfall itself is not as it should be (lake unreachable, landing unreadable, config invalid).
    Landfall,
}

named_states!(AlertKind, [
    Staleness => "staleness", RunFailed => "run failed", LongRun => "long run", Queued => "queued",
    Heartbeat => "heartbeat", ResultsDrift => "results drift", DataDrift => "data drift", MetricDecline => "metric decline",
    ModelNotRefreshed => "model not refreshed", LabelsOverdue => "labels overdue", FileSize => "file size",
    SchemaChange => "schema change", NullRate => "null rate", RejectRatio => "reject ratio",
    Quarantine => "quarantine", Overwritten => "overwritten", Unsettled => "unsettled",
    IncompleteSet => "incomplete set", PublishFailed => "publish failed", Contract => "contract",
    DiskLow => "disk low", ClockJump => "clock jump", Credentials => "credentials", Delivery => "delivery",
    Silence => "silence", Landfall => "landfall",
]);

/// Stands for the pipeline of an alert that is about the whole workspace. No pipeline may be called so.
pub const WORKSPACE: &str = "landfall";

impl AlertKind {
    /// Whether its alerts are about the workspace and never about one pipeline.
    pub fn is_of_workspace(self) -> bool {
        matches!(self, Self::DiskLow | Self::ClockJump | Self::Credentials | Self::Delivery | Self::Silence)
    }

    /// Its name in configuration, in JSON and on the command line: `run_failed`.
    pub fn key(self) -> String {
        self.name().replace(' ', "_")
    }

    /// The kind whose [`AlertKind::key`] or name this is.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::parse(&key.replace('_', " "))
    }
}
