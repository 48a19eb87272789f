//! Rows by the values of a column.

use polars::prelude::{AnyValue, DataType, Engine, IntoLazy, LazyFrame, SortMultipleOptions, col, len};
use serde::{Deserialize, Serialize};

use super::said;
use crate::domain::text::one_line;

/// Most groups that are told.
pub const MOST: usize = 200;

/// Rows by the values of a column, most rows first; days in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The column whose values make the groups.
    pub by: String,
    /// The column whose mean is told.
    pub mean: Option<String>,
    /// Value, rows, and the mean where there is one.
    pub groups: Vec<(String, u64, Option<f64>)>,
    /// Groups in all.
    pub all: u64,
}

/// Counts rows by the values of `by`, an instant by its day, and takes the mean of another column.
pub fn of(mut frame: LazyFrame, by: &str, mean: Option<&str>) -> Result<Groups, String> {
    let schema = frame.collect_schema().map_err(said)?;
    let dtype = schema.get(by).ok_or_else(|| format!("there is no column {}", one_line(by)))?;
    let timed = matches!(dtype, DataType::Datetime(..) | DataType::Date);
    let key = if matches!(dtype, DataType::Datetime(..)) { col(by).cast(DataType::Date) } else { col(by) };
    // No column of the data is called this.
    let (value, rows, figure) = ("landfall:value", "landfall:rows", "landfall:mean");
    let mut told = vec![len().alias(rows)];
    if let Some(mean) = mean {
        let numeric = schema.get(mean).is_some_and(|dtype| dtype.is_primitive_numeric() || *dtype == DataType::Boolean);
        if !numeric {
            return Err(format!("{} holds no numbers to take the mean of", one_line(mean)));
        }
        told.push(col(mean).cast(DataType::Float64).mean().alias(figure));
    }
    let order = if timed { (vec![value], vec![false]) } else { (vec![rows, value], vec![true, false]) };
    let order_by = SortMultipleOptions::default().with_order_descending_multi(order.1);
    let grouped = frame.group_by([key.alias(value)]).agg(told);
    let grouped = grouped.collect_with_engine(Engine::Streaming).map_err(said)?.unwrap_single();
    let all = grouped.height() as u64;
    let sorted = grouped.lazy().sort(order.0, order_by).collect().map_err(said)?;
    let shown = if timed { sorted.tail(Some(MOST)) } else { sorted.head(Some(MOST)) };
    let column = |name: &str| shown.column(name).map_err(said);
    let (values, counts) = (column(value)?, column(rows)?);
    let means = mean.map(|_| column(figure)).transpose()?;
    let mut groups = Vec::with_capacity(shown.height());
    for row in 0..shown.height() {
        let text = match values.get(row).map_err(said)? {
            AnyValue::Null => "no value".to_owned(),
            AnyValue::String(text) => text.to_owned(),
            AnyValue::StringOwned(text) => text.to_string(),
            other => other.to_string(),
        };
        let count = counts.get(row).map_err(said)?.try_extract::<u64>().map_err(said)?;
        let figure = means.map(|means| means.get(row).map_err(said)).transpose()?;
        let figure = figure.and_then(|figure| figure.try_extract::<f64>().ok());
        groups.push((text, count, figure));
    }
    Ok(Groups { by: by.to_owned(), mean: mean.map(str::to_owned), groups, all })
}
