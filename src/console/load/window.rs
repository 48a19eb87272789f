//! The rows of a table that are on screen, read from Parquet parts in the lake. Never more than the window.

use std::path::Path;

use anyhow::Context;
use polars::prelude::{AnyValue, DataFrame, DataType, LazyFrame, PlRefPath, ScanArgsParquet, col};

use super::tidy::line;
use crate::domain::location::Location;
use crate::lake::Lake;

/// Rows of a table as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// Number of the first row, from 0.
    pub from: u64,
    /// The columns that were read.
    pub columns: Vec<Head>,
    /// Every column there is.
    pub schema: Vec<Head>,
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

/// Rows with their cells whole, as they are: not yet safe to show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows; a cell without a value is absent.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Most columns that are read without being named.
pub const WIDE: usize = 128;

/// Reads rows `from..from + count` of the parts laid end to end. `parts` are (path relative to the lake, rows),
/// `columns` the wanted ones, by name; empty: the first [`WIDE`] of them. The schema is that of the first part the window
/// touches; a later part that lacks a column has no values there.
///
/// # Errors
/// An unreadable or missing part, with its path.
pub fn read(
    lake: &Location,
    parts: &[(String, u64)],
    from: u64,
    count: u64,
    columns: &[String],
) -> anyhow::Result<Window> {
    let mut window = Window { from, ..Window::default() };
    each(lake, parts, from, count, |frame| {
        if window.schema.is_empty() {
            window.schema = frame.schema.clone();
            let wanted = |head: &&Head| columns.is_empty() || columns.contains(&head.name);
            window.columns = frame.schema.iter().filter(wanted).take(WIDE.max(columns.len())).cloned().collect();
        }
        let names: Vec<String> = window.columns.iter().map(|head| head.name.clone()).collect();
        append(&mut window.rows, &frame.rows(&names)?, &names, cell)
    })?;
    for column in 0..window.columns.len() {
        align(&mut window.rows, column);
    }
    Ok(window)
}

/// Reads cells as they are, as [`read`] does.
///
/// # Errors
/// As [`read`].
pub fn whole(
    lake: &Location,
    parts: &[(String, u64)],
    from: u64,
    count: u64,
    columns: &[String],
) -> anyhow::Result<Cells> {
    let mut cells = Cells { columns: columns.to_vec(), rows: Vec::new() };
    each(lake, parts, from, count, |frame| append(&mut cells.rows, &frame.rows(columns)?, columns, raw))?;
    Ok(cells)
}

/// Hands over the pieces of the parts in which rows `from..from + count` lie.
fn each(
    lake: &Location,
    parts: &[(String, u64)],
    from: u64,
    count: u64,
    mut take: impl FnMut(Piece) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let lake = Lake::open(lake)?;
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
        let count = left.min(rows - skip.min(*rows));
        let context = || format!("cannot read {}", line(path));
        // What a question found lies beside the state, not in the lake.
        let file = if Path::new(path).is_absolute() {
            path.into()
        } else {
            lake.file(path).map_err(anyhow::Error::from).with_context(context)?
        };
        take(piece(&file, skip, count).with_context(context)?).with_context(context)?;
        skip = 0;
        left -= count;
    }
    Ok(())
}

/// Some rows of one file, not yet read.
struct Piece {
    scan: LazyFrame,
    schema: Vec<Head>,
    /// The names as the file has them.
    names: Vec<String>,
    from: i64,
    count: u32,
}

fn piece(path: &Path, from: u64, count: u64) -> anyhow::Result<Piece> {
    let text = path.to_str().context("its path is not UTF-8")?;
    // A path is a name here, never a pattern: brackets in it are brackets.
    let arguments = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
    let mut scan = LazyFrame::scan_parquet(PlRefPath::new(text), arguments)?;
    let known = scan.collect_schema()?;
    let head = |(name, dtype): (&polars::prelude::PlSmallStr, &DataType)| Head {
        name: line(name),
        dtype: line(&dtype.to_string()),
        numeric: dtype.is_primitive_numeric(),
    };
    let schema = known.iter().map(head).collect();
    let names = known.iter_names().map(ToString::to_string).collect();
    let from = i64::try_from(from).context("a row that far")?;
    Ok(Piece { scan, schema, names, from, count: u32::try_from(count).unwrap_or(u32::MAX) })
}

impl Piece {
    /// Reads these columns, by the names that are shown; those it lacks are left out.
    fn rows(&self, shown: &[String]) -> anyhow::Result<DataFrame> {
        let known = self.names.iter().filter(|name| shown.contains(&line(name)));
        let columns: Vec<_> = known.map(|name| col(name.as_str())).collect();
        if columns.is_empty() {
            return Ok(DataFrame::empty_with_height(self.count as usize));
        }
        Ok(self.scan.clone().select(columns).slice(self.from, self.count).collect()?)
    }
}

fn append(
    rows: &mut Vec<Vec<Option<String>>>,
    frame: &DataFrame,
    names: &[String],
    text: impl Fn(&AnyValue<'_>, &DataType) -> Option<String>,
) -> anyhow::Result<()> {
    let columns: Vec<_> = names.iter().map(|name| frame.columns().iter().find(|c| line(c.name()) == *name)).collect();
    for row in 0..frame.height() {
        let cells = columns.iter().map(|column| match column {
            Some(column) => Ok(text(&column.get(row)?, column.dtype())),
            None => Ok(None),
        });
        rows.push(cells.collect::<anyhow::Result<_>>()?);
    }
    Ok(())
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

/// A value as it is.
fn raw(value: &AnyValue<'_>, dtype: &DataType) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        other => {
            let text = other.to_string();
            let whole = matches!(dtype, DataType::Datetime(..)).then(|| text.replace(".000000", ""));
            Some(whole.unwrap_or(text))
        }
    }
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
