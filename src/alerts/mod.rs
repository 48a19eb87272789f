//! Detectors, one file a kind, and the life of an alert.
//!
//! Everything here is pure: history and observation in, [`Verdict`](crate::domain::alert::Verdict)s out. The engine
//! hands in what the store holds, applies the [`lifecycle`] transitions and records them.

pub mod baseline;
pub mod channel;
pub mod file_size;
pub mod heartbeat;
pub mod lifecycle;
pub mod long_run;
pub mod quarantine;
pub mod queued;
pub mod replay;
pub mod results_drift;
pub mod run_failed;
pub mod staleness;

#[cfg(test)]
mod simulation;
