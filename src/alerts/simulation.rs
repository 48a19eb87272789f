//! Seeded simulations of how often the detectors alarm for nothing and how often they miss, with tolerance bands.

use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::baseline::Point;
use super::file_size;
use super::results_drift::daily;
use crate::domain::alert::Verdict;
use crate::domain::plan::Task;

/// Xorshift (64 bits, Marsaglia 2003) with the polar-free Box-Muller transform: small, portable, the same everywhere.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap()
}

/// An hourly feed: a daily wave of factor 2.2, weekends 60 % smaller, 15 % noise, every hundredth file three times
/// as large.
fn feed(noise: &mut Noise, days: i64) -> Vec<Point> {
    (0..days * 24)
        .map(|i| {
            let at = start() + Duration::hours(i);
            let wave = 2.2f64.powf(0.5 * (std::f64::consts::TAU * (i % 24) as f64 / 24.0).sin());
            let weekend = if i / 24 % 7 >= 5 { 0.4 } else { 1.0 };
            let outlier = if noise.uniform() < 0.01 { 3.0 } else { 1.0 };
            let value = (1e6 * wave * weekend * outlier * (0.15 * noise.normal()).exp()).round();
            Point { at, value, alerted: false }
        })
        .collect()
}

fn fires(history: &[Point], at: NaiveDateTime, bytes: f64) -> bool {
    let look = file_size::Look { key: "f.csv", bytes: bytes.round() as u64, at, history, ratio: 3.2, sigmas: 5.0 };
    matches!(file_size::judge(&look), Verdict::Bad(_))
}

/// Share of probes that fire when the true size of a file after `days` of history is multiplied by `factor`.
fn catch_rate(factor: f64, days: i64, probes: u64) -> f64 {
    let caught = (0..probes).filter(|seed| {
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15 ^ (seed + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
        let points = feed(&mut noise, days + 7);
        let probe = days as usize * 24 + (noise.uniform() * 168.0) as usize;
        let clean = points[probe].at;
        // The probe itself is drawn anew, without the outliers of the feed.
        let hour = (probe % 24) as f64;
        let wave = 2.2f64.powf(0.5 * (std::f64::consts::TAU * hour / 24.0).sin());
        let weekend = if probe / 24 % 7 >= 5 { 0.4 } else { 1.0 };
        let usual = 1e6 * wave * weekend * (0.15 * noise.normal()).exp();
        fires(&points[..probe], clean, usual * factor)
    });
    caught.count() as f64 / probes as f64
}

#[test]
fn file_size_catches_what_matters_and_rarely_alarms_for_nothing() {
    let false_alarms = catch_rate(1.0, 28, 250);
    assert!(false_alarms <= 0.005, "false alarms {false_alarms}");
    for (factor, at_least) in [(0.1, 1.0), (0.3, 0.98), (3.5, 0.98), (10.0, 1.0)] {
        let rate = catch_rate(factor, 28, 50);
        assert!(rate >= at_least, "x{factor}: {rate}");
    }
    let doubled = catch_rate(2.0, 28, 100);
    assert!((0.2..=0.8).contains(&doubled), "a doubled file is near the limit by design: {doubled}");
}

#[test]
fn file_size_stays_calm_through_the_first_weeks_of_an_hourly_feed() {
    let points = feed(&mut Noise(77), 21);
    let ordinary: Vec<usize> =
        (3..points.len()).filter(|i| fires(&points[..*i], points[*i].at, points[*i].value)).collect();
    // One file in a hundred is three times as large: those may fire, few others may.
    assert!(ordinary.len() <= points.len() / 60, "{} of {} fired", ordinary.len(), points.len());
}

#[test]
fn results_drift_catches_a_jump_and_rarely_alarms_for_nothing() {
    let measure = daily::measures(Task::Binary)[1];
    let day = |i: i64| start().date() + Duration::days(i);
    let rate = |jump: f64, days: i64| {
        let fired = (0..500u64).filter(|seed| {
            let mut noise = Noise(0x2545_F491_4F6C_DD1D ^ (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let figures: Vec<_> = (0..=days)
                .map(|i| {
                    let weekday = if i % 7 >= 5 { -0.25 } else { 0.0 };
                    let logit = -1.25 + weekday + 0.2 * noise.normal() + if i == days { jump } else { 0.0 };
                    let value = 1.0 / (1.0 + (-logit).exp());
                    daily::Figure { day: day(i), value, rows: 900, alerted: false }
                })
                .collect();
            let (last, past) = figures.split_last().unwrap();
            matches!(daily::judge(measure, *last, past, 5.0), Verdict::Bad(_))
        });
        fired.count() as f64 / 500.0
    };
    for days in [14, 21, 28, 56] {
        let false_alarms = rate(0.0, days);
        assert!(false_alarms <= 0.006, "{days} days: {false_alarms}");
    }
    assert!(rate(2.0, 56) >= 0.95, "{}", rate(2.0, 56));
    assert!(rate(2.0, 14) >= 0.6, "{}", rate(2.0, 14));
}

#[test]
fn real_files_of_a_quarter_do_not_alarm_but_their_mishaps_do() {
    // As the demo's upstream writes them: a day's flights, and the day before's again.
    let sizes: Vec<(NaiveDateTime, f64)> = include_str!("flights_by_day.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|f| (f[0].parse::<NaiveDate>().unwrap().and_hms_opt(0, 0, 0).unwrap(), f[4].parse().unwrap()))
        .collect();
    let files: Vec<Point> =
        sizes.windows(2).map(|w| Point { at: w[1].0, value: w[0].1 + w[1].1, alerted: false }).collect();
    let fired: Vec<_> = (0..files.len()).filter(|i| fires(&files[..*i], files[*i].at, files[*i].value)).collect();
    assert_eq!(fired, [0usize; 0]);
    for (i, file) in files.iter().enumerate().skip(28) {
        assert!(fires(&files[..i], file.at, file.value * 10.0), "tenfold on {}", file.at);
        assert!(fires(&files[..i], file.at, file.value * 0.3), "truncated on {}", file.at);
    }
}
