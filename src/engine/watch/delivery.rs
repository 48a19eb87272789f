//! How the channels fare, from the outbox and the log of deliveries.

use std::collections::BTreeSet;

use crate::alerts::delivery::{Look, judge};
use crate::config::rules::DeliveryRule;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Occasion, Verdict, WORKSPACE};
use crate::store::{Connection, Result, alerts, deliveries, outbox};

use super::heartbeat;

/// So many of the newest notices are looked at.
const NEWEST: usize = 1_000;
/// What failed longer ago has been seen or will not be.
const LATELY: chrono::Duration = chrono::Duration::hours(24);

/// What there is to say of every channel that was used lately, or about which an alert stands.
pub fn channels(connection: &Connection, rule: &DeliveryRule, now: Instant) -> Result<Vec<Verdict>> {
    let mut notices = outbox::list(connection, NEWEST)?;
    notices.retain(|row| row.occasion != Occasion::Test);
    let standing = alerts::open(connection, Some(WORKSPACE))?;
    let doubted = standing.iter().filter(|alert| alert.finding.kind == AlertKind::Delivery);
    let mut names: BTreeSet<&str> = notices.iter().map(|row| row.channel.as_str()).collect();
    names.extend(doubted.map(|alert| alert.finding.object.as_str()).filter(|object| *object != heartbeat::OBJECT));
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let log = deliveries::list(connection, NEWEST)?;
    let verdict = |channel: &str| {
        let own = || notices.iter().filter(|row| row.channel == channel);
        let delivered = own().filter(|row| row.state == "delivered").filter_map(|row| row.ended).max();
        let since = delivered.map_or(now - LATELY, |at| at.max(now - LATELY));
        let failed = own().filter(|row| row.state == "failed" && row.ended.is_some_and(|at| at > since)).count();
        let stuck = || own().filter(|row| row.state == "waiting" && row.attempts >= rule.attempts);
        let said = log.iter().find(|row| row.channel == channel && row.outcome != "delivered");
        let look = Look {
            channel,
            failed,
            waiting: (stuck().count(), stuck().map(|row| row.created).min()),
            delivered,
            said: said.map(|row| row.detail.as_str()),
        };
        judge(&look, now, rule)
    };
    Ok(names.into_iter().map(verdict).collect())
}
