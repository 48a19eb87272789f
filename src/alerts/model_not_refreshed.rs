//! The serving model is neither replaced nor confirmed.
//!
//! Each run ends with a decision. A promoted challenger replaces the champion; one that was judged on enough rows and
//! not promoted (*kept*) confirms it. A challenger that failed its self-test, one that could not be judged, or none at
//! all says nothing about it.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;
use crate::domain::model;
use crate::domain::text::one_line;

/// What a committed run said about the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The run.
    pub run: i64,
    /// Version it made, how that was decided, and why; nothing when it made none.
    pub decision: Option<(i64, model::Verdict, String)>,
}

impl Said {
    fn verdict(&self) -> Option<model::Verdict> {
        self.decision.as_ref().map(|(_, verdict, _)| *verdict)
    }

    fn line(&self) -> String {
        match &self.decision {
            Some((version, verdict, reason)) => format!("run {}: version {version} {verdict}: {reason}", self.run),
            None => format!("run {}: no version was made", self.run),
        }
    }
}

/// Judges the committed runs, newest first. `limit` is `runs`.
pub fn judge(pipeline: &str, said: &[Said], limit: u32) -> Option<Verdict> {
    let newest = said.first()?;
    let of = |wanted: &[model::Verdict]| {
        said.iter().take_while(|run| !run.verdict().is_some_and(|verdict| wanted.contains(&verdict))).count()
    };
    let silent = of(&[model::Verdict::Promoted, model::Verdict::Kept]);
    let unchanged = of(&[model::Verdict::Promoted]);
    let limit = limit as usize;
    let runs = |n: usize| format::counted(n as u64, "run");
    let bad = |severity: Severity, message: String, n: usize| {
        let rule = format!("a version blocked, or {} without a promotion or a judged contest", runs(limit));
        let lines = said.iter().take(n.clamp(1, Evidence::MOST)).map(|run| one_line(&run.line())).collect();
        Verdict::Bad(Finding {
            observed: Some(n as f64),
            expected: Some((0.0, limit as f64)),
            unit: "runs".to_owned(),
            evidence: Evidence { lines, ..Evidence::default() },
            ..Finding::new(AlertKind::ModelNotRefreshed, pipeline, severity, message, &rule)
        })
    };
    Some(match &newest.decision {
        Some((version, model::Verdict::Blocked, reason)) => {
            let message = format!("version {version} must not serve, the champion stays: {}", one_line(reason));
            bad(Severity::Warning, message, silent)
        }
        _ if silent >= limit => {
            let message = format!("the last {} neither replaced nor confirmed the serving model", runs(silent));
            bad(Severity::Warning, message, silent)
        }
        _ if unchanged >= limit => {
            let message = format!("no challenger of the last {} was better than the serving model", runs(unchanged));
            bad(Severity::Info, message, unchanged)
        }
        _ => Verdict::Fine {
            kind: AlertKind::ModelNotRefreshed,
            object: pipeline.to_owned(),
            reason: match silent {
                0 => one_line(&newest.line()),
                n => format!("{} without a promotion or a judged contest", runs(n)),
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Verdict::{Blocked, Kept, Promoted, Provisional};

    /// The decisions of runs, newest first.
    fn said(verdicts: &[Option<model::Verdict>]) -> Vec<Said> {
        let runs = (1..=verdicts.len() as i64).rev().zip(verdicts);
        runs.map(|(run, verdict)| Said { run, decision: verdict.map(|v| (run, v, "for a reason".to_owned())) })
            .collect()
    }

    fn severity(verdicts: &[Option<model::Verdict>]) -> Option<Severity> {
        match judge("flights", &said(verdicts), 3)? {
            Verdict::Bad(finding) => Some(finding.severity),
            _ => None,
        }
    }

    #[test]
    fn a_blocked_version_warns_at_once_and_the_next_good_one_ends_it() {
        assert_eq!(severity(&[Some(Blocked), Some(Promoted)]), Some(Severity::Warning));
        assert_eq!(severity(&[Some(Promoted), Some(Blocked)]), None);
        let Some(Verdict::Bad(finding)) = judge("flights", &said(&[Some(Blocked)]), 3) else { panic!("silent") };
        assert_eq!(finding.message, "version 1 must not serve, the champion stays: for a reason");
        assert_eq!(finding.evidence.lines, ["run 1: version 1 blocked: for a reason"]);
    }

    #[test]
    fn runs_that_say_nothing_of_the_model_add_up_and_a_judged_contest_is_a_confirmation() {
        let open = [Some(Provisional), None];
        assert_eq!(severity(&[&open[..], &[Some(Promoted)]].concat()), None);
        assert_eq!(severity(&[&open[..], &[None, Some(Promoted)]].concat()), Some(Severity::Warning));
        assert_eq!(severity(&[&open[..], &[Some(Kept), Some(Promoted)]].concat()), Some(Severity::Info));
        assert_eq!(severity(&[None, None, None]), Some(Severity::Warning));
        assert_eq!(judge("flights", &[], 3), None);
    }

    #[test]
    fn a_champion_that_wins_every_contest_is_worth_a_word_only() {
        assert_eq!(severity(&[Some(Kept), Some(Kept), Some(Promoted)]), None);
        assert_eq!(severity(&[Some(Kept), Some(Kept), Some(Kept)]), Some(Severity::Info));
    }
}
