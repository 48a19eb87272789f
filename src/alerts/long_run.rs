//! A run or stage that takes longer than it should, said while it still runs.

use std::time::Duration;

use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::quantile::{median, quantile};
use crate::domain::{Instant, format};

/// Successes needed before a threshold is learned.
const MIN_SUCCESSES: usize = 10;
/// Successes needed before the size of the batch is taken into account.
const MIN_SIZED: usize = 20;
/// Successes looked back at.
pub const WINDOW: usize = 30;
/// Pairs of batches that differ by less than this factor in bytes say nothing of how time grows with size.
const APART: f64 = 1.25;
/// Such pairs needed.
const MIN_PAIRS: usize = 30;

/// A success of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// When it ended.
    pub ended: Instant,
    /// What it took.
    pub seconds: f64,
    /// Bytes of its batch.
    pub bytes: u64,
}

impl From<(Instant, f64, u64)> for Pace {
    fn from((ended, seconds, bytes): (Instant, f64, u64)) -> Self {
        Self { ended, seconds, bytes }
    }
}

/// A run or stage at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The stage's name, or the pipeline's for the run as a whole: the alert's object.
    pub object: &'a str,
    /// The present.
    pub now: Instant,
    /// How long it has taken so far, in seconds.
    pub elapsed: f64,
    /// Bytes of its batch.
    pub bytes: u64,
    /// Whether it has ended.
    pub ended: bool,
    /// `slow_after`; learned from past successes when absent.
    pub slow_after: Option<Duration>,
    /// Past successes, oldest first.
    pub successes: &'a [Pace],
}

/// What past successes would have taken with this batch, in seconds, and the power of the bytes that time grows with.
///
/// The power is the median of the slopes between all pairs of ln(bytes) and ln(seconds) that are far enough apart (Theil
/// 1950, Sen 1968), between 0 and 1.5; nothing is adjusted when there are too few such pairs.
fn adjusted(recent: &[Pace], bytes: u64) -> (Vec<f64>, f64) {
    let sized: Vec<(f64, f64)> = recent
        .iter()
        .filter(|pace| pace.bytes > 0 && pace.seconds > 0.0)
        .map(|pace| ((pace.bytes as f64).ln(), pace.seconds.ln()))
        .collect();
    let slopes: Vec<f64> = (0..sized.len())
        .flat_map(|i| (i + 1..sized.len()).map(move |j| (i, j)))
        .map(|(i, j)| (sized[j].0 - sized[i].0, sized[j].1 - sized[i].1))
        .filter(|(size, _)| size.abs() >= APART.ln())
        .map(|(size, time)| time / size)
        .collect();
    let enough = recent.len() >= MIN_SIZED && slopes.len() >= MIN_PAIRS && bytes > 0;
    let power = median(&slopes).filter(|_| enough).unwrap_or(0.0).clamp(0.0, 1.5);
    let scale = |pace: &Pace| {
        let ratio = if pace.bytes > 0 { bytes as f64 / pace.bytes as f64 } else { 1.0 };
        pace.seconds * if power > 0.0 { ratio.powf(power) } else { 1.0 }
    };
    (recent.iter().map(scale).collect(), power)
}

/// What a run or stage of a batch of `bytes` usually takes, in seconds: the median of the newest of its past successes,
/// which come oldest first, adjusted for the size of the batch where history allows.
pub fn usual(successes: &[Pace], bytes: u64) -> Option<f64> {
    median(&adjusted(newest(successes), bytes).0)
}

fn newest(successes: &[Pace]) -> &[Pace] {
    &successes[successes.len().saturating_sub(WINDOW)..]
}

/// Seconds after which it is slow, and the rule; or how many successes are known so far.
///
/// Learned: max(1.5 x 95th percentile, 2 x median, median + 2 min) of the last 30 successes, adjusted for the size of
/// the batch where history allows.
fn limit(look: &Look<'_>, recent: &[Pace]) -> Result<(f64, String), usize> {
    if let Some(declared) = look.slow_after {
        let seconds = declared.as_secs_f64();
        return Ok((seconds, format!("declared: slow after {}", format::duration(seconds))));
    }
    let (seconds, power) = adjusted(recent, look.bytes);
    match (median(&seconds), quantile(&seconds, 0.95)) {
        (Some(middle), Some(p95)) if recent.len() >= MIN_SUCCESSES => {
            let limit = (1.5 * p95).max(2.0 * middle).max(middle + 120.0);
            let sized = match power {
                0.0 => String::new(),
                power => format!(" with a batch of {} (time grows with bytes^{power:.2})", format::bytes(look.bytes)),
            };
            let rule = format!(
                "learned from {} successes: max(1.5 x 95th percentile, 2 x median, median + 2 min); usual {}{sized}",
                recent.len(),
                format::duration(middle)
            );
            Ok((limit, rule))
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
    let recent = newest(look.successes);
    let (limit, rule) = match limit(look, recent) {
        Ok(limit) => limit,
        Err(have) => return Verdict::Learning { kind: AlertKind::LongRun, object, have, need: MIN_SUCCESSES },
    };
    let elapsed = format::duration(look.elapsed);
    if look.elapsed <= limit {
        let reason = format!("running for {elapsed}, slow after {}", format::duration(limit));
        return Verdict::Fine { kind: AlertKind::LongRun, object, reason };
    }
    let usual = usual(recent, look.bytes).map(|u| format!(", usually {}", format::duration(u))).unwrap_or_default();
    let past = recent.iter().map(|pace| Sample { at: pace.ended, value: pace.seconds, band: None });
    let now = Sample { at: look.now, value: look.elapsed, band: Some((0.0, limit)) };
    Verdict::Bad(Finding {
        kind: AlertKind::LongRun,
        message: format!("{object} has been running for {elapsed} (limit {}{usual})", format::duration(limit)),
        object,
        severity: Severity::Warning,
        observed: Some(look.elapsed),
        expected: now.band,
        unit: "s".to_owned(),
        rule,
        evidence: Evidence { history: past.chain([now]).collect(), ..Evidence::default() },
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Look, Pace, judge};
    use crate::domain::Instant;
    use crate::domain::alert::Verdict;

    fn at(n: usize) -> Instant {
        Instant::from_timestamp(1_700_000_000 + 3600 * n as i64, 0).unwrap()
    }

    fn past(seconds: &[f64]) -> Vec<Pace> {
        seconds
            .iter()
            .enumerate()
            .map(|(n, seconds)| Pace { ended: at(n), seconds: *seconds, bytes: 1_000_000 })
            .collect()
    }

    fn look(elapsed: f64, bytes: u64, successes: &[Pace]) -> Verdict {
        judge(&Look {
            object: "train",
            now: at(successes.len()),
            elapsed,
            bytes,
            ended: false,
            slow_after: None,
            successes,
        })
    }

    #[test]
    fn a_short_stage_has_two_minutes_of_grace_and_a_long_one_a_factor() {
        let short = past(&[8.0; 12]);
        assert!(matches!(look(127.0, 1, &short), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = look(130.0, 1, &short) else { panic!("not slow") };
        assert_eq!(finding.message, "train has been running for 2m 10s (limit 2m 8s, usually 8.0 s)");
        assert_eq!(finding.evidence.history.len(), 13);
        assert_eq!(finding.evidence.history[12].band, Some((0.0, 128.0)));
        let long = past(&[3600.0; 12]);
        assert!(matches!(look(7100.0, 1, &long), Verdict::Fine { .. }));
        assert!(matches!(look(7300.0, 1, &long), Verdict::Bad(_)));
    }

    #[test]
    fn only_the_last_thirty_successes_count() {
        let mut seconds = vec![36_000.0; 100];
        seconds.extend([10.0; 30]);
        assert!(matches!(look(200.0, 1, &past(&seconds)), Verdict::Bad(_)));
    }

    #[test]
    fn nine_successes_are_too_few_unless_a_limit_is_declared() {
        assert!(matches!(look(1e9, 1, &past(&[5.0; 9])), Verdict::Learning { have: 9, need: 10, .. }));
        let declared = |elapsed, ended| {
            let slow_after = Some(Duration::from_secs(60));
            judge(&Look { object: "run", now: at(0), elapsed, bytes: 1, ended, slow_after, successes: &[] })
        };
        assert!(matches!(declared(61.0, false), Verdict::Bad(_)));
        assert!(matches!(declared(59.0, false), Verdict::Fine { .. }));
        assert!(matches!(declared(61.0, true), Verdict::Fine { .. }));
    }

    #[test]
    fn a_batch_ten_times_as_large_may_take_ten_times_as_long() {
        // 100 s for a megabyte, in proportion, with batches between a half and two megabytes.
        let paces: Vec<Pace> = (0..24)
            .map(|n| {
                let bytes = [500_000, 1_000_000, 2_000_000][n % 3];
                Pace { ended: at(n), seconds: bytes as f64 / 1e4, bytes }
            })
            .collect();
        assert!(matches!(look(1100.0, 10_000_000, &paces), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = look(2100.0, 10_000_000, &paces) else { panic!("not slow") };
        assert!(
            finding.rule.ends_with("usual 16m 40s with a batch of 10 MB (time grows with bytes^1.00)"),
            "{finding:?}"
        );
        assert!(finding.message.ends_with(", usually 16m 40s)"), "as its rule says: {finding:?}");
        assert!(
            matches!(look(230.0, 500_000, &paces), Verdict::Bad(_)),
            "what is much for a large one is too much for a small one"
        );
        // With batches of one size nothing is known about others.
        assert!(matches!(look(1100.0, 10_000_000, &past(&[100.0; 24])), Verdict::Bad(_)));
    }
}
