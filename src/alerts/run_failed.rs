//! A run that ended badly: one alert an episode, from the first failure to the next success.

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
    /// The stage that failed and what it said, if one did.
    pub failure: Option<(&'a str, &'a str)>,
    /// Failed runs in a row, this one included.
    pub in_a_row: u32,
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
    let place = look.failure.map(|(stage, why)| format!(" in {stage}: {}", one_line(why))).unwrap_or_default();
    let streak = if look.in_a_row > 1 { format!(" ({} runs in a row)", look.in_a_row) } else { String::new() };
    Some(Verdict::Bad(Finding {
        kind: AlertKind::RunFailed,
        object: look.pipeline.to_owned(),
        severity,
        message: format!("run {} {what}{streak}{place}", look.run),
        observed: Some(f64::from(look.in_a_row)),
        expected: Some((0.0, 0.0)),
        unit: "runs".to_owned(),
        rule: "a run that fails after its last retry; over with the next success".to_owned(),
        evidence: Evidence::default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::{Look, judge};
    use crate::domain::alert::{Severity, Verdict};
    use crate::domain::run::RunState;

    fn look(state: RunState, in_a_row: u32) -> Look<'static> {
        let failure = (state != RunState::Succeeded).then_some(("train", "the target has one class only"));
        Look { pipeline: "flights", run: 128, state, failure, in_a_row }
    }

    #[test]
    fn every_end_has_its_answer() {
        let Some(Verdict::Bad(failed)) = judge(&look(RunState::Failed, 3)) else { panic!("no finding") };
        assert_eq!(failed.severity, Severity::Critical);
        assert_eq!(failed.message, "run 128 failed (3 runs in a row) in train: the target has one class only");
        assert_eq!(failed.object, "flights");
        assert!(matches!(judge(&look(RunState::Partial, 1)), Some(Verdict::Bad(f)) if f.severity == Severity::Warning));
        assert!(matches!(judge(&look(RunState::Succeeded, 0)), Some(Verdict::Fine { .. })));
        for silent in [RunState::Queued, RunState::Running, RunState::Cancelled, RunState::Interrupted] {
            assert_eq!(judge(&look(silent, 0)), None);
        }
    }
}
