//! Looking at a model from many sides, on rows it has not seen.

mod curves;
mod dependence;
mod learning;
mod permutation;
mod rows;
mod segments;

#[cfg(test)]
mod tests;

pub use learning::learning;
pub use rows::take;
pub(super) use rows::{spread, values};

use std::ops::Range;

use super::LearnError;
use super::bundle::Twin;
use super::classes::called;
use super::frame::{DAY, Frame, day};
use super::judge::{Measure, losses};
use super::metrics::mean;
use crate::domain::diagnosis::{Day, Diagnosis};
use crate::domain::plan::{Algorithm, ModelPlan, Task};

/// What is looked at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What is predicted, and from what.
    pub plan: &'a ModelPlan,
    /// The model.
    pub twin: &'a Twin,
    /// Labelled rows in order of time.
    pub frame: &'a Frame,
    /// Of the shuffles.
    pub seed: u64,
}

/// Diagnoses a model on `rows`, which it must not have seen, and beside that on a second core draws the learning curve of
/// its `algorithm` over the rows `train`; without one no curve.
///
/// # Errors
/// Those of the model's `predict`.
pub fn seen(
    look: Look,
    (train, rows): (Range<usize>, Range<usize>),
    algorithm: Option<Algorithm>,
) -> Result<Diagnosis, LearnError> {
    std::thread::scope(|scope| {
        let held_out = rows.clone();
        let curve = algorithm.map(|algorithm| scope.spawn(move || learning(look, (train, held_out), algorithm)));
        let diagnosis = diagnose(look, rows)?;
        let broke = |_| LearnError::Internal("the fits of the learning curve panicked".to_owned());
        let learning = curve.map_or(Ok(Vec::new()), |curve| curve.join().map_err(broke))?;
        Ok(Diagnosis { learning, ..diagnosis })
    })
}

/// Diagnoses a model on `rows`, which it must not have seen.
///
/// Curves, segments and days are of all rows. Shuffling and partial dependence predict anew, so they take an evenly
/// spaced sample of the rows, whose size the diagnosis says. What needs other fits is not in it: see [`learning`].
///
/// # Errors
/// Those of the model's `predict`.
pub fn diagnose(look: Look, rows: Range<usize>) -> Result<Diagnosis, LearnError> {
    let Look { plan, twin, frame, .. } = look;
    let predictions = twin.predict_rows(frame, rows.clone())?;
    let (target, measure) = (&frame.target[rows.clone()], Measure::of(plan));
    let losses = losses(measure, target, &predictions);
    // Of several classes everything below goes by the class called: how probable it was, and whether it was right.
    let truth: Vec<usize>;
    let (mut several, mut right) = (None, Vec::new());
    let (target, predictions) = match plan.task {
        Task::Multiclass => {
            truth = target.iter().map(|&y| y as usize).collect();
            let calls = called(&predictions, frame.classes.len());
            several = Some(curves::several(&frame.classes, &truth, &predictions, &calls));
            right.extend(truth.iter().zip(&calls).map(|(truth, call)| f64::from(u8::from(*truth == call.0))));
            (right.as_slice(), calls.into_iter().map(|(_, p)| p).collect())
        }
        _ => (target, predictions),
    };
    let sample = rows::spread(rows.clone(), permutation::sample_size(plan.features.len()));
    let permutation = permutation::importance(look, &sample)?;
    let dependence = dependence::of(look, &sample, &permutation)?;
    let time = &frame.time[rows.clone()];
    Ok(Diagnosis {
        task: plan.task,
        target: plan.target.clone(),
        loss: measure.loss(),
        rows: rows.len() as u64,
        days: time.first().zip(time.last()).map(|(first, last)| (day(*first), day(*last))),
        sampled: sample.len() as u64,
        classes: (plan.task == Task::Binary).then(|| curves::classes(target, &predictions, plan.threshold)),
        residuals: match plan.task {
            Task::Regression => curves::residuals(target, &predictions),
            Task::Binary | Task::Multiclass => None,
        },
        several,
        segments: {
            let known = segments::Rows { target, predictions: &predictions, losses: &losses };
            segments::worst(look, rows, &known, &permutation)
        },
        permutation,
        dependence,
        by_day: by_day(time, target, &predictions, &losses),
        learning: Vec::new(),
    })
}

fn by_day(time: &[i64], target: &[f64], predictions: &[f64], losses: &[f64]) -> Vec<Day> {
    let mut days = Vec::new();
    let mut start = 0;
    for of_day in time.chunk_by(|a, b| a.div_euclid(DAY) == b.div_euclid(DAY)) {
        let rows = start..start + of_day.len();
        let mean = |values: &[f64]| mean(values[rows.clone()].iter().copied()).unwrap_or(f64::NAN);
        days.push(Day {
            day: day(of_day[0]),
            rows: of_day.len() as u64,
            predicted: mean(predictions),
            actual: mean(target),
            loss: mean(losses),
        });
        start = rows.end;
    }
    days
}
