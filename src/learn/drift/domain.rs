//! Can a small model tell a batch's rows from the training rows? All features at once, their interplay included.

use hessboost::prelude::ImportanceType;
use serde::{Deserialize, Serialize};

use super::small::{Learns, fit, predict};
use crate::domain::drift::Classifier;
use crate::domain::text::one_line;
use crate::learn::LearnError;
use crate::learn::diagnose::spread;
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::metrics::{Sum, auc, mean};
use crate::learn::preprocess::Preprocess;
use crate::learn::random::Random;

/// Rows of either side: more are sampled, evenly spaced.
pub(super) const ROWS: usize = 1_000;
/// Fewer rows of a batch tell nothing.
const LEAST: usize = 50;
const FOLDS: usize = 5;
const ROUNDS: usize = 25;

/// A feature of the training rows that are kept to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kept {
    /// Numbers.
    Numbers {
        /// Of each row.
        values: Vec<Option<f32>>,
    },
    /// Texts.
    Levels {
        /// Index of each row's level.
        codes: Vec<Option<u32>>,
        /// The levels.
        levels: Vec<String>,
    },
}

impl Kept {
    /// What is kept of a column of rows.
    pub(super) fn of(column: Column) -> Self {
        match column {
            Column::Number(values) => {
                Self::Numbers { values: values.into_iter().map(|v| Some(v).filter(|v| v.is_finite())).collect() }
            }
            Column::Category { codes, levels } => {
                let codes = codes.into_iter().map(|code| Some(code).filter(|code| *code != MISSING)).collect();
                Self::Levels { codes, levels }
            }
        }
    }

    fn column(&self) -> Column {
        match self {
            Self::Numbers { values } => Column::Number(values.iter().map(|v| v.unwrap_or(f32::NAN)).collect()),
            Self::Levels { codes, levels } => Column::Category {
                codes: codes.iter().map(|code| code.unwrap_or(MISSING)).collect(),
                levels: levels.clone(),
            },
        }
    }
}

/// Tells the rows of `batch` from the `kept` training rows by cross-fitting: every row is judged by a model that did not
/// see it. `None` of too few rows or no feature.
///
/// # Errors
/// [`LearnError::Input`] when either does not have the features of `preprocess`.
pub fn classify(
    kept: &[Kept],
    batch: &Frame,
    preprocess: &Preprocess,
    seed: u64,
) -> Result<Option<Classifier>, LearnError> {
    let chosen = spread(0..batch.len(), ROWS);
    let columns: Vec<Column> = kept.iter().map(Kept::column).collect();
    let of = columns.first().map_or(0, super::feature::length);
    if chosen.len() < LEAST || of < LEAST {
        return Ok(None);
    }
    let reference = Frame { columns, ..Frame::default() };
    let mut values = preprocess.trees(&reference, 0..of)?;
    values.extend(preprocess.trees(batch, chosen.iter().copied())?);
    let width = values.len() / (of + chosen.len());
    let truth: Vec<bool> = (0..of + chosen.len()).map(|row| row >= of).collect();
    let mut random = Random::seeded(seed);
    let fold: Vec<usize> = truth.iter().map(|_| random.below(FOLDS)).collect();
    let mut scores = vec![0.5; truth.len()];
    let mut gains = vec![0.0; width];
    for held in 0..FOLDS {
        let (own, others): (Vec<usize>, Vec<usize>) = (0..truth.len()).partition(|row| fold[*row] == held);
        let picked = |rows: &[usize]| -> Vec<f32> {
            rows.iter().flat_map(|row| values[row * width..(row + 1) * width].iter().copied()).collect()
        };
        let labels: Vec<f32> = others.iter().map(|row| f32::from(u8::from(truth[*row]))).collect();
        let model = fit(Learns::Probability, picked(&others), &labels, ROUNDS, seed)?;
        own.iter().zip(predict(&model, &picked(&own))?).for_each(|(row, score)| scores[*row] = score);
        for (feature, gain) in model.feature_importance(ImportanceType::TotalGain) {
            if let Some(sum) = gains.get_mut(feature) {
                *sum += gain.max(0.0);
            }
        }
    }
    let Some((auc, low, high)) = interval(&truth, &scores) else { return Ok(None) };
    let total: f64 = gains.iter().sum();
    let share = |gain: f64| if total > 0.0 { gain / total } else { 0.0 };
    let mut features: Vec<(String, f64)> =
        preprocess.features.iter().zip(gains).map(|(f, gain)| (one_line(&f.plan.name), share(gain))).collect();
    features.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Some(Classifier { auc, low, high, rows: (of as u64, chosen.len() as u64), features }))
}

/// AUC with its 95 % interval by DeLong, DeLong and Clarke-Pearson (1988). `None` of one class.
pub fn interval(truth: &[bool], scores: &[f64]) -> Option<(f64, f64, f64)> {
    let area = auc(truth, scores)?;
    let side = |class: bool| {
        let mut of: Vec<f64> = scores.iter().zip(truth).filter(|(_, t)| **t == class).map(|(s, _)| *s).collect();
        of.sort_by(f64::total_cmp);
        of
    };
    let (positives, negatives) = (side(true), side(false));
    // The share of the other side that a score beats, ties by half.
    let beaten = |score: f64, others: &[f64]| {
        let (below, upto) = (others.partition_point(|o| *o < score), others.partition_point(|o| *o <= score));
        (below + upto) as f64 / 2.0 / others.len() as f64
    };
    let variance = |shares: Vec<f64>| {
        let centre = mean(shares.iter().copied()).unwrap_or(0.0);
        let mut squares = Sum::default();
        shares.iter().for_each(|v| squares.add((v - centre).powi(2)));
        squares.value() / (shares.len() as f64 - 1.0).max(1.0) / shares.len() as f64
    };
    let of_positives = variance(positives.iter().map(|p| beaten(*p, &negatives)).collect());
    let of_negatives = variance(negatives.iter().map(|n| 1.0 - beaten(*n, &positives)).collect());
    let reach = 1.959_963_984_540_054 * (of_positives + of_negatives).sqrt();
    Some((area, (area - reach).max(0.0), (area + reach).min(1.0)))
}
