//! How far off numbers will be, before their outcomes are known: a small model of the error, learned on the holdout.
//!
//! Direct loss estimation (as NannyML's DLE): the judged twin's errors on the holdout, which it had not seen, are learned
//! from the same features and the prediction; the mean over later rows is what their metric is expected to be. It holds
//! while only the mix of rows changes (covariate shift).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hessboost::prelude::{BoostedModel, ModelFormat};
use serde::{Deserialize, Serialize};

use super::small::{Learns, fit, predict};
use crate::learn::LearnError;
use crate::learn::diagnose::spread;
use crate::learn::frame::Frame;
use crate::learn::metrics::{Figure, mean};
use crate::learn::preprocess::Preprocess;

/// Rows of the holdout needed.
const LEAST: usize = 200;
/// Rows of the holdout used: more are sampled, evenly spaced.
const MOST: usize = 20_000;
const ROUNDS: usize = 40;

/// Models of the absolute and of the squared error, as hessboost writes them, in base64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    absolute: String,
    squared: String,
}

/// Rows of some frame with what was predicted for them.
#[derive(Clone, Copy)]
pub struct Predicted<'a> {
    /// The features' fitted preprocessing: the judged twin's.
    pub preprocess: &'a Preprocess,
    /// All rows.
    pub frame: &'a Frame,
    /// Rows of it, in order of time.
    pub rows: &'a [usize],
    /// The prediction for each of `rows`.
    pub predictions: &'a [f64],
}

impl Predicted<'_> {
    /// The trees' view of these of `rows` with the prediction as one more column.
    fn values(&self, of: &[usize]) -> Result<Vec<f32>, LearnError> {
        let own = self.preprocess.trees(self.frame, of.iter().map(|at| self.rows[*at]))?;
        let width = own.len() / of.len().max(1);
        let mut values = Vec::with_capacity(of.len() * (width + 1));
        for (row, at) in of.iter().enumerate() {
            values.extend_from_slice(&own[row * width..(row + 1) * width]);
            values.push(self.predictions[*at] as f32);
        }
        Ok(values)
    }
}

/// Expected absolute and squared error of rows.
pub type Expected = (Vec<f64>, Vec<f64>);

impl Errors {
    /// Learned on the holdout; `None` of too few rows.
    ///
    /// # Errors
    /// [`LearnError::Internal`] when the library refuses.
    pub fn fit(of: Predicted, seed: u64) -> Result<Option<Self>, LearnError> {
        let chosen: Vec<usize> = spread(0..of.rows.len(), MOST);
        let error = |at: &usize| of.frame.target[of.rows[*at]] - of.predictions[*at];
        // Trees learn in f32.
        let learnable = |at: &usize| (error(at).powi(2) as f32).is_finite() && (of.predictions[*at] as f32).is_finite();
        if chosen.len() < LEAST || !chosen.iter().all(learnable) {
            return Ok(None);
        }
        let values = of.values(&chosen)?;
        let learn = |power: i32| {
            let labels: Vec<f32> = chosen.iter().map(|at| error(at).abs().powi(power) as f32).collect();
            let model = fit(Learns::Number, values.clone(), &labels, ROUNDS, seed)?;
            let bytes = model.encode(ModelFormat::Binary);
            bytes.map(|b| STANDARD.encode(b)).map_err(|e| LearnError::internal("cannot store the model of errors", e))
        };
        Ok(Some(Self { absolute: learn(1)?, squared: learn(2)? }))
    }

    /// Expected absolute and squared error of each of the rows.
    ///
    /// # Errors
    /// [`LearnError::Input`] when the stored models cannot be read or the rows lack a feature.
    pub fn expect(&self, of: Predicted) -> Result<Expected, LearnError> {
        let all: Vec<usize> = (0..of.rows.len()).collect();
        let values = of.values(&all)?;
        let answer = |text: &str| {
            let unfit =
                |e: &dyn std::fmt::Display| LearnError::Input(format!("the model of errors cannot be read: {e}"));
            let bytes = STANDARD.decode(text).map_err(|e| unfit(&e))?;
            let model = BoostedModel::decode(&bytes, ModelFormat::Binary).map_err(|e| unfit(&e))?;
            Ok(predict(&model, &values)?.into_iter().map(|e| e.max(0.0)).collect())
        };
        Ok((answer(&self.absolute)?, answer(&self.squared)?))
    }
}

/// Expected `mae` and `rmse` of rows with these expected errors.
pub fn figures(absolute: &[f64], squared: &[f64]) -> Vec<Figure> {
    let rmse = mean(squared.iter().copied()).map(f64::sqrt);
    [("mae", mean(absolute.iter().copied())), ("rmse", rmse)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
