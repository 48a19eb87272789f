//! Staleness by learned gaps. A check is the worst instant of a gap: right before the next file comes.
//!
//! | feed | false alarms | said after the missing file: middle, worst of 20 |
//! | --- | --- | --- |
//! | hourly, give or take 4 min | 0 of 945 | 0.7 h, 0.9 h |
//! | office hours of weekdays | 1 of 585 (1.7 per thousand) | 0.8 h, 86 h (Friday's last file: said on Tuesday) |
//! | weekdays at six, give or take 30 min | 0 of 680 | about 14 h, 37 h (over a weekend) |
//! | daily, give or take 2 h | 0 of 840 | about 20 h, 23 h |
//! | hourly, gaps log-normal by half | 17 of 1,670 (10.2 per thousand) | about 2 h, 5 h |
//!
//! Every silence is said.

use chrono::{Datelike, Duration, Timelike};

use super::{Noise, per_thousand, start};
use crate::alerts::staleness::arrivals::Arrival;
use crate::alerts::staleness::{Look, judge};
use crate::config::rules::StalenessRule;
use crate::domain::Instant;
use crate::domain::alert::Verdict;

/// How a feed behaves.
#[derive(Clone, Copy, PartialEq)]
enum Feed {
    /// Every hour, a few minutes early or late.
    Hourly,
    /// Hours from 6 to 20 of weekdays.
    Office,
    /// Every weekday at six, half an hour early or late.
    Weekdays,
    /// Every day, give or take two hours.
    Daily,
    /// Gaps of an hour that vary by half, either way.
    Jittered,
}

use Feed::{Daily, Hourly, Jittered, Office, Weekdays};

fn arrivals(feed: Feed, noise: &mut Noise, days: i64) -> Vec<Arrival> {
    let begin = start().and_utc();
    let minutes = |noise: &mut Noise, sd: f64| Duration::seconds((60.0 * sd * noise.normal()) as i64);
    let mut at: Vec<Instant> = match feed {
        Jittered => {
            let mut now = begin;
            std::iter::from_fn(|| {
                now += Duration::seconds((3600.0 * (0.5 * noise.normal()).exp()) as i64);
                Some(now)
            })
            .take_while(|at| *at < begin + Duration::days(days))
            .collect()
        }
        Hourly | Office => (0..days * 24)
            .map(|hour| begin + Duration::hours(hour))
            .filter(|at| feed == Hourly || (at.weekday().num_days_from_monday() < 5 && (6..=20).contains(&at.hour())))
            .map(|at| at + minutes(noise, 4.0))
            .collect(),
        Weekdays | Daily => (0..days)
            .map(|day| begin + Duration::days(day) + Duration::hours(6))
            .filter(|at| feed == Daily || at.weekday().num_days_from_monday() < 5)
            .map(|at| at + minutes(noise, if feed == Daily { 120.0 } else { 30.0 }))
            .collect(),
    };
    at.sort_unstable();
    at.into_iter().map(|at| Arrival { at, about: None, again: false }).collect()
}

fn is_stale(past: &[Arrival], now: Instant) -> bool {
    let rule = StalenessRule::default();
    let look = Look {
        now,
        arrivals: &past[past.len().saturating_sub(400)..],
        watched_since: start().and_utc(),
        rule: &rule,
        slots: &[],
        outages: &[],
        paused: false,
        blind: None,
    };
    matches!(judge(&look), Verdict::Bad(_))
}

/// (false alarms, checks) of feeds after their first weeks.
fn false_alarms(feed: Feed, days: i64, feeds: u64) -> (usize, usize) {
    let (mut alarms, mut checks) = (0, 0);
    for seed in 0..feeds {
        let all = arrivals(feed, &mut Noise::of(seed), days);
        for i in 14..all.len() - 1 {
            checks += 1;
            alarms += usize::from(is_stale(&all[..=i], all[i + 1].at - Duration::milliseconds(1)));
        }
    }
    (alarms, checks)
}

/// Of feeds that stop: how many hours after the file that did not come it is said, the middle and the worst.
fn lateness(feed: Feed, days: i64, silences: u64) -> (f64, f64) {
    let mut late: Vec<f64> = (0..silences)
        .map(|seed| {
            let mut noise = Noise::of(500 + seed);
            let all = arrivals(feed, &mut noise, days);
            let last = all.len() - 2 - (noise.uniform() * 0.3 * all.len() as f64) as usize;
            let missing = all[last + 1].at;
            // The first minute of two weeks at which it is said.
            let (mut calm, mut said) = (0, 14 * 24 * 60);
            while said - calm > 1 {
                let middle = (calm + said) / 2;
                let stale = is_stale(&all[..=last], missing + Duration::minutes(middle));
                if stale { said = middle } else { calm = middle }
            }
            said as f64 / 60.0
        })
        .collect();
    late.sort_by(f64::total_cmp);
    let (middle, worst) = (late[late.len() / 2], late[late.len() - 1]);
    eprintln!("staleness, silences of {silences}: said {middle:.1} h after the missing file, at worst {worst:.1} h");
    (middle, worst)
}

#[test]
fn clean_feeds_rarely_alarm() {
    let feeds = [
        (Hourly, "hourly", 40, 1, 1.0),
        (Office, "office hours", 56, 1, 5.0),
        (Weekdays, "weekdays", 140, 8, 3.0),
        (Daily, "daily", 120, 8, 6.0),
        (Jittered, "jittered", 40, 2, 15.0),
    ];
    for (feed, name, days, times, most) in feeds {
        let (alarms, checks) = false_alarms(feed, days, times);
        let rate = per_thousand(&format!("staleness, false alarms, {name}"), alarms, checks);
        assert!(rate <= most, "{name}: {rate}");
    }
}

#[test]
fn every_silence_is_said_within_the_day_or_two_that_the_rhythm_allows() {
    for (feed, days, middle, worst) in [
        (Hourly, 30, 1.5, 3.0),
        (Office, 42, 3.0, 90.0),
        (Weekdays, 84, 24.0, 60.0),
        (Daily, 60, 30.0, 48.0),
        (Jittered, 30, 8.0, 16.0),
    ] {
        let late = lateness(feed, days, 20);
        assert!(late.0 <= middle && late.1 <= worst, "{late:?}, {middle} and {worst} allowed");
    }
}
