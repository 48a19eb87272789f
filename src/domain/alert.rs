//! Alerts: what they are about, how grave, and how they live.

use serde::{Deserialize, Serialize};

use super::Instant;
use super::run::named_states;

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Observed, not yet for long enough.
    Pending,
    /// Needs an answer.
    Firing,
    /// An operator has seen it.
    Acknowledged,
    /// Silenced until an instant.
    Muted,
    /// Over.
    Resolved,
}

named_states!(AlertState, [
    Pending => "pending", Firing => "firing", Acknowledged => "acknowledged", Muted => "muted",
    Resolved => "resolved",
]);

impl AlertState {
    /// Whether it still stands.
    pub fn is_open(self) -> bool {
        self != Self::Resolved
    }

    /// Whether `next` may follow. A resolved alert never opens again: the same trouble is a new episode.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Firing | Self::Resolved),
            Self::Firing => matches!(next, Self::Acknowledged | Self::Muted | Self::Resolved),
            Self::Acknowledged => matches!(next, Self::Firing | Self::Muted | Self::Resolved),
            Self::Muted => matches!(next, Self::Firing | Self::Acknowledged | Self::Resolved),
            Self::Resolved => false,
        }
    }
}

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// No new data for longer than expected.
    Staleness,
    /// A run failed, after its last retry.
    RunFailed,
    /// A stage runs longer than it should, raised while it runs.
    LongRun,
    /// Results are far from the past.
    ResultsDrift,
    /// A landed file is much larger or smaller than usual.
    FileSize,
    /// A file could not be used and lies in quarantine.
    Quarantine,
    /// Part of Landfall itself is not as it should be (lake unreachable, config invalid, disk full).
    Landfall,
}

named_states!(AlertKind, [
    Staleness => "staleness", RunFailed => "run failed", LongRun => "long run", ResultsDrift => "results drift",
    FileSize => "file size", Quarantine => "quarantine", Landfall => "landfall",
]);

/// What a detector saw. Detectors are pure: history and observation in, findings out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub kind: AlertKind,
    /// The object within the pipeline (a file name, a stage, a metric): with pipeline and kind the fingerprint.
    pub object: String,
    /// How grave.
    pub severity: Severity,
    /// One sentence: what was observed against what was expected.
    pub message: String,
    /// The observed figure, where there is one.
    pub observed: Option<f64>,
    /// Lower and upper end of what was expected.
    pub expected: Option<(f64, f64)>,
    /// Unit of the two: `bytes`, `s`, `share`, or a metric's name.
    pub unit: String,
    /// The rule and its parameters, for a person.
    pub rule: String,
}

/// What a detector says of one object at one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be: an open alert on it resolves.
    Fine {
        /// See `Finding::kind`.
        kind: AlertKind,
        /// See `Finding::object`.
        object: String,
        /// Why, for the record of the resolution.
        reason: String,
    },
    /// Not as it should be.
    Bad(Finding),
    /// Too little history to say. Never the same as fine.
    Learning {
        /// See `Finding::kind`.
        kind: AlertKind,
        /// See `Finding::object`.
        object: String,
        /// How much history there is.
        have: usize,
        /// How much is needed.
        need: usize,
    },
}

/// Identity of an alert's episode: pipeline, kind and object.
pub fn fingerprint(pipeline: &str, kind: AlertKind, object: &str) -> String {
    format!("{pipeline}/{}/{object}", kind.name())
}

/// A mute always ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// When it ends.
    pub until: Instant,
    /// Why.
    pub reason: String,
}
