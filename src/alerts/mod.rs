//! Detectors, one file a kind, and the life of an alert.
//!
//! Everything here is pure: history and observation in, [`Verdict`](crate::domain::alert::Verdict)s out. The engine
//! hands in what the store holds, and records the steps of the [`lifecycle`] that follow.

pub mod actions;
pub mod baseline;
pub mod channel;
pub mod file_size;
pub mod lifecycle;
pub mod long_run;
pub mod message;
pub mod quarantine;
pub mod results_drift;
pub mod run_failed;
pub mod staleness;

#[cfg(test)]
mod simulation;
