//! The linear model of several classes: one line a class, turned into probabilities together.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::linear::{gathered, shared_out};
use super::{Fitted, Sample};
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::frame::Frame;
use crate::learn::preprocess::Preprocess;
use crate::learn::solver::{Line, multinomial, softmax};

/// One line a class, over the columns of the linear view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Lines {
    lines: Vec<Stored>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stored {
    intercept: f64,
    weights: Vec<f64>,
}

/// Fits one line for each class of the sample's frame.
pub(super) fn fit(sample: &Sample, penalty: f64) -> Result<Lines, LearnError> {
    let truth: Vec<usize> = sample.frame.target[sample.rows.clone()].iter().map(|&y| y as usize).collect();
    let lines = multinomial(sample, &truth, sample.weights(), sample.frame.classes.len(), penalty)?;
    let finite = |line: &Line| line.intercept.is_finite() && line.weights.iter().all(|w| w.is_finite());
    if !lines.iter().all(finite) {
        return Err(LearnError::Internal("the linear model's weights are not finite".to_owned()));
    }
    let stored = |line: Line| Stored { intercept: line.intercept, weights: line.weights };
    Ok(Lines { lines: lines.into_iter().map(stored).collect() })
}

impl Lines {
    fn values(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let width = self.lines.first().map_or(0, |line| line.weights.len());
        let columns = preprocess.linear_names().len();
        if width == 0 || width != columns {
            let text = format!("the linear model has {width} weights a class, its preprocessing {columns} columns");
            return Err(LearnError::Input(text));
        }
        preprocess.linear(frame, rows)
    }

    fn probabilities(&self, values: &[f64]) -> Vec<f64> {
        let width = self.lines.first().map_or(1, |line| line.weights.len()).max(1);
        let mut all = Vec::with_capacity(values.len() / width * self.lines.len());
        for row in values.chunks_exact(width) {
            let start = all.len();
            let score = |line: &Stored| line.intercept + line.weights.iter().zip(row).map(|(w, x)| w * x).sum::<f64>();
            all.extend(self.lines.iter().map(score));
            softmax(&mut all[start..]);
        }
        all
    }
}

impl Fitted for Lines {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        Ok(self.probabilities(&self.values(preprocess, frame, rows)?))
    }

    /// Those of the class called, to its score.
    fn contributions(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
    ) -> Result<Vec<f64>, LearnError> {
        let values = self.values(preprocess, frame, rows)?;
        let calls = called(&self.probabilities(&values), self.lines.len());
        let line = |row: usize| {
            let Stored { intercept, weights } = &self.lines[calls[row].0];
            (*intercept, weights.as_slice())
        };
        Ok(shared_out(preprocess, &values, line))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the linear model", e))
    }

    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        Ok(("coefficients.json", self.to_bytes()?))
    }

    /// The size of a standardised column's weights is its importance; classes and a feature's columns count together.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        let width = self.lines.first().map_or(0, |line| line.weights.len());
        let size = |at: usize| self.lines.iter().map(|line| line.weights[at].abs()).sum();
        gathered(preprocess, &(0..width).map(size).collect::<Vec<f64>>())
    }
}
