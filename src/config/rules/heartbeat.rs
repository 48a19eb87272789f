//! A sign of life to somebody outside, who notices when it stays away.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::seconds;
use crate::config::secret::SecretOrText;

/// `[heartbeat]` of landfall.toml.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heartbeat {
    /// `url`: asked with GET. Often a secret: never shown.
    #[serde(skip)]
    pub url: SecretOrText,
    /// `every`: how often; default 1 min.
    #[serde(serialize_with = "seconds")]
    pub every: Duration,
}
