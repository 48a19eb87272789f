//! A run or stage that takes longer than it should, said while it still runs.

use std::time::Duration;

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;
use crate::domain::quantile::{median, quantile};

/// Successes needed before a threshold is learned.
const MIN_SUCCESSES: usize = 10;
/// Successes looked back at.
const WINDOW: usize = 30;

/// A run or stage at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The stage's name, or the pipeline's for the run as a whole: the alert's object.
    pub object: &'a str,
    /// How long it has taken so far, in seconds of a clock that does not jump.
    pub elapsed: f64,
    /// Whether it has ended.
    pub ended: bool,
    /// `slow_after`; learned from past successes when absent.
    pub slow_after: Option<Duration>,
    /// Seconds past successes took, oldest first.
    pub successes: &'a [f64],
}

/// Seconds after which it is slow, and the rule; or how many successes are known so far.
///
/// Learned: max(1.5 x 95th percentile, 2 x median, median + 2 min) of the last 30 successes.
pub fn limit(slow_after: Option<Duration>, successes: &[f64]) -> Result<(f64, String), usize> {
    if let Some(declared) = slow_after {
        let seconds = declared.as_secs_f64();
        return Ok((seconds, format!("declared: slow after {}", format::duration(seconds))));
    }
    let recent = &successes[successes.len().saturating_sub(WINDOW)..];
    match (median(recent), quantile(recent, 0.95)) {
        (Some(middle), Some(p95)) if recent.len() >= MIN_SUCCESSES => {
            let seconds = (1.5 * p95).max(2.0 * middle).max(middle + 120.0);
            let rule = format!(
                "learned from {} successes: max(1.5 x 95th percentile, 2 x median, median + 2 min); usual {}",
                recent.len(),
                format::duration(middle)
            );
            Ok((seconds, rule))
        }
        _ => Err(recent.len()),
    }
}

/// Judges a run or stage. An ended one is fine: what it took is history, not something to answer.
pub fn judge(look: &Look<'_>) -> Verdict {
    let object = look.object.to_owned();
    if look.ended {
        let reason = format!("ended after {}", format::duration(look.elapsed));
        return Verdict::Fine { kind: AlertKind::LongRun, object, reason };
    }
    let (limit, rule) = match limit(look.slow_after, look.successes) {
        Ok(limit) => limit,
        Err(have) => return Verdict::Learning { kind: AlertKind::LongRun, object, have, need: MIN_SUCCESSES },
    };
    let elapsed = format::duration(look.elapsed);
    if look.elapsed <= limit {
        let reason = format!("running for {elapsed}, slow after {}", format::duration(limit));
        return Verdict::Fine { kind: AlertKind::LongRun, object, reason };
    }
    let usual = median(&look.successes[look.successes.len().saturating_sub(WINDOW)..]);
    let usual = usual.map(|u| format!(", usually {}", format::duration(u))).unwrap_or_default();
    Verdict::Bad(Finding {
        kind: AlertKind::LongRun,
        message: format!("{object} has been running for {elapsed} (limit {}{usual})", format::duration(limit)),
        object,
        severity: Severity::Warning,
        observed: Some(look.elapsed),
        expected: Some((0.0, limit)),
        unit: "s".to_owned(),
        rule,
        evidence: Evidence::default(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Look, judge};
    use crate::domain::alert::Verdict;

    fn look(elapsed: f64, successes: &[f64]) -> Verdict {
        judge(&Look { object: "train", elapsed, ended: false, slow_after: None, successes })
    }

    #[test]
    fn a_short_stage_has_two_minutes_of_grace_and_a_long_one_a_factor() {
        let short = [8.0; 12];
        assert!(matches!(look(127.0, &short), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = look(130.0, &short) else { panic!("not slow") };
        assert_eq!(finding.message, "train has been running for 2m 10s (limit 2m 8s, usually 8.0 s)");
        let long = [3600.0; 12];
        assert!(matches!(look(7100.0, &long), Verdict::Fine { .. }));
        assert!(matches!(look(7300.0, &long), Verdict::Bad(_)));
    }

    #[test]
    fn only_the_last_thirty_successes_count() {
        let mut past = vec![36_000.0; 100];
        past.extend([10.0; 30]);
        assert!(matches!(look(200.0, &past), Verdict::Bad(_)));
    }

    #[test]
    fn nine_successes_are_too_few_unless_a_limit_is_declared() {
        assert!(matches!(look(1e9, &[5.0; 9]), Verdict::Learning { have: 9, need: 10, .. }));
        let declared = |elapsed, ended| {
            let slow_after = Some(Duration::from_secs(60));
            judge(&Look { object: "run", elapsed, ended, slow_after, successes: &[] })
        };
        assert!(matches!(declared(61.0, false), Verdict::Bad(_)));
        assert!(matches!(declared(59.0, false), Verdict::Fine { .. }));
        assert!(matches!(declared(61.0, true), Verdict::Fine { .. }));
    }
}
