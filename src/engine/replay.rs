//! Making a model version once more from what it was made of, to prove that it can be.

use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::dataset::DatasetKind;
use crate::domain::job::{Job, ModelRef, Work};
use crate::store::models::ModelRow;
use crate::store::{Connection, Result, StoreError, champions, models, parts, runs};

use super::job;

/// What is to be made again.
pub struct Replay {
    /// The version as it was made.
    pub model: ModelRow,
    /// The job that makes it again: history, champion and seed as they were, the configuration as it is.
    pub job: Job,
    /// What is known to be other than it was, in sentences.
    pub changed: Vec<String>,
}

/// Puts together what `run` trained from.
///
/// # Errors
/// [`StoreError::Forbidden`] with the reason, when the run made no version that was committed.
pub fn prepare(connection: &Connection, workspace: &Workspace, run: i64, now: Instant) -> Result<Replay> {
    let forbid = |why: String| Err(StoreError::Forbidden(why));
    let Some(row) = runs::get(connection, run)? else { return forbid(format!("there is no run {run}")) };
    let Some(pipeline) = workspace.pipeline(&row.pipeline) else {
        return forbid(format!("there is no pipeline `{}` in this workspace any more", row.pipeline));
    };
    let made = models::of_run(connection, run)?.filter(|model| model.committed.is_some());
    let (Some(model), Some(committed)) = (made, row.committed) else {
        return forbid(format!("run {run} made no model version that was committed: there is nothing to replay"));
    };
    let mut changed = Vec::new();
    if row.config_hash != pipeline.config_hash {
        changed.push(format!("the configuration of {} has changed since run {run}", pipeline.name));
    }
    let mut job = job::alone(connection, workspace, pipeline, &row, now)?;
    if let Work::Train(work) = &mut job.work {
        work.history = parts::as_of(connection, &pipeline.name, DatasetKind::Clean, committed)?;
        work.version = model.card.version;
        work.champion = champions::before(connection, &pipeline.name, run, committed)?
            .and_then(|version| models::get(connection, &pipeline.name, version).transpose())
            .transpose()?
            .map(|champion| ModelRef { version: champion.card.version, bundle: champion.card.bundle });
    }
    Ok(Replay { model, job, changed })
}
