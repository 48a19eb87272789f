//! The columns a model needs, as compact plain vectors.

use std::collections::HashMap;
use std::ops::Range;

use polars::prelude::{DataFrame, DataType, Series, TimeUnit};

use super::LearnError;
use super::derive::{Beyond, NOTHING};
use super::place::Place;
use crate::domain::dataset::Part;
use crate::domain::plan::{ColumnType, FeaturePlan, ModelPlan, Task, system};

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// One feature over all rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers, NaN where missing. Booleans are 0 and 1; dates and instants are days since 1970 (with a fraction:
    /// f32 keeps an instant of this century to about two minutes). Whole numbers are exact up to 2^24.
    Number(Vec<f32>),
    /// Text: a code into `levels` a row, [`MISSING`] where missing.
    Category {
        /// Code of each row.
        codes: Vec<u32>,
        /// The texts, in order of first appearance.
        levels: Vec<String>,
    },
}

impl Column {
    /// The value of a row as a person reads it; `None` where missing.
    pub fn shown(&self, row: usize, ty: ColumnType) -> Option<String> {
        match self {
            Self::Number(values) => {
                values.get(row).filter(|value| !value.is_nan()).map(|value| shown(f64::from(*value), ty))
            }
            Self::Category { codes, levels } => codes.get(row).and_then(|code| levels.get(*code as usize)).cloned(),
        }
    }
}

/// A number of a feature of this type as a person reads it: booleans and dates are numbers in a frame.
pub fn shown(value: f64, ty: ColumnType) -> String {
    match ty {
        ColumnType::Boolean => if value >= 0.5 { "true" } else { "false" }.to_owned(),
        ColumnType::Date | ColumnType::Datetime => day((value * DAY as f64) as i64),
        ColumnType::Integer if value.fract() == 0.0 => format!("{value:.0}"),
        _ => crate::domain::format::figure(value),
    }
}

/// The UTC day of an instant in microseconds: `2013-03-01`.
pub fn day(microseconds: i64) -> String {
    chrono::DateTime::from_timestamp_micros(microseconds)
        .map(|at| at.format("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// The squares of larger targets, summed over the rows, are no numbers any more.
const LARGEST_TARGET: f64 = 1e100;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// Rows in order of (event time, file, line).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Event time of each row, microseconds since 1970 UTC.
    pub time: Vec<i64>,
    /// Target of each row, NaN while unknown. 0 or 1 for a binary task, the index into `classes` for several classes.
    pub target: Vec<f64>,
    /// Names of the classes, each once; empty unless [`Wanted::classes`].
    pub classes: Vec<String>,
    /// How much each row counts when it is trained on; empty when all count the same.
    pub weights: Vec<f64>,
    /// When the target of each row became known, microseconds since 1970 UTC; empty when nobody says.
    pub known: Vec<i64>,
    /// The features, in the plan's order.
    pub columns: Vec<Column>,
    /// Where each row came from: (file, line), the order among rows of one time.
    pub source: Vec<(i64, i64)>,
}

/// What to read.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The features, in order.
    pub features: &'a [FeaturePlan],
    /// Name of the event time column.
    pub time: &'a str,
    /// Name of the target column; `None` reads no target (all NaN).
    pub target: Option<&'a str>,
    /// Name of the column of weights, if there is one. A weight that is missing or below 0 counts 0.
    pub weight: Option<&'a str>,
    /// Name of the column with the instant at which the target became known, if there is one. Where that is missing it is
    /// the event time.
    pub label_time: Option<&'a str>,
    /// Whether the target is the name of a class (several classes) instead of a number.
    pub classes: bool,
    /// What the features look at beside their own row; [`NOTHING`] where they do not.
    pub beyond: &'a Beyond,
}

impl<'a> Wanted<'a> {
    /// Features that look at nothing but their own row, and no target.
    pub fn unlabelled(features: &'a [FeaturePlan], time: &'a str) -> Self {
        Self { features, time, target: None, weight: None, label_time: None, classes: false, beyond: &NOTHING }
    }

    /// `features` and everything that `plan` learns them with.
    pub fn labelled(plan: &'a ModelPlan, features: &'a [FeaturePlan], beyond: &'a Beyond) -> Self {
        Self {
            features,
            time: &plan.time,
            target: Some(&plan.target),
            weight: plan.learning.weight.as_deref(),
            label_time: plan.learning.label_time.as_deref(),
            classes: plan.task == Task::Multiclass,
            beyond,
        }
    }

    /// Names of the columns, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.time.to_owned(), system::FILE.to_owned(), system::LINE.to_owned()];
        let inputs = self.features.iter().flat_map(FeaturePlan::inputs);
        for name in self.target.into_iter().chain(self.weight).chain(self.label_time).chain(inputs) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

/// Reads the labelled rows (those whose target is known) of `parts`, one part at a time, so that only one part is
/// ever held twice.
pub fn read_labelled(place: &Place, parts: &[Part], wanted: Wanted) -> Result<Frame, LearnError> {
    read_with_open(place, parts, wanted).map(|(frame, _)| frame)
}

/// What was read beside the rows whose target is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// Number of the rows whose target is not known.
    pub rows: u64,
    /// How many of them have no value, by feature.
    pub missing: Vec<u64>,
    /// Of the other rows, how many have a number that counts as missing because it is infinite or too large, by feature.
    pub infinite: Vec<u64>,
}

/// As [`read_labelled`], and what is known of the other rows.
pub fn read_with_open(place: &Place, parts: &[Part], wanted: Wanted) -> Result<(Frame, Open), LearnError> {
    let names = wanted.names();
    let mut builder = Builder::new(wanted, true);
    for part in parts.iter().filter(|part| part.rows > 0) {
        let table = place.read_table(&part.path, Some(&names))?;
        builder.append(&table).map_err(|e| within(e, &part.path))?;
    }
    let open = std::mem::take(&mut builder.open);
    let frame = builder.finish();
    match frame.target.iter().find(|y| y.abs() > LARGEST_TARGET) {
        Some(y) => Err(LearnError::Input(format!(
            "the target {:?} is {y:e} in a row, too much to calculate with: give the column a `min` and a `max`",
            wanted.target.unwrap_or_default()
        ))),
        None => Ok((frame, open)),
    }
}

/// All rows of `table`. The order of rows is that of the table, not of time: row i of the frame is row i of the
/// table.
pub fn from_table(table: &DataFrame, wanted: Wanted) -> Result<Frame, LearnError> {
    let mut builder = Builder::new(wanted, false);
    builder.append(table)?;
    Ok(builder.frame)
}

fn within(error: LearnError, path: &str) -> LearnError {
    match error {
        LearnError::Input(text) => LearnError::Input(format!("{path}: {text}")),
        other => other,
    }
}

impl Frame {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Drops the rows before `time`; the rows must be in order.
    pub fn drop_before(&mut self, time: i64) {
        let first = self.time.partition_point(|&t| t < time);
        self.time.drain(..first);
        self.target.drain(..first);
        self.source.drain(..first);
        self.weights.drain(..first.min(self.weights.len()));
        self.known.drain(..first.min(self.known.len()));
        for column in &mut self.columns {
            match column {
                Column::Number(values) => drop(values.drain(..first)),
                Column::Category { codes, .. } => drop(codes.drain(..first)),
            }
        }
    }

    /// Rows of the positive class within `rows`.
    pub fn positives(&self, rows: Range<usize>) -> usize {
        self.target[rows].iter().filter(|&&y| y >= 0.5).count()
    }

    /// Target as classes.
    pub fn classes(&self, rows: Range<usize>) -> Vec<bool> {
        self.target[rows].iter().map(|&y| y >= 0.5).collect()
    }

    fn sort(&mut self) {
        let key = |i: usize| (self.time[i], self.source[i]);
        if (1..self.len()).all(|i| key(i - 1) <= key(i)) {
            return;
        }
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|&i| key(i as usize));
        self.time = gather(&self.time, &order);
        self.target = gather(&self.target, &order);
        self.source = gather(&self.source, &order);
        if !self.weights.is_empty() {
            self.weights = gather(&self.weights, &order);
        }
        if !self.known.is_empty() {
            self.known = gather(&self.known, &order);
        }
        for column in &mut self.columns {
            match column {
                Column::Number(values) => *values = gather(values, &order),
                Column::Category { codes, .. } => *codes = gather(codes, &order),
            }
        }
    }
}

fn gather<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&i| values[i as usize]).collect()
}

struct Builder<'a> {
    wanted: Wanted<'a>,
    labelled_only: bool,
    frame: Frame,
    known: Vec<HashMap<String, u32>>,
    known_classes: HashMap<String, u32>,
    open: Open,
}

impl<'a> Builder<'a> {
    fn new(wanted: Wanted<'a>, labelled_only: bool) -> Self {
        let columns = wanted
            .features
            .iter()
            .map(|feature| match feature.ty {
                ColumnType::Text => Column::Category { codes: Vec::new(), levels: Vec::new() },
                _ => Column::Number(Vec::new()),
            })
            .collect();
        let frame = Frame { columns, ..Frame::default() };
        let known = vec![HashMap::new(); wanted.features.len()];
        let none = vec![0; wanted.features.len()];
        let open = Open { rows: 0, missing: none.clone(), infinite: none };
        Self { wanted, labelled_only, frame, known, known_classes: HashMap::new(), open }
    }

    fn append(&mut self, table: &DataFrame) -> Result<(), LearnError> {
        let rows = table.height();
        let target = match self.wanted.target {
            Some(name) if self.wanted.classes => self.indices(&column(table, name)?)?,
            Some(name) => numbers(&column(table, name)?)?,
            None => vec![f64::NAN; rows],
        };
        let keep: Vec<bool> = target.iter().map(|y| !self.labelled_only || !y.is_nan()).collect();
        let kept = |i: &usize| keep[*i];
        let time = instants(&column(table, self.wanted.time)?)?;
        let file = integers(&column(table, system::FILE)?)?;
        let line = integers(&column(table, system::LINE)?)?;
        self.frame.time.extend((0..rows).filter(kept).map(|i| time[i]));
        self.frame.target.extend((0..rows).filter(kept).map(|i| target[i]));
        self.frame.source.extend((0..rows).filter(kept).map(|i| (file[i], line[i])));
        if let Some(name) = self.wanted.weight {
            let weights =
                numbers(&column(table, name)?)?.into_iter().map(|v| if v > 0.0 && v.is_finite() { v } else { 0.0 });
            self.frame.weights.extend(weights.zip(&keep).filter(|(_, keep)| **keep).map(|(weight, _)| weight));
        }
        if let Some(name) = self.wanted.label_time {
            let known = numbers(&naive(&column(table, name)?)?)?;
            let known = known.iter().zip(&time).map(|(k, t)| if k.is_nan() { *t } else { *k as i64 });
            self.frame.known.extend(known.zip(&keep).filter(|(_, keep)| **keep).map(|(known, _)| known));
        }
        self.open.rows += keep.iter().filter(|keep| !**keep).count() as u64;
        for (at, feature) in self.wanted.features.iter().enumerate() {
            let values = self.wanted.beyond.values(feature, table, self.wanted.time)?;
            let null = values.is_null();
            let missing = null.iter().zip(&keep).filter(|(null, keep)| !**keep && *null == Some(true));
            self.open.missing[at] += missing.count() as u64;
            match &mut self.frame.columns[at] {
                Column::Number(out) => self.open.infinite[at] += append_numbers(out, &values, feature.ty, &keep)?,
                Column::Category { codes, levels } => {
                    append_codes(codes, levels, &mut self.known[at], &values, &keep)?;
                }
            }
        }
        Ok(())
    }

    /// The target as indices of classes, NaN for null.
    fn indices(&mut self, values: &Series) -> Result<Vec<f64>, LearnError> {
        let (mut codes, names) = (Vec::new(), &mut self.frame.classes);
        append_codes(&mut codes, names, &mut self.known_classes, values, &vec![true; values.len()])?;
        Ok(codes.into_iter().map(|code| if code == MISSING { f64::NAN } else { f64::from(code) }).collect())
    }

    fn finish(mut self) -> Frame {
        self.frame.sort();
        self.frame.order_classes();
        self.frame
    }
}

pub(super) fn column(table: &DataFrame, name: &str) -> Result<Series, LearnError> {
    match table.column(name) {
        Ok(column) => Ok(column.as_materialized_series().clone()),
        Err(_) => Err(LearnError::Input(format!(
            "column {name:?} is missing (there are {})",
            table.get_column_names().iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

pub(super) fn cast(values: &Series, to: &DataType) -> Result<Series, LearnError> {
    values.cast(to).map_err(|e| {
        LearnError::Input(format!("column {:?} of type {} is not {to}: {e}", values.name().as_str(), values.dtype()))
    })
}

/// The values as f64, NaN for null.
fn numbers(values: &Series) -> Result<Vec<f64>, LearnError> {
    let values = cast(values, &DataType::Float64)?;
    let values = values.f64().map_err(|e| LearnError::internal("cannot read numbers", e))?;
    Ok(values.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}

/// Appends the values to keep; answers how many of them are too large for a number.
fn append_numbers(out: &mut Vec<f32>, values: &Series, ty: ColumnType, keep: &[bool]) -> Result<u64, LearnError> {
    let values = match ty {
        ColumnType::Date | ColumnType::Datetime => {
            numbers(&naive(values)?)?.into_iter().map(|micros| micros / DAY as f64).collect()
        }
        _ => numbers(values)?,
    };
    let mut infinite = 0;
    for value in values.into_iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| value as f32) {
        infinite += u64::from(value.is_infinite());
        out.push(if value.is_finite() { value } else { f32::NAN });
    }
    Ok(infinite)
}

fn append_codes(
    codes: &mut Vec<u32>,
    levels: &mut Vec<String>,
    known: &mut HashMap<String, u32>,
    values: &Series,
    keep: &[bool],
) -> Result<(), LearnError> {
    let values = cast(values, &DataType::String)?;
    let values = values.str().map_err(|e| LearnError::internal("cannot read text", e))?;
    for (value, keep) in values.iter().zip(keep) {
        match value {
            _ if !keep => {}
            None => codes.push(MISSING),
            Some(text) => match known.get(text) {
                Some(&code) => codes.push(code),
                None => {
                    let code = levels.len() as u32;
                    known.insert(text.to_owned(), code);
                    levels.push(text.to_owned());
                    codes.push(code);
                }
            },
        }
    }
    Ok(())
}

/// An instant or a date as microseconds without a zone.
fn naive(values: &Series) -> Result<Series, LearnError> {
    match values.dtype() {
        // Physically an instant with a zone is the same number in UTC.
        DataType::Datetime(TimeUnit::Microseconds, _) => Ok(values.to_physical_repr().into_owned()),
        DataType::Datetime(TimeUnit::Milliseconds, _) | DataType::Datetime(TimeUnit::Nanoseconds, _) => {
            let physical = cast(&values.to_physical_repr(), &DataType::Int64)?;
            let scaled = match values.dtype() {
                DataType::Datetime(TimeUnit::Milliseconds, _) => &physical * 1_000,
                _ => &physical / 1_000,
            };
            Ok(scaled)
        }
        DataType::Date => Ok(&cast(&values.to_physical_repr(), &DataType::Int64)? * DAY),
        other => Err(LearnError::Input(format!(
            "column {:?} of type {other} is not a date or an instant",
            values.name().as_str()
        ))),
    }
}

/// Event times in microseconds since 1970 UTC. A null is an error: the clean stage rejects rows without a time.
pub fn instants(values: &Series) -> Result<Vec<i64>, LearnError> {
    integers(&naive(values)?)
}

fn integers(values: &Series) -> Result<Vec<i64>, LearnError> {
    if values.null_count() > 0 {
        let name = values.name().as_str();
        return Err(LearnError::Input(format!("column {name:?} has {} nulls where none may be", values.null_count())));
    }
    let values = cast(values, &DataType::Int64)?;
    let values = values.i64().map_err(|e| LearnError::internal("cannot read whole numbers", e))?;
    Ok(values.iter().flatten().collect())
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
