//! The rows of a table that are on screen, read from Parquet parts in the lake. Never more than the window.

use std::path::Path;

use anyhow::Context;
use polars::prelude::{AnyValue, DataFrame, DataType, LazyFrame, PlRefPath, ScanArgsParquet};

use super::tidy::line;
use crate::domain::location::Location;
use crate::lake::Lake;

/// Rows of a table as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Number of the first row, from 0.
    pub from: u64,
    /// The columns.
    pub columns: Vec<Head>,
    /// The rows; a cell without a value is absent.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column's heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// Its type, for a person.
    pub dtype: String,
    /// Whether it holds numbers.
    pub numeric: bool,
}

/// Reads rows `from..from + count` of the parts laid end to end. `parts` are (path relative to the lake, rows). The
/// columns are those of the first part the window touches; a later part that lacks one has no values there.
///
/// # Errors
/// An unreadable or missing part, with its path.
pub fn read(lake: &Location, parts: &[(String, u64)], from: u64, count: u64) -> anyhow::Result<Window> {
    let lake = Lake::open(lake)?;
    let mut window = Window { from, ..Window::default() };
    let mut skip = from;
    let mut left = count;
    for (path, rows) in parts {
        if left == 0 {
            break;
        }
        if skip >= *rows && *rows > 0 {
            skip -= rows;
            continue;
        }
        let take = left.min(rows - skip.min(*rows));
        let frame = lake
            .file(path)
            .map_err(Into::into)
            .and_then(|file| slice(&file, skip, take))
            .with_context(|| format!("cannot read {}", line(path)))?;
        append(&mut window, &frame)?;
        skip = 0;
        left -= take;
    }
    for column in 0..window.columns.len() {
        align(&mut window.rows, column);
    }
    Ok(window)
}

/// Gives every number with a fraction in a column as many digits as the one that needs most, so that points stand
/// below each other.
fn align(rows: &mut [Vec<Option<String>>], column: usize) {
    let fraction = |text: &str| text.split_once('.').map(|(_, digits)| digits.trim_end_matches('0').len());
    let cells = || rows.iter().filter_map(|row| row.get(column)?.as_deref());
    if !cells().all(|text| text.parse::<f64>().is_ok()) {
        return;
    }
    let Some(most) = cells().filter_map(fraction).max() else { return };
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(column)?.as_mut()) {
        if let Some(point) = cell.find('.') {
            cell.truncate(if most == 0 { point } else { point + 1 + most });
        }
    }
}

fn slice(path: &Path, from: u64, count: u64) -> anyhow::Result<DataFrame> {
    let text = path.to_str().context("its path is not UTF-8")?;
    // A path is a name here, never a pattern: brackets in it are brackets.
    let arguments = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    let scan = LazyFrame::scan_parquet(PlRefPath::new(text), arguments)?;
    let offset = i64::try_from(from).context("a row that far")?;
    Ok(scan.slice(offset, u32::try_from(count).unwrap_or(u32::MAX)).collect()?)
}

fn append(window: &mut Window, frame: &DataFrame) -> anyhow::Result<()> {
    if window.columns.is_empty() {
        window.columns = frame
            .columns()
            .iter()
            .map(|column| Head {
                name: line(column.name()),
                dtype: line(&column.dtype().to_string()),
                numeric: column.dtype().is_primitive_numeric(),
            })
            .collect();
    }
    let columns: Vec<_> =
        window.columns.iter().map(|head| frame.columns().iter().find(|c| line(c.name()) == head.name)).collect();
    for row in 0..frame.height() {
        let cells = columns.iter().map(|column| match column {
            Some(column) => Ok(cell(&column.get(row)?, column.dtype())),
            None => Ok(None),
        });
        window.rows.push(cells.collect::<anyhow::Result<_>>()?);
    }
    Ok(())
}

fn cell(value: &AnyValue<'_>, dtype: &DataType) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::Float64(v) => Some(float(*v)),
        AnyValue::Float32(v) => Some(float(f64::from(*v))),
        AnyValue::String(text) => Some(line(text)),
        AnyValue::StringOwned(text) => Some(line(text)),
        other => {
            let text = line(&other.to_string());
            // Microseconds of a whole second carry nothing.
            let whole = matches!(dtype, DataType::Datetime(..)).then(|| text.replace(".000000", ""));
            Some(whole.unwrap_or(text))
        }
    }
}

/// Six digits behind the point; very large and very small ones with an exponent.
fn float(value: f64) -> String {
    if !value.is_finite() || value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-6) {
        return format!("{value:e}");
    }
    format!("{value:.6}")
}
