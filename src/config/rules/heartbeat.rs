//! A sign of life to somebody outside, who notices when it stays away.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::seconds;

/// `[heartbeat]` of landfall.toml.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heartbeat {
    /// `url`: asked with GET. Often a secret: never shown.
    #[serde(skip)]
    pub url: Address,
    /// `every`: how often; default 1 min.
    #[serde(serialize_with = "seconds")]
    pub every: Duration,
}

/// Where an address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Written in the configuration.
    Written(String),
    /// In this environment variable.
    Env(String),
    /// In this file.
    File(PathBuf),
}

impl Address {
    /// The address itself.
    ///
    /// # Errors
    /// Where it should be and is not, in one sentence.
    pub fn reveal(&self) -> Result<String, String> {
        match self {
            Self::Written(url) => Ok(url.clone()),
            Self::Env(name) => std::env::var(name).map_err(|_| format!("the environment variable {name} is not set")),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(text.trim_end().to_owned()),
                Err(error) => Err(format!("the file {} cannot be read: {error}", path.display())),
            },
        }
    }
}
