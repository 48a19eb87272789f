//! The question "is there new, complete data?" and its answers.

use serde::{Deserialize, Serialize};

use super::run::Cause;

/// One evaluation of a trigger. Every one is recorded, the true and the false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Who asked.
    pub cause: Cause,
    /// Whether there is something to run.
    pub fired: bool,
    /// Why, in plain words: `3 new files`, `nothing new: 61 files known`, `1 file still settling`.
    pub reason: String,
    /// File versions a run would take.
    pub ready: u64,
    /// File versions not yet complete.
    pub settling: u64,
}
