//! Outcomes that should be known by now are missing, so that nothing can be judged.
//!
//! The newest day of which at least half of the outcomes are known is the frontier. Days before it that lack theirs (a
//! blizzard's cancelled flights) will hardly get them and are no delay; the oldest predicted day behind it waits.

use chrono::NaiveDate;

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::quantile::quantile;
use crate::domain::{Instant, format};

/// Days whose outcomes came that a delay is learned from.
const MIN_DAYS: usize = 7;
/// Days looked back at.
const WINDOW: usize = 60;
/// What is added to a learned delay, in seconds.
const GRACE: f64 = 3600.0;

/// What is known of the outcomes of one predicted day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The event day.
    pub day: NaiveDate,
    /// When it was first predicted.
    pub predicted: Instant,
    /// When half of its outcomes were first known, if they are.
    pub known: Option<Instant>,
    /// Share of its rows whose outcome is known by now.
    pub share: f64,
}

/// Judges the predicted days, oldest first. `after` is the declared delay in seconds.
pub fn judge(pipeline: &str, days: &[Day], after: Option<f64>, now: Instant) -> Option<Verdict> {
    let (kind, object) = (AlertKind::LabelsOverdue, pipeline.to_owned());
    let seconds = |from: Instant, to: Instant| (to - from).num_milliseconds() as f64 / 1000.0;
    // What was judged as it was predicted came with its outcome and says nothing of a delay.
    let delays: Vec<f64> =
        days.iter().filter_map(|day| Some(seconds(day.predicted, day.known?)).filter(|delay| *delay > 0.0)).collect();
    let delays = &delays[delays.len().saturating_sub(WINDOW)..];
    let frontier = days.iter().rposition(|day| day.known.is_some());
    let waiting = days.get(frontier.map_or(0, |at| at + 1)..)?;
    let Some(oldest) = waiting.iter().min_by_key(|day| day.predicted) else {
        let newest = days.last()?.day;
        return Some(Verdict::Fine { kind, object, reason: format!("the outcomes of {newest} are known") });
    };
    let (limit, rule) = match (after, quantile(delays, 0.95)) {
        (Some(after), _) => (after, format!("declared: known within {}", format::duration(after))),
        (None, Some(p95)) if delays.len() >= MIN_DAYS => {
            let limit = (1.5 * p95).max(p95 + GRACE);
            let rule = format!(
                "learned from {} days: max(1.5 x 95th percentile of the delay, that and an hour), {}",
                delays.len(),
                format::duration(limit)
            );
            (limit, rule)
        }
        _ => return Some(Verdict::Learning { kind, object, have: delays.len(), need: MIN_DAYS }),
    };
    let age = seconds(oldest.predicted, now);
    if age <= limit {
        let reason = format!(
            "the outcomes of {} are waited for since {}, usual up to {}",
            oldest.day,
            format::duration(age),
            format::duration(limit)
        );
        return Some(Verdict::Fine { kind, object, reason });
    }
    let lines = waiting.iter().take(Evidence::MOST);
    Some(Verdict::Bad(Finding {
        observed: Some(age),
        expected: Some((0.0, limit)),
        unit: "s".to_owned(),
        evidence: Evidence {
            lines: lines
                .map(|day| format!("{}: {} of the outcomes known", day.day, format::share(day.share)))
                .collect(),
            ..Evidence::default()
        },
        ..Finding::new(
            kind,
            pipeline,
            Severity::Warning,
            format!(
                "the outcomes of {} are overdue: predicted {} ago, usually known within {}; {} cannot be judged",
                oldest.day,
                format::duration(age),
                format::duration(limit),
                format::counted(waiting.len() as u64, "day")
            ),
            &rule,
        )
    }))
}

#[cfg(test)]
mod tests {
    use chrono::{Days, Duration};

    use super::*;

    fn at(hours: i64) -> Instant {
        chrono::DateTime::UNIX_EPOCH + Duration::hours(hours)
    }

    /// Days predicted at midnight whose outcomes come after so many hours, if they come.
    fn days(delays: &[Option<i64>]) -> Vec<Day> {
        let day = |(n, delay): (usize, &Option<i64>)| {
            let predicted = at(24 * n as i64);
            let known = delay.map(|hours| predicted + Duration::hours(hours));
            let share = if delay.is_some() { 0.98 } else { 0.0 };
            Day { day: NaiveDate::default() + Days::new(n as u64), predicted, known, share }
        };
        delays.iter().enumerate().map(day).collect()
    }

    fn judged(delays: &[Option<i64>], hours: i64) -> Verdict {
        judge("flights", &days(delays), None, at(hours)).unwrap()
    }

    #[test]
    fn what_is_usual_is_learned_and_what_takes_half_as_long_again_is_overdue() {
        let mut past = vec![Some(20); 10];
        past.push(None);
        assert!(matches!(judged(&past, 240 + 29), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = judged(&past, 240 + 31) else { panic!("silent") };
        assert_eq!(
            finding.message,
            "the outcomes of 1970-01-11 are overdue: predicted 1d 7h ago, usually known within 1d 6h; 1 day cannot be judged"
        );
        assert_eq!(finding.evidence.lines, ["1970-01-11: 0.0 % of the outcomes known"]);
    }

    #[test]
    fn a_day_that_later_days_overtook_is_not_waited_for() {
        let mut past = vec![Some(20); 10];
        past.extend([None, Some(20)]);
        let Verdict::Fine { reason, .. } = judged(&past, 10_000) else { panic!("waits for a blizzard") };
        assert_eq!(reason, "the outcomes of 1970-01-12 are known");
    }

    #[test]
    fn too_few_delays_are_learned_from_unless_one_is_declared() {
        let mut past = vec![Some(20); 6];
        past.push(None);
        assert!(matches!(judged(&past, 10_000), Verdict::Learning { have: 6, need: 7, .. }));
        let declared = |hours| judge("flights", &days(&past), Some(48.0 * 3600.0), at(hours)).unwrap();
        assert!(matches!(declared(6 * 24 + 47), Verdict::Fine { .. }));
        assert!(matches!(declared(6 * 24 + 49), Verdict::Bad(_)));
        assert_eq!(judge("flights", &[], None, at(0)), None);
    }

    #[test]
    fn what_comes_with_its_outcome_teaches_no_delay() {
        let mut past = vec![Some(0); 20];
        past.push(None);
        assert!(matches!(judged(&past, 10_000), Verdict::Learning { have: 0, .. }));
    }
}
