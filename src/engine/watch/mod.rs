//! Gathering what detectors ask for: history out of the store, and what only the machine knows. One file a topic.

pub mod delivery;
pub mod disk;
pub mod files;
pub mod header;
pub mod heartbeat;
pub mod inputs;
pub mod model;
pub mod own;
pub mod publish;
pub mod quality;
pub mod rejects;
pub mod results;
pub mod runs;
pub mod silence;
pub mod sizes;
pub mod staleness;
pub mod stream;

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::store::{Connection, Result};

/// What there is to say once a run has ended: columns, rejects, publication, and the files it leaves.
pub fn after_run(connection: &Connection, pipeline: &Pipeline, run: i64, now: Instant) -> Result<Vec<Verdict>> {
    let mut verdicts = files::files(connection, pipeline, now)?;
    verdicts.extend(header::changed(connection, pipeline)?);
    verdicts.extend(rejects::rejected(connection, pipeline, run)?);
    verdicts.extend(publish::published(connection, pipeline, run, now)?);
    Ok(verdicts)
}

#[cfg(test)]
mod inputs_tests;
#[cfg(test)]
mod results_tests;
#[cfg(test)]
mod tests;
