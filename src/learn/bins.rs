//! The values of one feature in a few bins, in which rows are looked at together.

use std::ops::Range;

use super::frame::{Column, MISSING, shown};
use super::metrics::quantile;
use crate::domain::plan::{ColumnType, FeaturePlan};
use crate::domain::text::one_line;

/// A number with at most so many values is taken value by value, others by fifths.
const FEW: usize = 8;

/// One feature, each row in one of its bins; of a text's rare levels the rows are in none.
pub struct Binned {
    /// What each bin holds: `= EV`, `1.5 to 3`, `is missing`.
    pub bins: Vec<String>,
    /// The bin of each row.
    pub of_row: Vec<Option<u16>>,
}

/// Bins `rows` of a feature. Levels of a text with fewer than `least` rows have none.
pub fn bin(feature: &FeaturePlan, column: &Column, rows: Range<usize>, least: usize) -> Binned {
    match column {
        Column::Number(values) => numbers(&values[rows], feature.ty),
        Column::Category { codes, levels } => texts(&codes[rows], levels, least),
    }
}

/// Levels with enough rows, and the missing ones.
fn texts(codes: &[u32], levels: &[String], least: usize) -> Binned {
    let mut counts = vec![0_usize; levels.len()];
    for &code in codes.iter().filter(|&&code| code != MISSING) {
        counts[code as usize] += 1;
    }
    let mut bins = vec!["is missing".to_owned()];
    let mut bin_of = vec![None; levels.len()];
    for (code, level) in levels.iter().enumerate().filter(|(code, _)| counts[*code] >= least) {
        bin_of[code] = u16::try_from(bins.len()).ok();
        bins.push(format!("= {}", one_line(level)));
    }
    let of_row = codes.iter().map(|&code| if code == MISSING { Some(0) } else { bin_of[code as usize] }).collect();
    Binned { bins, of_row }
}

/// Values one by one where they are few, else fifths of the rows, and the missing ones.
fn numbers(values: &[f32], ty: ColumnType) -> Binned {
    let present: Vec<f64> = values.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
    let mut distinct = present.clone();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    let few = distinct.len() <= FEW;
    let mut edges = if few {
        distinct.split_off(distinct.len().min(1))
    } else {
        (1..5).filter_map(|i| quantile(&present, f64::from(i) / 5.0)).collect()
    };
    edges.dedup();
    let mut bins = vec!["is missing".to_owned()];
    let shown = |value: f64| shown(value, ty);
    let first = present.iter().copied().fold(f64::INFINITY, f64::min);
    for i in 0..=edges.len() {
        bins.push(match (few, i.checked_sub(1).and_then(|i| edges.get(i)), edges.get(i)) {
            (true, None, _) => format!("= {}", shown(first)),
            (true, Some(value), _) => format!("= {}", shown(*value)),
            (false, None, Some(high)) => format!("< {}", shown(*high)),
            (false, Some(low), None) => format!("≥ {}", shown(*low)),
            (false, Some(low), Some(high)) => format!("{} to {}", shown(*low), shown(*high)),
            (false, None, None) => "is there".to_owned(),
        });
    }
    let place = |v: f32| edges.partition_point(|edge| *edge <= f64::from(v)) as u16 + 1;
    let of_row = values.iter().map(|&v| Some(if v.is_nan() { 0 } else { place(v) })).collect();
    Binned { bins, of_row }
}
