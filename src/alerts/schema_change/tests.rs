use chrono::{Duration, TimeZone, Utc};
use proptest::prelude::*;

use super::{Change, Header, changes, judge, series, told};
use crate::config::rules::{HeaderChange, SchemaRule};
use crate::domain::Instant;
use crate::domain::alert::{Severity, Verdict};
use crate::learn::random::Random;

fn day(n: i64) -> Instant {
    Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap() + Duration::days(n)
}

fn header(n: i64, columns: &str) -> Header {
    let columns = columns.split(' ').map(str::to_owned).collect();
    Header { file: format!("f_{n}.csv"), at: day(n), columns, types: Vec::new(), usable: true }
}

fn typed(n: i64, columns: &str, types: &str) -> Header {
    Header { types: types.split(' ').map(str::to_owned).collect(), ..header(n, columns) }
}

fn look(headers: &[Header]) -> Verdict {
    judge("f_*.csv", headers, None, &SchemaRule::default()).unwrap()
}

fn message(verdict: Verdict) -> (Severity, String) {
    let Verdict::Bad(finding) = verdict else { panic!("no change seen: {verdict:?}") };
    (finding.severity, finding.message)
}

#[test]
fn every_change_is_told_in_plain_words() {
    let table = [
        ("a temp c", "a temperature c", "column `temp` is gone, `temperature` is new in its place", Severity::Warning),
        ("a b c", "a x c", "column `b` is gone, `x` is new in its place", Severity::Warning),
        ("a b c", "a c", "column `b` is gone", Severity::Warning),
        ("a b c d", "d a", "columns `b`, `c` are gone; the columns stand in another order", Severity::Warning),
        ("a b", "a b p q", "columns `p`, `q` are new", Severity::Info),
        ("a b c", "c b a", "the columns stand in another order", Severity::Info),
        ("a b c", "x", "columns `a`, `b`, `c` are gone; column `x` is new", Severity::Warning),
    ];
    for (before, now, sentence, severity) in table {
        let said = message(look(&[header(1, before), header(2, now)]));
        let expected = format!("the columns changed with f_2.csv (before: f_1.csv): {sentence}");
        assert_eq!(said, (severity, expected), "{before} -> {now}");
    }
}

#[test]
fn a_type_is_compared_where_it_is_known() {
    let said = message(look(&[typed(1, "a b", "i64 str"), typed(2, "b a", "str f64")]));
    assert!(said.1.ends_with("column `a` is f64 where it was i64; the columns stand in another order"), "{said:?}");
    // Of another type, the column in its place is another one.
    let found = changes(&typed(1, "a b", "i64 str"), &typed(2, "a x", "i64 f64"));
    assert_eq!(found, [Change::Removed("b".into()), Change::Added("x".into())]);
}

#[test]
fn a_change_stands_until_it_is_taken_back_or_has_become_the_usual() {
    let mut headers = vec![header(0, "a b"), header(1, "a b")];
    assert!(matches!(look(&headers), Verdict::Fine { .. }));
    for n in 2..6 {
        headers.push(header(n, "a c"));
        let (_, said) = message(look(&headers));
        assert!(said.starts_with("the columns changed with f_2.csv (before: f_1.csv)") || said.contains("f_0.csv"));
    }
    let back = [headers.clone(), vec![header(6, "a b")]].concat();
    assert!(matches!(look(&back), Verdict::Fine { reason, .. } if reason == "f_6.csv has the usual columns"));
    headers.push(header(6, "a c"));
    assert!(matches!(look(&headers), Verdict::Fine { reason, .. } if reason.contains("from now on")));
    headers.push(header(7, "a b"));
    assert!(message(look(&headers)).1.contains("with f_7.csv"));
}

#[test]
fn files_in_quarantine_make_nothing_usual() {
    let mut headers = vec![header(0, "a b")];
    headers.extend((1..20).map(|n| Header { usable: false, ..header(n, "a") }));
    assert!(matches!(look(&headers), Verdict::Bad(_)));
}

#[test]
fn what_an_operator_called_normal_is_the_usual() {
    let headers = [header(0, "a b"), header(1, "a c"), header(2, "a c")];
    let rule = SchemaRule::default();
    assert!(matches!(judge("f", &headers, Some(day(0)), &rule), Some(Verdict::Bad(_))));
    assert!(matches!(judge("f", &headers, Some(day(1)), &rule), Some(Verdict::Fine { .. })));
}

#[test]
fn what_does_not_count_raises_nothing_and_one_file_has_no_past() {
    let rule = SchemaRule { changes: vec![HeaderChange::Removed], ..SchemaRule::default() };
    let headers = [header(0, "a b"), header(1, "b a c")];
    assert!(matches!(judge("f", &headers, None, &rule), Some(Verdict::Fine { .. })));
    assert_eq!(judge("f", &headers[..1], None, &rule), None);
    assert_eq!(judge("f", &[], None, &rule), None);
}

#[test]
fn names_that_differ_in_digits_are_one_series() {
    for (name, expected) in [
        ("flights_2013-03-09.csv", "flights_*.csv"),
        ("flights_2013-03-10T12:00.csv.gz", "flights_*.csv.gz"),
        ("north_1.csv", "north_*.csv"),
        ("20240501_north.csv", "*_north.csv"),
        ("rentals.csv", "rentals.csv"),
        ("a-1-b.csv", "a-*-b.csv"),
    ] {
        assert_eq!(series(name), expected);
    }
}

#[test]
fn a_long_list_is_cut_short() {
    let wide = (0..3000).map(|n| format!("column_{n}")).collect::<Vec<_>>().join(" ");
    let Verdict::Bad(finding) = look(&[header(0, "a"), header(1, &wide)]) else { panic!("no change seen") };
    assert!(finding.message.len() < 400, "{}", finding.message);
    assert!(finding.message.contains("and 2994 more are new"), "{}", finding.message);
    assert!(finding.evidence.columns.len() <= 20 && finding.evidence.lines.iter().all(|line| line.len() < 400));
}

/// Of a thousand files a feed, one in fifty with other columns: every fault is told at the file it came with, nothing
/// else is, and each is over with the next file.
#[test]
fn seeded_feeds_raise_what_was_injected_and_nothing_else() {
    let (mut told, mut false_alarms, mut injected, mut clean) = (0, 0, 0, 0);
    for seed in 0..4 {
        let mut random = Random::seeded(seed);
        let mut headers = vec![header(0, "at id temperature humidity wind output")];
        for n in 1..1_000 {
            let faults = [
                "at id temp humidity wind output",
                "at id temperature humidity output",
                "id at temperature humidity wind output",
                "at id temperature humidity wind output gusts",
            ];
            let fault = (random.below(50) == 0).then(|| faults[random.below(faults.len())]);
            headers.push(header(n, fault.unwrap_or("at id temperature humidity wind output")));
            let bad = matches!(look(&headers[headers.len().saturating_sub(200)..]), Verdict::Bad(_));
            (told, injected) = (told + usize::from(bad && fault.is_some()), injected + usize::from(fault.is_some()));
            (false_alarms, clean) =
                (false_alarms + usize::from(bad && fault.is_none()), clean + usize::from(fault.is_none()));
        }
    }
    assert!(injected > 50 && clean > 3_800, "{injected} {clean}");
    assert_eq!((told, false_alarms), (injected, 0));
}

proptest! {
    /// Two headers have no change exactly when they are the same; and what is told is never empty when there is one.
    #[test]
    fn no_difference_goes_unseen(before in header_of(), now in header_of()) {
        let headers = |columns: &[String]| Header { columns: columns.to_vec(), ..header(1, "a") };
        let found = changes(&headers(&before), &headers(&now));
        prop_assert_eq!(found.is_empty(), before == now, "{:?}", found);
        prop_assert_eq!(told(&found).is_empty(), found.is_empty());
        // Every column of either side is kept or spoken of.
        let spoken: Vec<String> = found.iter().flat_map(Change::columns).collect();
        for name in before.iter().filter(|name| !now.contains(name)).chain(now.iter().filter(|n| !before.contains(n))) {
            prop_assert!(spoken.contains(name));
        }
    }
}

/// Up to six columns, each once, in any order.
fn header_of() -> impl Strategy<Value = Vec<String>> {
    let names = ["temp", "temperature", "time", "x", "y", "rain"].map(String::from).to_vec();
    proptest::sample::subsequence(names, 1..=6).prop_shuffle()
}
