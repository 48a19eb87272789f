//! The life of an alert: what is known of it and what was seen in, steps out.
//!
//! ```text
//! ok ─▶ pending (held) ─▶ firing ─▶ recovering (k clean looks) ─▶ resolved
//!                           ├──▶ acknowledged ──▶┘     a bad look leads back to where it was, and is not told again
//!                           └──▶ muted (until) ─▶┘
//! ```
//!
//! [`look`] follows verdicts, [`due`] the clock, [`inhibit`] finds which alert another one explains, [`tell`] decides
//! what is told. All are pure; the engine reads the rows, records the steps and tells, in one transaction. A fingerprint
//! has at most one open alert; an open alert keeps its gravest severity until it is over, so that one between two
//! severities is not told again and again.

pub mod due;
pub mod inhibit;
pub mod look;
pub mod tell;

#[cfg(test)]
mod tests;

use crate::domain::alert::{AlertState, Finding};

/// Something to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A new alert, in this state.
    Raise {
        /// What was seen.
        finding: Finding,
        /// Pending, firing or muted.
        state: AlertState,
    },
    /// An open alert was seen again, and looks different.
    Refresh {
        /// Which.
        id: i64,
        /// What was seen.
        finding: Finding,
    },
    /// So many clean looks in a row; of an alert that an operator closed: it has been fine since.
    Clean {
        /// Which.
        id: i64,
        /// How many.
        clean: u32,
        /// After how many it is over.
        needed: u32,
    },
    /// An open alert changes its state.
    Move {
        /// Which.
        id: i64,
        /// Its next state.
        to: AlertState,
        /// Why, in one clause.
        reason: String,
        /// Whether what stands is to be told as if it were new.
        anew: bool,
    },
    /// An alert that fires has become graver: it is to be told again.
    Graver {
        /// Which.
        id: i64,
        /// How grave, in one clause.
        reason: String,
    },
}
