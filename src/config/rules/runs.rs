//! When a run takes too long, waits too long, or gives no sign of life.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::{maybe_seconds, seconds};

/// `[alerts.long_run]`
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LongRunRule {
    /// `after`: a run that takes longer than this is slow; default learned from past runs.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
}

/// `[alerts.queued]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueuedRule {
    /// `after`: a run that waits for its turn for longer than this; default 10 min.
    #[serde(serialize_with = "seconds")]
    pub after: Duration,
}

impl Default for QueuedRule {
    fn default() -> Self {
        Self { after: Duration::from_secs(600) }
    }
}

/// `[alerts.heartbeat]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeartbeatRule {
    /// `after`: a running stage that says nothing and uses no processor time for this long; default 5 min. A fit
    /// without progress uses processor time, and a program that polls a distant job uses some at every look.
    #[serde(serialize_with = "seconds")]
    pub after: Duration,
}

impl Default for HeartbeatRule {
    fn default() -> Self {
        Self { after: Duration::from_secs(300) }
    }
}
