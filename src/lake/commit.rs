//! The mechanical part of publishing: stage, verify, commit, then point.
//!
//! A worker has staged objects and announced their size and BLAKE3. [`publish`] verifies all of them before it moves
//! the first one. From the moment the store has recorded the decision to commit there is no way back, only forward:
//! [`roll_forward`] does what is left of it, however often it is called. Before that moment [`roll_back`] forgets the
//! staging area. The pointer is written last, so a reader that starts from it never sees half an output.

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Lake, LakeError, crash, layout};
use crate::domain::dataset::Artifact;

/// So many artifacts are verified at a time.
const AT_A_TIME: usize = 8;

/// Verifies every artifact, then moves each to its final name.
///
/// # Errors
/// [`LakeError::Missing`] or [`LakeError::Damaged`] before anything was moved; [`LakeError::Conflict`] when a final
/// name holds other bytes.
pub async fn publish(lake: &Lake, artifacts: &[Artifact]) -> Result<(), LakeError> {
    verify(lake, artifacts).await?;
    crash::point("commit-verified");
    roll_forward(lake, artifacts).await
}

/// Whether every artifact is there as announced, in staging or already under its final name.
pub async fn verify(lake: &Lake, artifacts: &[Artifact]) -> Result<(), LakeError> {
    all(artifacts.iter().map(|artifact| is_there(lake, artifact).boxed()).collect()).await
}

async fn is_there(lake: &Lake, artifact: &Artifact) -> Result<(), LakeError> {
    match lake.holds(&artifact.staged, artifact).await? {
        Some(true) => Ok(()),
        Some(false) => Err(damaged(artifact)),
        None => match lake.holds(&artifact.part.path, artifact).await? {
            Some(true) => Ok(()),
            Some(false) => Err(LakeError::Conflict { path: artifact.part.path.clone() }),
            None => Err(LakeError::Missing { path: artifact.staged.clone() }),
        },
    }
}

/// Does what is left of a commit. Idempotent.
pub async fn roll_forward(lake: &Lake, artifacts: &[Artifact]) -> Result<(), LakeError> {
    // One after another: concurrent renames out of one folder and the clean-up of emptied folders get in each other's way.
    for (done, artifact) in artifacts.iter().enumerate() {
        lake.promote(artifact).await?;
        if done == 0 {
            crash::point("commit-first");
        }
    }
    crash::point("commit-promoted");
    Ok(())
}

/// Does all of it, several at a time: each waits for the disk most of the time. Stops at the first error; what was under
/// way then is abandoned, and done anew by the next try.
async fn all(work: Vec<BoxFuture<'_, Result<(), LakeError>>>) -> Result<(), LakeError> {
    stream::iter(work).buffer_unordered(AT_A_TIME).try_collect().await
}

/// Undoes what [`roll_forward`] did before it failed, so that no final name holds half a commit and another attempt
/// finds what was staged where it was. Only before the store has recorded the commit. Idempotent.
pub async fn take_back(lake: &Lake, artifacts: &[Artifact]) -> Result<(), LakeError> {
    for artifact in artifacts {
        lake.demote(artifact).await?;
    }
    Ok(())
}

/// Forgets a staging area (`layout::staging`, or a run's whole folder of them). Returns how many objects it held.
/// Refuses anything that is not below [`layout::STAGING`].
pub async fn roll_back(lake: &Lake, staging: &str) -> Result<usize, LakeError> {
    if !staging.starts_with(&format!("{}/", layout::STAGING)) {
        let reason = "not a staging area, so it is not rolled back".to_owned();
        return Err(LakeError::Failed { path: staging.to_owned(), reason });
    }
    lake.delete_prefix(staging).await
}

/// Points readers of a pipeline's predictions to what was committed, in one atomic write.
pub async fn write_latest(lake: &Lake, pipeline: &str, latest: &serde_json::Value) -> Result<(), LakeError> {
    lake.put(&layout::latest(pipeline), format!("{latest:#}\n")).await?;
    crash::point("commit-pointed");
    Ok(())
}

fn damaged(artifact: &Artifact) -> LakeError {
    let what = format!("{} bytes with BLAKE3 {} were announced", artifact.part.bytes, artifact.part.hash);
    LakeError::Damaged { path: artifact.staged.clone(), what }
}
