//! How alerts live and are told, over all pipelines.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::seconds;

/// `[alerts]` of landfall.toml
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifeRules {
    /// `group_wait`: alerts of one pipeline and run that come within this are told as one, and one that is over by
    /// then is not told; default 30 s.
    #[serde(serialize_with = "seconds")]
    pub group_wait: Duration,
    /// `repeat_critical`: a critical alert nobody has answered is told again this often; default 4 h.
    #[serde(serialize_with = "seconds")]
    pub repeat_critical: Duration,
    /// `repeat_warning`: the same for any other alert; default 24 h.
    #[serde(serialize_with = "seconds")]
    pub repeat_warning: Duration,
    /// `escalate_after`: a critical alert nobody has acknowledged for this long is escalated, once; default 30 min.
    #[serde(serialize_with = "seconds")]
    pub escalate_after: Duration,
    /// `flapping_changes`: an alert that fires or resolves more often than this within an hour is told once as
    /// flapping, and then not until an hour is calm; default 4.
    pub flapping_changes: u32,
}

impl Default for LifeRules {
    fn default() -> Self {
        Self {
            group_wait: Duration::from_secs(30),
            repeat_critical: Duration::from_secs(4 * 3600),
            repeat_warning: Duration::from_secs(24 * 3600),
            escalate_after: Duration::from_secs(30 * 60),
            flapping_changes: 4,
        }
    }
}
