use std::time::Duration as Wait;

use chrono::{Duration, NaiveDate, TimeZone, Utc};

use super::arrivals::{Arrival, arrivals, fresh};
use super::slots::{Slot, due, settle};
use super::{ARRIVAL, DATA_TIME, Look, OUTPUT, advance, judge};
use crate::config::Schedule;
use crate::config::rules::StalenessRule;
use crate::domain::Instant;
use crate::domain::alert::{Finding, Severity, Verdict};

fn start() -> Instant {
    Utc.with_ymd_and_hms(2013, 3, 4, 6, 0, 0).unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A file every six hours, three that land together each time.
fn feed(n: i64) -> Vec<Arrival> {
    (0..n * 3)
        .map(|i| start() + Duration::hours(i / 3 * 6) + Duration::seconds(i % 3))
        .map(|at| Arrival { at, about: None, again: false })
        .collect()
}

fn bad(verdict: Verdict) -> Finding {
    let Verdict::Bad(finding) = verdict else { panic!("not stale: {verdict:?}") };
    finding
}

fn look<'a>(arrivals: &'a [Arrival], rule: &'a StalenessRule, silent: Duration) -> Look<'a> {
    let last = arrivals.last().map_or(start(), |arrival| arrival.at);
    Look {
        now: last + silent,
        arrivals,
        watched_since: start(),
        rule,
        slots: &[],
        outages: &[],
        paused: false,
        blind: None,
    }
}

#[test]
fn learns_the_rhythm_of_the_feed() {
    let (past, rule) = (feed(40), StalenessRule::default());
    assert!(matches!(judge(&look(&past, &rule, Duration::hours(8))), Verdict::Fine { .. }));
    let finding = bad(judge(&look(&past, &rule, Duration::hours(10))));
    assert_eq!((finding.severity, finding.object.as_str()), (Severity::Warning, ARRIVAL));
    assert_eq!(finding.message, "no new file for 10h (last file 2013-03-14 00:00 UTC); expected one within 9h");
    assert_eq!(finding.evidence.history.len(), 40);
    assert_eq!(finding.evidence.history[39].value, 36_000.0);
    assert_eq!(bad(judge(&look(&past, &rule, Duration::hours(19)))).severity, Severity::Critical);
}

#[test]
fn learning_is_not_fine() {
    let rule = StalenessRule::default();
    let short = feed(14);
    assert!(matches!(judge(&look(&short, &rule, Duration::days(9))), Verdict::Learning { have: 13, need: 14, .. }));
    let burst: Vec<_> =
        (0..100).map(|i| Arrival { at: start() + Duration::minutes(2 * i), about: None, again: false }).collect();
    assert!(matches!(judge(&look(&burst, &rule, Duration::days(9))), Verdict::Learning { .. }));
}

#[test]
fn a_declared_limit_needs_no_history() {
    let rule = StalenessRule { after: Some(Wait::from_secs(3600)), ..StalenessRule::default() };
    assert!(matches!(judge(&look(&[], &rule, Duration::minutes(59))), Verdict::Fine { .. }));
    let finding = bad(judge(&look(&[], &rule, Duration::minutes(90))));
    assert!(finding.message.contains("no file has ever arrived"), "{}", finding.message);
}

#[test]
fn a_pause_and_a_landing_out_of_sight_cannot_be_checked() {
    let (past, rule) = (feed(40), StalenessRule::default());
    let late = look(&past, &rule, Duration::days(3));
    let paused = judge(&Look { paused: true, ..late.clone() });
    assert!(matches!(paused, Verdict::CannotCheck { reason, .. } if reason == "the pipeline is paused"));
    let blind = judge(&Look { blind: Some("the landing is gone"), ..late });
    assert!(matches!(blind, Verdict::CannotCheck { reason, .. } if reason == "the landing is gone"));
}

#[test]
fn a_fresh_start_and_a_clock_set_back_are_not_stale() {
    let (past, rule) = (feed(40), StalenessRule::default());
    let late = look(&past, &rule, Duration::days(3));
    let just_started = Look { watched_since: late.now - Duration::minutes(1), ..late };
    assert!(matches!(judge(&just_started), Verdict::Fine { .. }));
    assert!(matches!(judge(&look(&past, &rule, Duration::hours(-5))), Verdict::Fine { .. }));
}

#[test]
fn late_files_and_backfills_do_not_make_it_green() {
    let rule = StalenessRule { after: Some(Wait::from_secs(2 * 86_400)), ..StalenessRule::default() };
    let keys: Vec<String> = (1..=9).map(|day| format!("f_2024-03-0{day}.csv")).collect();
    let day = |n: i64| at("2024-03-01T06:00:00Z") + Duration::days(n);
    let mut seen: Vec<(Instant, &str)> =
        keys.iter().enumerate().map(|(n, key)| (day(n as i64), key.as_str())).collect();
    seen.extend([(day(10), "f_2024-02-20.csv"), (day(11), "f_2024-03-09.csv")]);
    let fresh = fresh(&arrivals(seen));
    let finding = bad(judge(&look(&fresh, &rule, Duration::days(3))));
    assert_eq!(finding.message, "no new file for 3d (last file 2024-03-09 06:00 UTC); expected one within 2d");
}

/// Every working day at six in Berlin.
fn daily() -> StalenessRule {
    let zone = "Europe/Berlin";
    let schedule = Schedule::Cron { expression: "0 6 * * MON-FRI".into(), time_zone: zone.into() };
    StalenessRule { expect: Some(schedule), ..StalenessRule::in_zone(zone) }
}

fn settled(rule: &StalenessRule, from: &str, now: &str, arrivals: &[Arrival]) -> Vec<Slot> {
    let schedule = rule.expect.as_ref().unwrap();
    let mut slots: Vec<Slot> =
        schedule.between(at(from), at(now), 99).into_iter().map(|slot| Slot::open(slot, rule)).collect();
    settle(&mut slots, rule, arrivals, at(now), |_| true);
    slots
}

fn judged(rule: &StalenessRule, from: &str, now: &str, arrivals: &[Arrival]) -> Verdict {
    let slots = settled(rule, from, now, arrivals);
    let watched_since = at(from);
    judge(&Look { now: at(now), watched_since, slots: &slots, ..look(arrivals, rule, Duration::zero()) })
}

fn came(times: &[&str]) -> Vec<Arrival> {
    times.iter().map(|time| Arrival { at: at(time), about: None, again: false }).collect()
}

#[test]
fn one_missed_slot_warns_two_are_critical_and_a_weekend_is_none() {
    let rule = daily();
    let fine = came(&["2026-03-26T04:50:00Z", "2026-03-27T05:10:00Z"]);
    let from = "2026-03-25T12:00:00Z";
    // Friday's file is there. On Sunday the clocks go forward: Monday's slot is an hour earlier in UTC.
    assert!(matches!(judged(&rule, from, "2026-03-29T20:00:00Z", &fine), Verdict::Fine { .. }));
    assert!(matches!(judged(&rule, from, "2026-03-30T09:59:00Z", &fine), Verdict::Fine { .. }));
    let finding = bad(judged(&rule, from, "2026-03-30T10:01:00Z", &fine));
    assert_eq!(finding.severity, Severity::Warning);
    let said = "no file for the slot of Mon 2026-03-30 06:00 CEST, due by Mon 2026-03-30 12:00 CEST; last file \
                2026-03-27 05:10 UTC";
    assert_eq!(finding.message, said);
    assert_eq!(finding.observed, Some(6.0 * 3600.0 + 60.0));
    assert_eq!(finding.evidence.history.len(), 3);
    let finding = bad(judged(&rule, from, "2026-03-31T10:01:00Z", &fine));
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.message.starts_with("no file for 2 slots in a row, the first of Mon 2026-03-30 06:00 CEST"));
    let healed = came(&["2026-03-26T04:50:00Z", "2026-03-27T05:10:00Z", "2026-03-31T09:00:00Z"]);
    assert!(matches!(judged(&rule, from, "2026-03-31T10:01:00Z", &healed), Verdict::Fine { .. }));
}

#[test]
fn the_grace_of_a_fridays_slot_is_not_a_quarter_of_the_weekend() {
    let rule = daily();
    // Six hours after Thursday's, Friday's and Monday's slot alike.
    for (slot, late) in
        [("2026-01-15T05", "2026-01-15T11"), ("2026-01-16T05", "2026-01-16T11"), ("2026-01-19T05", "2026-01-19T11")]
    {
        assert_eq!(due(at(&format!("{slot}:00:00Z")), &rule), at(&format!("{late}:00:00Z")));
    }
    let quick = Schedule::Every { interval: Wait::from_secs(600) };
    let rule = StalenessRule { expect: Some(quick), ..StalenessRule::default() };
    assert_eq!(due(at("2026-01-15T05:10:00Z"), &rule), at("2026-01-15T05:25:00Z"));
}

#[test]
fn a_miss_is_known_even_when_it_healed_before_anyone_looked() {
    let rule = daily();
    let late = came(&["2026-01-12T20:00:00Z"]);
    let slots = settled(&rule, "2026-01-11T12:00:00Z", "2026-01-12T23:00:00Z", &late);
    assert_eq!(slots.len(), 1);
    assert_eq!((slots[0].met, slots[0].missed), (Some(late[0].at), Some(at("2026-01-12T23:00:00Z"))));
    assert_eq!(slots[0].excused, None);
    assert!(matches!(judged(&rule, "2026-01-11T12:00:00Z", "2026-01-12T23:00:00Z", &late), Verdict::Fine { .. }));
}

#[test]
fn holidays_blackouts_and_own_downtime_excuse_a_miss_and_it_is_recorded() {
    let mut rule = daily();
    rule.holidays.push(NaiveDate::from_ymd_opt(2026, 1, 12).unwrap());
    // What is due on a holiday is due at its end.
    let (from, now) = ("2026-01-11T12:00:00Z", "2026-01-12T23:30:00Z");
    assert_eq!(due(at("2026-01-12T05:00:00Z"), &rule), at("2026-01-12T23:00:00Z"));
    let slots = settled(&rule, from, now, &[]);
    assert_eq!((slots[0].missed.is_some(), slots[0].excused.as_deref()), (true, Some("holiday")));
    assert!(matches!(judged(&rule, from, now, &[]), Verdict::Fine { .. }));
    // The grace ends in a blackout: what is due is due at its end.
    let mut rule = daily();
    rule.blackouts.push(crate::config::rules::Blackout::Daily { from: 11 * 60, to: 15 * 60 });
    assert_eq!(due(at("2026-01-12T05:00:00Z"), &rule), at("2026-01-12T14:00:00Z"));
    // Landfall was down when it was due: recorded, excused, and alarmed about only once it has waited itself.
    let rule = daily();
    let mut slots = vec![Slot::open(at("2026-01-12T05:00:00Z"), &rule)];
    settle(&mut slots, &rule, &[], at("2026-01-12T15:00:00Z"), |_| false);
    assert_eq!(slots[0].excused.as_deref(), Some("Landfall was not running"));
    let since = |now| Look {
        now: at(now),
        watched_since: at("2026-01-12T15:00:00Z"),
        slots: &slots,
        ..look(&[], &rule, Duration::zero())
    };
    assert!(matches!(judge(&since("2026-01-12T20:59:00Z")), Verdict::Fine { .. }));
    assert_eq!(bad(judge(&since("2026-01-12T21:01:00Z"))).severity, Severity::Warning);
}

#[test]
fn a_file_about_an_earlier_day_does_not_meet_a_later_slot() {
    let rule = daily();
    // Each morning the day before's, on Mondays Friday's; what the last Wednesday should have brought comes on Thursday.
    let mornings = rule.expect.as_ref().unwrap().between(at("2026-01-04T12:00:00Z"), at("2026-02-03T12:00:00Z"), 99);
    let named = |at: Instant, about: Instant| (at, format!("f_{}.csv", about.format("%Y-%m-%d")));
    let mut seen: Vec<(Instant, String)> =
        mornings.windows(2).map(|pair| named(pair[1] - Duration::minutes(20), pair[0])).collect();
    let judged_by = |seen: &[(Instant, String)], now: &str| {
        let fresh = fresh(&arrivals(seen.iter().map(|(at, key)| (*at, key.as_str()))));
        judged(&rule, "2026-01-05T12:00:00Z", now, &fresh)
    };
    assert!(matches!(judged_by(&seen, "2026-02-03T20:00:00Z"), Verdict::Fine { .. }));
    seen.push(named(at("2026-02-05T04:40:00Z"), at("2026-02-03T05:00:00Z")));
    let finding = bad(judged_by(&seen, "2026-02-05T12:00:00Z"));
    assert!(finding.message.starts_with("no file for the slot of Thu 2026-02-05 06:00 CET"), "{}", finding.message);
}

fn hours(n: i64) -> Vec<Instant> {
    (0..n).map(|hour| start() + Duration::hours(hour)).collect()
}

fn advancing<'a>(object: &'a str, advances: &'a [Instant], causes: &'a [Instant], now: Instant) -> advance::Look<'a> {
    static RULE: std::sync::LazyLock<StalenessRule> = std::sync::LazyLock::new(StalenessRule::default);
    advance::Look {
        object,
        now,
        newest: advances.last().copied(),
        advances,
        causes,
        gaps: if object == DATA_TIME { 1.5 } else { 0.0 },
        declared: None,
        watched_since: start(),
        rule: &RULE,
        paused: false,
    }
}

#[test]
fn files_without_an_output_are_stale_and_no_files_are_not() {
    let came = hours(100);
    let published: Vec<Instant> = came[..90].iter().map(|at| *at + Duration::minutes(10)).collect();
    let now = came[90] + Duration::minutes(14);
    assert!(matches!(advance::judge(&advancing(OUTPUT, &published, &came[..91], now)), Verdict::Fine { .. }));
    let later = came[90] + Duration::minutes(31);
    let finding = bad(advance::judge(&advancing(OUTPUT, &published, &came[..91], later)));
    let said = "a file came at 2013-03-08 00:00 UTC and no output followed for 31m (newest 2013-03-07 23:10 UTC); \
                expected within 15m";
    assert_eq!((finding.message.as_str(), finding.severity), (said, Severity::Critical));
    let quiet = advance::judge(&advancing(OUTPUT, &published, &came[..90], later + Duration::days(9)));
    assert!(matches!(quiet, Verdict::Fine { .. }), "{quiet:?}");
    let young = advance::judge(&advancing(OUTPUT, &published[..10], &came[..11], later));
    assert!(matches!(young, Verdict::Learning { have: 9, need: 14, .. }), "{young:?}");
}

#[test]
fn outputs_without_a_newer_event_mean_that_the_data_stands_still() {
    let published = hours(100);
    let newer = &published[..95];
    let look = |n: usize| advancing(DATA_TIME, newer, &published[..n], published[n - 1] + Duration::minutes(1));
    // One output without a newer event may be a correction.
    assert!(matches!(advance::judge(&look(96)), Verdict::Fine { .. }));
    let finding = bad(advance::judge(&look(98)));
    assert!(finding.message.starts_with("output was published at "), "{}", finding.message);
    assert!(finding.message.contains("no newer event was in it or has followed for 2h 1m"), "{}", finding.message);
}

#[test]
fn a_declared_age_counts_from_the_newest_event_once_there_was_time_to_act() {
    let newest = [start()];
    let declared = |hours: i64, watched: i64| {
        let now = start() + Duration::hours(hours);
        advance::judge(&advance::Look {
            declared: Some(Wait::from_secs(86_400)),
            watched_since: now - Duration::minutes(watched),
            ..advancing(DATA_TIME, &newest, &[], now)
        })
    };
    assert!(matches!(declared(24, 999), Verdict::Fine { .. }));
    assert!(matches!(declared(30, 10), Verdict::Fine { .. }));
    let finding = bad(declared(30, 20));
    let said = "the newest event is 1d 6h old (2013-03-04 06:00 UTC), at most 1d expected";
    assert_eq!((finding.message.as_str(), finding.severity), (said, Severity::Warning));
    let none = advance::judge(&advance::Look {
        declared: Some(Wait::from_secs(60)),
        newest: None,
        ..advancing(OUTPUT, &[], &[], start())
    });
    assert!(matches!(none, Verdict::CannotCheck { .. }));
}
