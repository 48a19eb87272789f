//! What is in a column.

use polars::prelude::{AnyValue, Column, DataType, Engine, LazyFrame, col};
use serde::{Deserialize, Serialize};

use super::{groups, said};
use crate::domain::text::one_line;

/// Bins of a histogram.
const BINS: usize = 40;
/// Shares at which quantiles are told.
pub const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

/// A column in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its name.
    pub column: String,
    /// Its type, for a person.
    pub dtype: String,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Different values, that of no value included.
    pub distinct: u64,
    /// What the values are like.
    pub shape: Shape,
}

/// What values are like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// There is none.
    Empty,
    /// Numbers, or instants.
    Spread {
        /// The quantiles at 0, 5, 25, 50, 75, 95 and 100 %, as text.
        quantiles: Vec<String>,
        /// Mean and standard deviation, of numbers.
        moments: Option<(f64, f64)>,
        /// Values in bins of one width from the smallest to the largest.
        histogram: Vec<u64>,
        /// Numbers that are none, or without end.
        odd: u64,
    },
    /// Words: the most frequent ones with their rows.
    Values(Vec<(String, u64)>),
}

/// Looks at all of one column; no other is read.
pub fn of(frame: LazyFrame, name: &str) -> Result<Summary, String> {
    let only = frame.clone().select([col(name)]);
    let read = only.collect_with_engine(Engine::Streaming).map_err(said)?.unwrap_single();
    let column = read.column(name).map_err(said)?;
    let dtype = column.dtype();
    let nulls = column.null_count() as u64;
    let rows = column.len() as u64;
    let spread = dtype.is_primitive_numeric() || dtype.is_temporal();
    let shape = if nulls == rows {
        Shape::Empty
    } else if spread {
        shape(column)?
    } else {
        let found = groups::of(frame, name, None)?;
        let known = found.groups.into_iter().filter(|(value, _, _)| value != "no value");
        Shape::Values(known.map(|(value, rows, _)| (one_line(&value), rows)).take(40).collect())
    };
    let distinct = column.n_unique().map_err(said)? as u64;
    Ok(Summary { column: name.to_owned(), dtype: dtype.to_string(), rows, nulls, distinct, shape })
}

fn shape(column: &Column) -> Result<Shape, String> {
    let sorted = column.drop_nulls().sort(Default::default()).map_err(said)?;
    let numbers = sorted.cast(&DataType::Float64).map_err(said)?;
    let numbers: Vec<f64> =
        numbers.f64().map_err(said)?.into_no_null_iter().filter(|value| value.is_finite()).collect();
    let odd = (sorted.len() - numbers.len()) as u64;
    let (Some(least), Some(most)) = (numbers.first().copied(), numbers.last().copied()) else {
        return Ok(Shape::Empty);
    };
    let temporal = sorted.dtype().is_temporal();
    let at = |share: f64, count: usize| ((count - 1) as f64 * share).round() as usize;
    let quantiles = SHARES.map(|share| -> Result<String, String> {
        if !temporal {
            return Ok(figure(numbers[at(share, numbers.len())]));
        }
        match sorted.get(at(share, sorted.len())).map_err(said)? {
            AnyValue::Null => Ok(String::new()),
            value => Ok(one_line(&value.to_string()).replace(".000000", "")),
        }
    });
    let quantiles = quantiles.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut histogram = vec![0; BINS];
    let width = (most - least) / BINS as f64;
    for value in &numbers {
        let bin = if width > 0.0 { ((value - least) / width) as usize } else { 0 };
        histogram[bin.min(BINS - 1)] += 1;
    }
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let variance = numbers.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (numbers.len() - 1).max(1) as f64;
    let moments = (!temporal).then(|| (mean, variance.sqrt()));
    Ok(Shape::Spread { quantiles, moments, histogram, odd })
}

/// A number with six significant digits.
pub fn figure(value: f64) -> String {
    if value == 0.0 || (1e-4..1e15).contains(&value.abs()) {
        let digits = (5 - value.abs().max(1e-9).log10().floor() as i32).clamp(0, 9) as usize;
        let text = format!("{value:.digits$}");
        return if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    }
    format!("{value:.5e}")
}
