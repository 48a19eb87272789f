//! Who takes part in the contest: everybody admitted, fitted before the holdout and judged on it.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::time::Instant;

use super::LearnError;
use super::calibrate::{Ahead, Calibrator, LEAST as LEAST_AHEAD, choose};
use super::contest::Base;
use super::frame::Frame;
use super::judge::{Judgement, Measure, judge, outputs};
use super::learner::{Effort, Learned, Sample, Settings, Watch, admitted, learner, second};
use super::preprocess::Preprocess;
use super::split::{Split, known_at, tail};
use super::threshold;
use crate::domain::model::{Calibration, Standing};
use crate::domain::plan::{Algorithm, Calling, ModelPlan, Task};

/// One of them.
pub(super) struct Entrant<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) learned: Learned,
    /// What it added rounds to, with whose preprocessing it predicts.
    pub(super) base: Option<Base<'a>>,
    pub(super) predictions: Vec<f64>,
    pub(super) judgement: Judgement,
    /// How its probabilities are corrected, and what that does.
    pub(super) calibration: Option<(Calibrator, Calibration)>,
    /// Wall time of its fit and prediction.
    pub(super) seconds: f64,
    /// What its recipe predicts ahead of the holdout, once that was asked for; see [`Field::predicted_ahead`].
    ahead: Option<Option<[Ahead; 2]>>,
}

impl Entrant<'_> {
    /// Its line in the table of the contest; nobody is chosen yet.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            who: self.algorithm.name().to_owned(),
            loss: self.judgement.loss,
            seconds: self.seconds,
            rounds: self.learned.model.rounds(),
            chosen: false,
        }
    }
}

/// What they are fitted and judged by.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) frame: &'a Frame,
    pub(super) plan: &'a ModelPlan,
    pub(super) settings: &'a Settings,
    pub(super) cut: &'a Split,
    pub(super) preprocess: &'a Preprocess,
    /// What boosting adds rounds to instead of being fitted anew.
    pub(super) base: Option<Base<'a>>,
}

impl<'a> Field<'a> {
    /// Fits and judges who is admitted; says who is not, or failed, and why.
    ///
    /// # Errors
    /// [`LearnError::Interrupted`] when `watch` said so, and what ails the baseline.
    pub(super) fn enter(self, watch: &mut Watch) -> Result<(Vec<Entrant<'a>>, Vec<String>), LearnError> {
        let Self { frame, plan, settings, cut, preprocess, base } = self;
        let mut algorithms = vec![Algorithm::Baseline];
        for algorithm in &plan.algorithms {
            if !algorithms.contains(algorithm) {
                algorithms.push(*algorithm);
            }
        }
        let (mut admitted_ones, mut absent) = (Vec::new(), Vec::new());
        let counts = frame.counts(settings.task, cut.train.clone());
        for algorithm in algorithms {
            if let Err(reason) = admitted(algorithm, cut.train.len(), &counts) {
                absent.push(reason);
            } else if preprocess.features.is_empty() && !algorithm.is_naive() {
                absent.push(format!("{} needs at least one feature", algorithm.name()));
            } else {
                admitted_ones.push(algorithm);
            }
        }
        let fit = |algorithm: Algorithm, watch: &mut Watch| -> Result<Entrant<'a>, LearnError> {
            let began = Instant::now();
            let base = base.filter(|_| algorithm == Algorithm::Boosting);
            let preprocess = base.map_or(preprocess, Base::preprocess);
            let sample = Sample { preprocess, frame, rows: cut.train.clone() };
            let learned = match base {
                Some(base) => base.judged(frame, cut.train.clone(), watch)?,
                None => learner(algorithm, settings).fit(&sample, Effort::Search, watch)?,
            };
            let predictions = learned.model.predict(preprocess, frame, cut.holdout.clone())?;
            let judgement = judge(Measure::of(plan), frame, cut.holdout.clone(), &predictions);
            let seconds = began.elapsed().as_secs_f64();
            Ok(Entrant { algorithm, learned, base, predictions, judgement, calibration: None, seconds, ahead: None })
        };
        let mut entrants = Vec::new();
        for (algorithm, fitted) in side_by_side(&admitted_ones, &fit, watch)? {
            match fitted {
                Ok(entrant) if entrant.predictions.iter().all(|p| p.is_finite()) => entrants.push(entrant),
                Ok(_) => absent.push(format!("{} predicts what is no number", algorithm.name())),
                // Columns that depend on each other, a target that the loss does not allow: the others go on without it.
                Err(LearnError::Input(reason) | LearnError::Internal(reason)) if algorithm != Algorithm::Baseline => {
                    absent.push(format!("{} could not be fitted: {reason}", algorithm.name()));
                }
                Err(other) => return Err(other),
            }
        }
        Ok((entrants, absent))
    }

    /// Corrects the probabilities of the entrant with the least loss (the naive ones need none), where that helps on
    /// predictions made ahead of the holdout, and judges it again.
    ///
    /// # Errors
    /// Those of its learner.
    pub(super) fn calibrate(self, entrants: &mut [Entrant]) -> Result<(), LearnError> {
        let Self { frame, plan, settings, cut, .. } = self;
        let loss = |entrant: &Entrant| entrant.judgement.loss.unwrap_or(f64::INFINITY);
        if !plan.learning.calibrate || !settings.task.of_classes() {
            return Ok(());
        }
        let learned = entrants.iter_mut().filter(|entrant| !entrant.algorithm.is_naive());
        let Some(best) = learned.min_by(|a, b| loss(a).total_cmp(&loss(b))) else { return Ok(()) };
        self.look_ahead(best)?;
        let Some(Some([first, second])) = &best.ahead else { return Ok(()) };
        let outputs = outputs(cut.holdout.len(), &best.predictions);
        best.calibration = choose(settings.task, [first, second], outputs)?;
        if let Some((calibrator, _)) = &best.calibration {
            calibrator.apply(&mut best.predictions, outputs);
            best.judgement = judge(Measure::of(plan), frame, cut.holdout.clone(), &best.predictions);
        }
        Ok(())
    }

    /// Where the probabilities of `entrant` begin to count as positive, as far as that is to be found: the threshold, and
    /// how it was found in a sentence.
    ///
    /// # Errors
    /// Those of its learner.
    pub(super) fn threshold(self, entrant: &mut Entrant) -> Result<Option<(f64, String)>, LearnError> {
        let calling = self.plan.learning.calling;
        if calling == Calling::Given || self.settings.task != Task::Binary {
            return Ok(None);
        }
        self.look_ahead(entrant)?;
        let Some(Some(halves)) = &entrant.ahead else { return Ok(None) };
        let truth: Vec<bool> = halves.iter().flat_map(|half| half.target.iter().map(|y| *y >= 0.5)).collect();
        let mut p: Vec<f64> = halves.iter().flat_map(|half| half.predictions.iter().copied()).collect();
        if let Some((calibrator, _)) = &entrant.calibration {
            calibrator.apply(&mut p, 1);
        }
        let found = threshold::best(calling, &truth, &p);
        Ok(found.map(|found| (found, threshold::told(calling, found, &truth, &p))))
    }

    /// Fills in what `entrant` predicts ahead, if nobody asked before.
    fn look_ahead(self, entrant: &mut Entrant) -> Result<(), LearnError> {
        if entrant.ahead.is_none() {
            entrant.ahead = Some(self.predicted_ahead(entrant)?);
        }
        Ok(())
    }

    /// What the recipe of `entrant` predicts for the last third of the training rows, in two halves, each after it was
    /// fitted on everything before. `None` when there is too little of it.
    fn predicted_ahead(self, entrant: &Entrant) -> Result<Option<[Ahead; 2]>, LearnError> {
        let Self { frame, plan, settings, cut, .. } = self;
        let boundary = |share: f64| tail(&frame.time, cut.train.clone(), share);
        let (third, sixth) = (boundary(1.0 / 3.0), boundary(1.0 / 6.0));
        if third == 0 || sixth <= third || sixth >= cut.train.end {
            return Ok(None);
        }
        let span = |from: usize, to: usize| known_at(frame, to, frame.time[from - 1], plan.label_delay_days);
        let [one, two] = [span(third, sixth), span(sixth, cut.train.end)];
        let enough = |(frame, split): &(Cow<Frame>, Split)| {
            let counts = frame.counts(settings.task, split.holdout.clone());
            split.train.len() >= LEAST_AHEAD.0
                && split.holdout.len() >= LEAST_AHEAD.0
                && second(&counts).is_some_and(|rarer| rarer >= LEAST_AHEAD.1)
        };
        if !enough(&one) || !enough(&two) {
            return Ok(None);
        }
        let fit = |(frame, split): &(Cow<Frame>, Split)| -> Result<Ahead, LearnError> {
            let preprocess = Preprocess::fit(&plan.features, frame, split.train.clone());
            let sample = Sample { preprocess: &preprocess, frame, rows: split.train.clone() };
            let effort = entrant.learned.again(split.train.len());
            let learned =
                learner(entrant.algorithm, settings).fit(&sample, effort, &mut |_| ControlFlow::Continue(()))?;
            let predictions = learned.model.predict(&preprocess, frame, split.holdout.clone())?;
            Ok(Ahead { target: frame.target[split.holdout.clone()].to_vec(), predictions })
        };
        // A model that cannot be learned from fewer rows is simply not corrected.
        match (fit(&one), fit(&two)) {
            (Ok(one), Ok(two)) => Ok(Some([one, two])),
            (Err(LearnError::Interrupted), _) | (_, Err(LearnError::Interrupted)) => Err(LearnError::Interrupted),
            _ => Ok(None),
        }
    }
}

type Fits<'a> = Vec<(Algorithm, Result<Entrant<'a>, LearnError>)>;

/// Fits every algorithm: boosting, which takes longest, here and watched, the others beside it on a thread of their own.
/// No learner uses a second core well by itself. The entrants come in the order of `algorithms`.
fn side_by_side<'a>(
    algorithms: &[Algorithm],
    fit: &(dyn Fn(Algorithm, &mut Watch) -> Result<Entrant<'a>, LearnError> + Sync),
    watch: &mut Watch,
) -> Result<Fits<'a>, LearnError> {
    let quick: Vec<Algorithm> = algorithms.iter().copied().filter(|a| *a != Algorithm::Boosting).collect();
    std::thread::scope(|scope| {
        let beside = scope.spawn(move || {
            let one = |algorithm| (algorithm, fit(algorithm, &mut |_| ControlFlow::Continue(())));
            quick.into_iter().map(one).collect::<Vec<_>>()
        });
        let boosted =
            algorithms.contains(&Algorithm::Boosting).then(|| (Algorithm::Boosting, fit(Algorithm::Boosting, watch)));
        let broke = |_| LearnError::Internal("a learner panicked".to_owned());
        let mut fits: Fits = beside.join().map_err(broke)?.into_iter().chain(boosted).collect();
        fits.sort_by_key(|(algorithm, _)| algorithms.iter().position(|a| a == algorithm));
        Ok(fits)
    })
}

/// Whether there is something to search on in the inner holdout.
pub(super) fn searchable(frame: &Frame, task: Task, inner: &Split) -> bool {
    let counts = frame.counts(task, inner.holdout.clone());
    inner.holdout.len() >= LEAST_AHEAD.0 && second(&counts).is_none_or(|rarer| rarer >= LEAST_AHEAD.1)
}
