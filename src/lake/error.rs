//! What can go wrong in the lake, in words for the person who has to mend it.

use std::error::Error;
use std::io;

use super::trouble::{Cause, Trouble};

/// An operation on the lake that was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LakeError {
    /// The lake itself is not there.
    #[error("the lake at {root} cannot be reached: {reason}; check `lake` in landfall.toml, the mount and its rights")]
    Unreachable {
        /// As configured.
        root: String,
        /// What the system said.
        reason: String,
    },
    /// There is no such object.
    #[error("{path} is not in the lake; if it was deleted by hand, rerun the run that made it")]
    Missing {
        /// Relative to the lake.
        path: String,
    },
    /// No space left.
    #[error("the disk of the lake is full: {path} could not be written; free some space and run again")]
    Full {
        /// Relative to the lake.
        path: String,
    },
    /// Not allowed.
    #[error("the lake does not let us at {path}: permission denied; check owner and rights of the folder")]
    Denied {
        /// Relative to the lake.
        path: String,
    },
    /// A final name is taken by other bytes.
    #[error("{path} is already in the lake with other content; nothing was overwritten")]
    Conflict {
        /// Relative to the lake.
        path: String,
    },
    /// An object is not what was announced.
    #[error("{path} is not what was written: {what}; rerun the stage that made it")]
    Damaged {
        /// Relative to the lake.
        path: String,
        /// Announced against found.
        what: String,
    },
    /// The object store of the lake refuses.
    #[error("the lake at {root} failed at {path}: {reason}")]
    Refused {
        /// As configured.
        root: String,
        /// Relative to the lake.
        path: String,
        /// What kind of trouble it is.
        cause: Cause,
        /// What happened and what to do.
        reason: String,
    },
    /// Anything else.
    #[error("the lake failed at {path}: {reason}")]
    Failed {
        /// Relative to the lake.
        path: String,
        /// What the system said.
        reason: String,
    },
}

impl LakeError {
    /// Reads an input/output error at `path`.
    pub fn from_io(path: &str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { path },
            io::ErrorKind::NotFound => Self::Missing { path },
            _ => Self::Failed { path, reason: error.to_string() },
        }
    }

    /// Whether another attempt may succeed without anyone repairing the data.
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Conflict { .. } | Self::Damaged { .. })
    }

    /// Reads what the object store of the lake at `root` said about `path`.
    pub(super) fn from_trouble(root: &str, path: &str, trouble: Trouble) -> Self {
        let (root, path, reason) = (root.to_owned(), path.to_owned(), trouble.words);
        match trouble.cause {
            Cause::Missing => Self::Missing { path },
            Cause::Exists => Self::Conflict { path },
            Cause::NoContainer | Cause::Unusable => Self::Unreachable { root, reason },
            cause => Self::Refused { root, path, cause, reason },
        }
    }

    /// Reads what the local file system said about `path`.
    pub(super) fn from_store(path: &str, error: &object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => return Self::Missing { path: path.to_owned() },
            object_store::Error::AlreadyExists { .. } => return Self::Conflict { path: path.to_owned() },
            _ => {}
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::from_io(path, error);
            }
            cause = error.source();
        }
        Self::Failed { path: path.to_owned(), reason: error.to_string() }
    }
}
