//! Gradient-boosted trees by hessboost: second-order boosting on histograms, leaf by leaf.

use std::num::NonZeroUsize;
use std::ops::{ControlFlow, Range};

use hessboost::config::{GrowPolicy, Monotone};
use hessboost::objective::{Multiclass, PseudoHuber, Quantiles, Tweedie};
use hessboost::prelude::{
    BoostedModel, DMatrix, EvalMetric, ImportanceType, Iterations, ModelFormat, Objective, RegLoss, Trainer,
    TrainingParams, TreeMethod,
};

use super::gaps::{self, Closed};
use super::{Effort, Fitted, Lead, Learned, Learner, Progress, Sample, Settings, Told, Watch, second, shares};
use crate::domain::plan::{Loss, Task};
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::frame::{DAY, Frame};
use crate::learn::preprocess::{Feature, Preprocess};
use crate::learn::split::tail;

/// Of a sample's days one in so many is set aside to find the number of rounds on. Whole days, because rows of one day
/// are alike; spread over the sample and over the days of the week, because the last week alone may be an odd one (on
/// January and February 2013 of the demo, whose last training week had a blizzard, boosting stopped after 10 rounds
/// instead of 31, and lost 2 % of log loss on the holdout by it). The holdout stays the end of the history.
const VALIDATION_DAY: usize = 6;

/// A sample of fewer days sets the newest rows aside instead.
const LEAST_DAYS: usize = 2 * VALIDATION_DAY;

/// The share of them.
const VALIDATION_SHARE: f64 = 0.15;

/// With fewer validation rows (or, binary, fewer than a fifth of them in a class) nothing can be found on them.
const LEAST_VALIDATION: usize = 100;

/// Rounds when their number cannot be found on validation rows.
const BLIND_ROUNDS: u32 = 50;

/// Histogram bins of a feature.
const BINS: usize = 128;

/// Rows whose values are in memory at a time when they are predicted.
const BLOCK: usize = 65_536;

/// `watch` is called every this many rounds.
const WATCH_EVERY: u32 = 5;

/// Learns an ensemble of trees.
pub(super) struct Boosting {
    pub(super) settings: Settings,
}

struct Trees(BoostedModel);

/// What one run of the trainer is given.
struct Round<'a> {
    names: &'a [Feature],
    classes: usize,
    train: &'a DMatrix,
    /// How gaps were closed in the rows.
    closed: &'a Closed,
    validation: Option<&'a DMatrix>,
    most: u32,
    /// Trees that the new ones are added to.
    base: Option<&'a BoostedModel>,
}

impl Learner for Boosting {
    fn fit(&self, sample: &Sample, effort: Effort, watch: &mut Watch) -> Result<Learned, LearnError> {
        let most = self.settings.boosting.max_rounds.max(1);
        let (names, classes) = (sample.preprocess.features.as_slice(), sample.frame.classes.len());
        match (effort, self.validation(sample)) {
            (Effort::Search, Some((train, validation))) => {
                let (train, closed) = self.closed(sample, &train)?;
                let validation = matrix(sample, &validation, &closed)?;
                let round = Round {
                    names,
                    classes,
                    train: &train,
                    closed: &closed,
                    validation: Some(&validation),
                    most,
                    base: None,
                };
                let model = self.train(round, watch)?;
                Ok(Learned { model: Box::new(model), rows: train.n_rows() })
            }
            (effort, _) => {
                let most = match effort {
                    Effort::Search => most.min(BLIND_ROUNDS),
                    Effort::Rounds(rounds) => rounds.max(1),
                };
                let (train, closed) = self.closed(sample, &sample.rows.clone().collect::<Vec<_>>())?;
                let round =
                    Round { names, classes, train: &train, closed: &closed, validation: None, most, base: None };
                let model = self.train(round, watch)?;
                Ok(Learned { model: Box::new(model), rows: train.n_rows() })
            }
        }
    }
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    Ok(Box::new(Trees(decoded(bytes)?)))
}

fn decoded(bytes: &[u8]) -> Result<BoostedModel, LearnError> {
    BoostedModel::decode(bytes, ModelFormat::Binary).map_err(|e| LearnError::Input(format!("not a boosted model: {e}")))
}

impl Boosting {
    /// Rows to fit on, [gaps closed](gaps::close). Not where a column has a direction to keep: what is missing has none.
    fn closed(&self, sample: &Sample, rows: &[usize]) -> Result<(DMatrix, Closed), LearnError> {
        let width = sample.preprocess.features.len();
        let mut values = sample.preprocess.trees_to_learn(sample.frame, rows.iter().copied())?;
        let closed = match self.settings.boosting.monotone.is_empty() {
            true => gaps::close(&mut values, width, BINS),
            false => Closed::open(width),
        };
        Ok((laid_out(sample, rows, values, closed.width())?, closed))
    }

    /// Rows to fit and rows to validate on, if the latter can serve.
    fn validation(&self, sample: &Sample) -> Option<(Vec<usize>, Vec<usize>)> {
        let (train, validation) = set_aside(&sample.frame.time, sample.rows.clone());
        let rarer = second(&sample.frame.counts(self.settings.task, validation.iter().copied()));
        let balanced = rarer.is_none_or(|rarer| 5 * rarer >= LEAST_VALIDATION);
        (validation.len() >= LEAST_VALIDATION && !train.is_empty() && balanced).then_some((train, validation))
    }

    fn train(&self, round: Round, watch: &mut Watch) -> Result<Trees, LearnError> {
        let params = self.params(round.names, round.classes)?;
        let mut interrupted = false;
        let mut best: Option<(u32, f64)> = None;
        let hook = |eval: hessboost::training::RoundEval<'_>| {
            let done = eval.iteration() as u32 + 1;
            if let Some(&loss) = eval.values().last()
                && best.is_none_or(|(_, least)| loss < least)
            {
                best = Some((done, loss));
            }
            if !done.is_multiple_of(WATCH_EVERY) && done != round.most {
                return ControlFlow::Continue(());
            }
            let flow = watch(Progress { done, total: round.most, best });
            interrupted = flow.is_break();
            flow
        };
        let mut trainer = Trainer::new(&params, round.train, round.most as usize).on_round(hook);
        if let Some(base) = round.base {
            trainer = trainer.init_model(base);
        }
        if let Some(validation) = round.validation {
            trainer = trainer.eval(validation, "validation");
            if let Some(patience) = NonZeroUsize::new(self.settings.boosting.early_stop as usize) {
                trainer = trainer.early_stopping_rounds(patience);
            }
        }
        let model = trainer.train().map_err(|e| LearnError::internal("boosting failed", e))?.model;
        if interrupted {
            return Err(LearnError::Interrupted);
        }
        let model = match model.best_iteration() {
            // Rounds after the best one are dead weight in the bundle.
            Some(best) => model.slice(..=best, 1).map_err(|e| LearnError::internal("boosting failed", e))?,
            None => model,
        };
        round.closed.opened(model).map(Trees)
    }

    /// See [`super::boost_ahead`].
    pub(super) fn fit_ahead(&self, sample: &Sample, lead: &Lead) -> Result<Option<Learned>, LearnError> {
        let (train, closed) = self.closed(sample, &sample.rows.clone().collect::<Vec<_>>())?;
        // The recipe adds up to a fifth of the rounds for the rows it gains.
        let most = self.settings.boosting.max_rounds.max(1) as usize * 6 / 5 + 1;
        let hook = |eval: hessboost::training::RoundEval<'_>| match lead.now() {
            Told::Nothing => ControlFlow::Continue(()),
            Told::Rounds(rounds) if eval.iteration() + 1 < rounds.max(1) as usize => ControlFlow::Continue(()),
            Told::Rounds(_) | Told::Abandoned => ControlFlow::Break(()),
        };
        let params = self.params(&sample.preprocess.features, sample.frame.classes.len())?;
        let trained = Trainer::new(&params, &train, most).on_round(hook).train();
        let model = trained.map_err(|e| LearnError::internal("boosting failed", e))?.model;
        let Told::Rounds(rounds) = lead.wait() else { return Ok(None) };
        let rounds = rounds.max(1) as usize;
        if model.num_boost_rounds() < rounds {
            return Ok(None);
        }
        let model = model.slice(..rounds, 1).map_err(|e| LearnError::internal("boosting failed", e))?;
        Ok(Some(Learned { model: Box::new(Trees(closed.opened(model)?)), rows: train.n_rows() }))
    }

    /// See [`super::boost_on`].
    pub(super) fn fit_on(
        &self,
        sample: &Sample,
        base: &[u8],
        rounds: u32,
        watch: &mut Watch,
    ) -> Result<Learned, LearnError> {
        let base = decoded(base)?;
        // As they are: the champion's trees may send what is missing to either side.
        let closed = Closed::open(sample.preprocess.features.len());
        let train = matrix(sample, &sample.rows.clone().collect::<Vec<_>>(), &closed)?;
        let (names, classes) = (sample.preprocess.features.as_slice(), sample.frame.classes.len());
        let most = rounds.max(1);
        let round = Round { names, classes, train: &train, closed: &closed, validation: None, most, base: Some(&base) };
        Ok(Learned { model: Box::new(self.train(round, watch)?), rows: train.n_rows() })
    }

    fn params(&self, names: &[Feature], classes: usize) -> Result<TrainingParams, LearnError> {
        let plan = &self.settings.boosting;
        let refused = |e| LearnError::Input(format!("boosting refuses its settings: {e}"));
        let (objective, metric) = match self.settings.task {
            Task::Binary => (Objective::BinaryLogistic(RegLoss::default()), EvalMetric::LogLoss),
            Task::Regression => self.numbers().map_err(refused)?,
            Task::Multiclass => (Objective::Softprob(Multiclass::new(classes).map_err(refused)?), EvalMetric::MLogLoss),
        };
        let mut builder = TrainingParams::builder()
            .objective(objective)
            .eval_metric(metric)
            .tree_method(TreeMethod::Hist)
            .grow_policy(GrowPolicy::LossGuide)
            .max_leaves(plan.max_leaves.max(2) as usize)
            .max_bin(BINS)
            .eta(plan.learning_rate)
            .min_child_weight(plan.min_child_weight)
            .lambda(plan.lambda)
            .seed(self.settings.seed);
        if !plan.monotone.is_empty() {
            builder =
                builder.monotone_constraints(names.iter().map(|feature| self.direction(feature)).collect::<Vec<_>>());
        }
        builder = match plan.max_depth {
            0 => builder.unlimited_depth(),
            depth => builder.max_depth(depth as usize),
        };
        if let Some(threads) = self.settings.threads {
            builder = builder.nthread(threads.max(1));
        }
        builder.build().map_err(refused)
    }

    /// What is made small in a regression, and the figure that tells when to stop.
    fn numbers(&self) -> hessboost::prelude::Result<(Objective, EvalMetric)> {
        let plan = &self.settings.boosting;
        Ok(match plan.loss {
            Loss::Squared => (Objective::SquaredError(RegLoss::default()), EvalMetric::Rmse),
            Loss::Absolute => (Objective::AbsoluteError, EvalMetric::Mae),
            Loss::Huber => {
                let huber = PseudoHuber::new(1.0)?;
                (Objective::PseudoHuber(huber), EvalMetric::Mphe(huber))
            }
            Loss::Quantile => {
                let quantiles = Quantiles::new([plan.quantile])?;
                (Objective::Quantile(quantiles.clone()), EvalMetric::Quantile(quantiles))
            }
            Loss::Poisson => (Objective::Poisson, EvalMetric::PoissonNLogLik),
            Loss::Tweedie => {
                let tweedie = Tweedie::new(self.settings.power)?;
                (Objective::Tweedie(tweedie), EvalMetric::TweedieNLogLik(tweedie))
            }
        })
    }

    fn direction(&self, feature: &Feature) -> Monotone {
        match self.settings.boosting.monotone.iter().find(|(name, _)| *name == feature.plan.name) {
            Some((_, true)) => Monotone::Increasing,
            Some((_, false)) => Monotone::Decreasing,
            None => Monotone::None,
        }
    }
}

/// Cuts `rows` into those to fit and those to validate on, both in order.
pub fn set_aside(time: &[i64], rows: Range<usize>) -> (Vec<usize>, Vec<usize>) {
    let (mut day, mut days) = (0_usize, Vec::with_capacity(rows.len()));
    for row in rows.clone() {
        if row > rows.start && time[row].div_euclid(DAY) != time[row - 1].div_euclid(DAY) {
            day += 1;
        }
        days.push(day);
    }
    if day + 1 < LEAST_DAYS {
        let start = tail(time, rows.clone(), VALIDATION_SHARE);
        return ((rows.start..start).collect(), (start..rows.end).collect());
    }
    rows.clone().partition(|row| days[row - rows.start] % VALIDATION_DAY != VALIDATION_DAY / 2)
}

/// Rows as they are, in the columns that trees are grown on.
fn matrix(sample: &Sample, rows: &[usize], closed: &Closed) -> Result<DMatrix, LearnError> {
    let mut values = sample.preprocess.trees_to_learn(sample.frame, rows.iter().copied())?;
    closed.widen(&mut values);
    laid_out(sample, rows, values, closed.width())
}

fn laid_out(sample: &Sample, rows: &[usize], values: Vec<f32>, width: usize) -> Result<DMatrix, LearnError> {
    let labels: Vec<f32> = rows.iter().map(|&row| sample.frame.target[row] as f32).collect();
    DMatrix::from_dense_vec(values, rows.len(), width)
        .and_then(|matrix| matrix.with_labels(&labels))
        .and_then(|matrix| match sample.frame.weights.as_slice() {
            [] => Ok(matrix),
            all => matrix.with_weights(&rows.iter().map(|&row| all[row] as f32).collect::<Vec<_>>()),
        })
        .map_err(|e| LearnError::internal("cannot lay out the rows for boosting", e))
}

impl Fitted for Trees {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut predictions = Vec::new();
        for start in rows.clone().step_by(BLOCK) {
            let values = preprocess.trees(frame, start..(start + BLOCK).min(rows.end))?;
            let block = self
                .0
                .predict_rows(&values, Iterations::Best)
                .map_err(|e| LearnError::Input(format!("the boosted model cannot score the rows: {e}")))?;
            predictions.extend(block.into_vec().into_iter().map(f64::from));
        }
        Ok(predictions)
    }

    /// Exact path-dependent SHAP values (Lundberg et al. 2020); of several classes those of the class called.
    fn contributions(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
    ) -> Result<Vec<f64>, LearnError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let calls = called(&self.predict(preprocess, frame, rows.clone())?, self.0.n_outputs());
        let (n, values) = (rows.len(), preprocess.trees(frame, rows)?);
        let parts = DMatrix::from_dense_vec(values, n, preprocess.features.len())
            .and_then(|matrix| self.0.predict_contribs(&matrix, Iterations::Best))
            .map_err(|e| LearnError::Input(format!("the boosted model cannot explain the rows: {e}")))?;
        let of_row = |(row, (output, _)): (usize, &(usize, f64))| parts.get(row, *output).unwrap_or_default().to_vec();
        Ok(calls.iter().enumerate().flat_map(of_row).map(f64::from).collect())
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        self.0.encode(ModelFormat::Binary).map_err(|e| LearnError::internal("cannot store the boosted model", e))
    }

    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        let bytes = self.0.encode(ModelFormat::XgboostJson);
        Ok(("model.xgb.json", bytes.map_err(|e| LearnError::internal("cannot export the boosted model", e))?))
    }

    /// Share of the total loss reduction by splits on a feature.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        let gains = self.0.feature_importance(ImportanceType::TotalGain);
        let weights: Vec<f64> =
            (0..preprocess.features.len()).map(|at| gains.get(&at).copied().unwrap_or(0.0).max(0.0)).collect();
        shares(preprocess, &weights)
    }

    fn rounds(&self) -> Option<u32> {
        Some(self.0.num_boost_rounds() as u32)
    }
}
