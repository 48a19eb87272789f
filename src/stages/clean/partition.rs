//! Cutting rows into partitions by event time.

use std::collections::BTreeMap;

use chrono::DateTime;
use polars::prelude::{DataFrame, IdxSize, PolarsResult};

use crate::domain::plan::Partition;
use crate::stages::staged::microseconds;

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// Row numbers of `frame` by name of their partition, in order within each. Rows have an event time by now.
pub(super) fn split(frame: &DataFrame, time: &str, by: Partition) -> PolarsResult<BTreeMap<String, Vec<IdxSize>>> {
    let times = microseconds(frame.column(time)?)?;
    let mut days: BTreeMap<i64, Vec<IdxSize>> = BTreeMap::new();
    for (row, micros) in times.i64()?.iter().enumerate() {
        let day = micros.unwrap_or_default().div_euclid(MICROSECONDS_A_DAY);
        days.entry(day).or_default().push(row as IdxSize);
    }
    let mut partitions: BTreeMap<String, Vec<IdxSize>> = BTreeMap::new();
    for (day, rows) in days {
        partitions.entry(name(day, by)).or_default().extend(rows);
    }
    Ok(partitions)
}

/// Whether `name` is the name of a partition cut this way.
pub(super) fn is_named_by(name: &str, by: Partition) -> bool {
    name.len() == self::name(0, by).len()
}

fn name(day: i64, by: Partition) -> String {
    let format = match by {
        Partition::Day => "%Y-%m-%d",
        Partition::Month => "%Y-%m",
        Partition::Year => "%Y",
    };
    let time = DateTime::from_timestamp(day.saturating_mul(86_400), 0).unwrap_or_default();
    time.format(format).to_string()
}
