//! linfa's linear models on standardised columns: logistic regression (binary) and ridge (regression).
//!
//! Two traps of linfa 0.8.1 are stepped around here. Its logistic regression calls the *more frequent* class
//! positive, so the orientation is read back from the model. Its elastic net centres the target but not the columns,
//! so the columns are centred before.

use std::ops::Range;

use linfa::prelude::{Dataset, Fit};
use linfa_elasticnet::ElasticNet;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::{Effort, Fitted, Learned, Learner, Sample, Watch, shares};
use crate::domain::plan::{Algorithm, Task};
use crate::learn::LearnError;
use crate::learn::frame::Frame;
use crate::learn::preprocess::Preprocess;

/// Only the newest rows are fitted: a handful of coefficients gains nothing from more, and the fit stays near a
/// quarter of a second.
const NEWEST_ROWS: usize = 50_000;

/// L2 penalty of the summed loss (scikit-learn's `C` = 1 / this; ridge's `alpha`).
const PENALTY: f64 = 1.0;

/// Iterations of L-BFGS. On standardised columns a dozen already give the loss of fifty to four digits.
const LOGISTIC_ITERATIONS: u64 = 15;

/// Sweeps of coordinate descent.
const RIDGE_SWEEPS: u32 = 200;

/// Learns a weight for each column of the linear view.
pub(super) struct Linear {
    pub(super) task: Task,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Weights {
    task: Task,
    intercept: f64,
    /// One for each column of the linear view.
    weights: Vec<f64>,
}

impl Learner for Linear {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Linear
    }

    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let rows = sample.rows.end.saturating_sub(NEWEST_ROWS).max(sample.rows.start)..sample.rows.end;
        let width = sample.preprocess.linear_names().len();
        let values = sample.preprocess.linear(sample.frame, rows.clone())?;
        let mut x = Array2::from_shape_vec((rows.len(), width), values)
            .map_err(|e| LearnError::internal("cannot lay out the linear model's rows", e))?;
        let centre = x.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(width));
        x -= &centre;
        let (intercept, weights) = match self.task {
            Task::Binary => logistic(x, sample.frame.classes(rows.clone()))?,
            Task::Regression => ridge(x, sample.frame.target[rows.clone()].to_vec())?,
        };
        let model = Weights { task: self.task, intercept: intercept - weights.dot(&centre), weights: weights.to_vec() };
        if !model.intercept.is_finite() || model.weights.iter().any(|w| !w.is_finite()) {
            return Err(LearnError::Internal("the linear model's weights are not finite".to_owned()));
        }
        Ok(Learned { model: Box::new(model), rows: rows.len() })
    }

    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
        let model: Weights =
            serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a linear model: {e}")))?;
        Ok(Box::new(model))
    }
}

fn logistic(x: Array2<f64>, truth: Vec<bool>) -> Result<(f64, Array1<f64>), LearnError> {
    let rows = x.nrows();
    let model = LogisticRegression::default()
        .alpha(PENALTY)
        .max_iterations(LOGISTIC_ITERATIONS)
        // The gradient is of the summed loss, so what counts as flat grows with the rows.
        .gradient_tolerance(1e-4 * rows.max(1) as f64)
        .fit(&Dataset::new(x, Array1::from(truth)))
        .map_err(|e| LearnError::internal("logistic regression failed", e))?;
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    Ok((sign * model.intercept(), model.params() * sign))
}

fn ridge(x: Array2<f64>, target: Vec<f64>) -> Result<(f64, Array1<f64>), LearnError> {
    let rows = x.nrows().max(1) as f64;
    let model = ElasticNet::ridge()
        .penalty(PENALTY / rows)
        .max_iterations(RIDGE_SWEEPS)
        .tolerance(1e-6)
        .fit(&Dataset::new(x, Array1::from(target)))
        .map_err(|e| LearnError::internal("ridge regression failed", e))?;
    Ok((model.intercept(), model.hyperplane().clone()))
}

impl Fitted for Weights {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let width = self.weights.len();
        if width == 0 || width != preprocess.linear_names().len() {
            return Err(LearnError::Input(format!(
                "the linear model has {width} weights, its preprocessing {} columns",
                preprocess.linear_names().len()
            )));
        }
        let values = preprocess.linear(frame, rows)?;
        let score = |row: &[f64]| self.intercept + row.iter().zip(&self.weights).map(|(x, w)| x * w).sum::<f64>();
        Ok(values
            .chunks_exact(width)
            .map(|row| match self.task {
                Task::Binary => 1.0 / (1.0 + (-score(row)).exp()),
                Task::Regression => score(row),
            })
            .collect())
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the linear model", e))
    }

    /// The size of a standardised column's weight is its importance; a feature's columns count together.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        let names = preprocess.linear_names();
        let weights: Vec<f64> = preprocess
            .features
            .iter()
            .map(|f| names.iter().zip(&self.weights).filter(|(name, _)| **name == f.name).map(|(_, w)| w.abs()).sum())
            .collect();
        shares(preprocess, &weights)
    }

    fn rounds(&self) -> Option<u32> {
        None
    }
}
