//! What the clock and the configuration lead to, whatever detectors say.

use super::Step;
use crate::config::rules::Policy;
use crate::domain::alert::AlertState;
use crate::domain::{Instant, format};
use crate::store::alerts::AlertRow;

/// The step that is due for an open alert: its rule was switched off, it was held for long enough, its mute is over.
pub fn due(alert: &AlertRow, policy: &Policy, now: Instant) -> Option<Step> {
    let to_firing = |reason: String| Some(Step::Move { id: alert.id, to: AlertState::Firing, reason, anew: true });
    let muted = alert.muted_until.is_some_and(|until| until > now);
    let seen_for = (now - alert.raised).to_std().unwrap_or_default();
    match alert.state {
        state if !policy.enabled && state.is_open() => Some(Step::Move {
            id: alert.id,
            to: AlertState::Resolved,
            reason: "its rule was switched off".to_owned(),
            anew: false,
        }),
        AlertState::Pending if seen_for >= policy.hold => {
            to_firing(format!("seen for {}", format::duration(policy.hold.as_secs_f64())))
        }
        AlertState::Muted if !muted => to_firing("the mute is over".to_owned()),
        _ => None,
    }
}
