//! What a detector's word leads to.

use std::collections::BTreeMap;

use chrono::Duration;

use super::Step;
use crate::config::rules::{AlertRules, Policy};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Verdict};
use crate::store::alerts::AlertRow;

/// A timer looks twice a second: of its looks one a minute counts, as clean or as a new wording.
pub const PACE: Duration = Duration::minutes(1);

/// What was seen of one object, all detectors together.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "most looks find a thing or two")]
pub enum Seen {
    /// As it should be, and why.
    Fine(String),
    /// Not so.
    Bad(Finding),
}

/// What is known of an object that was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The newest episode of its fingerprint, over or not.
    pub newest: Option<&'a AlertRow>,
    /// Whether its fingerprint is muted now.
    pub muted: bool,
    /// How its kind is treated.
    pub policy: &'a Policy,
    /// Whether a timer looked (the same thing again), not something that happened (a run, a file).
    pub timer: bool,
    /// The instant of the look.
    pub now: Instant,
}

/// What was seen of each object. Bad outweighs fine, of several findings the gravest is taken. Kinds that are switched
/// off are left out; a configured severity takes the place of the detector's.
pub fn digest(rules: &AlertRules, verdicts: &[Verdict]) -> BTreeMap<(AlertKind, String), Seen> {
    let mut seen: BTreeMap<(AlertKind, String), Seen> = BTreeMap::new();
    for verdict in verdicts {
        let (kind, object) = verdict.about();
        let policy = rules.policy(kind);
        let about = (kind, object.to_owned());
        match verdict {
            _ if !policy.enabled => {}
            Verdict::Learning { .. } | Verdict::CannotCheck { .. } => {}
            Verdict::Fine { reason, .. } => {
                seen.entry(about).or_insert_with(|| Seen::Fine(reason.clone()));
            }
            Verdict::Bad(finding) => {
                let severity = policy.severity.unwrap_or(finding.severity);
                if !matches!(seen.get(&about), Some(Seen::Bad(known)) if known.severity >= severity) {
                    seen.insert(about, Seen::Bad(Finding { severity, ..finding.clone() }));
                }
            }
        }
    }
    seen
}

/// The steps that follow from what was seen of one object.
pub fn follow(seen: &Seen, known: &Known<'_>) -> Vec<Step> {
    let open = known.newest.filter(|row| row.state.is_open());
    match (seen, open) {
        (Seen::Bad(finding), Some(alert)) => bad_again(finding, alert, known),
        (Seen::Bad(finding), None) => raise(finding, known).into_iter().collect(),
        (Seen::Fine(reason), Some(alert)) => fine(reason, alert, known),
        (Seen::Fine(_), None) => {
            let closed = known.newest.filter(|last| is_closed_by_hand(last) && last.clean == 0);
            closed.map(|last| Step::Clean { id: last.id, clean: 1, needed: known.policy.recover }).into_iter().collect()
        }
    }
}

fn raise(finding: &Finding, known: &Known<'_>) -> Option<Step> {
    if known.newest.is_some_and(|last| is_answered(finding, last, known)) {
        return None;
    }
    let state = match known.policy.hold.is_zero() {
        _ if known.muted => AlertState::Muted,
        true => AlertState::Firing,
        false => AlertState::Pending,
    };
    Some(Step::Raise { finding: finding.clone(), state })
}

/// An operator has closed the last episode, and this is the same trouble still (a timer sees it, or it is worded the
/// same), no graver: it is not raised again before it has been fine once.
fn is_answered(finding: &Finding, last: &AlertRow, known: &Known<'_>) -> bool {
    let same = known.timer || finding.message == last.finding.message;
    is_closed_by_hand(last) && last.clean == 0 && same && finding.severity <= last.finding.severity
}

fn is_closed_by_hand(last: &AlertRow) -> bool {
    !last.state.is_open() && last.who.as_deref().is_some_and(|who| who != "landfall")
}

fn bad_again(finding: &Finding, alert: &AlertRow, known: &Known<'_>) -> Vec<Step> {
    let id = alert.id;
    let graver = finding.severity > alert.finding.severity;
    let severity = finding.severity.max(alert.finding.severity);
    let reworded = finding.message != alert.finding.message && !(known.timer && known.now - alert.updated < PACE);
    let mut steps = Vec::new();
    if graver || reworded {
        steps.push(Step::Refresh { id, finding: Finding { severity, ..finding.clone() } });
    }
    // An operator's answer may have left the count of one that was recovering.
    if alert.clean > 0 && alert.state != AlertState::Recovering {
        steps.push(Step::Clean { id, clean: 0, needed: known.policy.recover });
    }
    let back_to = |to, reason: String, anew| Step::Move { id, to, reason, anew };
    let firing = if known.muted { AlertState::Muted } else { AlertState::Firing };
    let how = if graver { format!("graver now: {severity}") } else { "seen again".to_owned() };
    match alert.state {
        AlertState::Acknowledged if graver => steps.push(back_to(firing, how, true)),
        AlertState::Firing if graver => steps.push(Step::Graver { id, reason: how }),
        AlertState::Recovering => steps.push(match alert.before {
            Some(AlertState::Acknowledged) if !graver => back_to(AlertState::Acknowledged, how, false),
            Some(AlertState::Muted) if !known.muted => back_to(firing, "seen again, and the mute is over".into(), true),
            Some(AlertState::Muted) => back_to(AlertState::Muted, how, false),
            _ => back_to(firing, how, graver),
        }),
        _ => {}
    }
    steps
}

fn fine(reason: &str, alert: &AlertRow, known: &Known<'_>) -> Vec<Step> {
    let id = alert.id;
    let over = |reason: String| vec![Step::Move { id, to: AlertState::Resolved, reason, anew: false }];
    if alert.state == AlertState::Pending {
        return over(format!("fine before it was held for long enough: {reason}"));
    }
    if known.timer && alert.clean > 0 && known.now - alert.updated < PACE {
        return Vec::new();
    }
    let (clean, needed) = (alert.clean + 1, known.policy.recover);
    if clean >= needed {
        return over(reason.to_owned());
    }
    let mut steps = vec![Step::Clean { id, clean, needed }];
    if alert.state != AlertState::Recovering {
        let to = AlertState::Recovering;
        steps.insert(0, Step::Move { id, to, reason: reason.to_owned(), anew: false });
    }
    steps
}
