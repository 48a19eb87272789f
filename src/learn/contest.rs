//! The contest: fit every learner before the holdout, judge all on it, decide, refit the winner.

mod ailment;
mod bounded;
mod choose;
mod continued;
mod refit;

use std::ops::Range;

use super::LearnError;
use super::bundle::{Bundle, Twin};
use super::diagnose::take;
use super::entrants::{Entrant, Field};
use super::frame::{DAY, Frame};
use super::interval::{Interval, coverage};
use super::judge::{Judgement, Measure, judge};
use super::learner::{Effort, Lead, Leading, Sample, Settings, Watch, admitted};
use super::metrics::seasonal_scale;
use super::preprocess::Preprocess;
use super::search::{Found, search};
use super::split::{self, Split};
use super::window::kept;
use crate::domain::model::{Calibration, Check, Continued, Decision, Standing};
use crate::domain::plan::{Algorithm, ModelPlan, Task, Window};
pub(super) use continued::Base;

use ailment::{ailment, oddities};
use bounded::{bounded, outside};
use choose::{Faced, Facts, choose, face};
use refit::{refit, refit_ahead};

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
    /// The plan with the settings that were found.
    pub plan: ModelPlan,
    /// Who was tried in the search for them, best first, and how many trials were left out for want of time.
    pub searched: (Vec<Standing>, usize),
    /// Who took part, best first.
    pub field: Vec<Standing>,
    /// How it came from the champion, if it was not fitted anew.
    pub continued: Option<Continued>,
    /// How the probabilities are corrected.
    pub calibration: Option<Calibration>,
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

/// Drops what the plan's window does not keep, and sets apart what was not known when the holdout began. Weights by age
/// begin behind the holdout, which is judged as it is.
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
    *frame = split::arranged(std::mem::take(frame), plan.holdout_days);
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
    let cut = split::of(frame, plan.holdout_days, plan.label_delay_days);
    let Found { plan, standings, left } = search(frame, plan, settings, &cut, watch)?;
    let (threads, continued) = (settings.threads, settings.continued);
    let settings = &Settings { threads, continued, ..Settings::of(&plan, settings.seed) };
    let outcome = hold_with(frame, &plan, settings, (cut, incumbent), watch)?;
    Ok(Some(Outcome { searched: (standings, left), ..outcome }))
}

/// See [`hold`]; with settings as they were found.
fn hold_with(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    (cut, incumbent): (Split, Option<&Incumbent>),
    watch: &mut Watch,
) -> Result<Outcome, LearnError> {
    let lead = Lead::default();
    let whole = &*split::in_order(frame);
    std::thread::scope(|scope| {
        let base = Base::of(frame, plan, settings, &cut, incumbent);
        let worth_it =
            base.is_none() && plan.refit && plan.algorithms.contains(&Algorithm::Boosting) && frame.len() >= AHEAD;
        // hessboost gains little from a second thread: two fits side by side, one thread each, are done sooner.
        let single = Settings { threads: Some(1), ..settings.clone() };
        let settings = if worth_it { &single } else { settings };
        let ahead = worth_it.then(|| {
            let (settings, lead) = (settings.clone(), &lead);
            scope.spawn(move || refit_ahead(whole, plan, &settings, lead))
        });
        let (leading, ahead) = (lead.leading(), || match ahead {
            Some(ahead) => ahead.join().map_err(|_| LearnError::Internal("a learner panicked".to_owned()))?,
            None => Ok(None),
        });
        contest((frame, whole), plan, settings, (cut, incumbent, base), watch, leading, ahead)
    })
}

/// See [`hold`]; the frame, and the same in order of time, which is what serves is fitted on. `ahead` waits for the boosting
/// model on all rows that is being fitted meanwhile, once `leading` has told its rounds.
fn contest(
    (frame, whole): (&Frame, &Frame),
    plan: &ModelPlan,
    settings: &Settings,
    (cut, incumbent, base): (Split, Option<&Incumbent>, Option<Base>),
    watch: &mut Watch,
    leading: Leading,
    ahead: impl FnOnce() -> Result<Option<Twin>, LearnError>,
) -> Result<Outcome, LearnError> {
    let preprocess = Preprocess::fit(&plan.features, frame, cut.train.clone());
    let field = Field { frame, plan, settings, cut: &cut, preprocess: &preprocess, base };
    let (mut entrants, mut absent) = field.enter(watch)?;
    field.calibrate(&mut entrants)?;
    let Some(baseline) = entrants.iter().find(|e| e.algorithm == Algorithm::Baseline).map(|e| e.judgement.clone())
    else {
        return Err(LearnError::Internal("the contest has no baseline".to_owned()));
    };
    let champion = incumbent.map(|incumbent| face(frame, plan, &cut, incumbent)).transpose()?;
    let facts = Facts {
        frame,
        plan,
        settings,
        cut: &cut,
        baseline: &baseline,
        champion: champion.as_ref(),
        absent: &absent,
        ailment: ailment(frame, &cut),
    };
    let mut standings: Vec<Standing> = entrants.iter().map(Entrant::standing).collect();
    standings.sort_by(|a, b| a.loss.unwrap_or(f64::INFINITY).total_cmp(&b.loss.unwrap_or(f64::INFINITY)));
    let Some((mut winner, mut decision)) = choose(entrants, &facts) else {
        return Err(LearnError::Internal("the contest has no entrant".to_owned()));
    };
    decision.checks.extend(oddities(frame, &cut, &preprocess));
    match (winner.algorithm, winner.learned.again(frame.len())) {
        (Algorithm::Boosting, Effort::Rounds(rounds)) => leading.rounds(rounds),
        _ => drop(leading),
    }
    let serving = match (plan.refit, ahead()?) {
        (false, _) => None,
        (true, Some(twin)) => Some(twin),
        (true, None) if winner.base.is_some() => winner.base.map(|base| base.serving(whole, watch)).transpose()?,
        (true, None) => Some(refit(&winner, whole, plan, settings, watch)?),
    };
    if let Some((_, told)) = &winner.calibration {
        let name = "probabilities corrected".to_owned();
        decision.checks.push(Check { name, passed: true, detail: told.told() });
    }
    let continued = winner
        .base
        .map(|base| base.told(serving.as_ref().map_or(winner.learned.model.rounds(), |twin| twin.model.rounds())));
    if let Some(continued) = &continued {
        let name = "training continued".to_owned();
        decision.checks.push(Check { name, passed: true, detail: continued.told() });
    }
    let preprocess = winner.base.map_or(&preprocess, |base| base.preprocess()).clone();
    let sample = Sample { preprocess: &preprocess, frame, rows: cut.train.clone() };
    let mut plan = plan.clone();
    if let Some((threshold, told)) = field.threshold(&mut winner)? {
        plan.threshold = threshold;
        winner.judgement = judge(Measure::of(&plan), frame, cut.holdout.clone(), &winner.predictions);
        decision.checks.push(Check { name: "threshold found".to_owned(), passed: true, detail: told });
    }
    let (interval, again) = match plan.learning.interval.filter(|_| plan.task == Task::Regression) {
        None => (None, None),
        Some(level) => match bounds(&sample, (whole, serving.as_ref()), settings, level, watch) {
            Ok((interval, again)) => (Some(interval), again),
            Err(LearnError::Input(reason) | LearnError::Internal(reason)) => {
                absent.push(format!("no bounds are given with predictions: {reason}"));
                (None, None)
            }
            Err(other) => return Err(other),
        },
    };
    if let Some(interval) = &interval {
        let bounds = interval.bounds(&preprocess, frame, cut.holdout.clone(), &winner.predictions)?;
        let (target, time) = (&frame.target[cut.holdout.clone()], &frame.time[cut.holdout.clone()]);
        if let Some((covered, width)) = coverage(target, &bounds) {
            winner.judgement.figures.extend([("coverage", covered), ("interval_width", width)]);
            let outside = outside(time, target, &bounds, settings.seed);
            decision = bounded(decision, interval.margin, (covered, width), outside, champion.as_ref());
        }
    }
    let season = (settings.season_days * DAY as f64) as i64;
    let scale = seasonal_scale(&frame.time[cut.train.clone()], &frame.target[cut.train.clone()], season);
    let scaled = |mut judgement: Judgement| {
        let mae = judgement.figures.iter().find(|(name, _)| *name == "mae").map(|(_, mae)| *mae);
        judgement.figures.extend(mae.zip(scale.filter(|scale| *scale > 0.0)).map(|(mae, scale)| ("mase", mae / scale)));
        judgement
    };
    standings.iter_mut().for_each(|standing| standing.chosen = standing.who == winner.algorithm.name());
    let fitted = (cut.train.clone(), if serving.is_some() { 0..frame.len() } else { cut.train.clone() });
    let (calibrator, calibration) = winner.calibration.unzip();
    let judged = Twin { preprocess, model: winner.learned.model, calibrator: calibrator.clone(), interval };
    let serving = match serving {
        Some(twin) => Twin { calibrator, interval: again, ..twin },
        None => judged.copy(winner.algorithm)?,
    };
    Ok(Outcome {
        algorithm: winner.algorithm,
        decision,
        judged,
        serving,
        split: cut.clone(),
        fitted,
        challenger: scaled(winner.judgement),
        validation: winner.predictions,
        baseline: scaled(baseline),
        champion: champion
            .and_then(Faced::judgement)
            .map(|(version, rows, judgement)| (version, rows, scaled(judgement))),
        absent,
        plan,
        searched: (Vec::new(), 0),
        field: standings,
        continued,
        calibration,
    })
}

/// The bounds of the judged twin, fitted on `sample`, and of the serving model, where there is another, on all rows.
fn bounds(
    sample: &Sample,
    (whole, serving): (&Frame, Option<&Twin>),
    settings: &Settings,
    level: f64,
    watch: &mut Watch,
) -> Result<(Interval, Option<Interval>), LearnError> {
    let interval = Interval::fit(sample, settings, level, watch)?;
    let all = |twin| Sample { preprocess: twin, frame: whole, rows: 0..whole.len() };
    let again = serving.map(|twin| interval.again(&all(&twin.preprocess), settings, watch)).transpose()?;
    Ok((interval, again))
}

#[cfg(test)]
#[path = "contest_tests.rs"]
mod tests;
