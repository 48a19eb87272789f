//! The search for the best settings, on the end of the training rows: the holdout that judges the winner is not looked
//! at. Everything that is drawn is drawn by the seed; only the budget of time can end a search early, and then says so.

use std::time::Instant;

use super::LearnError;
use super::entrants::searchable;
use super::frame::Frame;
use super::judge::{Measure, judge};
use super::learner::{Effort, Sample, Settings, Watch, admitted, learner};
use super::preprocess::Preprocess;
use super::random::Random;
use super::split::{Split, inner};
use crate::domain::format::figure;
use crate::domain::model::Standing;
use crate::domain::plan::{Algorithm, ModelPlan, SearchPlan, Task};

/// Of a rung of successive halving this part goes on to twice as many rows.
const GOES_ON: usize = 3;
/// Rows of the first rung, as a part of all.
const FIRST_RUNG: f64 = 0.25;

/// What a search found.
pub(super) struct Found {
    /// The plan with the settings that were found, and those algorithms that are to enter.
    pub(super) plan: ModelPlan,
    /// Who was tried, best first.
    pub(super) standings: Vec<Standing>,
    /// Trials that the budget left no time for.
    pub(super) left: usize,
}

/// One way to learn.
#[derive(Clone)]
struct Trial {
    algorithm: Algorithm,
    plan: ModelPlan,
    loss: Option<f64>,
    seconds: f64,
    rounds: Option<u32>,
    /// Rows it was last fitted on.
    rows: usize,
}

/// Searches before the holdout of `cut`, if the plan asks for it and there are rows enough; otherwise the plan as it is.
///
/// # Errors
/// [`LearnError::Interrupted`] when `watch` said so.
pub(super) fn search(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    cut: &Split,
    watch: &mut Watch,
) -> Result<Found, LearnError> {
    let unchanged = || Found { plan: plan.clone(), standings: Vec::new(), left: 0 };
    let (part, inner) = inner(frame, cut.train.end, plan.holdout_days, plan.label_delay_days);
    let frame = part.as_ref();
    if (!plan.learning.auto && plan.learning.search.is_none()) || !searchable(frame, settings.task, &inner) {
        return Ok(unchanged());
    }
    let mut trials = trials(plan, settings.seed);
    let counts = frame.counts(settings.task, inner.train.clone());
    trials.retain(|trial| admitted(trial.algorithm, inner.train.len(), &counts).is_ok());
    let halving = plan.learning.search.as_ref().is_some_and(|search| search.halving);
    let began = Instant::now();
    let mut left = 0;
    for (share, going) in rungs(halving, trials.len()) {
        let rows = inner.train.end - (inner.train.len() as f64 * share).round() as usize..inner.train.end;
        let preprocess = Preprocess::fit(&plan.features, frame, rows.clone());
        for trial in &mut trials[..going] {
            if began.elapsed().as_secs_f64() > plan.learning.budget_seconds && trial.algorithm != Algorithm::Baseline {
                left += 1;
                continue;
            }
            let sample = Sample { preprocess: &preprocess, frame, rows: rows.clone() };
            trial.try_on(&sample, &inner, settings, watch)?;
        }
        // More rows first: a loss after a quarter of them says less than one after all.
        trials.sort_by(|a, b| {
            b.rows.cmp(&a.rows).then(a.loss.unwrap_or(f64::INFINITY).total_cmp(&b.loss.unwrap_or(f64::INFINITY)))
        });
    }
    Ok(chosen(plan, trials, left))
}

/// Of each round of trials the share of the rows they are fitted on, and how many of `trials` take part.
fn rungs(halving: bool, trials: usize) -> Vec<(f64, usize)> {
    let mut rungs = vec![(if halving { FIRST_RUNG } else { 1.0 }, trials)];
    while let Some(&(share, going)) = rungs.last().filter(|(share, _)| *share < 1.0) {
        rungs.push(((2.0 * share).min(1.0), going.div_ceil(GOES_ON)));
    }
    rungs
}

/// The plan with what did best: of each algorithm, or (auto) of all but the baseline, which enters anyway. Those with a
/// penalty have one in common, the one that did best of all of them.
fn chosen(plan: &ModelPlan, trials: Vec<Trial>, left: usize) -> Found {
    let mut found = plan.clone();
    let mut taken: Vec<Algorithm> = Vec::new();
    let mut standings = Vec::new();
    for trial in trials {
        let wanted = match plan.learning.auto {
            true => taken.is_empty(),
            false => !taken
                .iter()
                .any(|taken| *taken == trial.algorithm || has_penalty(*taken) && has_penalty(trial.algorithm)),
        };
        let chosen = wanted && trial.loss.is_some() && trial.algorithm != Algorithm::Baseline;
        standings.push(trial.standing(chosen));
        if chosen {
            taken.push(trial.algorithm);
            match trial.algorithm {
                Algorithm::Boosting => found.boosting = trial.plan.boosting,
                algorithm if has_penalty(algorithm) => found.linear = trial.plan.linear,
                _ => {}
            }
        }
    }
    if plan.learning.auto && !taken.is_empty() {
        found.algorithms = taken;
    }
    Found { plan: found, standings, left }
}

impl Trial {
    fn new(algorithm: Algorithm, plan: &ModelPlan) -> Self {
        Self { algorithm, plan: plan.clone(), loss: None, seconds: 0.0, rounds: None, rows: 0 }
    }

    /// Fits on `sample` and judges on the inner holdout. What fails has no loss.
    fn try_on(
        &mut self,
        sample: &Sample,
        inner: &Split,
        settings: &Settings,
        watch: &mut Watch,
    ) -> Result<(), LearnError> {
        let began = Instant::now();
        let own = Settings { threads: settings.threads, ..Settings::of(&self.plan, settings.seed) };
        let (frame, rows) = (sample.frame, inner.holdout.clone());
        let fitted = learner(self.algorithm, &own).fit(sample, Effort::Search, watch).and_then(|learned| {
            Ok((learned.model.predict(sample.preprocess, frame, rows.clone())?, learned.model.rounds()))
        });
        self.seconds += began.elapsed().as_secs_f64();
        self.rows = sample.rows.len();
        (self.loss, self.rounds) = match fitted {
            Ok((predictions, rounds)) => {
                (judge(Measure::of(&self.plan), frame, rows, &predictions).loss.filter(|l| l.is_finite()), rounds)
            }
            Err(LearnError::Interrupted) => return Err(LearnError::Interrupted),
            Err(_) => (None, None),
        };
        Ok(())
    }

    fn standing(&self, chosen: bool) -> Standing {
        let (boosting, linear) = (&self.plan.boosting, &self.plan.linear);
        let settings = match self.algorithm {
            Algorithm::Boosting => format!(
                ", {} leaves, rate {}, least hessian {}, lambda {}",
                boosting.max_leaves,
                figure(boosting.learning_rate),
                figure(boosting.min_child_weight),
                figure(boosting.lambda)
            ),
            Algorithm::Linear if linear.l1_ratio > 0.0 => {
                format!(", penalty {}, {} of it absolute", figure(linear.penalty), figure(linear.l1_ratio))
            }
            algorithm if has_penalty(algorithm) => format!(", penalty {}", figure(linear.penalty)),
            _ => String::new(),
        };
        Standing {
            who: format!("{}{settings}", self.algorithm.name()),
            loss: self.loss,
            seconds: self.seconds,
            rounds: self.rounds,
            chosen,
        }
    }
}

/// Who is tried: the leaderboard of `auto`, or the plan's algorithms; each with the settings drawn for it.
fn trials(plan: &ModelPlan, seed: u64) -> Vec<Trial> {
    let mut trials = vec![Trial::new(Algorithm::Baseline, plan)];
    let algorithms: &[Algorithm] =
        if plan.learning.auto { &[Algorithm::Linear, Algorithm::Boosting] } else { &plan.algorithms };
    for algorithm in algorithms.iter().filter(|algorithm| **algorithm != Algorithm::Baseline) {
        trials.push(Trial::new(*algorithm, plan));
        match &plan.learning.search {
            Some(search) => trials.extend(drawn(*algorithm, plan, search, seed)),
            None if *algorithm == Algorithm::Boosting => trials.extend(leaderboard(plan)),
            None => {}
        }
    }
    trials
}

/// Beside boosting as configured: one that is slower and smoother, one that is finer.
fn leaderboard(plan: &ModelPlan) -> [Trial; 2] {
    let with = |leaves: u32, rate: f64, hessian: f64, lambda: f64| {
        let mut plan = plan.clone();
        plan.boosting.max_leaves = leaves;
        plan.boosting.learning_rate = rate;
        plan.boosting.min_child_weight = hessian;
        plan.boosting.lambda = lambda;
        Trial::new(Algorithm::Boosting, &plan)
    };
    [with(8, 0.05, 20.0, 5.0), with(63, 0.05, 20.0, 5.0)]
}

/// Whether `penalty` is a setting of it.
fn has_penalty(algorithm: Algorithm) -> bool {
    use Algorithm::{ElasticNet, Lasso, Linear, Poisson, Ridge, Tweedie};
    matches!(algorithm, Linear | Ridge | Lasso | ElasticNet | Poisson | Tweedie)
}

/// All trials but the first, which is as configured.
fn drawn(algorithm: Algorithm, plan: &ModelPlan, search: &SearchPlan, seed: u64) -> Vec<Trial> {
    if algorithm != Algorithm::Boosting && !has_penalty(algorithm) {
        return Vec::new();
    }
    let mut random = Random::seeded(seed ^ 0x5ea2_c400 ^ algorithm as u64);
    let mut between = |low: f64, high: f64| (low.ln() + random.unit() * (high.ln() - low.ln())).exp();
    let mut one = || {
        let mut plan = plan.clone();
        if algorithm == Algorithm::Boosting {
            plan.boosting.learning_rate = between(0.03, 0.3);
            plan.boosting.max_leaves = between(6.0, 128.0).round() as u32;
            plan.boosting.min_child_weight = between(1.0, 100.0);
            plan.boosting.lambda = between(0.1, 30.0);
        } else {
            plan.linear.penalty = between(1e-3, 1e4);
            if algorithm == Algorithm::Linear && plan.task == Task::Regression {
                plan.linear.l1_ratio = [0.0, 0.5, 1.0][(between(1.0, 8.0).log2() as usize).min(2)];
            }
        }
        Trial::new(algorithm, &plan)
    };
    (1..search.trials).map(|_| one()).collect()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
