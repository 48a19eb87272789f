//! What goes by the time alone: the last day's outcomes, and those of the same hour of earlier seasons.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Effort, Fitted, Learned, Learner, Sample, Watch, constant, shares};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::frame::{DAY, Frame};
use crate::learn::preprocess::Preprocess;

const HOUR: i64 = DAY / 24;

/// Learns the mean (or the share of each class) of the last day that has outcomes.
pub(super) struct LastValue {
    pub(super) task: Task,
}

/// Learns the mean (or the share of each class) of each hour of a season.
pub(super) struct Seasonal {
    pub(super) task: Task,
    /// Length of the season: 7 days make each hour of the week its own.
    pub(super) days: f64,
}

/// One answer for each hour of a season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Hours {
    task: Task,
    /// `hours x outputs`, row by row.
    answers: Vec<f64>,
    outputs: usize,
}

impl Learner for LastValue {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let rows = sample.rows.clone();
        let day = |row: usize| sample.frame.time[row].div_euclid(DAY);
        let last = rows.clone().next_back().map(day);
        let first = rows.clone().find(|&row| Some(day(row)) == last).unwrap_or(rows.start);
        let answers = constant(self.task, &sample.frame.target[first..rows.end], sample.frame.classes.len());
        let outputs = answers.len();
        Ok(Learned { model: Box::new(Hours { task: self.task, answers, outputs }), rows: rows.end - first })
    }
}

impl Learner for Seasonal {
    fn fit(&self, sample: &Sample, _: Effort, _: &mut Watch) -> Result<Learned, LearnError> {
        let rows = sample.rows.clone();
        let hours = (self.days * 24.0).round().max(1.0) as usize;
        let overall = constant(self.task, &sample.frame.target[rows.clone()], sample.frame.classes.len());
        let outputs = overall.len();
        // Of classes one row more that is like all rows, so that an hour of few rows is not certain; an hour without
        // rows answers as all do.
        let prior = if self.task.of_classes() { 1.0 } else { 0.0 };
        let mut sums = vec![0.0; hours * outputs];
        let mut counts = vec![0.0_f64; hours];
        for row in rows.clone() {
            let (hour, y) = (phase(sample.frame.time[row], hours), sample.frame.target[row]);
            counts[hour] += 1.0;
            match self.task {
                Task::Multiclass => sums[hour * outputs + y as usize] += 1.0,
                _ => sums[hour * outputs] += y,
            }
        }
        let answer = |at: usize| {
            let (hour, overall) = (at / outputs, overall[at % outputs]);
            match counts[hour] {
                0.0 => overall,
                rows => (sums[at] + prior * overall) / (rows + prior),
            }
        };
        let answers = (0..hours * outputs).map(answer).collect();
        Ok(Learned { model: Box::new(Hours { task: self.task, answers, outputs }), rows: rows.len() })
    }
}

/// The hour of the season that an event time (microseconds) lies in; the first day of 1970 begins a season.
fn phase(time: i64, hours: usize) -> usize {
    time.div_euclid(HOUR).rem_euclid(hours.max(1) as i64) as usize
}

/// A model from the bytes its `to_bytes` made.
pub(super) fn load(bytes: &[u8]) -> Result<Box<dyn Fitted>, LearnError> {
    let model: Hours =
        serde_json::from_slice(bytes).map_err(|e| LearnError::Input(format!("not a model of hours: {e}")))?;
    if model.outputs == 0 || model.answers.is_empty() || !model.answers.len().is_multiple_of(model.outputs) {
        return Err(LearnError::Input("not a model of hours: it has no answer for each".to_owned()));
    }
    Ok(Box::new(model))
}

impl Hours {
    fn at(&self, time: i64) -> &[f64] {
        let hour = phase(time, self.answers.len() / self.outputs);
        &self.answers[hour * self.outputs..(hour + 1) * self.outputs]
    }
}

impl Fitted for Hours {
    fn predict(&self, _: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<f64>, LearnError> {
        Ok(frame.time[rows].iter().flat_map(|&time| self.at(time).iter().copied()).collect())
    }

    fn contributions(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
    ) -> Result<Vec<f64>, LearnError> {
        let base = |answers: &[f64]| match self.task {
            Task::Regression => answers[0],
            Task::Binary => (answers[0] / (1.0 - answers[0])).ln(),
            Task::Multiclass => answers.iter().copied().fold(0.0, f64::max).ln(),
        };
        let features = preprocess.features.len();
        let row = |&time: &i64| std::iter::repeat_n(0.0, features).chain([base(self.at(time))]);
        Ok(frame.time[rows].iter().flat_map(row).collect())
    }

    fn to_bytes(&self) -> Result<Vec<u8>, LearnError> {
        serde_json::to_vec(self).map_err(|e| LearnError::internal("cannot store the model of hours", e))
    }

    fn importance(&self, preprocess: &Preprocess) -> Vec<(String, f64)> {
        shares(preprocess, &vec![0.0; preprocess.features.len()])
    }
}
