//! Files whose run died for want of memory while it read them: one of them is too much for it, and the others are not to
//! go the same way. Each is tried alone; the one that is too much alone is known then.

use std::collections::BTreeMap;

use crate::config::Pipeline;
use crate::domain::run::StageKind;
use crate::store::files::FileRow;
use crate::store::{Connection, Result, stages};

/// Those of `batch` (in its order) that may go into one run: one that is to be tried alone goes alone.
///
/// # Errors
/// The store's.
pub fn apart<'r>(
    connection: &Connection,
    pipeline: &Pipeline,
    mut batch: Vec<&'r FileRow>,
) -> Result<Vec<&'r FileRow>> {
    let mut died: BTreeMap<i64, bool> = BTreeMap::new();
    for (index, row) in batch.iter().enumerate() {
        let Some(run) = row.run.filter(|_| row.attempts > 0) else { continue };
        if !died.contains_key(&run) {
            died.insert(run, died_of(connection, pipeline, run)?.is_some());
        }
        if died[&run] {
            batch.truncate(index.max(1));
            break;
        }
    }
    Ok(batch)
}

/// Whether the first file that waits is to be tried alone: nothing else will ask for that.
///
/// # Errors
/// The store's.
pub fn first_is_alone(connection: &Connection, pipeline: &Pipeline, ready: &[FileRow]) -> Result<bool> {
    let run = ready.first().filter(|row| row.attempts > 0).and_then(|row| row.run);
    run.map_or(Ok(false), |run| Ok(died_of(connection, pipeline, run)?.is_some()))
}

/// What was said when the cleaning of a run ended for want of memory, and whether it was our own limit (else the system
/// ended it, and nobody knows why); none when it ended otherwise.
///
/// # Errors
/// The store's.
pub fn died_of(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Option<(String, bool)>> {
    let Some(clean) = pipeline.stages.iter().find(|stage| stage.kind == StageKind::Clean) else { return Ok(None) };
    let attempts = stages::attempts(connection, run)?;
    let last = attempts.into_iter().rfind(|attempt| attempt.stage == clean.name);
    Ok(last.and_then(|last| {
        let (class, said) = (last.error_class?, last.error.unwrap_or_default());
        matches!(class.as_str(), "memory" | "killed").then(|| (said, class == "memory"))
    }))
}
