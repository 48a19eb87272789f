//! The life of an alert: what one look leads to, and what must hold of any course of events.

mod course;
mod steps;
mod telling;

use chrono::{TimeZone, Utc};

use crate::config::rules::Policy;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Severity};
use crate::store::alerts::AlertRow;

fn now() -> Instant {
    Utc.with_ymd_and_hms(2013, 3, 9, 12, 0, 0).unwrap()
}

fn finding(kind: AlertKind, object: &str, severity: Severity, message: &str) -> Finding {
    Finding::new(kind, object, severity, message.into(), "a rule")
}

/// Alert 7, a warning that fires and has been told an hour ago.
fn firing() -> AlertRow {
    row(7, finding(AlertKind::FileSize, "a", Severity::Warning, "big"), AlertState::Firing)
}

fn row(id: i64, finding: Finding, state: AlertState) -> AlertRow {
    let earlier = now() - chrono::Duration::hours(1);
    let fired = (state != AlertState::Pending).then_some(earlier);
    AlertRow {
        id,
        pipeline: "flights".into(),
        finding,
        state,
        run: None,
        raised: earlier,
        updated: earlier,
        ended: None,
        note: None,
        who: None,
        fired,
        clean: 0,
        needed: 0,
        before: None,
        inhibited_by: None,
        notified: fired,
        told: fired,
        escalated: None,
        flapping: None,
        alarm: None,
        normal: None,
        muted_until: None,
    }
}

fn policy(hold_minutes: u64, recover: u32) -> Policy {
    Policy { enabled: true, severity: None, hold: std::time::Duration::from_secs(60 * hold_minutes), recover }
}
