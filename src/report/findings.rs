//! What to enhance: findings computed from the story, the gravest first, each with its evidence and what to do.

mod data;
mod diagnosis;
mod model;
mod operation;

#[cfg(test)]
mod tests;

use crate::domain::alert::Severity;
use crate::domain::story::Story;

/// One thing worth improving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingNote {
    /// How much it matters: critical (results cannot be trusted), warning (results suffer), info (worth knowing).
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: String,
    /// The figures behind it.
    pub evidence: String,
    /// What to do.
    pub action: String,
}

/// Everything worth improving, the gravest first; among equals, data before model before operation.
pub fn findings(story: &Story) -> Vec<FindingNote> {
    let found = [
        operation::failed_stages(story),
        data::quarantined(story),
        data::rejects(story),
        data::overdue_labels(story),
        model::no_champion(story),
        model::trend(story),
        model::calibration(story),
        model::kept_challengers(story),
        model::close_to_baseline(story),
        model::leaks(story),
        model::one_feature(story),
        diagnosis::segment(story),
        diagnosis::confidence(story),
        data::surprising_days(story),
        operation::slow_stages(story),
        model::leaning(story),
        operation::dominant_stage(story),
    ];
    let mut notes: Vec<FindingNote> = found.into_iter().flatten().collect();
    notes.sort_by_key(|note| std::cmp::Reverse(note.severity));
    notes
}

fn note(
    severity: Severity,
    title: impl Into<String>,
    evidence: impl Into<String>,
    action: impl Into<String>,
) -> Option<FindingNote> {
    Some(FindingNote { severity, title: title.into(), evidence: evidence.into(), action: action.into() })
}
