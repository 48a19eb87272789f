//! A column while it is filled value by value.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, Float64Type, Int32Type, Int64Type, IntoColumn, IntoSeries,
    PlSmallStr, PrimitiveChunkedBuilder, StringChunkedBuilder, TimeUnit,
};

use super::cell::{Cell, parse};
use super::columns::{ColumnRule, Reason};
use crate::domain::plan::ColumnType;

/// Takes raw texts or typed values, judges each by the column's rule and keeps what is left of it. Every call appends
/// exactly one value and answers why the row must be rejected, if it must.
pub(super) struct ColumnBuilder<'r> {
    rule: &'r ColumnRule<'r>,
    constant: Option<Cell<'r>>,
    cells: Cells,
    decimal: char,
    /// Invalid values that became null.
    pub nulled: u64,
}

enum Cells {
    Text(StringChunkedBuilder),
    Integer(PrimitiveChunkedBuilder<Int64Type>),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Boolean(BooleanChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Datetime(PrimitiveChunkedBuilder<Int64Type>),
}

impl<'r> ColumnBuilder<'r> {
    /// An empty column with room for `rows` values.
    pub fn new(rule: &'r ColumnRule<'r>, rows: usize) -> Self {
        let plan = rule.plan;
        let constant = rule.constant.as_deref().and_then(|text| parse(text, plan.ty, plan.format.as_deref()));
        let cells = Cells::new(plan.ty, plan.name.as_str().into(), rows);
        Self { rule, constant, cells, decimal: '.', nulled: 0 }
    }

    /// Raw numbers have this between their whole part and their fraction.
    pub fn with_decimal(self, decimal: char) -> Self {
        let number = matches!(self.rule.plan.ty, ColumnType::Integer | ColumnType::Float);
        Self { decimal: if number { decimal } else { '.' }, ..self }
    }

    /// Appends what a file says, if it says anything. `nulls` are spellings of null beside the empty one.
    #[inline]
    pub fn raw(&mut self, raw: Option<&str>, nulls: &[String]) -> Option<Reason> {
        let plan = self.rule.plan;
        let Some(raw) = raw else { return self.null() };
        let text = if plan.ty == ColumnType::Text { raw } else { raw.trim_ascii() };
        if text.is_empty() || nulls.iter().any(|null| null == text) {
            return self.null();
        }
        if self.decimal != '.' {
            // A point would be a thousands separator or a fraction: which of them, nobody can say.
            let number = (!text.contains('.')).then(|| text.replacen(self.decimal, ".", 1));
            return match number.as_deref().and_then(|number| parse(number, plan.ty, None)) {
                Some(Cell::Integer(x)) => self.cell(Cell::Integer(x)),
                Some(Cell::Float(x)) => self.cell(Cell::Float(x)),
                _ => self.malformed(),
            };
        }
        match parse(text, plan.ty, plan.format.as_deref()) {
            Some(cell) => self.cell(cell),
            None => self.malformed(),
        }
    }

    /// Appends a value of the column's type.
    #[inline]
    pub fn cell(&mut self, cell: Cell<'_>) -> Option<Reason> {
        match self.rule.check(cell) {
            Ok(()) => {
                self.cells.push(cell);
                None
            }
            Err(reason) => self.invalid(reason),
        }
    }

    /// Appends a value that is not of the column's type.
    pub fn malformed(&mut self) -> Option<Reason> {
        self.invalid(&self.rule.malformed)
    }

    /// Appends a missing value.
    #[inline]
    pub fn null(&mut self) -> Option<Reason> {
        if let Some(constant) = self.constant {
            self.cells.push(constant);
            return None;
        }
        self.cells.push_null();
        self.rule.rejects_null.then(|| self.rule.missing.clone())
    }

    fn invalid(&mut self, reason: &'r Reason) -> Option<Reason> {
        if self.rule.rejects_invalid {
            self.cells.push_null();
            return Some(reason.clone());
        }
        self.nulled += 1;
        self.null()
    }

    /// The column.
    pub fn finish(self) -> Column {
        match self.cells {
            Cells::Text(cells) => cells.finish().into_column(),
            Cells::Integer(cells) => cells.finish().into_column(),
            Cells::Float(cells) => cells.finish().into_column(),
            Cells::Boolean(cells) => cells.finish().into_column(),
            Cells::Date(cells) => cells.finish().into_date().into_series().into_column(),
            Cells::Datetime(cells) => {
                cells.finish().into_datetime(TimeUnit::Microseconds, None).into_series().into_column()
            }
        }
    }
}

impl Cells {
    fn new(ty: ColumnType, name: PlSmallStr, rows: usize) -> Self {
        match ty {
            ColumnType::Text => Self::Text(StringChunkedBuilder::new(name, rows)),
            ColumnType::Integer => Self::Integer(PrimitiveChunkedBuilder::new(name, rows)),
            ColumnType::Float => Self::Float(PrimitiveChunkedBuilder::new(name, rows)),
            ColumnType::Boolean => Self::Boolean(BooleanChunkedBuilder::new(name, rows)),
            ColumnType::Date => Self::Date(PrimitiveChunkedBuilder::new(name, rows)),
            ColumnType::Datetime => Self::Datetime(PrimitiveChunkedBuilder::new(name, rows)),
        }
    }

    #[inline]
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Text(cells), Cell::Text(x)) => cells.append_value(x),
            (Self::Integer(cells), Cell::Integer(x)) => cells.append_value(x),
            (Self::Float(cells), Cell::Float(x)) => cells.append_value(x),
            (Self::Boolean(cells), Cell::Boolean(x)) => cells.append_value(x),
            (Self::Date(cells), Cell::Date(x)) => cells.append_value(x),
            (Self::Datetime(cells), Cell::Datetime(x)) => cells.append_value(x),
            // A cell is made from the column's own type, so the two never differ.
            (cells, _) => cells.push_null(),
        }
    }

    #[inline]
    fn push_null(&mut self) {
        match self {
            Self::Text(cells) => cells.append_null(),
            Self::Integer(cells) | Self::Datetime(cells) => cells.append_null(),
            Self::Float(cells) => cells.append_null(),
            Self::Boolean(cells) => cells.append_null(),
            Self::Date(cells) => cells.append_null(),
        }
    }
}
