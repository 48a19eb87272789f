//! Fitting on the training rows.

use std::ops::Range;

use super::{Coding, Feature, Level, Preprocess, SHRINKAGE};
use crate::domain::plan::{FeaturePlan, Impute};
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::metrics::{Sum, mean, quantile};

impl Preprocess {
    /// Fits `features` (the plan `frame` was read with) on `rows` of `frame`, whose targets are known.
    pub fn fit(features: &[FeaturePlan], frame: &Frame, rows: Range<usize>) -> Self {
        let target = &frame.target[rows.clone()];
        let features = features
            .iter()
            .zip(&frame.columns)
            .map(|(plan, column)| match column {
                Column::Number(values) => number(plan, &values[rows.clone()]),
                Column::Category { codes, levels } => category(plan, &codes[rows.clone()], levels, target),
            })
            .collect();
        Self { rows: target.len() as u64, features }
    }
}

fn number(plan: &FeaturePlan, values: &[f32]) -> Feature {
    let present: Vec<f64> = values.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    let missing = values.len() - present.len();
    let average = mean(present.iter().copied()).unwrap_or(0.0);
    let fill = match plan.impute {
        Impute::Median => quantile(&present, 0.5),
        Impute::Mean => mean(present.iter().copied()),
        Impute::Mode => most_frequent(&present),
        Impute::Leave | Impute::Constant(_) | Impute::Reject => None,
    };
    // The median costs a sort; a column that misses nothing gets along with the mean, for rows to come.
    let centre = fill.or_else(|| if missing > 0 { quantile(&present, 0.5) } else { None }).unwrap_or(average);
    let filled = present.iter().copied().chain(std::iter::repeat_n(centre, missing));
    let (mean, deviation) = moments(filled.map(|value| (value, 1)));
    Feature { plan: plan.clone(), missing: missing as u64, coding: Coding::Number { fill, centre }, mean, deviation }
}

fn category(plan: &FeaturePlan, codes: &[u32], names: &[String], target: &[f64]) -> Feature {
    let overall = mean(target.iter().copied()).unwrap_or(0.0);
    let mut counts = vec![(0_u64, Sum::default()); names.len()];
    let mut missing = 0;
    for (&code, &y) in codes.iter().zip(target) {
        match counts.get_mut(code as usize) {
            Some((rows, sum)) => {
                *rows += 1;
                sum.add(y);
            }
            None => missing += 1,
        }
    }
    let mut levels: Vec<Level> = names
        .iter()
        .zip(counts)
        .filter(|(_, (rows, _))| *rows > 0)
        .map(|(name, (rows, sum))| {
            let effect = (sum.value() + SHRINKAGE * overall) / (rows as f64 + SHRINKAGE);
            Level { name: name.clone(), rows, effect }
        })
        .collect();
    levels.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.name.cmp(&b.name)));
    let fill = (plan.impute == Impute::Mode && !levels.is_empty()).then_some(0);
    let instead = fill.and_then(|at: u32| levels.get(at as usize)).map_or(overall, |level| level.effect);
    let seen = levels.iter().map(|level| (level.effect, level.rows)).chain([(instead, missing)]);
    let (mean, deviation) = moments(seen);
    Feature { plan: plan.clone(), missing, coding: Coding::Category { levels, fill, overall }, mean, deviation }
}

/// Mean and standard deviation (divisor n) of values with their counts; a spread that is only rounding is 0.
fn moments(values: impl Iterator<Item = (f64, u64)> + Clone) -> (f64, f64) {
    let (mut sum, mut rows) = (Sum::default(), 0_u64);
    for (value, n) in values.clone() {
        sum.add(value * n as f64);
        rows += n;
    }
    if rows == 0 {
        return (0.0, 0.0);
    }
    let mean = sum.value() / rows as f64;
    let mut squares = Sum::default();
    for (value, n) in values {
        squares.add((value - mean).powi(2) * n as f64);
    }
    let deviation = (squares.value() / rows as f64).sqrt();
    (mean, if deviation > 1e-9 * mean.abs().max(1e-300) { deviation } else { 0.0 })
}

/// The value that occurs most often; of several the smallest.
fn most_frequent(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.map(|run| (run.len(), run[0])).reduce(|best, run| if run.0 > best.0 { run } else { best }).map(|(_, v)| v)
}

/// The code of row `row` in `codes`, if it has one.
pub(super) fn present(codes: &[u32], row: usize) -> Option<usize> {
    codes.get(row).filter(|&&code| code != MISSING).map(|&code| code as usize)
}
