//! What is told of an alert, and when.

use std::time::Duration;

use chrono::Duration as Span;

use crate::config::rules::LifeRules;
use crate::domain::Instant;
use crate::domain::alert::{AlertState, Occasion, Severity};
use crate::store::alerts::AlertRow;

/// Of how long a time changes are counted, and how long must be calm for flapping to be over.
pub const HOUR: Span = Span::hours(1);

/// What is to be told of an open alert now, if anything. `changes`: how often its fingerprint has begun to fire or ended
/// within the last [`HOUR`].
pub fn tell(alert: &AlertRow, changes: u32, life: &LifeRules, now: Instant) -> Option<Occasion> {
    if alert.state != AlertState::Firing || alert.inhibited_by.is_some() || alert.flapping.is_some() {
        return None;
    }
    let Some(told) = alert.told else {
        return Some(if changes > life.flapping_changes { Occasion::Flapping } else { Occasion::Fired });
    };
    let critical = alert.finding.severity == Severity::Critical;
    if critical && alert.escalated.is_none() && has_passed(told, life.escalate_after, now) {
        return Some(Occasion::Escalated);
    }
    let repeat = if critical { life.repeat_critical } else { life.repeat_warning };
    has_passed(alert.notified.unwrap_or(told), repeat, now).then_some(Occasion::Repeated)
}

/// What is to be told of an alert that has just ended, if anything: only who was told of it is told of its end.
pub fn tell_end(alert: &AlertRow, changes: u32, life: &LifeRules) -> Option<Occasion> {
    alert.notified?;
    match alert.flapping {
        Some(_) => None,
        None if changes > life.flapping_changes => Some(Occasion::Flapping),
        None => Some(Occasion::Resolved),
    }
}

/// Whether an operator's acknowledgement is to be told.
pub fn tell_acknowledged(alert: &AlertRow) -> Option<Occasion> {
    alert.notified.map(|_| Occasion::Acknowledged)
}

fn has_passed(since: Instant, wait: Duration, now: Instant) -> bool {
    (now - since).to_std().is_ok_and(|passed| passed >= wait)
}
