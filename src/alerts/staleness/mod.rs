//! No new data for longer than expected.
//!
//! Three ages are kept apart, each an object of its own: when a file last [arrived](judge), how new the newest event is,
//! and when an output was last published (both [`advance`]).

pub mod advance;
pub mod arrivals;
pub mod gaps;
pub mod slots;

use crate::config::rules::StalenessRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::{Instant, format};
use arrivals::{Arrival, instants};
use gaps::Outage;
use slots::Slot;

/// Files arrive.
pub const ARRIVAL: &str = "arrival";
/// The newest event time in the history.
pub const DATA_TIME: &str = "data time";
/// The newest published output.
pub const OUTPUT: &str = "output";

/// A landing at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The present.
    pub now: Instant,
    /// Fresh arrivals, oldest first: see [`arrivals::fresh`].
    pub arrivals: &'a [Arrival],
    /// Since when somebody has looked: no landing is staler than that.
    pub watched_since: Instant,
    /// The rule.
    pub rule: &'a StalenessRule,
    /// Declared slots, settled and in order; empty without `expect`.
    pub slots: &'a [Slot],
    /// Gaps across these are not learned from.
    pub outages: &'a [Outage],
    /// Whether an operator paused the pipeline.
    pub paused: bool,
    /// Why the landing cannot be looked at, if it cannot.
    pub blind: Option<&'a str>,
}

/// Judges whether files arrive as they should.
pub fn judge(look: &Look<'_>) -> Verdict {
    let cannot = |reason: String| Verdict::CannotCheck { kind: AlertKind::Staleness, object: ARRIVAL.into(), reason };
    if look.paused {
        return cannot("the pipeline is paused".to_owned());
    }
    if let Some(why) = look.blind {
        return cannot(why.to_owned());
    }
    let declared = look.rule.after.map(|after| after.as_secs_f64());
    if look.rule.expect.is_none() {
        return by_age(look, declared);
    }
    let slots = slots::judge(look, look.slots);
    let age = declared.map(|after| by_age(look, Some(after)));
    match (&slots, age) {
        (Verdict::Bad(slot), Some(Verdict::Bad(age))) if age.severity > slot.severity => Verdict::Bad(age),
        (Verdict::Bad(_), _) => slots,
        (_, Some(age @ Verdict::Bad(_))) => age,
        _ => slots,
    }
}

/// By the time since the last arrival, against a declared threshold in seconds or a learned one. Critical at twice that.
fn by_age(look: &Look<'_>, declared: Option<f64>) -> Verdict {
    let (kind, object) = (AlertKind::Staleness, ARRIVAL.to_owned());
    let calendar = look.rule.calendar();
    let last = look.arrivals.last().map(|arrival| arrival.at);
    let since = last.map_or(look.watched_since, |last| last.max(look.watched_since.min(look.now)));
    let gaps = gaps::gaps(&instants(look.arrivals), &calendar, look.outages);
    let (threshold, rule) = match declared {
        Some(seconds) => (seconds, format!("declared: stale after {}", format::duration(seconds))),
        None => match gaps::usual(&gaps, &calendar, last.unwrap_or(since)) {
            Ok(usual) => (usual.threshold, usual.rule),
            Err(have) => return Verdict::Learning { kind, object, have, need: gaps::MIN_GAPS },
        },
    };
    let age = calendar.open_seconds(since, look.now);
    let (seen, age_said, within) = (last_seen(look.arrivals), format::duration(age), format::duration(threshold));
    if age <= threshold {
        return Verdict::Fine { kind, object, reason: format!("{seen}, {age_said} ago; expected within {within}") };
    }
    let past = gaps.iter().map(|(_, end, seconds)| Sample { at: *end, value: *seconds, band: None }).collect();
    let now = Sample { at: look.now, value: age, band: Some((0.0, threshold)) };
    Verdict::Bad(Finding {
        kind,
        object,
        severity: if age > 2.0 * threshold { Severity::Critical } else { Severity::Warning },
        message: format!("no new file for {age_said} ({seen}); expected one within {within}"),
        observed: Some(age),
        expected: now.band,
        unit: "s".to_owned(),
        rule,
        evidence: Evidence { history: history(past, now), ..Evidence::default() },
    })
}

/// The newest samples of a past, then the present.
fn history(mut past: Vec<Sample>, now: Sample) -> Vec<Sample> {
    past.drain(..(past.len() + 1).saturating_sub(Evidence::LONGEST));
    past.push(now);
    past
}

fn last_seen(arrivals: &[Arrival]) -> String {
    arrivals
        .last()
        .map_or_else(|| "no file has ever arrived".to_owned(), |last| format!("last file {}", stamp(last.at)))
}

fn stamp(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests;
