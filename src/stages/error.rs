//! Why a stage could not do its job.

use crate::lake::LakeError;

/// An error of a stage, by whose doing it is: that decides whether another attempt makes sense.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The data cannot be used as it is; another attempt finds the same data.
    #[error("{0}")]
    Input(String),
    /// The lake could not be read or written; it may be back in a moment.
    #[error("{0}")]
    Lake(String),
    /// A program the operator configured failed.
    #[error("{0}")]
    Program(String),
    /// Landfall itself is wrong.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl StageError {
    /// Its class in `WorkerEvent::Failed`.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Lake(_) => "lake",
            Self::Program(_) => "program",
            Self::Internal(_) => "internal",
        }
    }

    /// One clear sentence: what, where, what to do.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// Whether another attempt may help.
    pub fn retry(&self) -> bool {
        matches!(self, Self::Lake(_) | Self::Program(_))
    }
}

impl From<LakeError> for StageError {
    fn from(error: LakeError) -> Self {
        if error.may_pass() { Self::Lake(error.to_string()) } else { Self::Input(error.to_string()) }
    }
}
