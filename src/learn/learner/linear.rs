//! Linear models on standardised columns: logistic regression (binary) and least squares with an elastic-net penalty
//! (regression), fitted on every row.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Effort, Fitted, Learned, Learner, Sample, Watch, multinomial, shares};
use crate::domain::plan::{Algorithm, LinearPlan, Task};
use crate::learn::LearnError;
use crate::learn::frame::Frame;
use crate::learn::preprocess::Preprocess;
use crate::learn::solver::{Design, Gram, Penalty, elastic_net, logistic};

/// Penalty a row that settles least squares where columns depend on each other, and moves nothing else.
const NEARLY_NONE: f64 = 1e-9;

/// Rows whose values are in memory at a time.
const BLOCK: usize = 4_096;

/// Learns a weight for each column of the linear view.
pub(super) struct Linear {
    pub(super) algorithm: Algorithm,
    pub(super) task: Task,
    pub(super) plan: LinearPlan,
}

/// What bytes hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    One(Weights),
    Several(multinomial::Lines),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Weights {
    task: Task,
    intercept: f64,
    /// One for each column of the linear view.
    weights: Vec<f64>,
}

impl Design for Sample<'_> {
    fn width(&self) -> usize {
        self.preprocess.linear_names().len()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(Range<usize>, &[f64])) -> Result<(), LearnError> {
        for start in rows.clone().step_by(BLOCK) {
            let block = start..(start + BLOCK).min(rows.end);
            let within = self.rows.start + block.start..self.rows.start + block.end;
            take(block, &self.preprocess.linear_to_learn(self.frame, within)?);
        }
        Ok(())
    }
}

impl Learner for Linear {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let rows = sample.rows.clone();
        let line = match self.task {
            Task::Multiclass => {
                let model = multinomial::fit(sample, self.plan.penalty)?;
                return Ok(Learned { model: Box::new(model), rows: rows.len() });
            }
            Task::Binary => logistic(sample, &sample.frame.classes(rows.clone()), sample.weights(), self.plan.penalty)?,
            Task::Regression => {
                let gram = Gram::of(sample, &sample.frame.target[rows.clone()], sample.weights())?;
                let fit = |strength| elastic_net(&gram, Penalty { strength, l1_ratio: self.plan.l1_ratio });
                match fit(self.plan.penalty) {
                    // One-hot columns sum to 1: of the many answers that fit the same, one near the least is taken.
                    Err(LearnError::Input(_)) if self.algorithm == Algorithm::Ols => {
                        fit(NEARLY_NONE * rows.len() as f64)?
                    }
                    other => other?,
                }
            }
        };
        let model = Weights { task: self.task, intercept: line.intercept, weights: line.weights };
        if !model.intercept.is_finite() || model.weights.iter().any(|w| !w.is_finite()) {
            return Err(LearnError::Internal("the linear model's weights are not finite".to_owned()));
        }
        Ok(Learned { model: Box::new(model), rows: rows.len() })
    }
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    match serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a linear model: {e}")))? {
        Stored::One(model) => Ok(Box::new(model)),
        Stored::Several(model) => Ok(Box::new(model)),
    }
}

impl Fitted for Weights {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let link = |score: f64| match self.task {
            Task::Binary => 1.0 / (1.0 + (-score).exp()),
            _ => score,
        };
        let values = values(preprocess, frame, rows, ("linear model", self.weights.len()))?;
        Ok(scores(&values, self.intercept, &self.weights).map(link).collect())
    }

    /// Weight times value; the columns are standardised, so 0 is what the training rows have on average. A feature's
    /// columns count together.
    fn contributions(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
    ) -> Result<Vec<f64>, LearnError> {
        let values = preprocess.linear(frame, rows)?;
        Ok(shared_out(preprocess, &values, |_| (self.intercept, &self.weights)))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the linear model", e))
    }

    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        Ok(("coefficients.json", self.to_bytes()?))
    }

    /// The size of a standardised column's weight is its importance; a feature's columns count together.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        gathered(preprocess, &self.weights.iter().map(|w| w.abs()).collect::<Vec<_>>())
    }
}

/// The linear view of `rows` for what is called so and has so many weights.
pub(super) fn values(
    preprocess: &Preprocess,
    frame: &Frame,
    rows: Range<usize>,
    (what, weights): (&str, usize),
) -> Result<Vec<f64>, LearnError> {
    let columns = preprocess.linear_names().len();
    if weights == 0 || weights != columns {
        return Err(LearnError::Input(format!(
            "the {what} has {weights} weights, its preprocessing {columns} columns"
        )));
    }
    preprocess.linear(frame, rows)
}

/// The weighted sum of each row of `values`.
pub(super) fn scores<'a>(values: &'a [f64], intercept: f64, weights: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let score = move |row: &[f64]| intercept + row.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>();
    values.chunks_exact(weights.len()).map(score)
}

/// What each feature adds in each row of `values` (the linear view, row by row) by the intercept and weights that `line`
/// has for the row: `rows x (features + 1)`, the intercept last.
pub(super) fn shared_out<'a>(
    preprocess: &Preprocess,
    values: &[f64],
    line: impl Fn(usize) -> (f64, &'a [f64]),
) -> Vec<f64> {
    let names = preprocess.linear_names();
    let features = preprocess.features.len();
    let of: Vec<usize> = names
        .iter()
        .map(|name| preprocess.features.iter().position(|f| f.plan.name == *name).unwrap_or(features))
        .collect();
    let mut all = Vec::with_capacity(values.len() / names.len().max(1) * (features + 1));
    for (at, row) in values.chunks_exact(names.len().max(1)).enumerate() {
        let (start, (intercept, weights)) = (all.len(), line(at));
        all.resize(start + features, 0.0);
        all.push(intercept);
        for ((x, weight), feature) in row.iter().zip(weights).zip(&of) {
            all[start + feature] += x * weight;
        }
    }
    all
}

/// Sizes of the columns of the linear view as shares of their features.
pub(super) fn gathered(preprocess: &Preprocess, sizes: &[f64]) -> Vec<(String, f64)> {
    let names = preprocess.linear_names();
    let of = |name: &str| names.iter().zip(sizes).filter(|(own, _)| **own == name).map(|(_, size)| size).sum();
    shares(preprocess, &preprocess.features.iter().map(|f| of(&f.plan.name)).collect::<Vec<f64>>())
}
