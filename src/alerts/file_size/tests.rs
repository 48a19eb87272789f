use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::measure::{Mark, SeenFile};
use super::{Look, judge};
use crate::config::rules::{Direction, FileSizeRule, Sensitivity};
use crate::domain::alert::{Finding, Severity, Verdict};

fn day(n: i64) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2013, 1, 7).unwrap().and_hms_opt(0, 0, 0).unwrap() + Duration::days(n)
}

fn file(n: i64, bytes: u64, mark: Mark) -> SeenFile<'static> {
    let at = day(n);
    SeenFile { key: "f.csv", at, bytes, rows: None, columns: None, mark }
}

/// Daily files of about 93 kB, smaller at weekends.
fn history(n: i64) -> Vec<SeenFile<'static>> {
    (0..n)
        .map(|i| {
            let weekday = if i % 7 >= 5 { 0.7 } else { 1.0 };
            let wobble = 1.0 + 0.03 * ((i / 7 * 5 % 7) as f64 - 3.0) / 3.0;
            file(i, (93_000.0 * weekday * wobble) as u64, Mark::Ordinary)
        })
        .collect()
}

/// The same with rows of 50 bytes and 18 columns.
fn read(n: i64) -> Vec<SeenFile<'static>> {
    let whole = |f: SeenFile<'static>| SeenFile { rows: Some(f.bytes / 50), columns: Some(18), ..f };
    history(n).into_iter().map(whole).collect()
}

fn by(rule: &FileSizeRule, history: &[SeenFile<'_>], judged: SeenFile<'_>) -> Verdict {
    judge(&Look { file: SeenFile { key: "flights_2013-03-09.csv", ..judged }, history, rule })
}

fn look(history: &[SeenFile<'_>], bytes: u64) -> Verdict {
    by(&FileSizeRule::default(), history, file(history.len() as i64, bytes, Mark::Ordinary))
}

fn bad(verdict: Verdict) -> Finding {
    let Verdict::Bad(finding) = verdict else { panic!("not caught: {verdict:?}") };
    finding
}

#[test]
fn a_tenfold_file_says_so_to_a_person() {
    let finding = bad(look(&history(60), 940_000));
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.message.starts_with("flights_2013-03-09.csv is 10.2x its usual 93 kB (940 kB now, usual "));
    let (low, high) = finding.expected.unwrap();
    assert!(low < 93_000.0 && high > 93_000.0 && high < 300_000.0, "{low} {high}");
    assert_eq!(finding.evidence.files, ["flights_2013-03-09.csv"]);
    let samples = &finding.evidence.history;
    assert_eq!((samples.len(), samples[59].value, samples[59].band), (60, 940_000.0, finding.expected));
    assert!(samples[30..].iter().all(|sample| sample.band.is_some()), "{samples:?}");
}

#[test]
fn half_a_file_is_a_warning_once_the_spread_is_known() {
    assert_eq!(bad(look(&history(60), 45_000)).severity, Severity::Warning);
    assert!(matches!(look(&history(20), 45_000), Verdict::Fine { .. }));
    assert_eq!(bad(look(&history(20), 20_000)).severity, Severity::Critical);
}

#[test]
fn a_regular_feed_does_not_alarm_over_a_few_per_cent() {
    let flat: Vec<_> = (0..60).map(|i| file(i, 93_000, Mark::Ordinary)).collect();
    assert!(matches!(look(&flat, 100_000), Verdict::Fine { .. }));
    assert!(matches!(look(&flat, 190_000), Verdict::Bad(_)));
}

#[test]
fn with_little_history_only_emptiness_and_bounds_are_judged() {
    assert!(matches!(look(&history(2), 10), Verdict::Learning { have: 2, need: 3, .. }));
    for n in [0, 2, 10, 60] {
        assert!(bad(look(&history(n), 0)).message.contains("is empty (0 bytes)"));
    }
    let rule = FileSizeRule { min_bytes: Some(1000), max_rows: Some(500), ..FileSizeRule::default() };
    let small = bad(by(&rule, &[], file(0, 999, Mark::Ordinary)));
    assert_eq!(small.message, "flights_2013-03-09.csv has 999 B, 1.0 kB is the least it may have");
    let long = SeenFile { rows: Some(501), ..file(0, 5000, Mark::Ordinary) };
    assert_eq!(bad(by(&rule, &[], long)).message, "flights_2013-03-09.csv has 501 rows, 500 is the most it may have");
    assert!(matches!(by(&rule, &[], SeenFile { rows: Some(500), ..long }), Verdict::Learning { .. }));
    let header = SeenFile { rows: Some(0), ..file(0, 5000, Mark::Ordinary) };
    assert_eq!(bad(by(&rule, &[], header)).message, "flights_2013-03-09.csv has a header and no rows");
}

#[test]
fn one_file_makes_one_finding_with_the_gravest_figure() {
    // As many bytes as ever in a tenth of the rows: only what is in them is odd.
    let odd = SeenFile { rows: Some(186), columns: Some(18), ..file(56, 93_000, Mark::Ordinary) };
    let finding = bad(by(&FileSizeRule::default(), &read(56), odd));
    assert_eq!(finding.unit, "rows");
    assert!(finding.message.contains("has 0.10x its usual 1,8"), "{}", finding.message);
    assert_eq!(finding.evidence.lines.len(), 4, "{:?}", finding.evidence.lines);
    let narrow = SeenFile { rows: Some(1860), columns: Some(5), ..file(56, 93_000, Mark::Ordinary) };
    let finding = bad(by(&FileSizeRule::default(), &read(56), narrow));
    assert!(finding.message.contains("has 0.28x its usual 18 columns (5 now, usual "), "{}", finding.message);
    // A column more or less is the schema's affair.
    let wider = SeenFile { columns: Some(19), ..narrow };
    assert!(matches!(by(&FileSizeRule::default(), &read(56), wider), Verdict::Fine { .. }));
}

#[test]
fn a_direction_and_a_sensitivity_are_obeyed() {
    let past = history(56);
    let up = FileSizeRule { direction: Direction::Up, ..FileSizeRule::default() };
    let down = FileSizeRule { direction: Direction::Down, ..FileSizeRule::default() };
    let (small, large) = (file(56, 9_000, Mark::Ordinary), file(56, 930_000, Mark::Ordinary));
    assert!(matches!(by(&up, &past, small), Verdict::Fine { .. }));
    assert!(bad(by(&up, &past, large)).message.contains("usual up to"));
    assert!(matches!(by(&down, &past, large), Verdict::Fine { .. }));
    assert!(bad(by(&down, &past, small)).message.contains("usual from"));
    // A feed that varies by a fifth: 2.9 times is beyond 4 standard deviations and within 6.5.
    let loose: Vec<_> = (0..56)
        .map(|i| file(i, (1e6 * (0.2 * ((i * 37 % 11) as f64 / 5.0 - 1.0)).exp()) as u64, Mark::Ordinary))
        .collect();
    let judged = |sensitivity| {
        let rule = FileSizeRule { sensitivity, ..FileSizeRule::default() };
        by(&rule, &loose, file(56, 2_900_000, Mark::Ordinary))
    };
    assert!(matches!(judged(Sensitivity::High), Verdict::Bad(_)));
    assert!(matches!(judged(Sensitivity::Low), Verdict::Fine { .. }));
}

#[test]
fn what_alerted_does_not_move_the_usual_until_it_stays_which_is_offered() {
    let mut past = history(56);
    past.extend((56..60).map(|i| file(i, 930_000, Mark::Alerted)));
    let fifth = bad(look(&past, 930_000));
    assert!(fifth.message.contains("5 in a row are like this: `landfall normal N`"), "{}", fifth.message);
    past.push(file(60, 930_000, Mark::Alerted));
    assert!(matches!(look(&past, 930_000), Verdict::Fine { .. }));
    let mut once = history(56);
    once.push(file(56, 930_000, Mark::Alerted));
    assert!(!bad(look(&once, 930_000)).message.contains("in a row"));
}

#[test]
fn what_an_operator_called_normal_is_normal_the_next_time_and_nothing_else_is() {
    let mut past = history(56);
    past.push(file(56, 930_000, Mark::Normal));
    assert!(matches!(look(&past, 900_000), Verdict::Fine { .. }));
    assert!(matches!(look(&past, 93_000), Verdict::Fine { .. }));
    assert!(matches!(look(&past, 9_300_000), Verdict::Bad(_)));
    assert!(matches!(look(&past, 9_300), Verdict::Bad(_)));
}
