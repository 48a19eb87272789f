//! Staleness again: every gap between files at its end, every declared slot when it was due, every wait for an output.

use chrono::Duration;

use super::{Record, Tally};
use crate::alerts::staleness::advance::{self, Look as Advance};
use crate::alerts::staleness::arrivals::{Arrival, arrivals, fresh, instants};
use crate::alerts::staleness::slots::{Slot, settle};
use crate::alerts::staleness::{DATA_TIME, Look, OUTPUT, judge};
use crate::config::Pipeline;
use crate::config::rules::StalenessRule;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Finding, Verdict};

/// Arrivals looked back at.
const HISTORY: usize = 400;
/// Slots looked back at.
const SLOTS: usize = 8;
/// Most slots of a replay.
const MOST_SLOTS: usize = 20_000;
const INSTANT: Duration = Duration::milliseconds(1);

type Span = (Instant, Instant);

pub(super) fn replay(record: &Record, pipeline: &Pipeline, span: Span) -> Tally {
    let rule = &pipeline.alerts.staleness;
    let fresh = fresh(&arrivals(record.arrived.iter().map(|(at, key)| (*at, key.as_str()))));
    let mut tally = Tally::default();
    if rule.expect.is_some() {
        slots(&mut tally, record, rule, &fresh, span);
    }
    if rule.expect.is_none() || rule.after.is_some() {
        gaps(&mut tally, record, &StalenessRule { expect: None, ..rule.clone() }, &fresh, span);
    }
    let came = instants(&fresh);
    advances(&mut tally, record, rule, (OUTPUT, &record.published, &came, 0.0), span);
    advances(&mut tally, record, rule, (DATA_TIME, &record.advanced, &record.published, 1.5), span);
    tally
}

/// Counts a verdict of an instant at which an engine was running; the others cannot be judged.
fn watched(tally: &mut Tally, since: Option<Instant>, ask: impl FnOnce(Instant) -> Verdict) -> Option<Finding> {
    let cannot = || Verdict::CannotCheck {
        kind: AlertKind::Staleness,
        object: String::new(),
        reason: "Landfall was not running".to_owned(),
    };
    tally.count(since.map_or_else(cannot, ask))
}

/// Each gap right before the file that ended it; the gap that lasts, at the end.
fn gaps(tally: &mut Tally, record: &Record, rule: &StalenessRule, fresh: &[Arrival], (from, to): Span) {
    for i in 0..fresh.len() {
        let end = fresh.get(i + 1).map(|next| next.at);
        let now = end.map_or(to, |next| next - INSTANT).min(to);
        if now < from || now < fresh[i].at {
            continue;
        }
        let past = &fresh[(i + 1).saturating_sub(HISTORY)..=i];
        // The outage that this gap was itself is not known yet.
        let outages: Vec<Span> = record.outages.iter().filter(|outage| outage.1 <= fresh[i].at).copied().collect();
        let look = |watched_since| Look {
            now,
            arrivals: past,
            watched_since,
            rule,
            slots: &[],
            outages: &outages,
            paused: false,
            blind: None,
        };
        let since = record.watched_since(now);
        if let Some(finding) = watched(tally, since, |since| judge(&look(since))) {
            let begin = since.map_or(fresh[i].at, |since| since.max(fresh[i].at));
            tally.fire(begin + threshold(&finding), end, finding);
        }
    }
}

/// Each slot right after it was due; slots missed in a row are one episode.
fn slots(tally: &mut Tally, record: &Record, rule: &StalenessRule, fresh: &[Arrival], (from, to): Span) {
    let Some(schedule) = &rule.expect else { return };
    let begin = record.begin.map_or(to, |begin| begin.max(from - Duration::days(7)));
    let all: Vec<Slot> =
        schedule.between(begin, to, MOST_SLOTS).into_iter().map(|slot| Slot::open(slot, rule)).collect();
    let declared_only = StalenessRule { after: None, ..rule.clone() };
    let mut episode: Option<(Instant, Finding)> = None;
    for (i, slot) in all.iter().enumerate().filter(|(_, slot)| slot.due >= from && slot.due < to) {
        let now = slot.due + INSTANT;
        let known = &fresh[..fresh.partition_point(|arrival| arrival.at <= now)];
        let past = &known[known.len().saturating_sub(HISTORY)..];
        let mut recent = all[(i + 1).saturating_sub(SLOTS)..=i].to_vec();
        settle(&mut recent, rule, past, now, |at| record.watched_since(at).is_some());
        let look = |watched_since| Look {
            now,
            arrivals: past,
            watched_since,
            rule: &declared_only,
            slots: &recent,
            outages: &[],
            paused: false,
            blind: None,
        };
        match (watched(tally, record.watched_since(now), |since| judge(&look(since))), &mut episode) {
            (Some(finding), None) => episode = Some((now, finding)),
            // The first instant and the last word.
            (Some(finding), Some((_, known))) => *known = finding,
            (None, _) => {
                if let Some((at, finding)) = episode.take() {
                    tally.fire(at, fresh.iter().map(|arrival| arrival.at).find(|came| *came > at), finding);
                }
            }
        }
    }
    if let Some((at, finding)) = episode {
        tally.fire(at, None, finding);
    }
}

/// Each wait right before what was waited for, and the one that lasts.
fn advances(
    tally: &mut Tally,
    record: &Record,
    rule: &StalenessRule,
    (object, advances, causes, gaps): (&str, &[Instant], &[Instant], f64),
    (from, to): Span,
) {
    let declared = if object == OUTPUT { rule.output_after } else { rule.data_after };
    // How old events are is known of the present only.
    if object == DATA_TIME && declared.is_some() {
        return;
    }
    for i in 0..advances.len() {
        let end = advances.get(i + 1).copied();
        let now = end.map_or(to, |end| end - INSTANT).min(to);
        if now < from {
            continue;
        }
        let first = (i + 1).saturating_sub(HISTORY);
        let known = &causes[..causes.partition_point(|cause| *cause <= now)];
        let look = |watched_since| Advance {
            object,
            now,
            newest: Some(advances[i]),
            advances: &advances[first..=i],
            causes: &known[known.partition_point(|cause| *cause < advances[first])..],
            gaps,
            declared,
            watched_since,
            rule,
            paused: false,
        };
        let since = record.watched_since(now);
        if let Some(finding) = watched(tally, since, |since| advance::judge(&look(since))) {
            let wait = Duration::milliseconds((finding.observed.unwrap_or(0.0) * 1000.0) as i64);
            tally.fire(now - wait + threshold(&finding), end, finding);
        }
    }
}

fn threshold(finding: &Finding) -> Duration {
    let seconds = finding.expected.map_or(0.0, |(_, threshold)| threshold);
    Duration::milliseconds((seconds * 1000.0) as i64)
}
