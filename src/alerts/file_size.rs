//! A landed file that is much larger or smaller than usual.
//!
//! Method: y = ln(bytes) against the [baseline](super::baseline) of comparable files. Abnormal when |residual| exceeds
//! so many robust standard deviations *and* the factor lies outside 0.6 to 1.7, or when the factor alone is beyond the
//! ratio limit. The two together keep a very regular feed from alarming over a few per cent and a very irregular one
//! from hiding a tenfold file.

use chrono::NaiveDateTime;

use super::baseline::{Baseline, Point, baseline, usable};
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;
use crate::domain::text::one_line;

/// Below so many comparable files nothing is judged but emptiness.
const MIN_RATIO: usize = 3;
/// From so many on the spread is known well enough for the rule of standard deviations.
const MIN_SIGMA: usize = 28;
/// The smallest spread believed, in ln(bytes): 2 %.
const FLOOR: f64 = 0.02;
/// Factors within this range are never abnormal by the rule of standard deviations.
const HARMLESS: (f64, f64) = (0.6, 1.7);

/// One file and the past it is judged by.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name.
    pub key: &'a str,
    /// Its size in bytes.
    pub bytes: u64,
    /// The time it is about (see [`super::baseline::Point::at`]).
    pub at: NaiveDateTime,
    /// Sizes in bytes of the files of the same landing before it, itself left out.
    pub history: &'a [Point],
    /// Abnormal beyond this factor either way, whatever the spread (`alerts.size_ratio`).
    pub ratio: f64,
    /// Abnormal beyond so many robust standard deviations (`alerts.size_sigmas`).
    pub sigmas: f64,
}

/// Judges one file.
pub fn judge(look: &Look<'_>) -> Verdict {
    let points = usable(look.history, |bytes| if bytes > 0.0 { bytes.ln() } else { f64::NAN });
    let usual = baseline(&points, look.at).filter(|b| b.n >= MIN_RATIO);
    let Some(usual) = usual else {
        return match look.bytes {
            0 => Verdict::Bad(empty(look, None)),
            _ => Verdict::Learning {
                kind: AlertKind::FileSize,
                object: look.key.to_owned(),
                have: points.len(),
                need: MIN_RATIO,
            },
        };
    };
    let (low, high) = band(usual, look);
    let factor = look.bytes as f64 / usual.centre.exp();
    if look.bytes == 0 {
        return Verdict::Bad(empty(look, Some((usual, low, high))));
    }
    if (low..=high).contains(&factor) {
        return Verdict::Fine {
            kind: AlertKind::FileSize,
            object: look.key.to_owned(),
            reason: format!(
                "{} is {} its usual {}",
                format::bytes(look.bytes),
                format::ratio(factor),
                size(usual.centre)
            ),
        };
    }
    let beyond = factor > look.ratio || factor < 1.0 / look.ratio;
    Verdict::Bad(Finding {
        severity: if beyond { Severity::Critical } else { Severity::Warning },
        message: format!(
            "{} is {} its usual {} ({} now, usual {} to {})",
            one_line(look.key),
            format::ratio(factor),
            size(usual.centre),
            format::bytes(look.bytes),
            size(usual.centre + low.ln()),
            size(usual.centre + high.ln())
        ),
        ..finding(look, Some((usual, low, high)))
    })
}

/// Factors of the centre that are usual.
fn band(usual: Baseline, look: &Look<'_>) -> (f64, f64) {
    let limit = limit(usual, look);
    if usual.n < MIN_SIGMA {
        return (1.0 / limit, limit);
    }
    let reach = (look.sigmas * usual.spread.max(FLOOR)).exp();
    (HARMLESS.0.min(1.0 / reach).max(1.0 / limit), HARMLESS.1.max(reach).min(limit))
}

/// The factor beyond which a file is abnormal whatever the spread.
fn limit(usual: Baseline, look: &Look<'_>) -> f64 {
    // Before the first weekend has been seen, a weekend's file must not look like a mishap.
    let unknown_rhythm = if usual.rhythm { 0.0 } else { 4.0 * usual.spread };
    look.ratio.max(1.0).max(unknown_rhythm.exp())
}

fn size(ln_bytes: f64) -> String {
    format::bytes(ln_bytes.exp().round() as u64)
}

fn empty(look: &Look<'_>, usual: Option<(Baseline, f64, f64)>) -> Finding {
    let expectation = usual.map(|(u, ..)| format!("; its usual size is {}", size(u.centre))).unwrap_or_default();
    Finding {
        severity: Severity::Critical,
        message: format!("{} is empty (0 bytes){expectation}", one_line(look.key)),
        ..finding(look, usual)
    }
}

fn finding(look: &Look<'_>, usual: Option<(Baseline, f64, f64)>) -> Finding {
    let rule = match usual {
        None => "a file without a byte is abnormal".to_owned(),
        Some((u, ..)) if u.n < MIN_SIGMA => {
            format!("a factor beyond {:.1} of the median of {} files", limit(u, look), u.n)
        }
        Some((u, ..)) => format!(
            "more than {} robust standard deviations and a factor beyond {} to {}, or a factor beyond {:.1}; \
             {} comparable files, spread {:.3} in ln(bytes)",
            look.sigmas,
            HARMLESS.0,
            HARMLESS.1,
            limit(u, look),
            u.n,
            u.spread.max(FLOOR)
        ),
    };
    Finding {
        kind: AlertKind::FileSize,
        object: look.key.to_owned(),
        severity: Severity::Warning,
        message: String::new(),
        observed: Some(look.bytes as f64),
        expected: usual.map(|(u, low, high)| (u.centre.exp() * low, u.centre.exp() * high)),
        unit: "bytes".to_owned(),
        rule,
        evidence: Evidence::default(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, NaiveDate, NaiveDateTime};

    use super::{Look, judge};
    use crate::alerts::baseline::Point;
    use crate::domain::alert::{Severity, Verdict};

    fn day(n: i64) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2013, 1, 7).unwrap().and_hms_opt(0, 0, 0).unwrap() + Duration::days(n)
    }

    /// Daily files of about 93 kB, smaller at weekends.
    fn history(n: i64) -> Vec<Point> {
        (0..n)
            .map(|i| {
                let weekday = if i % 7 >= 5 { 0.7 } else { 1.0 };
                let wobble = 1.0 + 0.03 * ((i / 7 * 5 % 7) as f64 - 3.0) / 3.0;
                Point { at: day(i), value: 93_000.0 * weekday * wobble, alerted: false }
            })
            .collect()
    }

    fn look(history: &[Point], bytes: u64) -> Verdict {
        judge(&Look {
            key: "flights_2013-03-09.csv",
            bytes,
            at: day(history.len() as i64),
            history,
            ratio: 3.2,
            sigmas: 5.0,
        })
    }

    #[test]
    fn a_tenfold_file_says_so_to_a_person() {
        let Verdict::Bad(finding) = look(&history(60), 940_000) else { panic!("not caught") };
        assert_eq!(finding.severity, Severity::Critical);
        assert!(finding.message.starts_with("flights_2013-03-09.csv is 10.2x its usual 93 kB (940 kB now, usual "));
        let (low, high) = finding.expected.unwrap();
        assert!(low < 93_000.0 && high > 93_000.0 && high < 300_000.0, "{low} {high}");
    }

    #[test]
    fn half_a_file_is_a_warning_once_the_spread_is_known() {
        assert!(matches!(look(&history(60), 45_000), Verdict::Bad(f) if f.severity == Severity::Warning));
        assert!(matches!(look(&history(20), 45_000), Verdict::Fine { .. }));
        assert!(matches!(look(&history(20), 20_000), Verdict::Bad(f) if f.severity == Severity::Critical));
    }

    #[test]
    fn a_regular_feed_does_not_alarm_over_a_few_per_cent() {
        let flat: Vec<Point> = (0..60).map(|i| Point { at: day(i), value: 93_000.0, alerted: false }).collect();
        assert!(matches!(look(&flat, 100_000), Verdict::Fine { .. }));
        assert!(matches!(look(&flat, 190_000), Verdict::Bad(_)));
    }

    #[test]
    fn with_little_history_only_emptiness_is_judged() {
        assert!(matches!(look(&history(2), 10), Verdict::Learning { have: 2, need: 3, .. }));
        for n in [0, 2, 10, 60] {
            assert!(matches!(look(&history(n), 0), Verdict::Bad(f) if f.message.contains("is empty (0 bytes)")));
        }
    }

    #[test]
    fn points_that_alerted_do_not_move_the_usual_until_they_stay() {
        let mut past = history(56);
        past.push(Point { at: day(56), value: 930_000.0, alerted: true });
        assert!(matches!(look(&past, 930_000), Verdict::Bad(_)));
        past.extend((57..61).map(|i| Point { at: day(i), value: 930_000.0, alerted: true }));
        assert!(matches!(look(&past, 930_000), Verdict::Fine { .. }));
    }
}
