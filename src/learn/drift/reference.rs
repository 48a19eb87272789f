//! What a version keeps of the rows it was made of, so that later rows can be compared with them: `reference.json`.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Sketch;
use super::domain::{self, Kept};
use super::errors::{self, Errors, Predicted};
use super::expect;
use super::feature::Feature;
use super::spread::{Spread, chunks, classes};
use crate::domain::plan::{ColumnType, FeaturePlan, Task};
use crate::learn::LearnError;
use crate::learn::diagnose::{spread, values};
use crate::learn::frame::{Column, Frame};
use crate::learn::judge::outputs;
use crate::learn::metrics::Figure;
use crate::learn::preprocess::Preprocess;

/// The reference of a version. Of one made before there was more than the sketch the rest is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// What the judged twin predicted on the holdout; absent without a holdout.
    #[serde(flatten)]
    pub validation: Option<Sketch>,
    /// The serving model's training rows.
    #[serde(default)]
    pub rows: u64,
    /// The features over these rows.
    #[serde(default)]
    pub features: Vec<Feature>,
    /// The judged twin's predictions on the holdout.
    #[serde(default)]
    pub score: Option<Feature>,
    /// Some of the training rows, evenly spaced, a feature each.
    #[serde(default)]
    pub sample: Vec<Kept>,
    /// What metrics are expected to be on chunks of the holdout.
    #[serde(default)]
    pub expected: Vec<Usual>,
    /// Models of the judged twin's error (regression).
    #[serde(default)]
    pub errors: Option<Errors>,
}

/// What a metric is expected to be on chunks of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// The metric.
    pub metric: String,
    /// Rows of a chunk.
    pub rows: u64,
    /// Over the chunks.
    pub spread: Spread,
}

/// The rows of the holdout with what the judged twin, which had not seen them, predicted.
#[derive(Clone, Copy)]
pub struct Holdout<'a> {
    /// What is predicted.
    pub task: Task,
    /// Probability from which a row is called positive.
    pub threshold: f64,
    /// The judged twin's preprocessing.
    pub preprocess: &'a Preprocess,
    /// Rows of the frame.
    pub rows: &'a Range<usize>,
    /// The prediction for each, or one for each of several classes.
    pub predictions: &'a [f64],
    /// What is shown of each prediction: itself, or the probability of the class that is called.
    pub shown: &'a [f64],
}

impl Reference {
    /// That of the rows `serving` of `frame`, read with `features`, and of the holdout. `validation` is the sketch of its
    /// predictions.
    ///
    /// # Errors
    /// [`LearnError::Internal`] when a small model cannot be fitted.
    pub fn of(
        features: &[FeaturePlan],
        frame: &Frame,
        serving: Range<usize>,
        holdout: Holdout,
        validation: Option<Sketch>,
        seed: u64,
    ) -> Result<Self, LearnError> {
        let rows: Vec<usize> = serving.collect();
        let time: Vec<i64> = rows.iter().map(|row| frame.time[*row]).collect();
        let cut = chunks(&time, seed);
        let known = |(plan, column): (&FeaturePlan, &Column)| {
            let column = values(column, &rows);
            let mut feature = Feature::of(&plan.name, plan.ty, &column);
            feature.classes = classes(&feature, &column, &cut);
            feature
        };
        let few: Vec<usize> = spread(0..rows.len(), domain::ROWS).into_iter().map(|at| rows[at]).collect();
        let (expected, errors) = holdout.expected(frame, seed)?;
        Ok(Self {
            validation,
            rows: rows.len() as u64,
            features: features.iter().zip(&frame.columns).map(known).collect(),
            score: holdout.score(frame, seed),
            sample: frame.columns.iter().map(|column| Kept::of(values(column, &few))).collect(),
            expected,
            errors,
        })
    }
}

impl Holdout<'_> {
    fn score(&self, frame: &Frame, seed: u64) -> Option<Feature> {
        let column = Column::Number(self.shown.iter().map(|p| *p as f32).collect());
        let mut feature = Feature::of("prediction", ColumnType::Float, &column);
        feature.classes = classes(&feature, &column, &chunks(&frame.time[self.rows.clone()], seed));
        (!self.predictions.is_empty()).then_some(feature)
    }

    /// What metrics are expected to be on chunks of the holdout, and the models that said so.
    fn expected(&self, frame: &Frame, seed: u64) -> Result<(Vec<Usual>, Option<Errors>), LearnError> {
        match self.task {
            Task::Binary => {
                let of = |chunk: Range<usize>| expect::binary(&self.predictions[chunk], self.threshold);
                Ok((usual(&frame.time[self.rows.clone()], seed, of), None))
            }
            Task::Multiclass => {
                let classes = outputs(self.rows.len(), self.predictions);
                let of = |chunk: Range<usize>| {
                    let rows = &self.predictions[chunk.start * classes..chunk.end * classes];
                    expect::classes(rows.chunks_exact(classes))
                };
                Ok((usual(&frame.time[self.rows.clone()], seed, of), None))
            }
            Task::Regression => {
                let rows: Vec<usize> = self.rows.clone().collect();
                let of = Predicted { preprocess: self.preprocess, frame, rows: &rows, predictions: self.predictions };
                let Some((models, (absolute, squared))) = Errors::fit(of, seed)? else { return Ok((Vec::new(), None)) };
                let of = |chunk: Range<usize>| errors::figures(&absolute[chunk.clone()], &squared[chunk]);
                let time: Vec<i64> =
                    spread(0..rows.len(), absolute.len()).into_iter().map(|at| frame.time[rows[at]]).collect();
                Ok((usual(&time, seed, of), Some(models)))
            }
        }
    }
}

fn usual(time: &[i64], seed: u64, of: impl Fn(Range<usize>) -> Vec<Figure>) -> Vec<Usual> {
    let mut usual = Vec::new();
    for (size, cut) in chunks(time, seed) {
        let figures: Vec<Figure> = cut.into_iter().flat_map(&of).collect();
        let mut names: Vec<&str> = figures.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let values: Vec<f64> = figures.iter().filter(|(other, _)| *other == name).map(|(_, v)| *v).collect();
            let spread = Spread::of(&values);
            usual.extend(spread.map(|spread| Usual { metric: name.to_owned(), rows: size as u64, spread }));
        }
    }
    usual
}
