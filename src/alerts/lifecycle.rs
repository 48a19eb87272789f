//! The life of an alert: open alerts and verdicts in, transitions out.
//!
//! An object has at most one open alert. It is raised by the first bad verdict, its message follows what is seen, and
//! a fine verdict resolves it. What an operator has acknowledged stays acknowledged while it lasts, unless it becomes
//! graver; what is muted stays silent until the mute ends. Too little history changes nothing.

use std::collections::BTreeMap;

use crate::domain::Instant;
use crate::domain::alert::{AlertState, Finding, Severity, Verdict, fingerprint};

/// An alert that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its number in the store.
    pub id: i64,
    /// See [`fingerprint`].
    pub fingerprint: String,
    /// Where it is.
    pub state: AlertState,
    /// How grave it was when last seen.
    pub severity: Severity,
    /// Its sentence when last seen.
    pub message: String,
    /// When its mute ends, if it is muted.
    pub muted_until: Option<Instant>,
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum Transition {
    /// A new alert, firing.
    Raise {
        /// Its identity.
        fingerprint: String,
        /// What was seen.
        finding: Finding,
    },
    /// Still bad, and what is seen has changed.
    Refresh {
        /// Which alert.
        id: i64,
        /// What is seen now.
        finding: Finding,
    },
    /// It asks for an answer (again).
    Fire {
        /// Which alert.
        id: i64,
        /// What is seen now, unless nothing looked.
        finding: Option<Finding>,
        /// Why.
        reason: String,
    },
    /// It is over.
    Resolve {
        /// Which alert.
        id: i64,
        /// Why.
        reason: String,
    },
}

/// The transitions that follow from one look at a pipeline.
///
/// `open` holds the alerts that stand (others are ignored), `verdicts` what the detectors said; where several speak of
/// the same object, bad outweighs fine and the gravest is taken. Open alerts nobody spoke of stay as they are, except
/// that mutes end at `now`.
pub fn transitions(pipeline: &str, open: &[Open], verdicts: &[Verdict], now: Instant) -> Vec<Transition> {
    let mut seen = digest(pipeline, verdicts);
    let mut known: BTreeMap<&str, i64> = BTreeMap::new();
    let mut out = Vec::new();
    for alert in open.iter().filter(|a| a.state.is_open()) {
        if let Some(first) = known.get(alert.fingerprint.as_str()) {
            out.push(Transition::Resolve { id: alert.id, reason: format!("the same as alert {first}") });
            continue;
        }
        known.insert(&alert.fingerprint, alert.id);
        out.extend(follow(alert, seen.remove(&alert.fingerprint), now));
    }
    out.extend(seen.into_iter().filter_map(|(fingerprint, seen)| match seen {
        Seen::Bad(finding) => Some(Transition::Raise { fingerprint, finding }),
        Seen::Fine(_) => None,
    }));
    out
}

enum Seen {
    Fine(String),
    Bad(Finding),
}

fn digest(pipeline: &str, verdicts: &[Verdict]) -> BTreeMap<String, Seen> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Learning { .. } | Verdict::CannotCheck { .. } => {}
            Verdict::Fine { kind, object, reason } => {
                seen.entry(fingerprint(pipeline, *kind, object)).or_insert_with(|| Seen::Fine(reason.clone()));
            }
            Verdict::Bad(finding) => {
                let print = fingerprint(pipeline, finding.kind, &finding.object);
                if !matches!(seen.get(&print), Some(Seen::Bad(known)) if known.severity >= finding.severity) {
                    seen.insert(print, Seen::Bad(finding.clone()));
                }
            }
        }
    }
    seen
}

fn follow(alert: &Open, seen: Option<Seen>, now: Instant) -> Option<Transition> {
    let id = alert.id;
    let mute_over = alert.state == AlertState::Muted && alert.muted_until.is_none_or(|until| until <= now);
    match seen {
        Some(Seen::Fine(reason)) => Some(Transition::Resolve { id, reason }),
        Some(Seen::Bad(finding)) => {
            let graver = alert.state == AlertState::Acknowledged && finding.severity > alert.severity;
            if graver {
                let reason = format!("graver than when it was acknowledged: {}", finding.severity);
                Some(Transition::Fire { id, finding: Some(finding), reason })
            } else if mute_over {
                Some(Transition::Fire { id, finding: Some(finding), reason: "the mute is over".to_owned() })
            } else if alert.state == AlertState::Pending {
                Some(Transition::Fire { id, finding: Some(finding), reason: "seen again".to_owned() })
            } else {
                let same = finding.message == alert.message && finding.severity == alert.severity;
                (!same).then_some(Transition::Refresh { id, finding })
            }
        }
        None if mute_over => Some(Transition::Fire { id, finding: None, reason: "the mute is over".to_owned() }),
        None => None,
    }
}

#[cfg(test)]
mod tests;
