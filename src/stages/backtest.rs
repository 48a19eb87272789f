//! The backtest: a job of its own, outside any run. It writes nothing.

use std::ops::ControlFlow;

use super::{Events, StageError};
use crate::domain::format;
use crate::domain::job::{BacktestJob, Job, WorkerEvent};
use crate::learn::backtest::{Question, backtest};
use crate::learn::learner::Settings;
use crate::learn::place::Place;

/// Does the job; returns its one-line summary. What came out is an event.
///
/// # Errors
/// [`StageError::Lake`] when the history cannot be read, [`StageError::Input`] when it does not have the columns of the
/// plan.
pub fn run(job: &Job, work: &BacktestJob, events: &Events) -> Result<String, StageError> {
    let place = Place::open(&job.lake)?;
    events.progress(0, None, "rows", "reading the history");
    let frame = super::train::labelled(&place, &work.plan, &work.history, &work.workspace)?;
    let settings = Settings::of(&work.plan, job.seed);
    let question = Question {
        plan: &work.plan,
        settings: &settings,
        folds: work.folds,
        gap_days: work.gap_days,
        windows: &work.windows,
    };
    let total = Some(u64::from(work.folds));
    let told = backtest(&frame, question, &mut |_| ControlFlow::Continue(()), |fold, note| {
        events.progress(u64::from(fold.saturating_sub(1)), total, "folds", note);
    })?;
    let trials = format::counted(told.trials.len() as u64, "trial");
    events.send(WorkerEvent::Backtest(told));
    Ok(format!("{trials} on {}", format::counted(frame.len() as u64, "row")))
}
