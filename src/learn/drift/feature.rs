//! What is kept of one feature's training rows, to compare later rows with.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::numeric::{apart, deviation, over, sorted};
use super::spread::Class;
use crate::domain::plan::ColumnType;
use crate::learn::frame::{Column, MISSING, shown};

/// Bins of equal share that numbers are cut into.
const BINS: usize = 10;
/// Levels with a bin of their own, the most frequent ones.
const LEVELS: usize = 20;
/// Quantiles kept of numbers.
const QUANTILES: usize = 500;
/// Quantiles are those of at most so many values, evenly spaced: their error is a tenth of a chunk's of 1,000 rows.
const SORTED: usize = 50_000;
/// Rows looked at where their order matters, evenly spaced.
pub(super) const SAMPLED: usize = 1_000;

/// A feature over its training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// How values are cut into bins.
    pub shape: Shape,
    /// Rows of each bin; the last one of missing values.
    pub counts: Vec<u64>,
    /// What is usual of chunks, by their size.
    pub classes: Vec<Class>,
}

/// How values are cut into bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// Numbers, with booleans, dates and instants as in [`Column`].
    Numbers {
        /// Smallest and largest value; absent where all are missing.
        range: Option<(f32, f32)>,
        /// Upper edges of all bins but the last: deciles, each once. A value on an edge belongs below it.
        edges: Vec<f32>,
        /// At most [`QUANTILES`] of the values in order of size, evenly spaced.
        quantiles: Vec<f64>,
        /// Their standard deviation (divisor n).
        deviation: f64,
    },
    /// Texts: the most frequent levels have a bin each, the others have one together.
    Levels {
        /// Levels, most frequent first.
        names: Vec<String>,
    },
}

impl Feature {
    /// That of the rows of `column`, which is called `name`; no class of chunks yet.
    pub fn of(name: &str, ty: ColumnType, column: &Column) -> Self {
        let shape = match column {
            Column::Number(values) => numbers(values),
            Column::Category { codes, levels } => levels_of(codes, levels),
        };
        let mut feature = Self { name: name.to_owned(), ty, shape, counts: Vec::new(), classes: Vec::new() };
        feature.counts = feature.count(&feature.bins_of(column));
        feature
    }

    /// How many bins there are, missing values included.
    pub fn bins(&self) -> usize {
        match &self.shape {
            Shape::Numbers { edges, .. } => edges.len() + 2,
            Shape::Levels { names } => names.len() + 2,
        }
    }

    /// The bin of every row of `column`. One of another kind is missing throughout.
    pub fn bins_of(&self, column: &Column) -> Vec<u8> {
        let missing = self.bins() as u8 - 1;
        match (&self.shape, column) {
            (Shape::Numbers { edges, .. }, Column::Number(values)) => values
                .iter()
                .map(|v| if v.is_nan() { missing } else { edges.partition_point(|edge| edge < v) as u8 })
                .collect(),
            (Shape::Levels { names }, Column::Category { codes, levels }) => {
                let known: HashMap<&str, u8> = names.iter().map(String::as_str).zip(0..).collect();
                let bins: Vec<u8> = levels
                    .iter()
                    .map(|level| known.get(level.as_str()).copied().unwrap_or(names.len() as u8))
                    .collect();
                codes.iter().map(|code| bins.get(*code as usize).copied().unwrap_or(missing)).collect()
            }
            (_, other) => vec![missing; length(other)],
        }
    }

    /// Rows of each bin.
    pub fn count(&self, bins: &[u8]) -> Vec<u64> {
        let mut counts = vec![0; self.bins()];
        bins.iter().for_each(|bin| counts[usize::from(*bin)] += 1);
        counts
    }

    /// What a bin is called.
    pub fn bin_name(&self, bin: usize) -> String {
        let said = |value: f32| shown(f64::from(value), self.ty);
        match &self.shape {
            _ if bin + 1 == self.bins() => "missing".to_owned(),
            Shape::Numbers { edges, .. } => match (edges.get(bin), edges.last()) {
                (Some(edge), _) => format!("≤ {}", said(*edge)),
                (None, Some(edge)) => format!("> {}", said(*edge)),
                (None, None) => "any".to_owned(),
            },
            Shape::Levels { names } => names.get(bin).cloned().unwrap_or_else(|| "other".to_owned()),
        }
    }
}

/// Kolmogorov-Smirnov D of values in order of size against the quantiles of the training rows, and the Wasserstein
/// distance in their deviations.
pub(super) fn distances(shape: &Shape, ordered: &[f64]) -> (Option<f64>, Option<f64>) {
    let Shape::Numbers { quantiles, deviation, .. } = shape else { return (None, None) };
    let found = apart(quantiles, ordered);
    (found.map(|(d, _)| d), found.and_then(|(_, distance)| over(distance, *deviation)))
}

/// Rows of a column.
pub(super) fn length(column: &Column) -> usize {
    match column {
        Column::Number(values) => values.len(),
        Column::Category { codes, .. } => codes.len(),
    }
}

/// At most `most` of the numbers that are there, evenly spaced, in order of size.
pub(super) fn in_order(values: &[f32], most: usize) -> Vec<f64> {
    let step = values.len().div_ceil(most).max(1);
    let present: Vec<f64> = values.iter().step_by(step).filter(|v| v.is_finite()).map(|v| f64::from(*v)).collect();
    sorted(&present).unwrap_or_default()
}

fn numbers(values: &[f32]) -> Shape {
    let ordered = in_order(values, SORTED);
    let at = |share: f64| ordered.get((share * ordered.len() as f64) as usize).or(ordered.last()).copied();
    let mut edges: Vec<f32> = (1..BINS).filter_map(|i| at(i as f64 / BINS as f64)).map(|v| v as f32).collect();
    edges.dedup();
    let kept = ordered.len().min(QUANTILES);
    let quantiles: Vec<f64> = (0..kept).filter_map(|i| at((i as f64 + 0.5) / kept as f64)).collect();
    let deviation = deviation(&quantiles).unwrap_or(0.0);
    let present = || values.iter().copied().filter(|v| v.is_finite());
    let range = present().reduce(f32::min).zip(present().reduce(f32::max));
    // Nothing lies above the largest value: an edge there would leave a bin that is always empty.
    edges.retain(|edge| range.is_some_and(|(_, most)| *edge < most));
    Shape::Numbers { range, edges, quantiles, deviation }
}

fn levels_of(codes: &[u32], levels: &[String]) -> Shape {
    let mut rows = vec![0_u64; levels.len()];
    codes.iter().filter(|code| **code != MISSING).for_each(|code| rows[*code as usize] += 1);
    let mut order: Vec<usize> = (0..levels.len()).filter(|level| rows[*level] > 0).collect();
    order.sort_by(|a, b| rows[*b].cmp(&rows[*a]).then_with(|| levels[*a].cmp(&levels[*b])));
    Shape::Levels { names: order.into_iter().take(LEVELS).map(|level| levels[level].clone()).collect() }
}
