//! The yardstick: the same answer for every row.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Effort, Fitted, Learned, Learner, Sample, Watch, shares};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::frame::Frame;
use crate::learn::metrics::sum;
use crate::learn::preprocess::Preprocess;

/// Learns the training rows' mean (regression) or positive share (binary).
pub(super) struct Baseline {
    pub(super) task: Task,
}

#[derive(Serialize, Deserialize)]
struct Constant {
    task: Task,
    value: f64,
    /// Of several classes: the share of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shares: Vec<f64>,
}

/// The answer for every row. A positive share is estimated as `(positives + 1/2) / (rows + 1)` (Krichevsky and
/// Trofimov), so that one class in the training rows does not become a certainty; for many rows it is the plain
/// share. 0 (regression) or 1/2 (binary) of no rows. One value, or the share of each of several `classes`.
pub fn constant(task: Task, target: &[f64], classes: usize) -> Vec<f64> {
    let (total, rows) = (sum(target.iter().copied()), target.len() as f64);
    let regular = |count: f64, classes: usize| (count + 0.5) / (rows + 0.5 * classes as f64);
    match task {
        Task::Binary => vec![regular(total, 2)],
        Task::Regression if rows > 0.0 => vec![total / rows],
        Task::Regression => vec![0.0],
        Task::Multiclass => {
            let count = |class: usize| target.iter().filter(|&&y| y as usize == class).count() as f64;
            (0..classes).map(|class| regular(count(class), classes)).collect()
        }
    }
}

impl Learner for Baseline {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let target = &sample.frame.target[sample.rows.clone()];
        let answer = constant(self.task, target, sample.frame.classes.len());
        let model = match self.task {
            Task::Multiclass => Constant { task: self.task, value: 0.0, shares: answer },
            _ => Constant { task: self.task, value: answer.first().copied().unwrap_or(0.0), shares: Vec::new() },
        };
        Ok(Learned { model: Box::new(model), rows: target.len() })
    }
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    let model: Constant =
        serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a baseline model: {e}")))?;
    Ok(Box::new(model))
}

impl Fitted for Constant {
    fn predict(&self, _: &Preprocess, _: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        match self.task {
            Task::Multiclass => Ok(rows.flat_map(|_| self.shares.iter().copied()).collect()),
            _ => Ok(vec![self.value; rows.len()]),
        }
    }

    fn contributions(&self, preprocess: &Preprocess, _: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        let base = match self.task {
            Task::Binary => (self.value / (1.0 - self.value)).ln(),
            Task::Regression => self.value,
            Task::Multiclass => self.shares.iter().copied().fold(0.0, f64::max).ln(),
        };
        let row = std::iter::repeat_n(0.0, preprocess.features.len()).chain([base]);
        Ok(rows.flat_map(|_| row.clone()).collect())
    }

    fn exported(&self) -> Result<(&'static str, Vec<u8>), LearnError> {
        Ok(("baseline.json", self.to_bytes()?))
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the baseline", e))
    }

    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        shares(preprocess, &vec![0.0; preprocess.features.len()])
    }
}
