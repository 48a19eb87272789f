//! Gaussian naive Bayes: in each class every column is normal by itself.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::linear::gathered;
use super::{Effort, Fitted, Learned, Learner, Sample, Watch};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::frame::Frame;
use crate::learn::preprocess::Preprocess;
use crate::learn::solver::{Design, softmax};

/// Part of the largest variance of a column that is added to all, as scikit-learn's `var_smoothing`.
const SMOOTHING: f64 = 1e-9;

/// Learns mean and variance of each column in each class.
pub(super) struct NaiveBayes {
    pub(super) task: Task,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Normals {
    task: Task,
    classes: Vec<Normal>,
}

/// One class over the columns of the linear view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Normal {
    /// Logarithm of the class's share.
    share: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Learner for NaiveBayes {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let classes = match self.task {
            Task::Multiclass => sample.frame.classes.len(),
            _ => 2,
        };
        let target = &sample.frame.target[sample.rows.clone()];
        let truth: Vec<usize> = target.iter().map(|&y| y.round() as usize).collect();
        let classes = moments(sample, &truth, classes)?;
        Ok(Learned { model: Box::new(Normals { task: self.task, classes }), rows: target.len() })
    }
}

/// Weighted moments of each class: means in a first pass, variances around them in a second.
fn moments(sample: &Sample, truth: &[usize], classes: usize) -> Result<Vec<Normal>, LearnError> {
    let (width, weights) = (sample.width(), sample.weights());
    let mut totals = vec![0.0; classes];
    truth.iter().enumerate().for_each(|(row, &class)| totals[class] += weights.of(row));
    let mut means = vec![vec![0.0; width]; classes];
    let mut overall = vec![0.0; width];
    sample.blocks(0..truth.len(), &mut |block, values| {
        for (row, x) in block.zip(values.chunks_exact(width.max(1))) {
            let sums = means[truth[row]].iter_mut().zip(&mut overall);
            sums.zip(x).for_each(|((own, all), x)| {
                *own += weights.of(row) * x;
                *all += weights.of(row) * x;
            });
        }
    })?;
    let total: f64 = totals.iter().sum();
    for (mean, rows) in means.iter_mut().zip(&totals) {
        mean.iter_mut().for_each(|sum| *sum /= rows.max(f64::MIN_POSITIVE));
    }
    overall.iter_mut().for_each(|sum| *sum /= total.max(f64::MIN_POSITIVE));
    let mut squares = vec![vec![0.0; width]; classes];
    let mut spread = vec![0.0; width];
    sample.blocks(0..truth.len(), &mut |block, values| {
        for (row, x) in block.zip(values.chunks_exact(width.max(1))) {
            let class = truth[row];
            for (at, x) in x.iter().enumerate() {
                squares[class][at] += weights.of(row) * (x - means[class][at]).powi(2);
                spread[at] += weights.of(row) * (x - overall[at]).powi(2);
            }
        }
    })?;
    let largest = spread.iter().copied().fold(0.0, f64::max) / total.max(f64::MIN_POSITIVE);
    let smoothed = (SMOOTHING * largest).max(f64::MIN_POSITIVE);
    let normal = |((mean, squares), rows): ((Vec<f64>, Vec<f64>), f64)| Normal {
        // A class without rows is only improbable.
        share: (rows.max(0.5) / total.max(1.0)).ln(),
        variance: squares.into_iter().map(|sum| sum / rows.max(f64::MIN_POSITIVE) + smoothed).collect(),
        mean,
    };
    Ok(means.into_iter().zip(squares).zip(totals).map(normal).collect())
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    let model: Normals =
        serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a naive Bayes model: {e}")))?;
    Ok(Box::new(model))
}

impl Normal {
    /// Logarithm of the density of one column.
    fn density(&self, at: usize, x: f64) -> f64 {
        -0.5 * ((std::f64::consts::TAU * self.variance[at]).ln() + (x - self.mean[at]).powi(2) / self.variance[at])
    }

    fn score(&self, row: &[f64]) -> f64 {
        self.share + row.iter().enumerate().map(|(at, x)| self.density(at, *x)).sum::<f64>()
    }
}

impl Normals {
    fn width(&self, preprocess: &Preprocess) -> Result<usize, LearnError> {
        let width = self.classes.first().map_or(0, |class| class.mean.len());
        let columns = preprocess.linear_names().len();
        if width == 0 || width != columns {
            let text = format!("the naive Bayes model has {width} columns, its preprocessing {columns}");
            return Err(LearnError::Input(text));
        }
        Ok(width)
    }

    /// Probability of each class, row by row.
    fn probabilities(&self, values: &[f64], width: usize) -> Vec<f64> {
        let mut all = Vec::with_capacity(values.len() / width * self.classes.len());
        for row in values.chunks_exact(width) {
            let start = all.len();
            all.extend(self.classes.iter().map(|class| class.score(row)));
            softmax(&mut all[start..]);
        }
        all
    }
}

impl Fitted for Normals {
    fn predict(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let all = self.probabilities(&preprocess.linear(frame, rows)?, self.width(preprocess)?);
        match self.task {
            Task::Multiclass => Ok(all),
            _ => Ok(all.into_iter().skip(1).step_by(2).collect()),
        }
    }

    /// How much likelier a value is in the class (binary: the positive one, several: the one called) than in the others
    /// on average, as logarithms.
    fn contributions(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
    ) -> Result<Vec<f64>, LearnError> {
        let (width, values) = (self.width(preprocess)?, preprocess.linear(frame, rows)?);
        let calls = called(&self.probabilities(&values, width), self.classes.len());
        let names = preprocess.linear_names();
        let place = |name: &str| preprocess.features.iter().position(|f| f.plan.name == name);
        let of: Vec<Option<usize>> = names.iter().map(|name| place(name)).collect();
        let mut all = Vec::new();
        for (row, (call, _)) in values.chunks_exact(width).zip(calls) {
            let own = if self.task == Task::Multiclass { call } else { 1 };
            let beyond = |value: &dyn Fn(&Normal) -> f64| {
                let others = self.classes.iter().enumerate().filter(|(class, _)| *class != own);
                let (sum, n) = others.fold((0.0, 0.0), |(sum, n), (_, class)| (sum + value(class), n + 1.0));
                value(&self.classes[own]) - sum / f64::max(n, 1.0)
            };
            let start = all.len();
            all.resize(start + preprocess.features.len(), 0.0);
            for (at, (x, feature)) in row.iter().zip(&of).enumerate() {
                if let Some(feature) = feature {
                    all[start + feature] += beyond(&|class| class.density(at, *x));
                }
            }
            all.push(beyond(&|class| class.share));
        }
        Ok(all)
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the naive Bayes model", e))
    }

    /// How far apart the classes' means lie, in standard deviations.
    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        let width = self.classes.first().map_or(0, |class| class.mean.len());
        let apart = |at: usize| {
            let n = self.classes.len().max(1) as f64;
            let mean = self.classes.iter().map(|class| class.mean[at]).sum::<f64>() / n;
            let between = self.classes.iter().map(|class| (class.mean[at] - mean).powi(2)).sum::<f64>() / n;
            let within = self.classes.iter().map(|class| class.variance[at]).sum::<f64>() / n;
            (between / within.max(f64::MIN_POSITIVE)).sqrt().min(1e6)
        };
        gathered(preprocess, &(0..width).map(apart).collect::<Vec<f64>>())
    }
}
