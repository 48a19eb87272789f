//! Declared expectations: by each slot a file is due.
//!
//! A slot is met by the first fresh arrival from a little before it on. A file whose name says that it is about an
//! earlier day than the files of its slot usually are does not meet it. One missed slot warns, two in a row are
//! critical; slots on holidays, in blackouts, and those that came due while Landfall was not running do not count.

use chrono::{Datelike, Duration, Weekday};

use super::arrivals::Arrival;
use super::{ARRIVAL, Look, history, last_seen};
use crate::config::Schedule;
use crate::config::rules::StalenessRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::quantile::median;
use crate::domain::{Instant, format};

/// The shortest grace that is not declared.
const MIN_GRACE: Duration = Duration::minutes(15);
/// Files of a weekday needed to know which day they are usually about.
const MIN_LAGS: usize = 3;

/// A slot and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The instant of the schedule.
    pub slot: Instant,
    /// Slot and grace.
    pub due: Instant,
    /// When what was due came.
    pub met: Option<Instant>,
    /// When it was seen to be missed.
    pub missed: Option<Instant>,
    /// Why a miss does not count.
    pub excused: Option<String>,
}

impl Slot {
    /// A slot that nothing is known about yet.
    pub fn open(slot: Instant, rule: &StalenessRule) -> Self {
        Self { slot, due: due(slot, rule), met: None, missed: None, excused: None }
    }
}

/// When a file of a slot is late: slot and grace; a blackout or holiday puts it off to its end.
pub fn due(slot: Instant, rule: &StalenessRule) -> Instant {
    let declared = rule.grace.and_then(|grace| Duration::from_std(grace).ok());
    let grace = declared.unwrap_or_else(|| MIN_GRACE.max(interval(slot, rule) / 4));
    rule.calendar().open_again(slot + grace)
}

/// The shorter of the next two intervals, so that Friday's slot is not given three days.
fn interval(slot: Instant, rule: &StalenessRule) -> Duration {
    let next = |at: Instant| rule.expect.as_ref().and_then(|schedule: &Schedule| schedule.next_after(at));
    match next(slot) {
        Some(second) => next(second).map_or(second - slot, |third| (third - second).min(second - slot)),
        None => Duration::zero(),
    }
}

/// Brings slots up to date with what arrived: what was met, missed and excused. `arrivals` are the fresh ones, oldest
/// first; `awake` says whether Landfall was running at an instant.
pub fn settle(
    slots: &mut [Slot],
    rule: &StalenessRule,
    arrivals: &[Arrival],
    now: Instant,
    awake: impl Fn(Instant) -> bool,
) {
    let calendar = rule.calendar();
    let lags = Lags::of(rule, arrivals);
    for slot in slots {
        if slot.met.is_none() {
            let early = slot.slot - interval(slot.slot, rule) / 4;
            let from = arrivals.partition_point(|arrival| arrival.at < early);
            let meets = |arrival: &&Arrival| arrival.at <= now && !lags.is_late_for(slot.slot, arrival, rule);
            slot.met = arrivals[from..].iter().find(meets).map(|arrival| arrival.at);
        }
        let missed = slot.met.map_or(slot.due < now, |met| slot.due < met);
        if missed && slot.missed.is_none() {
            slot.missed = Some(now);
        }
        if missed && slot.excused.is_none() {
            let excuse = calendar.excuse(slot.slot).map(str::to_owned);
            slot.excused = excuse.or_else(|| (!awake(slot.due)).then(|| "Landfall was not running".to_owned()));
        }
    }
}

/// Of a feed of one slot a day or fewer: how many days a file is usually older than its slot, by weekday of the slot.
struct Lags(Vec<(Weekday, i64)>);

impl Lags {
    fn of(rule: &StalenessRule, arrivals: &[Arrival]) -> Self {
        let mut lags = Vec::new();
        for arrival in arrivals.iter().rev().take(60) {
            let Some((about, schedule)) = arrival.about.zip(rule.expect.as_ref()) else { continue };
            // The slot it came for, at the latest: the next one after its lead, or the one before that.
            let Some(slot) = schedule.next_after(arrival.at - Duration::hours(18)) else { continue };
            if interval(slot, rule) < Duration::hours(20) {
                return Self(Vec::new());
            }
            let day = rule.calendar().day(slot);
            lags.push((day.weekday(), (day - about).num_days()));
        }
        Self(lags)
    }

    fn is_late_for(&self, slot: Instant, arrival: &Arrival, rule: &StalenessRule) -> bool {
        let Some(about) = arrival.about else { return false };
        let day = rule.calendar().day(slot);
        let own: Vec<f64> =
            self.0.iter().filter(|(weekday, _)| *weekday == day.weekday()).map(|(_, lag)| *lag as f64).collect();
        // Its own lag is among them.
        let usual = median(&own).filter(|_| own.len() > MIN_LAGS);
        usual.is_some_and(|usual| (day - about).num_days() as f64 > usual)
    }
}

/// Judges the slots that are due, `slots` being settled and in order.
pub fn judge(look: &Look<'_>, slots: &[Slot]) -> Verdict {
    let zone = look.rule.calendar().zone;
    let local = |at: Instant| at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z").to_string();
    let counts = |slot: &&Slot| slot.excused.is_none() || awaited_again(slot, look);
    let due: Vec<&Slot> =
        slots.iter().filter(|slot| patience(slot, look) < look.now || slot.met.is_some()).filter(counts).collect();
    let late: Vec<&&Slot> = due.iter().rev().take_while(|slot| slot.met.is_none()).collect();
    let Some(first) = late.last() else {
        let reason = match due.last() {
            Some(slot) => format!("the file of the slot of {} is there", local(slot.slot)),
            None => "no file was due yet".to_owned(),
        };
        return Verdict::Fine { kind: AlertKind::Staleness, object: ARRIVAL.to_owned(), reason };
    };
    let which = match late.len() {
        1 => format!("no file for the slot of {}", local(first.slot)),
        n => format!("no file for {n} slots in a row, the first of {}", local(first.slot)),
    };
    let lateness = |at: Instant, slot: &Slot| (at - slot.slot).num_milliseconds() as f64 / 1000.0;
    let band =
        |slot: &Slot| Some((lateness(slot.slot - interval(slot.slot, look.rule) / 4, slot), lateness(slot.due, slot)));
    let met = slots.iter().filter_map(|slot| Some((slot, slot.met?)));
    let samples = met.map(|(slot, met)| Sample { at: slot.slot, value: lateness(met, slot), band: band(slot) });
    let now = Sample { at: first.slot, value: lateness(look.now, first), band: band(first) };
    Verdict::Bad(Finding {
        severity: if late.len() > 1 { Severity::Critical } else { Severity::Warning },
        message: format!("{which}, due by {}; {}", local(first.due), last_seen(look.arrivals)),
        observed: Some(now.value),
        expected: now.band,
        unit: "s".to_owned(),
        rule: format!(
            "declared slots, {} of grace: one missed warns, two in a row are critical",
            format::duration(lateness(first.due, first))
        ),
        evidence: Evidence { history: history(samples.collect(), now), ..Evidence::default() },
        ..Finding::new(AlertKind::Staleness, ARRIVAL, Severity::Warning, String::new(), "")
    })
}

/// From when on a slot that is not met is missed: Landfall must have looked for as long as the grace is.
fn patience(slot: &Slot, look: &Look<'_>) -> Instant {
    if look.watched_since <= slot.slot { slot.due } else { slot.due.max(look.watched_since + (slot.due - slot.slot)) }
}

/// A slot that came due while Landfall was not running counts once Landfall has waited for it.
fn awaited_again(slot: &Slot, look: &Look<'_>) -> bool {
    look.rule.calendar().excuse(slot.slot).is_none() && slot.met.is_none() && patience(slot, look) < look.now
}
