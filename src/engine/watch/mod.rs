//! Gathering for the detectors: history out of the store in, verdicts out. One file a topic.

pub mod runs;
pub mod sizes;
pub mod staleness;
