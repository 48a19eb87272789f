//! The alerts of the story: what stands, what this run raised, who answered, and how right the rules were.

use crate::domain::Instant;
use crate::domain::alert::{AlertState, Severity};
use crate::domain::format::{count, counted};
use crate::domain::story::{Story, StoryAlert};

/// An alert as the page shows it.
pub struct AlertLine {
    pub raised: String,
    pub severity: Severity,
    /// Whether somebody has to answer it.
    pub loud: bool,
    pub state: String,
    pub kind: String,
    pub message: String,
    pub answer: String,
}

/// A rule as the page shows it: its name, alerts fired, called true, called false, not judged, and the share of right ones.
pub struct RuleLine {
    pub kind: String,
    pub figures: [String; 5],
}

/// Whether an alert of the story needs an answer.
pub fn needs_answer(alert: &StoryAlert) -> bool {
    alert.state == AlertState::Firing && !alert.inhibited
}

/// The tables that have a row, each with its title.
pub fn tables(story: &Story) -> Vec<(&'static str, Vec<AlertLine>)> {
    let of = |fits: &dyn Fn(&StoryAlert) -> bool| story.alerts.iter().filter(|alert| fits(alert)).map(line).collect();
    let tables: [(&'static str, Vec<AlertLine>); 2] = [
        ("What stands", of(&|alert| alert.state.is_open())),
        ("Raised in this run and over", of(&|alert| alert.here && !alert.state.is_open())),
    ];
    tables.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// What stands, in one sentence.
pub fn sentence(story: &Story) -> String {
    let standing = || story.alerts.iter().filter(|alert| alert.state.is_open());
    let all = standing().count() as u64 + story.alerts_left;
    if all == 0 {
        return match story.alerts.len() as u64 {
            0 => "No alert stands, and this run raised none.".to_owned(),
            n => format!(
                "No alert stands; {} of this run {} over.",
                counted(n, "alert"),
                if n == 1 { "is" } else { "are" }
            ),
        };
    }
    let here = standing().filter(|alert| alert.here).count() as u64;
    let quiet = standing().filter(|alert| !needs_answer(alert)).count() as u64;
    let left = match story.alerts_left {
        0 => String::new(),
        n => format!(" The gravest are listed, {} more are in the console.", count(n)),
    };
    let stand = if all == 1 { "stands" } else { "stand" };
    format!(
        "{} {stand}, {} of them raised in this run; {} answered, silenced or explained by another.{left}",
        counted(all, "alert"),
        count(here),
        count(quiet)
    )
}

/// How right the rules were.
pub fn rules(story: &Story) -> Vec<RuleLine> {
    let line = |rule: &crate::domain::story::StoryPrecision| {
        let judged = rule.right + rule.wrong;
        let share =
            if judged > 0 { format!("{:.0} %", 100.0 * rule.right as f64 / judged as f64) } else { "–".to_owned() };
        let unjudged = rule.fired.saturating_sub(judged);
        RuleLine {
            kind: rule.kind.clone(),
            figures: [count(rule.fired), count(rule.right), count(rule.wrong), count(unjudged), share],
        }
    };
    story.precision.iter().map(line).collect()
}

fn line(alert: &StoryAlert) -> AlertLine {
    let minute = |at: Instant| at.format("%Y-%m-%d %H:%M").to_string();
    let state = match (alert.state, alert.muted_until, alert.ended) {
        (AlertState::Muted, Some(until), _) => format!("muted until {}", minute(until)),
        (AlertState::Resolved, _, Some(at)) => format!("resolved {}", minute(at)),
        (state, ..) if alert.inhibited => format!("{state}, explained by another"),
        (state, ..) => state.name().to_owned(),
    };
    let judged = alert.alarm.map(|alarm| format!("{alarm} alarm"));
    let said = match (&alert.who, &alert.note) {
        (Some(who), Some(note)) => Some(format!("{who}: {note}")),
        (who, _) => who.clone(),
    };
    AlertLine {
        raised: minute(alert.raised),
        severity: alert.severity,
        loud: needs_answer(alert),
        state,
        kind: alert.kind.clone(),
        message: alert.message.clone(),
        answer: said.into_iter().chain(judged).collect::<Vec<_>>().join("; "),
    }
}
