//! A run that ended badly: one alert an episode, from the first failure to the next success.

use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::run::RunState;
use crate::domain::text::one_line;

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Name of the pipeline: the alert's object, so that failing in another stage is still the same episode.
    pub pipeline: &'a str,
    /// The run.
    pub run: i64,
    /// Its final state.
    pub state: RunState,
    /// The stage that failed, if one did.
    pub failure: Option<Failure<'a>>,
    /// Failed runs in a row, this one included.
    pub in_a_row: u32,
    /// The last run that succeeded before it, and when it ended.
    pub last_good: Option<(i64, Instant)>,
    /// Names of the files of its batch.
    pub files: &'a [String],
}

/// The stage that failed, after its last retry.
#[derive(Debug, Clone)]
pub struct Failure<'a> {
    /// Its name.
    pub stage: &'a str,
    /// Class of the error: `input`, `lake`, `memory`, `program`, `timeout`, …
    pub class: &'a str,
    /// What it said.
    pub error: &'a str,
    /// The end of its log, oldest line first.
    pub log: &'a [String],
}

/// Judges a run that ended. `None` when its end says nothing about health: cancelled by an operator, interrupted with
/// its engine (it is run again), or not ended.
pub fn judge(look: &Look<'_>) -> Option<Verdict> {
    let (severity, what) = match look.state {
        RunState::Succeeded => {
            return Some(Verdict::Fine {
                kind: AlertKind::RunFailed,
                object: look.pipeline.to_owned(),
                reason: format!("run {} succeeded", look.run),
            });
        }
        RunState::Failed => (Severity::Critical, "failed"),
        RunState::Partial => (Severity::Warning, "published its predictions, then failed"),
        RunState::Queued | RunState::Running | RunState::Cancelled | RunState::Interrupted => return None,
    };
    let place = look.failure.as_ref().map(|failure| {
        let class = if failure.class.is_empty() { String::new() } else { format!(" ({})", one_line(failure.class)) };
        format!(" in {}{class}: {}", failure.stage, one_line(failure.error))
    });
    let streak = if look.in_a_row > 1 { format!(" ({} runs in a row)", look.in_a_row) } else { String::new() };
    let good = match look.last_good {
        Some((run, at)) => format!("; the last good run was {run}, {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => "; no run has succeeded yet".to_owned(),
    };
    let log = look.failure.as_ref().map_or(&[][..], |failure| failure.log);
    Some(Verdict::Bad(Finding {
        kind: AlertKind::RunFailed,
        object: look.pipeline.to_owned(),
        severity,
        message: format!("run {} {what}{streak}{}{good}", look.run, place.unwrap_or_default()),
        observed: Some(f64::from(look.in_a_row)),
        expected: Some((0.0, 0.0)),
        unit: "runs".to_owned(),
        rule: "a run that fails after its last retry; over with the next success".to_owned(),
        evidence: Evidence {
            lines: log.iter().rev().take(Evidence::MOST).rev().map(|line| one_line(line)).collect(),
            files: look.files.iter().take(Evidence::MOST).map(|key| one_line(key)).collect(),
            ..Evidence::default()
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::{Failure, Look, judge};
    use crate::domain::Instant;
    use crate::domain::alert::{Severity, Verdict};
    use crate::domain::run::RunState;

    fn look<'a>(state: RunState, in_a_row: u32, log: &'a [String], files: &'a [String]) -> Look<'a> {
        let failure = Failure { stage: "train", class: "input", error: "the target has one class only", log };
        let last_good = Some((125, Instant::from_timestamp(1_362_808_800, 0).unwrap()));
        let failure = Some(failure).filter(|_| state != RunState::Succeeded);
        Look { pipeline: "flights", run: 128, state, failure, in_a_row, last_good, files }
    }

    #[test]
    fn every_end_has_its_answer() {
        let log: Vec<String> = (0..30).map(|n| format!("line {n}\x1b[2J")).collect();
        let Some(Verdict::Bad(failed)) = judge(&look(RunState::Failed, 3, &log, &["a\nb.csv".into()])) else {
            panic!("no finding")
        };
        assert_eq!(failed.severity, Severity::Critical);
        let said = "run 128 failed (3 runs in a row) in train (input): the target has one class only; the last good run \
                    was 125, 2013-03-09 06:00 UTC";
        assert_eq!(failed.message, said);
        assert_eq!(failed.object, "flights");
        assert_eq!((failed.evidence.lines.len(), failed.evidence.lines[19].as_str()), (20, "line 29\\x1b[2J"));
        assert_eq!(failed.evidence.files, ["a\\nb.csv"]);
        let judged = |state| judge(&look(state, 1, &[], &[]));
        assert!(matches!(judged(RunState::Partial), Some(Verdict::Bad(f)) if f.severity == Severity::Warning));
        assert!(matches!(judged(RunState::Succeeded), Some(Verdict::Fine { .. })));
        for silent in [RunState::Queued, RunState::Running, RunState::Cancelled, RunState::Interrupted] {
            assert_eq!(judged(silent), None);
        }
        let first = Look { last_good: None, failure: None, ..look(RunState::Failed, 1, &[], &[]) };
        assert!(
            matches!(judge(&first), Some(Verdict::Bad(f)) if f.message == "run 128 failed; no run has succeeded yet")
        );
    }
}
