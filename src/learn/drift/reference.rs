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
use crate::learn::calibrate::{Ahead, Calibrator, learned};
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
    /// What metrics came to on chunks of the holdout (of a version from before there was a `calibrator`: what they were
    /// expected to be there).
    #[serde(default)]
    pub expected: Vec<Usual>,
    /// What the judged twin's probabilities have to be corrected by, as the holdout has it, before metrics are expected
    /// from them; predictions are left as they are. Absent where nothing is to be corrected, or too little tells how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrator: Option<Calibrator>,
    /// Models of the judged twin's error (regression).
    #[serde(default)]
    pub errors: Option<Errors>,
}

/// What a metric came to on chunks of one size.
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
        Ok(Self {
            validation,
            rows: rows.len() as u64,
            features: features.iter().zip(&frame.columns).map(known).collect(),
            score: holdout.score(frame, seed),
            sample: frame.columns.iter().map(|column| Kept::of(values(column, &few))).collect(),
            expected: holdout.usual(frame, seed),
            calibrator: holdout.calibrator(frame),
            errors: holdout.errors(frame, seed)?,
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

    /// What metrics came to on chunks of the holdout.
    fn usual(&self, frame: &Frame, seed: u64) -> Vec<Usual> {
        let (target, predictions) = (&frame.target[self.rows.clone()], self.predictions);
        let time = &frame.time[self.rows.clone()];
        match self.task {
            Task::Binary => {
                let truth = frame.classes(self.rows.clone());
                usual(time, seed, |chunk| {
                    expect::binary_outcome(&truth[chunk.clone()], &predictions[chunk], self.threshold)
                })
            }
            Task::Multiclass => {
                let truth: Vec<usize> = target.iter().map(|&y| y as usize).collect();
                let classes = outputs(truth.len(), predictions);
                usual(time, seed, |chunk| {
                    let rows = &predictions[chunk.start * classes..chunk.end * classes];
                    expect::class_outcome(&truth[chunk], rows, classes)
                })
            }
            Task::Regression => {
                let absolute: Vec<f64> = target.iter().zip(predictions).map(|(y, p)| (y - p).abs()).collect();
                let squared: Vec<f64> = absolute.iter().map(|error| error * error).collect();
                usual(time, seed, |chunk| errors::figures(&absolute[chunk.clone()], &squared[chunk]))
            }
        }
    }

    fn calibrator(&self, frame: &Frame) -> Option<Calibrator> {
        let target = frame.target[self.rows.clone()].to_vec();
        learned(self.task, &Ahead { target, predictions: self.predictions.to_vec() })
    }

    fn errors(&self, frame: &Frame, seed: u64) -> Result<Option<Errors>, LearnError> {
        if self.task != Task::Regression {
            return Ok(None);
        }
        let rows: Vec<usize> = self.rows.clone().collect();
        Errors::fit(Predicted { preprocess: self.preprocess, frame, rows: &rows, predictions: self.predictions }, seed)
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
