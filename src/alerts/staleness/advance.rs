//! Data time and output: what should get newer when files arrive.
//!
//! With a declared limit its age counts. Otherwise the wait is judged: from the first event that should have led to an
//! advance (a fresh file for the output, a published output for the data time) until it advances.

use std::time::Duration as Limit;

use chrono::Duration;

use super::gaps::{MIN_GAPS, limit};
use super::{history, stamp};
use crate::config::rules::StalenessRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::quantile::median;
use crate::domain::{Instant, format};

/// Nothing has to follow sooner than this.
const FLOOR: f64 = 900.0;

/// Something that should get newer.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The alert's object: [`super::DATA_TIME`] or [`super::OUTPUT`].
    pub object: &'a str,
    /// The present.
    pub now: Instant,
    /// How new it is: the newest event time, or when the newest output was published.
    pub newest: Option<Instant>,
    /// When it advanced, oldest first.
    pub advances: &'a [Instant],
    /// When something happened that should have made it advance, oldest first.
    pub causes: &'a [Instant],
    /// The least wait that is learned, in multiples of the usual gap between causes.
    pub gaps: f64,
    /// `data_after`, `output_after`.
    pub declared: Option<Limit>,
    /// Since when somebody has looked.
    pub watched_since: Instant,
    /// The rule with its calendar.
    pub rule: &'a StalenessRule,
    /// Whether an operator paused the pipeline.
    pub paused: bool,
}

/// Of commits (instant, newest event time in it) those that brought a newer event than all before.
pub fn advanced(commits: &[(Instant, Instant)]) -> Vec<Instant> {
    let mut newest = None;
    let newer = |(committed, event): &(Instant, Instant)| {
        let advances = newest.is_none_or(|newest| *event > newest);
        newest = newest.max(Some(*event));
        advances.then_some(*committed)
    };
    commits.iter().filter_map(newer).collect()
}

/// Judges it. Critical at twice the threshold.
pub fn judge(look: &Look<'_>) -> Verdict {
    let object = look.object.to_owned();
    let kind = AlertKind::Staleness;
    if look.paused {
        return Verdict::CannotCheck { kind, object, reason: "the pipeline is paused".to_owned() };
    }
    match look.declared {
        Some(declared) => by_age(look, declared.as_secs_f64()),
        None => by_wait(look),
    }
}

fn by_age(look: &Look<'_>, threshold: f64) -> Verdict {
    let Some(newest) = look.newest else {
        let reason = "there is none yet".to_owned();
        return Verdict::CannotCheck { kind: AlertKind::Staleness, object: look.object.to_owned(), reason };
    };
    let calendar = look.rule.calendar();
    let age = calendar.open_seconds(newest, look.now);
    // Nobody can be blamed for the age that was found at the start, until there was time to do something about it.
    let settled = calendar.open_seconds(look.watched_since, look.now) > threshold.min(FLOOR);
    let what = if look.object == super::OUTPUT { "the newest output is" } else { "the newest event is" };
    let said = format!("{what} {} old ({})", format::duration(age), stamp(newest));
    let expected = format!("at most {} expected", format::duration(threshold));
    if age <= threshold || !settled {
        let reason = format!("{said}, {expected}");
        return Verdict::Fine { kind: AlertKind::Staleness, object: look.object.to_owned(), reason };
    }
    let rule = format!("declared: stale after {}", format::duration(threshold));
    bad(look, age, threshold, format!("{said}, {expected}"), rule, &[])
}

fn by_wait(look: &Look<'_>) -> Verdict {
    let (kind, object) = (AlertKind::Staleness, look.object.to_owned());
    let calendar = look.rule.calendar();
    let waits = waits(look);
    let spans = waits.first().zip(waits.last()).is_some_and(|(first, last)| last.0 - first.0 >= Duration::days(3));
    if waits.len() < MIN_GAPS || !spans {
        let have = waits.len().min(MIN_GAPS - 1);
        return Verdict::Learning { kind, object, have, need: MIN_GAPS };
    }
    let seconds: Vec<f64> = waits.iter().map(|(_, wait)| *wait).collect();
    let between: Vec<f64> = look.causes.windows(2).map(|pair| calendar.open_seconds(pair[0], pair[1])).collect();
    let threshold = limit(&seconds).max(look.gaps * median(&between).unwrap_or(0.0)).max(FLOOR);
    let last = look.advances.last().copied();
    let cause = look.causes.iter().find(|cause| last.is_none_or(|last| **cause > last));
    let Some(cause) = cause else {
        return Verdict::Fine { kind, object, reason: "nothing came that it should have followed".to_owned() };
    };
    let wait = calendar.open_seconds((*cause).max(look.watched_since), look.now);
    let (came, follows) = match look.object {
        super::OUTPUT => ("a file came", "no output followed"),
        _ => ("output was published", "no newer event was in it or has followed"),
    };
    let said = format!("{came} at {} and {follows} for {}", stamp(*cause), format::duration(wait));
    let expected = format!("expected within {}", format::duration(threshold));
    if wait <= threshold {
        return Verdict::Fine { kind, object, reason: format!("{said}; {expected}") };
    }
    let newest = look.newest.map(|at| format!(" (newest {})", stamp(at))).unwrap_or_default();
    let rule = format!("learned from {} waits: max(1.5 x 95th, 1.1 x 99th percentile, 15 min)", waits.len());
    bad(look, wait, threshold, format!("{said}{newest}; {expected}"), rule, &waits)
}

/// Past waits: (advance, seconds since the first cause after the advance before).
fn waits(look: &Look<'_>) -> Vec<(Instant, f64)> {
    let calendar = look.rule.calendar();
    look.advances
        .windows(2)
        .filter_map(|pair| {
            let first = look.causes.partition_point(|cause| *cause <= pair[0]);
            let cause = look.causes.get(first).filter(|cause| **cause <= pair[1])?;
            Some((pair[1], calendar.open_seconds(*cause, pair[1])))
        })
        .collect()
}

fn bad(
    look: &Look<'_>,
    seconds: f64,
    threshold: f64,
    message: String,
    rule: String,
    waits: &[(Instant, f64)],
) -> Verdict {
    let past = waits.iter().map(|(at, value)| Sample { at: *at, value: *value, band: None }).collect();
    let now = Sample { at: look.now, value: seconds, band: Some((0.0, threshold)) };
    Verdict::Bad(Finding {
        severity: if seconds > 2.0 * threshold { Severity::Critical } else { Severity::Warning },
        message,
        observed: Some(seconds),
        expected: now.band,
        unit: "s".to_owned(),
        rule,
        evidence: Evidence { history: history(past, now), ..Evidence::default() },
        ..Finding::new(AlertKind::Staleness, look.object, Severity::Warning, String::new(), "")
    })
}
