//! What can go wrong while learning, by who can help.

use std::fmt;

/// An error of this floor. Its text says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The data or a stored model does not fit what the plan asks for; another attempt meets the same.
    #[error("{0}")]
    Input(String),
    /// The lake could not be read or written; another attempt may help.
    #[error("{0}")]
    Lake(String),
    /// The caller asked to stop.
    #[error("training was interrupted")]
    Interrupted,
    /// A learner failed in a way it should not.
    #[error("{0}")]
    Internal(String),
}

impl LearnError {
    /// An internal error: `doing` what, and the cause.
    pub fn internal(doing: &str, cause: impl fmt::Display) -> Self {
        Self::Internal(format!("{doing}: {cause}"))
    }
}
