//! The stages: a job in, events and artifacts out.
//!
//! A stage runs in a worker process of its own ([`worker`]). It reads its inputs from the landing and the lake and
//! writes only into its staging area; whether anything of it ever becomes visible is the engine's decision.

mod backtest;
pub mod clean;
pub mod command;
mod error;
mod events;
pub mod predict;
pub mod publish;
mod report;
pub mod score;
pub mod staged;
pub mod train;
mod usage;
mod why;
pub mod worker;

#[cfg(test)]
mod tests;

pub use error::StageError;
pub use events::Events;

use crate::domain::job::{Job, Work};

/// Does one job and returns its one-line summary. What it took is said in any case.
pub fn run(job: &Job, events: &Events) -> Result<String, StageError> {
    let result = match &job.work {
        Work::Clean(work) => clean::run(job, work, events),
        Work::Score(work) => score::run(job, work, events),
        Work::Train(work) => train::run(job, work, events),
        Work::Backtest(work) => backtest::run(job, work, events),
        Work::Publish(work) => publish::run(job, work, events),
        Work::Report(work) => report::run(job, work, events),
        Work::Command(work) => command::run(job, work, events),
        Work::Why(work) => why::run(job, work, events),
    };
    events.send(usage::measure());
    result
}
