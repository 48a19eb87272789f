//! A model with what belongs to it.

use std::ops::Range;

use crate::domain::plan::Algorithm;
use crate::learn::LearnError;
use crate::learn::calibrate::Calibrator;
use crate::learn::frame::Frame;
use crate::learn::interval::Interval;
use crate::learn::judge::outputs;
use crate::learn::learner::{self, Fitted};
use crate::learn::preprocess::Preprocess;

/// A model with the preprocessing it was fitted with.
pub struct Twin {
    /// Fitted preprocessing.
    pub preprocess: Preprocess,
    /// The model.
    pub model: Box<dyn Fitted>,
    /// How its probabilities are corrected, if they are.
    pub calibrator: Option<Calibrator>,
    /// The bounds it gives with its predictions, if any.
    pub interval: Option<Interval>,
}

impl Twin {
    /// The same twin again, by way of its bytes.
    pub fn copy(&self, algorithm: Algorithm) -> Result<Self, LearnError> {
        let model = learner::load(algorithm, &self.model.to_bytes()?)?;
        let again = |interval: &Interval| {
            let [lower, upper] = interval.to_bytes()?;
            Interval::load(interval.margin, &lower, &upper)
        };
        let interval = self.interval.as_ref().map(again).transpose()?;
        Ok(Self { preprocess: self.preprocess.clone(), model, calibrator: self.calibrator.clone(), interval })
    }

    /// Lower and upper bound for each of `rows`, whose predictions are given; empty when it has none.
    pub fn bounds(
        &self,
        frame: &Frame,
        rows: Range<usize>,
        predictions: &[f64],
    ) -> Result<Vec<(f64, f64)>, LearnError> {
        match &self.interval {
            Some(interval) => interval.bounds(&self.preprocess, frame, rows, predictions),
            None => Ok(Vec::new()),
        }
    }

    /// Its prediction for every row of `frame`; see [`Fitted::predict`].
    pub fn predict(&self, frame: &Frame) -> Result<Vec<f64>, LearnError> {
        self.predict_rows(frame, 0..frame.len())
    }

    /// Its prediction for `rows` of `frame`; see [`Fitted::predict`].
    pub fn predict_rows(&self, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let n = rows.len();
        let mut predictions = self.model.predict(&self.preprocess, frame, rows)?;
        if let Some(calibrator) = &self.calibrator {
            let outputs = outputs(n, &predictions);
            calibrator.apply(&mut predictions, outputs);
        }
        Ok(predictions)
    }

    /// What each feature adds to the prediction of each row; see [`Fitted::contributions`].
    pub fn contributions(&self, frame: &Frame) -> Result<Vec<f64>, LearnError> {
        let mut parts = self.model.contributions(&self.preprocess, frame, 0..frame.len())?;
        if let Some(calibrator) = &self.calibrator {
            calibrator.apply_to_contributions(&mut parts, self.preprocess.features.len() + 1);
        }
        Ok(parts)
    }

    /// How its probabilities are corrected after what the contributions sum to, where these cannot be corrected alike.
    pub fn corrected_after(&self) -> Option<&'static str> {
        self.calibrator.as_ref().filter(|how| matches!(how, Calibrator::Isotonic { .. })).map(Calibrator::name)
    }
}
