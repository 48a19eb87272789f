//! Runs, stage runs and attempts: their states and which may follow which.

use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted, waiting for its turn.
    Queued,
    /// Stages are being worked on.
    Running,
    /// All stages that had to run did, and what they made is committed.
    Succeeded,
    /// Published, but a stage after the publication failed (a report, say).
    Partial,
    /// A stage failed for good; nothing was committed and the batch is free again.
    Failed,
    /// An operator stopped it.
    Cancelled,
    /// Its engine died under it. Nothing was committed and the batch is free again.
    Interrupted,
}

/// Where a stage of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Its needs are not met yet.
    Waiting,
    /// An attempt is under way.
    Running,
    /// An attempt failed and the next one is due after the retry interval.
    Retrying,
    /// Done.
    Succeeded,
    /// The last attempt failed.
    Failed,
    /// Its `when` did not come true.
    Skipped,
    /// A rerun took over what an earlier run had made.
    Reused,
    /// Stopped by an operator.
    Cancelled,
    /// Its engine died under it.
    Interrupted,
}

macro_rules! named_states {
    ($ty:ident, [$($variant:ident => $name:literal),+ $(,)?]) => {
        impl $ty {
            /// Its name in the store, in JSON and on screen.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The state with this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use named_states;

named_states!(RunState, [
    Queued => "queued", Running => "running", Succeeded => "succeeded", Partial => "partial",
    Failed => "failed", Cancelled => "cancelled", Interrupted => "interrupted",
]);
named_states!(StageState, [
    Waiting => "waiting", Running => "running", Retrying => "retrying", Succeeded => "succeeded",
    Failed => "failed", Skipped => "skipped", Reused => "reused", Cancelled => "cancelled",
    Interrupted => "interrupted",
]);

impl RunState {
    /// Nothing follows it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// What it made is in the lake for readers.
    pub fn is_committed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Partial)
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Running | Self::Cancelled | Self::Interrupted),
            Self::Running => next != Self::Queued && next != Self::Running,
            _ => false,
        }
    }
}

impl StageState {
    /// Nothing follows it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running | Self::Retrying)
    }

    /// What its followers wait for is there.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::Reused)
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => {
                matches!(next, Self::Running | Self::Skipped | Self::Reused | Self::Cancelled | Self::Interrupted)
            }
            Self::Running => {
                matches!(next, Self::Retrying | Self::Succeeded | Self::Failed | Self::Cancelled | Self::Interrupted)
            }
            Self::Retrying => matches!(next, Self::Running | Self::Cancelled | Self::Interrupted | Self::Failed),
            _ => false,
        }
    }
}

/// What a stage is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words of the design")]
pub enum StageKind {
    Clean,
    Score,
    Train,
    Publish,
    Report,
    Command,
}

named_states!(StageKind, [
    Clean => "clean", Score => "score", Train => "train", Publish => "publish", Report => "report",
    Command => "command",
]);

/// After which outcome of its needs a stage runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All needs succeeded (or were reused).
    Success,
    /// At least one need failed.
    Failure,
    /// All needs ended, however.
    Always,
}

/// Why a run exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The schedule's check was true.
    Schedule,
    /// A file-system event led to a check that was true.
    Event,
    /// An operator or a script asked for it.
    Manual,
    /// A rerun of an earlier run.
    Rerun,
}

named_states!(Cause, [Schedule => "schedule", Event => "event", Manual => "manual", Rerun => "rerun"]);

/// Where a rerun starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RerunFrom {
    /// Everything again.
    Whole,
    /// From this stage on.
    Stage(String),
    /// From the first stage that did not succeed.
    Failed,
}
