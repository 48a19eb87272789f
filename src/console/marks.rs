//! The symbol and the meaning of every state: never colour alone.

use super::load::rules::Word;
use super::theme::Role;
use crate::domain::alert::{AlertState, Severity};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::model::Verdict;
use crate::domain::run::{RunState, StageState};
use crate::store::alerts::AlertRow;

/// A one-column symbol and the meaning of its colour.
pub type Mark = (&'static str, Role);

/// Of a run.
pub fn run(state: RunState) -> Mark {
    match state {
        RunState::Queued => ("○", Role::Muted),
        RunState::Running => ("●", Role::Accent),
        RunState::Succeeded => ("✓", Role::Ok),
        RunState::Partial => ("◐", Role::Warn),
        RunState::Failed => ("✗", Role::Critical),
        RunState::Cancelled => ("⊘", Role::Muted),
        RunState::Interrupted => ("!", Role::Warn),
    }
}

/// Of a run that nobody is there to carry on, with its word.
pub const ABANDONED: (Mark, &str) = (("!", Role::Warn), "no engine");

/// Of a stage of a run.
pub fn stage(state: StageState) -> Mark {
    match state {
        StageState::Waiting => ("○", Role::Faint),
        StageState::Running => ("●", Role::Accent),
        StageState::Retrying => ("↻", Role::Warn),
        StageState::Succeeded => ("✓", Role::Ok),
        StageState::Failed => ("✗", Role::Critical),
        StageState::Skipped => ("–", Role::Muted),
        StageState::Reused => ("=", Role::Ok),
        StageState::Cancelled => ("⊘", Role::Muted),
        StageState::Interrupted => ("!", Role::Warn),
    }
}

/// Of a file version.
pub fn file(state: FileState) -> Mark {
    match state {
        FileState::Seen | FileState::Settling => ("◌", Role::Muted),
        FileState::Ready => ("○", Role::Accent),
        FileState::Claimed => ("●", Role::Accent),
        FileState::Committed | FileState::Archived => ("✓", Role::Ok),
        FileState::Duplicate => ("=", Role::Muted),
        FileState::Superseded => ("»", Role::Muted),
        FileState::Quarantined => ("✗", Role::Critical),
        FileState::Held => ("‖", Role::Warn),
        FileState::Vanished | FileState::Ignored => ("–", Role::Muted),
    }
}

/// Of an alert: its gravity while it stands, quiet once it is answered.
pub fn alert(severity: Severity, state: AlertState) -> Mark {
    match (state, severity) {
        (AlertState::Resolved, _) => ("✓", Role::Muted),
        (AlertState::Acknowledged | AlertState::Muted, Severity::Critical) => ("▲", Role::Muted),
        (AlertState::Acknowledged | AlertState::Muted, _) => ("△", Role::Muted),
        (_, Severity::Critical) => ("▲", Role::Critical),
        (_, Severity::Warning) => ("△", Role::Warn),
        (_, Severity::Info) => ("·", Role::Muted),
    }
}

/// Of an alert as it is listed: what another alert explains, or does not fire yet, is quiet too.
pub fn alert_row(row: &AlertRow) -> Mark {
    let (symbol, role) = alert(row.finding.severity, row.state);
    let quiet = row.inhibited_by.is_some() || matches!(row.state, AlertState::Pending | AlertState::Recovering);
    (symbol, if quiet { Role::Muted } else { role })
}

/// Of what a rule says.
pub fn rule(word: Word) -> Mark {
    match word {
        Word::Bad => ("✗", Role::Warn),
        Word::CannotCheck => ("?", Role::Warn),
        Word::Learning => ("○", Role::Accent),
        Word::Fine => ("✓", Role::Ok),
    }
}

/// Of how far a notice or an attempt is, by its word in the store.
pub fn delivery(outcome: &str) -> Mark {
    match outcome {
        "delivered" => ("✓", Role::Ok),
        "waiting" => ("○", Role::Accent),
        "retry" => ("↻", Role::Warn),
        "merged" => ("=", Role::Muted),
        "dropped" => ("–", Role::Muted),
        _ => ("✗", Role::Critical),
    }
}

/// Of the verdict on a model version.
pub fn verdict(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Promoted => ("✓", Role::Ok),
        Verdict::Kept => ("–", Role::Muted),
        Verdict::Provisional => ("○", Role::Muted),
        Verdict::Blocked => ("✗", Role::Critical),
    }
}

/// Of a log line or an event.
pub fn level(level: Level) -> Mark {
    match level {
        Level::Debug => ("·", Role::Faint),
        Level::Info => ("·", Role::Text),
        Level::Warn => ("!", Role::Warn),
        Level::Error => ("✗", Role::Critical),
    }
}
