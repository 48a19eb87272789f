//! The contest: fit every learner before the holdout, judge all on it, decide, refit the winner.

use std::ops::{ControlFlow, Range};

use super::LearnError;
use super::bundle::{Bundle, Twin};
use super::classes::align;
use super::diagnose::take;
use super::frame::{DAY, Frame};
use super::judge::{Judgement, compare, judge};
use super::learner::{
    Effort, Lead, Leading, Learned, Sample, Settings, Watch, admitted, boost_ahead, learner, name, second,
};
use super::preprocess::Preprocess;
use super::promote::{Case, Rival, decide};
use super::segments::worst;
use super::slope::{Slope, calibration_slope};
use super::split::{Split, split};
use super::window::kept;
use crate::domain::model::{Decision, Verdict};
use crate::domain::plan::{Algorithm, ModelPlan, Task, Window};

/// From so many rows on the refit of boosting runs ahead on the second core; with fewer it is quick enough after.
const AHEAD: usize = 20_000;

/// Who serves, as far as it can take part.
pub enum Incumbent<'a> {
    /// Its bundle, and the labelled history with its own features when they are not the plan's.
    Present {
        /// Its version.
        version: i64,
        /// Its bundle.
        bundle: &'a Bundle,
        /// The history as it wants it; same rows in the same order.
        frame: Option<&'a Frame>,
    },
    /// It cannot score today's history.
    Unfit {
        /// Its version.
        version: i64,
        /// Why.
        reason: String,
    },
}

/// What came out.
pub struct Outcome {
    /// Who was chosen to challenge.
    pub algorithm: Algorithm,
    /// What was decided on it and why.
    pub decision: Decision,
    /// Fitted before the holdout only.
    pub judged: Twin,
    /// Fitted on all labelled rows.
    pub serving: Twin,
    /// Rows trained on and held out.
    pub split: Split,
    /// Rows of the frame that the judged twin was fitted on, rows that the serving model was fitted on.
    pub fitted: (Range<usize>, Range<usize>),
    /// The challenger on the holdout.
    pub challenger: Judgement,
    /// What the challenger predicted on the holdout.
    pub validation: Vec<f64>,
    /// The baseline on the holdout.
    pub baseline: Judgement,
    /// The champion's judged twin on the rows of the holdout it has not seen: version, rows, how it did.
    pub champion: Option<(i64, Range<usize>, Judgement)>,
    /// Who could not take part, and why.
    pub absent: Vec<String>,
}

struct Entrant {
    algorithm: Algorithm,
    learned: Learned,
    predictions: Vec<f64>,
    judgement: Judgement,
}

/// Whether a bundle predicts what the plan asks for; otherwise the reason why not.
pub fn suits(bundle: &Bundle, plan: &ModelPlan) -> Result<(), String> {
    let content = &bundle.manifest.content;
    if content.task != plan.task || content.target != plan.target {
        return Err(format!(
            "it predicts {:?} ({:?}), the plan asks for {:?} ({:?})",
            content.target, content.task, plan.target, plan.task
        ));
    }
    Ok(())
}

/// Drops what the plan's window does not keep. Weights by age begin behind the holdout, which is judged as it is.
pub fn window(frame: &mut Frame, plan: &ModelPlan) {
    let Some(&last) = frame.time.last() else { return };
    let now = match plan.window {
        Window::HalfLife(_) => last - (plan.holdout_days * DAY as f64) as i64,
        _ => last,
    };
    let rows = kept(plan.window, frame, 0..frame.len(), now);
    if rows.len() < frame.len() {
        *frame = take(frame, &rows);
    }
}

/// Whether an algorithm has enough to learn from in `rows`; otherwise the reason why not.
pub fn admit(algorithm: Algorithm, settings: &Settings, frame: &Frame, rows: Range<usize>) -> Result<(), String> {
    admitted(algorithm, rows.len(), &frame.counts(settings.task, rows))
}

/// Holds the contest on `frame` (labelled rows in order). `None` when there is no row: then not even the baseline
/// can be learned.
///
/// The winner is chosen on the same holdout as it is judged on. With two or three entrants and thousands of rows
/// that flatters it by far less than the interval's width; the honest figure is the prequential one.
///
/// # Errors
/// [`LearnError::Interrupted`] when `watch` said so; what a learner reports otherwise.
pub fn hold(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    incumbent: Option<&Incumbent>,
    watch: &mut Watch,
) -> Result<Option<Outcome>, LearnError> {
    if frame.is_empty() {
        return Ok(None);
    }
    let lead = Lead::default();
    std::thread::scope(|scope| {
        let worth_it = plan.refit && plan.algorithms.contains(&Algorithm::Boosting) && frame.len() >= AHEAD;
        // hessboost gains little from a second thread: two fits side by side, one thread each, are done sooner.
        let single = Settings { threads: Some(1), ..settings.clone() };
        let settings = if worth_it { &single } else { settings };
        let ahead = worth_it.then(|| {
            let (settings, lead) = (settings.clone(), &lead);
            scope.spawn(move || refit_ahead(frame, plan, &settings, lead))
        });
        let (leading, ahead) = (lead.leading(), || match ahead {
            Some(ahead) => ahead.join().map_err(|_| LearnError::Internal("a learner panicked".to_owned()))?,
            None => Ok(None),
        });
        contest(frame, plan, settings, incumbent, watch, leading, ahead).map(Some)
    })
}

/// See [`hold`]. `ahead` waits for the boosting model on all rows that is being fitted meanwhile, once `leading` has
/// told its rounds.
fn contest(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    incumbent: Option<&Incumbent>,
    watch: &mut Watch,
    leading: Leading,
    ahead: impl FnOnce() -> Result<Option<Twin>, LearnError>,
) -> Result<Outcome, LearnError> {
    let cut = split(&frame.time, plan.holdout_days, plan.label_delay_days);
    let preprocess = Preprocess::fit(&plan.features, frame, cut.train.clone());
    let (entrants, absent) = enter(frame, plan, settings, &cut, &preprocess, watch)?;
    let Some(baseline) = entrants.iter().find(|e| e.algorithm == Algorithm::Baseline).map(|e| e.judgement.clone())
    else {
        return Err(LearnError::Internal("the contest has no baseline".to_owned()));
    };
    let champion = incumbent.map(|incumbent| face(frame, plan, &cut, incumbent)).transpose()?;
    let facts =
        Facts { frame, plan, settings, cut: &cut, baseline: &baseline, champion: champion.as_ref(), absent: &absent };
    let Some((winner, decision)) = choose(entrants, &facts) else {
        return Err(LearnError::Internal("the contest has no entrant".to_owned()));
    };
    match (winner.algorithm, winner.learned.again(frame.len())) {
        (Algorithm::Boosting, Effort::Rounds(rounds)) => leading.rounds(rounds),
        _ => drop(leading),
    }
    let sample = Sample { preprocess: &preprocess, frame, rows: cut.train.clone() };
    let serving = match (plan.refit, ahead()?) {
        (false, _) => None,
        (true, Some(twin)) => Some(twin),
        (true, None) => Some(refit(&winner, &sample, plan, settings, watch)?),
    };
    let fitted = (cut.train.clone(), if serving.is_some() { 0..frame.len() } else { cut.train.clone() });
    let judged = Twin { preprocess, model: winner.learned.model };
    let serving = match serving {
        Some(twin) => twin,
        None => judged.copy(winner.algorithm)?,
    };
    Ok(Outcome {
        algorithm: winner.algorithm,
        decision,
        judged,
        serving,
        split: cut,
        fitted,
        challenger: winner.judgement,
        validation: winner.predictions,
        baseline,
        champion: champion.and_then(Faced::judgement),
        absent,
    })
}

fn enter(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    cut: &Split,
    preprocess: &Preprocess,
    watch: &mut Watch,
) -> Result<(Vec<Entrant>, Vec<String>), LearnError> {
    let mut algorithms = vec![Algorithm::Baseline];
    algorithms.extend(plan.algorithms.iter().copied().filter(|a| *a != Algorithm::Baseline));
    algorithms.dedup();
    let (mut admitted_ones, mut absent) = (Vec::new(), Vec::new());
    let counts = frame.counts(settings.task, cut.train.clone());
    for algorithm in algorithms {
        if let Err(reason) = admitted(algorithm, cut.train.len(), &counts) {
            absent.push(reason);
        } else if preprocess.features.is_empty() && algorithm != Algorithm::Baseline {
            absent.push(format!("{} needs at least one feature", name(algorithm)));
        } else {
            admitted_ones.push(algorithm);
        }
    }
    let fit = |algorithm: Algorithm, watch: &mut Watch| -> Result<Entrant, LearnError> {
        let sample = Sample { preprocess, frame, rows: cut.train.clone() };
        let learned = learner(algorithm, settings).fit(&sample, Effort::Search, watch)?;
        let predictions = learned.model.predict(preprocess, frame, cut.holdout.clone())?;
        let judgement = judge(settings.task, plan.threshold, frame, cut.holdout.clone(), &predictions);
        Ok(Entrant { algorithm, learned, predictions, judgement })
    };
    Ok((side_by_side(&admitted_ones, &fit, watch)?, absent))
}

/// Fits every algorithm: boosting, which takes longest, here and watched, the others beside it on a thread of their own.
/// No learner uses a second core well by itself. The entrants come in the order of `algorithms`.
fn side_by_side(
    algorithms: &[Algorithm],
    fit: &(dyn Fn(Algorithm, &mut Watch) -> Result<Entrant, LearnError> + Sync),
    watch: &mut Watch,
) -> Result<Vec<Entrant>, LearnError> {
    let quick: Vec<Algorithm> = algorithms.iter().copied().filter(|a| *a != Algorithm::Boosting).collect();
    std::thread::scope(|scope| {
        let beside = scope.spawn(move || {
            quick.into_iter().map(|algorithm| fit(algorithm, &mut |_| ControlFlow::Continue(()))).collect::<Vec<_>>()
        });
        let boosted = algorithms.contains(&Algorithm::Boosting).then(|| fit(Algorithm::Boosting, watch));
        let broke = |_| LearnError::Internal("a learner panicked".to_owned());
        let mut entrants: Vec<Entrant> =
            beside.join().map_err(broke)?.into_iter().chain(boosted).collect::<Result<_, _>>()?;
        entrants.sort_by_key(|entrant| algorithms.iter().position(|a| *a == entrant.algorithm));
        Ok(entrants)
    })
}

/// The champion's part in the contest.
enum Faced {
    Judged { version: i64, recipe: String, rows: Range<usize>, judgement: Judgement, slope: Option<Slope> },
    Other(Rival),
}

impl Faced {
    fn judgement(self) -> Option<(i64, Range<usize>, Judgement)> {
        match self {
            Self::Judged { version, rows, judgement, .. } => Some((version, rows, judgement)),
            Self::Other(_) => None,
        }
    }
}

/// Judges the champion's twin on the part of the holdout that lies after everything the twin was trained on.
fn face(frame: &Frame, plan: &ModelPlan, cut: &Split, incumbent: &Incumbent) -> Result<Faced, LearnError> {
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
    let first = frame.time.partition_point(|&t| t <= seen).max(cut.holdout.start);
    let rows = first..cut.holdout.end.max(first);
    if rows.len() < 2 {
        return Ok(Faced::Other(Rival::Unjudged { version }));
    }
    match bundle.judged.model.predict(&bundle.judged.preprocess, own, rows.clone()) {
        Ok(predictions) => Ok(Faced::Judged {
            version,
            slope: slope(plan.task, frame, rows.clone(), &predictions),
            recipe: bundle.manifest.content.recipe.clone(),
            judgement: {
                let predictions = align(&predictions, &bundle.manifest.content.classes, &frame.classes);
                judge(plan.task, plan.threshold, frame, rows.clone(), &predictions)
            },
            rows,
        }),
        Err(LearnError::Input(reason)) => Ok(Faced::Other(Rival::Unfit { version, reason })),
        Err(other) => Err(other),
    }
}

struct Facts<'a> {
    frame: &'a Frame,
    plan: &'a ModelPlan,
    settings: &'a Settings,
    cut: &'a Split,
    baseline: &'a Judgement,
    champion: Option<&'a Faced>,
    absent: &'a [String],
}

/// Tries the entrants, the least loss first; the first that is promoted challenges, else the one with the least loss.
/// Without a champion somebody has to serve, and if nobody earned it, it is the baseline.
fn choose(mut entrants: Vec<Entrant>, facts: &Facts) -> Option<(Entrant, Decision)> {
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
            plan: &self.plan.promotion,
            algorithm: name(entrant.algorithm),
            rows: self.cut.holdout.len() as u64,
            positives: match self.settings.task {
                Task::Binary => self.frame.positives(self.cut.holdout.clone()) as u64,
                task => second(&self.frame.counts(task, self.cut.holdout.clone())).unwrap_or(0) as u64,
            },
            loss: entrant.judgement.loss,
            baseline: self.baseline.loss,
            slope: slope(self.settings.task, self.frame, self.cut.holdout.clone(), &entrant.predictions),
            champion: self.champion.map(|champion| self.rival(entrant, champion)),
        }
    }

    fn rival(&self, entrant: &Entrant, champion: &Faced) -> Rival {
        match champion {
            Faced::Other(rival) => rival.clone(),
            Faced::Judged { version, recipe, rows, judgement, slope } => {
                let ours = &entrant.judgement.losses[rows.start - self.cut.holdout.start..];
                let time = &self.frame.time[rows.clone()];
                match (compare(time, ours, &judgement.losses, self.settings.seed), judgement.loss) {
                    (Some(difference), Some(loss)) => Rival::Judged {
                        version: *version,
                        same_recipe: *recipe == super::bundle::recipe(self.plan, entrant.algorithm),
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

/// The calibration slope of probabilities for `rows`.
fn slope(task: Task, frame: &Frame, rows: Range<usize>, predictions: &[f64]) -> Option<Slope> {
    (task == Task::Binary).then(|| calibration_slope(&frame.classes(rows), predictions))?
}

/// The boosting model on all rows, fitted while its rounds are still being found.
fn refit_ahead(frame: &Frame, plan: &ModelPlan, settings: &Settings, lead: &Lead) -> Result<Option<Twin>, LearnError> {
    let rows = 0..frame.len();
    let preprocess = Preprocess::fit(&plan.features, frame, rows.clone());
    let sample = Sample { preprocess: &preprocess, frame, rows };
    let learned = boost_ahead(settings, &sample, lead)?;
    Ok(learned.map(|learned| Twin { preprocess, model: learned.model }))
}

fn refit(
    winner: &Entrant,
    sample: &Sample,
    plan: &ModelPlan,
    settings: &Settings,
    watch: &mut Watch,
) -> Result<Twin, LearnError> {
    let rows = 0..sample.frame.len();
    let preprocess = Preprocess::fit(&plan.features, sample.frame, rows.clone());
    let effort = winner.learned.again(rows.len());
    let all = Sample { preprocess: &preprocess, frame: sample.frame, rows };
    let learned = learner(winner.algorithm, settings).fit(&all, effort, watch)?;
    Ok(Twin { preprocess, model: learned.model })
}

#[cfg(test)]
#[path = "contest_tests.rs"]
mod tests;
