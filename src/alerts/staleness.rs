//! No new data for longer than expected.

use chrono::Duration;

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::quantile::quantile;
use crate::domain::{Instant, format};

/// Gaps needed before a threshold is learned, over at least [`MIN_SPAN_DAYS`].
const MIN_GAPS: usize = 14;
/// A burst of files in an hour says nothing of what is usual.
const MIN_SPAN_DAYS: i64 = 3;
/// Files that land within this are one arrival.
const TOGETHER: Duration = Duration::seconds(60);

/// A landing at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Name of the pipeline: the alert's object.
    pub pipeline: &'a str,
    /// The present.
    pub now: Instant,
    /// When files were first seen, in any order. Backfills and versions of known files do not count.
    pub arrivals: &'a [Instant],
    /// Since when somebody has looked: no landing is staler than that.
    pub watched_since: Instant,
    /// `alerts.stale_after`; learned from the gaps when absent.
    pub stale_after: Option<Duration>,
    /// Whether an operator paused the pipeline.
    pub paused: bool,
}

/// Judges a landing. Critical at twice the threshold.
pub fn judge(look: &Look<'_>) -> Verdict {
    let object = look.pipeline.to_owned();
    if look.paused {
        return Verdict::Fine { kind: AlertKind::Staleness, object, reason: "the pipeline is paused".to_owned() };
    }
    let (threshold, rule) = match look.stale_after {
        Some(declared) => {
            let seconds = declared.num_milliseconds() as f64 / 1000.0;
            (seconds, format!("declared: stale after {}", format::duration(seconds)))
        }
        None => match learned(look.arrivals) {
            Ok(learned) => learned,
            Err(have) => return Verdict::Learning { kind: AlertKind::Staleness, object, have, need: MIN_GAPS },
        },
    };
    let last = look.arrivals.iter().max().copied();
    let since = last.map_or(look.watched_since, |last| last.max(look.watched_since.min(look.now)));
    let age = (look.now - since).num_milliseconds() as f64 / 1000.0;
    let seen = last.map_or_else(|| "no file has ever arrived".to_owned(), |last| format!("last file {}", stamp(last)));
    if age <= threshold {
        let reason = format!("{seen}, {} ago; expected within {}", format::duration(age), format::duration(threshold));
        return Verdict::Fine { kind: AlertKind::Staleness, object, reason };
    }
    Verdict::Bad(Finding {
        kind: AlertKind::Staleness,
        object,
        severity: if age > 2.0 * threshold { Severity::Critical } else { Severity::Warning },
        message: format!(
            "no new file for {} ({seen}); expected one within {}",
            format::duration(age),
            format::duration(threshold)
        ),
        observed: Some(age),
        expected: Some((0.0, threshold)),
        unit: "s".to_owned(),
        rule,
        evidence: Evidence::default(),
    })
}

/// Threshold in seconds and the rule behind it, or how many gaps are known so far.
fn learned(arrivals: &[Instant]) -> Result<(f64, String), usize> {
    let mut sorted = arrivals.to_vec();
    sorted.sort_unstable();
    sorted.dedup_by(|later, earlier| *later - *earlier < TOGETHER);
    let gaps: Vec<f64> = sorted.windows(2).map(|w| (w[1] - w[0]).num_milliseconds() as f64 / 1000.0).collect();
    let spans = match (sorted.first(), sorted.last()) {
        (Some(first), Some(last)) => *last - *first >= Duration::days(MIN_SPAN_DAYS),
        _ => false,
    };
    match (quantile(&gaps, 0.95), quantile(&gaps, 0.99)) {
        (Some(p95), Some(p99)) if gaps.len() >= MIN_GAPS && spans => {
            let threshold = (1.5 * p95).max(1.1 * p99);
            let rule = format!("learned from {} gaps: max(1.5 x 95th, 1.1 x 99th percentile)", gaps.len());
            Ok((threshold, rule))
        }
        // Many gaps in a short time are still not enough.
        _ => Err(gaps.len().min(MIN_GAPS - 1)),
    }
}

fn stamp(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::domain::Instant;
    use crate::domain::alert::{Severity, Verdict};

    fn start() -> Instant {
        Utc.with_ymd_and_hms(2013, 3, 4, 6, 0, 0).unwrap()
    }

    /// A file every six hours, three that land together each time.
    fn arrivals(n: i64) -> Vec<Instant> {
        (0..n * 3).map(|i| start() + Duration::hours(i / 3 * 6) + Duration::seconds(i % 3)).collect()
    }

    fn look<'a>(arrivals: &'a [Instant], silent: Duration) -> Look<'a> {
        let last = arrivals.iter().max().copied().unwrap_or(start());
        Look {
            pipeline: "flights",
            now: last + silent,
            arrivals,
            watched_since: start(),
            stale_after: None,
            paused: false,
        }
    }

    #[test]
    fn learns_the_rhythm_of_the_feed() {
        let past = arrivals(40);
        assert!(matches!(judge(&look(&past, Duration::hours(8))), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = judge(&look(&past, Duration::hours(10))) else { panic!("not stale") };
        assert_eq!(finding.severity, Severity::Warning);
        assert_eq!(finding.message, "no new file for 10h (last file 2013-03-14 00:00 UTC); expected one within 9h");
        assert!(
            matches!(judge(&look(&past, Duration::hours(19))), Verdict::Bad(f) if f.severity == Severity::Critical)
        );
    }

    #[test]
    fn learning_is_not_fine() {
        assert!(matches!(judge(&look(&arrivals(14), Duration::days(9))), Verdict::Learning { have: 13, need: 14, .. }));
        let burst: Vec<_> = (0..100).map(|i| start() + Duration::minutes(2 * i)).collect();
        assert!(matches!(judge(&look(&burst, Duration::days(9))), Verdict::Learning { .. }));
    }

    #[test]
    fn a_declared_limit_needs_no_history() {
        let declared = |arrivals, silent| Look { stale_after: Some(Duration::hours(1)), ..look(arrivals, silent) };
        assert!(matches!(judge(&declared(&[], Duration::minutes(59))), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = judge(&declared(&[], Duration::minutes(90))) else { panic!("not stale") };
        assert!(finding.message.contains("no file has ever arrived"), "{}", finding.message);
    }

    #[test]
    fn a_pause_a_fresh_start_and_a_clock_set_back_are_not_stale() {
        let past = arrivals(40);
        let late = look(&past, Duration::days(3));
        assert!(matches!(judge(&Look { paused: true, ..late.clone() }), Verdict::Fine { .. }));
        let just_started = Look { watched_since: late.now - Duration::minutes(1), ..late };
        assert!(matches!(judge(&just_started), Verdict::Fine { .. }));
        assert!(matches!(judge(&look(&past, Duration::hours(-5))), Verdict::Fine { .. }));
    }
}
