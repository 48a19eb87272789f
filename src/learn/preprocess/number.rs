//! Fitting a number.

use super::fit::moments;
use super::{Coding, Feature};
use crate::domain::expr::Literal;
use crate::domain::feature::{Clip, Scaling};
use crate::domain::plan::{FeaturePlan, Impute};
use crate::learn::metrics::{mean, quantile};

/// Interquartile range of a standard normal.
const NORMAL_RANGE: f64 = 1.349;

pub(super) fn number(plan: &FeaturePlan, values: &[f32]) -> Feature {
    let mut present: Vec<f64> = values.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    let missing = values.len() - present.len();
    let bounds = plan.clip.and_then(|clip| match clip {
        Clip::Bounds(low, high) => Some((low, high)),
        Clip::Quantiles(low, high) => quantile(&present, low).zip(quantile(&present, high)),
    });
    if let Some((low, high)) = bounds {
        present.iter_mut().for_each(|value| *value = value.clamp(low, high));
    }
    let average = mean(present.iter().copied()).unwrap_or(0.0);
    let fill = match &plan.impute {
        Impute::Median => quantile(&present, 0.5),
        Impute::Mean => mean(present.iter().copied()),
        Impute::Mode => most_frequent(&present),
        Impute::Constant(Literal::Integer(value)) => Some(*value as f64),
        Impute::Constant(Literal::Float(value)) => Some(*value),
        Impute::Constant(Literal::Boolean(value)) => Some(f64::from(u8::from(*value))),
        Impute::Leave | Impute::Constant(_) | Impute::Reject => None,
    };
    // The median costs a sort; a column that misses nothing gets along with the mean, for rows to come.
    let centre = fill.or_else(|| if missing > 0 { quantile(&present, 0.5) } else { None }).unwrap_or(average);
    present.extend(std::iter::repeat_n(centre, missing));
    let (mean, deviation) = scale(plan.scaling, &present);
    Feature {
        plan: plan.clone(),
        missing: missing as u64,
        bounds,
        coding: Coding::Number { fill, centre },
        mean,
        deviation,
    }
}

/// What is taken off and what the rest is divided by.
fn scale(scaling: Scaling, values: &[f64]) -> (f64, f64) {
    let standard = || moments(values.iter().map(|value| (*value, 1)));
    let found = match scaling {
        Scaling::Standard => Some(standard()),
        Scaling::None => Some((0.0, 1.0)),
        Scaling::MinMax => values.iter().copied().reduce(f64::min).zip(values.iter().copied().reduce(f64::max)),
        Scaling::Robust => quantile(values, 0.5)
            .zip(quantile(values, 0.75).zip(quantile(values, 0.25)))
            .map(|(median, (upper, lower))| (median, (upper - lower) / NORMAL_RANGE))
            // More than half of the values are one: there is no range, but there may be a spread.
            .filter(|(_, range)| *range > 0.0),
    };
    match (scaling, found) {
        (Scaling::MinMax, Some((low, high))) => (low, high - low),
        (_, Some(found)) => found,
        (_, None) => standard(),
    }
}

/// The value that occurs most often; of several the smallest.
fn most_frequent(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a == b);
    runs.map(|run| (run.len(), run[0])).reduce(|best, run| if run.0 > best.0 { run } else { best }).map(|(_, v)| v)
}
