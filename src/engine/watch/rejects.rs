//! Rows that a run could not use.

use crate::alerts::reject_ratio::{Look, judge};
use crate::config::Pipeline;
use crate::domain::alert::Verdict;
use crate::domain::job::Level;
use crate::domain::run::{StageKind, StageState};
use crate::domain::text::one_line;
use crate::store::stages::StageRow;
use crate::store::{Connection, Result, files, logs, metrics, stages};

/// So many reasons, or examples, are shown.
const SHOWN: usize = 8;

/// How many rows were rejected by a run whose clean stage has just ended, well or not.
pub fn rejected(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Option<Verdict>> {
    let clean = stages::of_run(connection, run)?.into_iter().find(|stage| stage.kind == StageKind::Clean);
    let Some(clean) = clean.filter(|stage| matches!(stage.state, StageState::Succeeded | StageState::Failed)) else {
        return Ok(None);
    };
    let read: Vec<(String, u64, u64)> = files::of_run(connection, run)?
        .iter()
        .filter_map(|row| Some((one_line(&row.key), row.rows?, row.rejected?)))
        .collect();
    let mut worst: Vec<(String, u64, u64)> = read.iter().filter(|(.., rejected)| *rejected > 0).cloned().collect();
    worst.sort_by_key(|(.., rejected)| std::cmp::Reverse(*rejected));
    Ok(judge(&Look {
        pipeline: &pipeline.name,
        run,
        files: &worst,
        rows: read.iter().map(|(_, rows, _)| rows).sum(),
        rejected: read.iter().map(|(.., rejected)| rejected).sum(),
        limits: (pipeline.clean.warn_reject_ratio, pipeline.clean.max_reject_ratio),
        reasons: &reasons(connection, run, &clean)?,
    }))
}

/// The commonest reasons; of a stage that failed, whose figures do not count, the examples in its log.
fn reasons(connection: &Connection, run: i64, clean: &StageRow) -> Result<Vec<String>> {
    if clean.state == StageState::Failed {
        let tail = logs::tail(connection, run, Some(&clean.name), 4 * SHOWN)?;
        return Ok(tail.into_iter().filter(|row| row.level == Level::Warn).map(|row| row.text).take(SHOWN).collect());
    }
    let mut counted: Vec<(f64, String)> = metrics::of_run(connection, run)?
        .into_iter()
        .filter(|metric| metric.name == "rejected")
        .filter_map(|metric| {
            let place = one_line(&metric.column?);
            Some((metric.value, format!("{place}: {} ({})", one_line(&metric.who), metric.value)))
        })
        .collect();
    counted.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(counted.into_iter().map(|(_, line)| line).take(SHOWN).collect())
}
