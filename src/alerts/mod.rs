//! Detectors, one file a kind, and the life of an alert.
//!
//! Everything here is pure: history and observation in, [`Verdict`](crate::domain::alert::Verdict)s out. The engine
//! hands in what the store holds, and records the steps of the [`lifecycle`] that follow.

pub mod actions;
pub mod baseline;
pub mod channel;
pub mod clock_jump;
pub mod contract;
pub mod credentials;
pub mod data_drift;
pub mod delivery;
pub mod disk_low;
pub mod file_size;
pub mod heartbeat;
pub mod incomplete_set;
pub mod labels_overdue;
pub mod lifecycle;
pub mod long_run;
pub mod message;
pub mod metric_decline;
pub mod model_not_refreshed;
pub mod null_rate;
pub mod overwritten;
pub mod publish_failed;
pub mod quarantine;
pub mod queued;
pub mod reject_ratio;
pub mod replay;
pub mod results_drift;
pub mod run_failed;
pub mod schema_change;
pub mod silence;
pub mod staleness;
pub mod unsettled;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod simulation_results;
