//! Files whose run took too much memory while it cleaned them: one of them may be too much, and the others are not to go
//! the same way. Each is tried alone when nothing else is to be done; the one that is too much alone is known then.

use std::collections::BTreeMap;

use crate::config::Pipeline;
use crate::domain::run::StageKind;
use crate::store::files::FileRow;
use crate::store::{Connection, Result, ledger, stages};

/// What of `ready` (the oldest of all, in order) goes into the next run: nobody who is to be tried alone, or, when nobody
/// else is ready, one of these.
///
/// # Errors
/// The store's.
pub fn apart(connection: &Connection, pipeline: &Pipeline, ready: Vec<FileRow>) -> Result<Vec<FileRow>> {
    let mut died: BTreeMap<i64, bool> = BTreeMap::new();
    let (mut alone, mut others) = (Vec::new(), Vec::new());
    for row in ready {
        let is_alone = match row.run.filter(|_| row.attempts > 0) {
            None => false,
            Some(run) => match died.get(&run) {
                Some(died) => *died,
                None => *died.entry(run).or_insert(died_of(connection, pipeline, run)?.is_some()),
            },
        };
        if is_alone { alone.push(row) } else { others.push(row) }
    }
    if others.is_empty() {
        others = ledger::untried(connection, &pipeline.name, pipeline.landing.max_files_per_run)?;
    }
    if others.is_empty() {
        alone.truncate(1);
        return Ok(alone);
    }
    Ok(others)
}

/// Whether the first file that waits is to be tried alone: nothing else will ask for that.
///
/// # Errors
/// The store's.
pub fn first_is_alone(connection: &Connection, pipeline: &Pipeline, ready: &[FileRow]) -> Result<bool> {
    let run = ready.first().filter(|row| row.attempts > 0).and_then(|row| row.run);
    run.map_or(Ok(false), |run| Ok(died_of(connection, pipeline, run)?.is_some()))
}

/// What was said when the cleaning of a run was ended because it took too much memory; none when it ended otherwise.
///
/// # Errors
/// The store's.
pub fn died_of(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Option<String>> {
    let Some(clean) = pipeline.stages.iter().find(|stage| stage.kind == StageKind::Clean) else { return Ok(None) };
    let attempts = stages::attempts(connection, run)?;
    let last = attempts.into_iter().rfind(|attempt| attempt.stage == clean.name);
    Ok(last.filter(|last| last.error_class.as_deref() == Some("memory")).and_then(|last| last.error))
}
