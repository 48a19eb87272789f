//! The lake from code that is not asynchronous.

use std::future::Future;

use super::{LakeError, remote};

/// Runs `future` to its end on this thread. For workers, which do one thing after the other; must not be called from
/// within an asynchronous task.
pub fn wait<T>(future: impl Future<Output = Result<T, LakeError>>) -> Result<T, LakeError> {
    let runtime = remote::io().map_err(|error| LakeError::Failed { path: String::new(), reason: error.to_string() })?;
    runtime.block_on(future)
}
