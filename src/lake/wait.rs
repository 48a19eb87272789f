//! The lake from code that is not asynchronous.

use std::future::Future;

use tokio::runtime::Handle;

use super::{LakeError, remote};

/// Runs `future` to its end on this thread. For workers and commands, which do one thing after the other. Within an
/// asynchronous task it holds up that task's thread, and needs a runtime that has several.
pub fn wait<T>(future: impl Future<Output = Result<T, LakeError>>) -> Result<T, LakeError> {
    let runtime = remote::io().map_err(|error| LakeError::Failed { path: String::new(), reason: error.to_string() })?;
    match Handle::try_current() {
        Ok(_) => tokio::task::block_in_place(|| runtime.block_on(future)),
        Err(_) => runtime.block_on(future),
    }
}
