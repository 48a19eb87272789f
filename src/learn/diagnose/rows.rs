//! Some rows of a frame as a frame of their own.

use std::ops::Range;

use crate::learn::frame::{Column, Frame};

/// At most `most` of `rows`, evenly spaced, in order.
pub(in crate::learn) fn spread(rows: Range<usize>, most: usize) -> Vec<usize> {
    let n = rows.len();
    if n <= most {
        return rows.collect();
    }
    (0..most).map(|i| rows.start + (i as u128 * n as u128 / most as u128) as usize).collect()
}

/// These rows alone.
pub fn take(frame: &Frame, rows: &[usize]) -> Frame {
    Frame {
        time: rows.iter().map(|&row| frame.time[row]).collect(),
        target: rows.iter().map(|&row| frame.target[row]).collect(),
        classes: frame.classes.clone(),
        weights: rows.iter().filter_map(|&row| frame.weights.get(row).copied()).collect(),
        known: rows.iter().filter_map(|&row| frame.known.get(row).copied()).collect(),
        columns: frame.columns.iter().map(|column| values(column, rows)).collect(),
        source: rows.iter().map(|&row| frame.source[row]).collect(),
    }
}

/// The values of a column in these rows, in this order.
pub(in crate::learn) fn values(column: &Column, rows: &[usize]) -> Column {
    match column {
        Column::Number(values) => Column::Number(rows.iter().map(|&row| values[row]).collect()),
        Column::Category { codes, levels } => {
            Column::Category { codes: rows.iter().map(|&row| codes[row]).collect(), levels: levels.clone() }
        }
    }
}
