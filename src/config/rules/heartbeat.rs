//! A sign of life to somebody outside, who notices when it stays away.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::seconds;

/// `[heartbeat]` of landfall.toml.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heartbeat {
    /// `url`: asked with GET; or `env:NAME`, the environment variable that holds it. Often a secret: never shown.
    #[serde(skip)]
    pub url: String,
    /// `every`: how often; default 1 min.
    #[serde(serialize_with = "seconds")]
    pub every: Duration,
}

impl Heartbeat {
    /// The address itself.
    ///
    /// # Errors
    /// What is missing, when it is in an environment variable that is not set.
    pub fn address(&self) -> Result<String, String> {
        match self.url.strip_prefix("env:") {
            None => Ok(self.url.clone()),
            Some(name) => std::env::var(name).map_err(|_| format!("the environment variable {name} is not set")),
        }
    }
}
