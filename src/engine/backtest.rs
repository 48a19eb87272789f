//! The job of a backtest over a pipeline's committed history.

use crate::config::{Pipeline, Workspace};
use crate::domain::Instant;
use crate::domain::dataset::DatasetKind;
use crate::domain::job::{BacktestJob, Job, Work};
use crate::domain::plan::Window;
use crate::lake::layout;
use crate::store::{Connection, Result, StoreError, parts};

/// What is asked.
pub struct Asked {
    /// Folds at most.
    pub folds: u32,
    /// Days between training and judging; the pipeline's label delay when absent.
    pub gap_days: Option<f64>,
    /// Which windows; the first is what others are compared with.
    pub windows: Vec<Window>,
}

/// Rows of the committed history.
///
/// # Errors
/// The store's.
pub fn rows(connection: &Connection, pipeline: &str) -> Result<u64> {
    Ok(parts::live(connection, pipeline, DatasetKind::Clean)?.iter().map(|row| row.part.rows).sum())
}

/// Puts it together.
///
/// # Errors
/// [`StoreError::Forbidden`] when the pipeline learns nothing or has no history yet.
pub fn job(
    connection: &Connection,
    workspace: &Workspace,
    pipeline: &Pipeline,
    asked: Asked,
    now: Instant,
) -> Result<Job> {
    let name = &pipeline.name;
    let Some(plan) = pipeline.model.clone() else {
        return Err(StoreError::Forbidden(format!("pipeline {name} has no target to learn")));
    };
    let history: Vec<_> = parts::live(connection, name, DatasetKind::Clean)?
        .into_iter()
        .map(|row| row.part)
        .filter(|part| part.rows > 0)
        .collect();
    if history.is_empty() {
        return Err(StoreError::Forbidden(format!("pipeline {name} has no history yet: run it first")));
    }
    let gap_days = asked.gap_days.unwrap_or(plan.label_delay_days);
    Ok(Job {
        run: 0,
        pipeline: name.clone(),
        stage: "backtest".to_owned(),
        attempt: 1,
        now,
        seed: pipeline.seed,
        lake: workspace.lake.clone(),
        staging: layout::staging(0, "backtest", 1),
        work: Work::Backtest(BacktestJob {
            plan,
            history,
            workspace: workspace.root.display().to_string(),
            folds: asked.folds,
            gap_days,
            windows: asked.windows,
        }),
    })
}
