//! When data is late.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::maybe_seconds;

/// `[alerts.staleness]`
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StalenessRule {
    /// `after`: no new file for this long is stale; default learned from past gaps.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
}
