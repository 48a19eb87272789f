//! Who challenges: the champion met on rows it has not seen, and the rule put to every entrant.

use std::ops::Range;

use super::Incumbent;
use crate::domain::model::{Decision, Verdict};
use crate::domain::plan::{Algorithm, ModelPlan, Task};
use crate::learn::LearnError;
use crate::learn::calibrate::sharpness_slope;
use crate::learn::classes::align;
use crate::learn::entrants::Entrant;
use crate::learn::frame::Frame;
use crate::learn::interval::coverage;
use crate::learn::judge::{Judgement, Measure, compare, judge};
use crate::learn::learner::{Settings, second};
use crate::learn::promote::{Case, Rival, decide};
use crate::learn::segments::worst;
use crate::learn::slope::{Slope, calibration_slope};
use crate::learn::split::Split;

/// The champion's part in the contest.
pub(super) enum Faced {
    Judged {
        version: i64,
        recipe: String,
        rows: Range<usize>,
        judgement: Judgement,
        slope: Option<Slope>,
        /// Share of the outcomes between the bounds of its predictions, if it gives any.
        covered: Option<f64>,
    },
    Other(Rival),
}

impl Faced {
    pub(super) fn judgement(self) -> Option<(i64, Range<usize>, Judgement)> {
        match self {
            Self::Judged { version, rows, judgement, .. } => Some((version, rows, judgement)),
            Self::Other(_) => None,
        }
    }
}

/// Judges the champion's twin on the part of the holdout that lies after everything the twin was trained on.
pub(super) fn face(frame: &Frame, plan: &ModelPlan, cut: &Split, incumbent: &Incumbent) -> Result<Faced, LearnError> {
    let (version, bundle, own) = match incumbent {
        Incumbent::Present { version, bundle, frame } => (*version, *bundle, *frame),
        Incumbent::Unfit { version, reason } => {
            return Ok(Faced::Other(Rival::Unfit { version: *version, reason: reason.clone() }));
        }
    };
    let own = own.unwrap_or(frame);
    if own.source != frame.source {
        let reason = "the history could not be read in the form it needs".to_owned();
        return Ok(Faced::Other(Rival::Unfit { version, reason }));
    }
    let seen = bundle.manifest.content.judged.to.unwrap_or(i64::MIN);
    let first = cut.holdout.start + frame.time[cut.holdout.clone()].partition_point(|&t| t <= seen);
    let rows = first..cut.holdout.end;
    if rows.len() < 2 {
        return Ok(Faced::Other(Rival::Unjudged { version }));
    }
    match bundle.judged.predict_rows(own, rows.clone()) {
        Ok(predictions) => {
            let predictions = align(&predictions, &bundle.manifest.content.classes, &frame.classes);
            let bounds = bundle.judged.bounds(own, rows.clone(), &predictions).unwrap_or_default();
            Ok(Faced::Judged {
                version,
                slope: slope(plan.task, frame, rows.clone(), &predictions),
                recipe: bundle.manifest.content.recipe.clone(),
                judgement: judge(Measure::of(plan), frame, rows.clone(), &predictions),
                covered: coverage(&frame.target[rows.clone()], &bounds).map(|(covered, _)| covered),
                rows,
            })
        }
        Err(LearnError::Input(reason)) => Ok(Faced::Other(Rival::Unfit { version, reason })),
        Err(other) => Err(other),
    }
}

pub(super) struct Facts<'a> {
    pub(super) frame: &'a Frame,
    pub(super) plan: &'a ModelPlan,
    pub(super) settings: &'a Settings,
    pub(super) cut: &'a Split,
    pub(super) baseline: &'a Judgement,
    pub(super) champion: Option<&'a Faced>,
    pub(super) absent: &'a [String],
    /// Why the rows themselves tell nothing, if they do not.
    pub(super) ailment: Option<String>,
}

/// Tries the entrants, the least loss first; the first that is promoted challenges, else the one with the least loss.
/// Without a champion somebody has to serve, and if nobody earned it, it is the baseline.
pub(super) fn choose<'a>(mut entrants: Vec<Entrant<'a>>, facts: &Facts) -> Option<(Entrant<'a>, Decision)> {
    let loss = |e: &Entrant| e.judgement.loss.unwrap_or(f64::INFINITY);
    entrants.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    let mut decisions: Vec<Decision> = entrants.iter().map(|entrant| decide(&facts.case(entrant))).collect();
    let promoted = decisions.iter().position(|d| d.verdict == Verdict::Promoted);
    let baseline = entrants.iter().position(|e| e.algorithm == Algorithm::Baseline);
    let (at, forced) = match (promoted, facts.champion) {
        (Some(at), _) => (at, false),
        (None, Some(Faced::Other(Rival::Unfit { .. })) | None) => (baseline?, true),
        (None, Some(_)) => (0, false),
    };
    let mut decision = decisions.swap_remove(at);
    if forced {
        decision.verdict = Verdict::Promoted;
        decision.reason = format!("nobody else can serve, so the baseline does: {}", decision.reason);
    }
    if !facts.absent.is_empty() && entrants[at].algorithm == Algorithm::Baseline {
        decision.reason = format!("{} ({})", decision.reason, facts.absent.join("; "));
    }
    Some((entrants.swap_remove(at), decision))
}

impl Facts<'_> {
    fn case<'a>(&'a self, entrant: &'a Entrant) -> Case<'a> {
        Case {
            task: self.settings.task,
            loss_name: Measure::of(self.plan).name(),
            plan: &self.plan.promotion,
            algorithm: entrant.algorithm.name(),
            rows: self.cut.holdout.len() as u64,
            positives: match self.settings.task {
                Task::Binary => self.frame.positives(self.cut.holdout.clone()) as u64,
                task => second(&self.frame.counts(task, self.cut.holdout.clone())).unwrap_or(0) as u64,
            },
            ailment: self.ailment.as_deref(),
            loss: entrant.judgement.loss,
            baseline: self.baseline.loss,
            slope: slope(self.settings.task, self.frame, self.cut.holdout.clone(), &entrant.predictions),
            champion: self.champion.map(|champion| self.rival(entrant, champion)),
        }
    }

    fn rival(&self, entrant: &Entrant, champion: &Faced) -> Rival {
        match champion {
            Faced::Other(rival) => rival.clone(),
            Faced::Judged { version, recipe, rows, judgement, slope, .. } => {
                let ours = &entrant.judgement.losses[rows.start - self.cut.holdout.start..];
                let time = &self.frame.time[rows.clone()];
                match (compare(time, ours, &judgement.losses, self.settings.seed), judgement.loss) {
                    (Some(difference), Some(loss)) => Rival::Judged {
                        version: *version,
                        same_recipe: *recipe == crate::learn::bundle::recipe(self.plan, entrant.algorithm),
                        loss,
                        difference,
                        worst: worst(&self.plan.features, self.frame, rows.clone(), ours, &judgement.losses),
                        slope: *slope,
                    },
                    _ => Rival::Unjudged { version: *version },
                }
            }
        }
    }
}

/// The calibration slope of probabilities for `rows`; of several classes their sharpness.
fn slope(task: Task, frame: &Frame, rows: Range<usize>, predictions: &[f64]) -> Option<Slope> {
    match task {
        Task::Binary => calibration_slope(&frame.classes(rows), predictions),
        Task::Multiclass => sharpness_slope(&frame.target[rows], predictions),
        Task::Regression => None,
    }
}
