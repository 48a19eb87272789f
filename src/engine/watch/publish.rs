//! Whether a run's output reached its readers.

use crate::alerts::publish_failed::{Look, judge};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::domain::dataset::DatasetKind;
use crate::domain::run::{StageKind, StageState};
use crate::store::{Connection, Result, parts, runs, stages};

/// How a run's publish stage ended; nothing when it has none, or did not come to it.
pub fn published(connection: &Connection, pipeline: &Pipeline, run: i64, now: Instant) -> Result<Option<Verdict>> {
    let stage = stages::of_run(connection, run)?.into_iter().find(|stage| stage.kind == StageKind::Publish);
    let Some(stage) = stage.filter(|s| matches!(s.state, StageState::Succeeded | StageState::Failed)) else {
        return Ok(None);
    };
    // The run that published last: none of its predictions has been replaced yet.
    let live = parts::live(connection, &pipeline.name, DatasetKind::Predictions)?;
    let last_good = match live.iter().map(|row| row.run).max() {
        Some(good) => runs::get(connection, good)?.and_then(|row| Some((good, row.committed?))),
        None => None,
    };
    let error = stage.error.unwrap_or_default();
    Ok(Some(judge(&Look {
        target: &format!("{}/{}", DatasetKind::Predictions.name(), pipeline.name),
        run,
        error: (stage.state == StageState::Failed).then_some(error.as_str()),
        last_good,
        at: stage.ended.unwrap_or(now),
    })))
}
