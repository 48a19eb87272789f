//! What everything that works on a batch has in common.

use super::columns::ColumnRule;
use crate::domain::plan::CleanPlan;
use crate::lake::{Lake, Scratch};
use crate::stages::{Events, StageError};

/// How much is worked on at a time. Nothing of what comes out depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pieces {
    /// Bytes of text that are parsed at a time.
    pub block: usize,
    /// Bytes of rows that are kept in memory before they go to disk: of the files that are being read together, as of the
    /// whole batch.
    pub memory: usize,
}

impl Default for Pieces {
    fn default() -> Self {
        Self { block: 4 << 20, memory: 192 << 20 }
    }
}

/// Where what does not fit into memory goes.
pub(super) struct Room<'a> {
    pub lake: &'a Lake,
    /// The attempt's folder in the lake.
    pub staging: &'a str,
    pub scratch: Scratch,
}

impl<'a> Room<'a> {
    /// Below `staging`.
    pub fn new(lake: &'a Lake, staging: &'a str) -> Result<Self, StageError> {
        Ok(Self { lake, staging, scratch: lake.scratch(&format!("{staging}/scratch"))? })
    }
}

/// How a batch is cleaned.
pub(super) struct Cleaning<'a> {
    pub plan: &'a CleanPlan,
    /// The rules of all columns.
    pub rules: &'a [ColumnRule<'a>],
    /// Those of the columns that are read.
    pub read: Vec<&'a ColumnRule<'a>>,
    pub events: &'a Events,
    pub pieces: Pieces,
    /// Without any, everything stays in memory.
    pub room: Option<Room<'a>>,
}

impl<'a> Cleaning<'a> {
    pub fn new(
        plan: &'a CleanPlan,
        rules: &'a [ColumnRule<'a>],
        events: &'a Events,
        pieces: Pieces,
        room: Option<Room<'a>>,
    ) -> Self {
        let read = rules.iter().filter(|rule| rule.plan.expression.is_none()).collect();
        Self { plan, rules, read, events, pieces, room }
    }
}
