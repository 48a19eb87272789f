//! Counts and amounts that are not negative: Poisson, Tweedie and gamma regression on standardised columns.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::linear::{gathered, scores, shared_out, values};
use super::{Effort, Fitted, Learned, Learner, Sample, Watch};
use crate::learn::LearnError;
use crate::learn::frame::Frame;
use crate::learn::preprocess::Preprocess;
use crate::learn::solver::{Line, tweedie};

/// Learns the logarithm of the mean.
pub(super) struct Amounts {
    pub(super) penalty: f64,
    /// See [`tweedie`].
    pub(super) power: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Logarithmic {
    power: f64,
    intercept: f64,
    weights: Vec<f64>,
}

impl Learner for Amounts {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let target = &sample.frame.target[sample.rows.clone()];
        let Line { intercept, weights } = tweedie(sample, target, sample.weights(), self.power, self.penalty)?;
        if !intercept.is_finite() || weights.iter().any(|w| !w.is_finite()) {
            return Err(LearnError::Internal("the regression's weights are not finite".to_owned()));
        }
        let model = Logarithmic { power: self.power, intercept, weights };
        Ok(Learned { model: Box::new(model), rows: target.len() })
    }
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    let model: Logarithmic =
        serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a regression of amounts: {e}")))?;
    Ok(Box::new(model))
}

impl Fitted for Logarithmic {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let values = values(preprocess, frame, rows, ("regression", self.weights.len()))?;
        // What lies far from all training rows would be infinite otherwise.
        let mean = |score: f64| score.min(f64::MAX.ln()).exp();
        Ok(scores(&values, self.intercept, &self.weights).map(mean).collect())
    }

    /// To the logarithm of the prediction.
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
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the regression", e))
    }

    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        Ok(("coefficients.json", self.to_bytes()?))
    }

    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        gathered(preprocess, &self.weights.iter().map(|w| w.abs()).collect::<Vec<_>>())
    }
}
