//! When a run takes too long.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::maybe_seconds;

/// `[alerts.long_run]`
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LongRunRule {
    /// `after`: a run that takes longer than this is slow; default learned from past runs.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
}
