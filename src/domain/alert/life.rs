//! How an alert lives.

use serde::{Deserialize, Serialize};

use super::AlertKind;
use crate::domain::Instant;
use crate::domain::run::named_states;

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
    /// Looks fine again, not yet often enough.
    Recovering,
    /// Over.
    Resolved,
}

named_states!(AlertState, [
    Pending => "pending", Firing => "firing", Acknowledged => "acknowledged", Muted => "muted",
    Recovering => "recovering", Resolved => "resolved",
]);

impl AlertState {
    /// Whether it still stands.
    pub fn is_open(self) -> bool {
        self != Self::Resolved
    }

    /// Whether `next` may follow. A resolved alert never opens again: the same trouble is a new episode.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Firing | Self::Muted | Self::Resolved),
            Self::Firing => matches!(next, Self::Acknowledged | Self::Muted | Self::Recovering | Self::Resolved),
            Self::Acknowledged => matches!(next, Self::Firing | Self::Muted | Self::Recovering | Self::Resolved),
            Self::Muted => matches!(next, Self::Firing | Self::Acknowledged | Self::Recovering | Self::Resolved),
            Self::Recovering => matches!(next, Self::Firing | Self::Acknowledged | Self::Muted | Self::Resolved),
            Self::Resolved => false,
        }
    }
}

/// Was it right to raise it? An operator's answer, from which a rule's precision is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// Something was wrong.
    True,
    /// Nothing was.
    False,
}

named_states!(Alarm, [True => "true", False => "false"]);

/// Identity of an alert's episode: pipeline, kind and object.
pub fn fingerprint(pipeline: &str, kind: AlertKind, object: &str) -> String {
    format!("{pipeline}/{}/{object}", kind.name())
}

/// Silence about one fingerprint. It always ends, and holds for later episodes of the same trouble until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// About what.
    pub fingerprint: String,
    /// When it ends: at most 30 days after it began.
    pub until: Instant,
    /// Why; never empty.
    pub reason: String,
    /// Who muted.
    pub who: String,
    /// Since when.
    pub since: Instant,
}
