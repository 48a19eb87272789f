//! Who can learn: one small interface, so that a library can be replaced without the contest noticing.

mod amounts;
mod baseline;
mod bayes;
mod boosting;
mod gaps;
mod lead;
mod linear;
mod multinomial;
mod naive;

#[cfg(test)]
mod more_tests;
#[cfg(test)]
mod tests;

pub use baseline::constant;
pub use boosting::set_aside;
pub use lead::{Lead, Leading, Told};

use std::ops::{ControlFlow, Range};

use super::LearnError;
use super::frame::Frame;
use super::preprocess::Preprocess;
use super::solver::Weights;
use crate::domain::plan::{Algorithm, BoostingPlan, LinearPlan, ModelPlan, Task};

/// What a process that learns is to find in its environment, unless it says otherwise: glibc then keeps the memory of one
/// tree for the next, as one piece of large pages. Fits on millions of rows are quicker by it (see docs/models.md).
pub const MEMORY: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=33554432:\
     glibc.malloc.trim_threshold=4294967296",
);

/// How far a fit is. The answer says whether to go on.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + Send + 'a;

/// How far a fit is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Rounds done.
    pub done: u32,
    /// Most rounds.
    pub total: u32,
    /// Best round so far (1-based) and its loss on the validation rows, where there are any.
    pub best: Option<(u32, f64)>,
}

/// Labelled rows with their fitted preprocessing.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    /// Fitted on these rows (or a superset that ends with them).
    pub preprocess: &'a Preprocess,
    /// All rows.
    pub frame: &'a Frame,
    /// Those of the sample.
    pub rows: Range<usize>,
}

impl Sample<'_> {
    /// How much each of its rows counts.
    pub fn weights(&self) -> Weights<'_> {
        Weights(self.frame.weights.get(self.rows.clone()).unwrap_or_default())
    }
}

/// How long to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Find the number of rounds on a part of the sample that is set aside for it.
    Search,
    /// This many rounds, on the whole sample.
    Rounds(u32),
}

/// What a fit depends on beside the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What is predicted.
    pub task: Task,
    /// Of the linear model.
    pub linear: LinearPlan,
    /// Of boosting.
    pub boosting: BoostingPlan,
    /// Length of a season, in days.
    pub season_days: f64,
    /// Power of the variance of Tweedie regression and boosting.
    pub power: f64,
    /// Of everything random.
    pub seed: u64,
    /// Whether boosting may add rounds to the champion's instead of being fitted anew.
    pub continued: bool,
    /// Threads to use; the process's pool when absent. The result does not depend on it.
    pub threads: Option<usize>,
}

impl Settings {
    /// Those of a plan.
    pub fn of(plan: &ModelPlan, seed: u64) -> Self {
        Self {
            task: plan.task,
            linear: plan.linear.clone(),
            boosting: plan.boosting.clone(),
            season_days: plan.learning.season_days,
            power: plan.learning.power,
            seed,
            continued: false,
            threads: None,
        }
    }
}

/// A way to learn.
pub trait Learner {
    /// Fits on `sample`, calling `watch` now and then.
    ///
    /// # Errors
    /// [`LearnError::Interrupted`] when `watch` said so; [`LearnError::Internal`] when the library refuses.
    fn fit(&self, sample: &Sample, effort: Effort, watch: &mut Watch) -> Result<Learned, LearnError>;
}

/// Fits boosting on `sample` before the number of rounds is known, to as many as `lead` tells in the end. `None` when
/// they are not needed, or more than were fitted ahead.
///
/// # Errors
/// [`LearnError::Internal`] when the library refuses.
pub fn boost_ahead(settings: &Settings, sample: &Sample, lead: &Lead) -> Result<Option<Learned>, LearnError> {
    boosting::Boosting { settings: settings.clone() }.fit_ahead(sample, lead)
}

/// Adds `rounds` of boosting, fitted on `sample`, to the boosted model with these bytes. The sample's preprocessing must
/// be the one that model was fitted with.
///
/// # Errors
/// As [`Learner::fit`].
pub fn boost_on(
    settings: &Settings,
    sample: &Sample,
    base: &[u8],
    rounds: u32,
    watch: &mut Watch,
) -> Result<Learned, LearnError> {
    boosting::Boosting { settings: settings.clone() }.fit_on(sample, base, rounds, watch)
}

/// The outcome of a fit.
pub struct Learned {
    /// The model.
    pub model: Box<dyn Fitted>,
    /// Rows its parameters were fitted on: fewer than the sample's when some were set aside for validation, or when
    /// the learner takes only the newest.
    pub rows: usize,
}

impl Learned {
    /// The effort with which the same recipe is fitted once more on `rows` rows: as many rounds as were found best,
    /// and more of them in proportion to the rows, at most a fifth more.
    pub fn again(&self, rows: usize) -> Effort {
        match self.model.rounds() {
            None => Effort::Search,
            Some(rounds) => {
                let growth = (rows as f64 / self.rows.max(1) as f64).clamp(1.0, 1.2);
                Effort::Rounds((f64::from(rounds) * growth).round() as u32)
            }
        }
    }
}

/// What was learned.
pub trait Fitted: Send + Sync {
    /// The prediction for each of `rows`: a probability (binary), a number, or a probability for each of several classes,
    /// `rows x classes` row by row in the order of [`Frame::classes`].
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError>;

    /// Everything [`load`] needs; the same model gives the same bytes.
    fn to_bytes(&self) -> Result<Vec<u8>, LearnError>;

    /// The model as other programs read it: a file's name and its bytes.
    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        Ok(("model.json", self.to_bytes()?))
    }

    /// Weight of each feature in the decision, 0 to 1, summing to 1 (or all 0), most important first.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)>;

    /// What each feature adds to the prediction of each of `rows`: `rows x (features + 1)`, row by row, the last one
    /// what a row without features would get. They sum to the log-odds (binary), the number that is predicted, or the
    /// score of the class called (several classes).
    fn contributions(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>)
    -> Result<Vec<f64>, LearnError>;

    /// Rounds of boosting in it, if it is boosted.
    fn rounds(&self) -> Option<u32> {
        None
    }
}

/// The learner behind an algorithm.
pub fn learner(algorithm: Algorithm, settings: &Settings) -> Box<dyn Learner> {
    let task = settings.task;
    let linear = |algorithm, penalty: f64, l1_ratio: f64| -> Box<dyn Learner> {
        Box::new(linear::Linear { algorithm, task, plan: LinearPlan { penalty, l1_ratio } })
    };
    let amounts =
        |power: f64| -> Box<dyn Learner> { Box::new(amounts::Amounts { penalty: settings.linear.penalty, power }) };
    match algorithm {
        Algorithm::Baseline => Box::new(baseline::Baseline { task }),
        Algorithm::Linear => linear(algorithm, settings.linear.penalty, settings.linear.l1_ratio),
        Algorithm::Ols => linear(algorithm, 0.0, 0.0),
        Algorithm::Ridge => linear(algorithm, settings.linear.penalty, 0.0),
        Algorithm::Lasso => linear(algorithm, settings.linear.penalty, 1.0),
        Algorithm::ElasticNet => linear(algorithm, settings.linear.penalty, 0.5),
        Algorithm::Boosting => Box::new(boosting::Boosting { settings: settings.clone() }),
        Algorithm::LastValue => Box::new(naive::LastValue { task }),
        Algorithm::Seasonal => Box::new(naive::Seasonal { task, days: settings.season_days }),
        Algorithm::NaiveBayes => Box::new(bayes::NaiveBayes { task }),
        Algorithm::Poisson => amounts(1.0),
        Algorithm::Tweedie => amounts(settings.power),
    }
}

/// A model from the bytes its [`Fitted::to_bytes`] made.
///
/// # Errors
/// [`LearnError::Input`] when these are not such bytes.
pub fn load(algorithm: Algorithm, bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    match algorithm {
        Algorithm::Baseline => baseline::load(bytes),
        Algorithm::Linear | Algorithm::Ols | Algorithm::Ridge | Algorithm::Lasso | Algorithm::ElasticNet => {
            linear::load(bytes)
        }
        Algorithm::Boosting => boosting::load(bytes),
        Algorithm::LastValue | Algorithm::Seasonal => naive::load(bytes),
        Algorithm::NaiveBayes => bayes::load(bytes),
        Algorithm::Poisson | Algorithm::Tweedie => amounts::load(bytes),
    }
}

/// Whether there is enough to learn from: linear models need 50 rows, boosting 300; of `classes` (rows of each, none of
/// a regression) two must have 10 and 30. Otherwise the reason why not.
pub fn admitted(algorithm: Algorithm, rows: usize, classes: &[usize]) -> Result<(), String> {
    let (least_rows, least_class) = match algorithm {
        Algorithm::Boosting => (300, 30),
        naive if naive.is_naive() => return Ok(()),
        _ => (50, 10),
    };
    let name = algorithm.name();
    if rows < least_rows {
        return Err(format!("{name} needs {least_rows} labelled rows to train on, there are {rows}"));
    }
    match second(classes) {
        Some(rarer) if rarer < least_class && classes.len() > 2 => Err(format!(
            "{name} needs {least_class} training rows of two classes, the second most frequent has {rarer}"
        )),
        Some(rarer) if rarer < least_class => {
            Err(format!("{name} needs {least_class} training rows of each class, the rarer has {rarer}"))
        }
        _ => Ok(()),
    }
}

/// Rows of the second most frequent class (of two the rarer): without them there is nothing to tell apart. `None` of a
/// regression, which has no classes.
pub fn second(classes: &[usize]) -> Option<usize> {
    let mut sorted = classes.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    (!classes.is_empty()).then(|| sorted.get(1).copied().unwrap_or(0))
}

/// Raw weights by feature as shares, most important first, equal ones in the features' order.
fn shares(preprocess: &Preprocess, weights: &[f64]) -> Vec<(String, f64)> {
    let total: f64 = weights.iter().sum();
    let share = |weight: f64| if total > 0.0 { weight / total } else { 0.0 };
    let mut shares: Vec<(String, f64)> =
        preprocess.features.iter().zip(weights).map(|(f, &weight)| (f.plan.name.clone(), share(weight))).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares
}
