//! Creating a run: its row, its stages, its batch claimed, in one transaction.

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::store::runs::{self, NewRun};
use crate::store::{Result, Transaction, files, stages};

/// Creates a queued run and claims its files.
pub fn create_run(tx: &Transaction<'_>, pipeline: &Pipeline, new: &NewRun<'_>, now: Instant) -> Result<i64> {
    let run = runs::create(tx, new, now)?;
    for (position, stage) in pipeline.stages.iter().enumerate() {
        stages::create(tx, run, position, &stage.name, stage.kind, &stage.needs)?;
    }
    for file in new.files {
        files::claim(tx, *file, run, now)?;
    }
    Ok(run)
}
