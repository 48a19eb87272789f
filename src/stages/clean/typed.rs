//! Columns that already have a type (of a Parquet file, of an expression): brought to the plan's type and judged.

use polars::prelude::{Column, DataType, PolarsResult};

use super::builder::ColumnBuilder;
use super::cell::{Cell, whole};
use super::columns::{ColumnRule, Reason};
use crate::domain::plan::ColumnType;
pub(super) use crate::learn::derive::data_type;

/// A column as the plan wants it.
pub(super) struct Settled {
    pub column: Column,
    /// Rows to reject, ascending: (row, value as text, reason).
    pub refused: Vec<(usize, String, Reason)>,
    /// Invalid values that became null.
    pub nulled: u64,
}

/// Brings `values` to the type of `rule` and judges every value. Text is parsed as the text of a CSV file is; a
/// fraction is not an integer; a time with a zone becomes UTC.
pub(super) fn settle(values: &Column, rule: &ColumnRule<'_>, nulls: &[String]) -> PolarsResult<Settled> {
    let target = data_type(rule.plan.ty);
    if rule.is_trivial() && *values.dtype() == target {
        let column = values.clone().with_name(rule.plan.name.as_str().into());
        return Ok(Settled { column, refused: Vec::new(), nulled: 0 });
    }
    let mut builder = ColumnBuilder::new(rule, values.len());
    let mut refused = Vec::new();
    if *values.dtype() == DataType::String && rule.plan.ty != ColumnType::Text {
        for (row, raw) in values.str()?.iter().enumerate() {
            if let Some(reason) = builder.raw(raw, nulls) {
                refused.push((row, raw.unwrap_or_default().to_owned(), reason));
            }
        }
    } else {
        let cast = cast(values, &target)?;
        let lost = values.is_not_null() & cast.is_null();
        let cells = cells(&cast, values, rule.plan.ty)?;
        for (row, cell) in cells.into_iter().enumerate() {
            let verdict = match cell {
                Some(cell) => builder.cell(cell),
                None if lost.get(row) == Some(true) || is_fraction(values, row) => builder.malformed(),
                None => builder.null(),
            };
            if let Some(reason) = verdict {
                refused.push((row, shown(values, row), reason));
            }
        }
    }
    let nulled = builder.nulled;
    Ok(Settled { column: builder.finish(), refused, nulled })
}

/// A non-strict cast: what cannot be is null.
fn cast(values: &Column, target: &DataType) -> PolarsResult<Column> {
    match (values.dtype(), target) {
        (DataType::Datetime(_, Some(zone)), DataType::Datetime(unit, None)) => {
            // The number behind a time with a zone is UTC already; a direct cast might shift it to local time.
            let zoned = values.cast(&DataType::Datetime(*unit, Some(zone.clone())))?;
            zoned.cast(&DataType::Int64)?.cast(target)
        }
        _ => values.cast(target),
    }
}

fn cells<'a>(cast: &'a Column, original: &Column, ty: ColumnType) -> PolarsResult<Vec<Option<Cell<'a>>>> {
    Ok(match ty {
        ColumnType::Text => cast.str()?.iter().map(|x| x.map(Cell::Text)).collect(),
        ColumnType::Integer if original.dtype().is_float() => {
            let floats = original.cast(&DataType::Float64)?;
            floats.f64()?.iter().map(|x| x.and_then(whole).map(Cell::Integer)).collect()
        }
        ColumnType::Integer => cast.i64()?.iter().map(|x| x.map(Cell::Integer)).collect(),
        ColumnType::Float => cast.f64()?.iter().map(|x| x.map(Cell::Float)).collect(),
        ColumnType::Boolean => cast.bool()?.iter().map(|x| x.map(Cell::Boolean)).collect(),
        ColumnType::Date => {
            let days = cast.cast(&DataType::Int32)?;
            days.i32()?.iter().map(|x| x.map(Cell::Date)).collect()
        }
        ColumnType::Datetime => {
            let micros = cast.cast(&DataType::Int64)?;
            micros.i64()?.iter().map(|x| x.map(Cell::Datetime)).collect()
        }
    })
}

fn is_fraction(values: &Column, row: usize) -> bool {
    values.dtype().is_float() && values.get(row).is_ok_and(|value| !value.is_null())
}

fn shown(values: &Column, row: usize) -> String {
    values
        .get(row)
        .ok()
        .filter(|value| !value.is_null())
        .map(|value| value.str_value().into_owned())
        .unwrap_or_default()
}
