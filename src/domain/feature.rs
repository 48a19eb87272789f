//! What a model learns from: a feature's origin, and how its values are prepared.
//!
//! A feature is a column of the history, or is derived when rows are read to be learned from or to be predicted. Its
//! [`FeaturePlan`] says everything that this takes, so a bundle makes its own features, whatever the configuration has
//! become since. Nothing derived is written to the history: a late row changes what follows from it without a partition
//! being rewritten, and a new feature is there for the whole past at once.

use std::fmt::{Display, Formatter, Result};

use serde::{Deserialize, Serialize};

use super::expr::Expr;
use super::format::{counted, duration};
use super::plan::{ColumnType, Impute};

/// A feature as the model sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeaturePlan {
    /// Its name: that of a column in the history, unless `steps` derive it.
    pub name: String,
    /// Its type; text becomes a category.
    pub ty: ColumnType,
    /// What happens to a null.
    pub impute: Impute,
    /// Whether linear models see, beside the value filled in, that it was missing, and trees see it as missing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub indicator: bool,
    /// Bounds that numbers are drawn to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// How numbers are scaled for linear models. Trees do not care.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scaling: Scaling,
    /// How texts become numbers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encoding: Encoding,
    /// How it is derived; empty for a column of the history. Each step may use columns and the steps before it; the last
    /// one is the feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Where numbers are drawn to when they lie beyond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// These numbers.
    Bounds(f64, f64),
    /// These quantiles of the training rows, each from 0 to 1.
    Quantiles(f64, f64),
}

/// How numbers are scaled for linear models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// To mean 0 and standard deviation 1 of the training rows.
    #[default]
    Standard,
    /// To median 0 and an interquartile range of 1.349, that of a standard normal: outliers do not count.
    Robust,
    /// To 0 at the smallest and 1 at the largest training value.
    MinMax,
    /// As they are.
    None,
}

/// How texts become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// By the number of levels and the learner.
    #[default]
    Auto,
    /// A column for each level.
    OneHot,
    /// The rank by frequency, the most frequent level 0.
    Ordinal,
    /// The level's mean target, drawn towards the overall one; out of fold for the rows that are learned from.
    Target,
}

/// A column derived on the way to a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// How.
    pub how: Derivation,
}

/// How a column is derived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// From the same row.
    Expression(Expr),
    /// From earlier rows.
    Lookback(Lookback),
    /// From a table beside the data.
    Lookup(Lookup),
}

/// What earlier rows tell: those with an event time before that of the row (less `delay`), never the row itself nor one
/// of the same instant. Nulls do not count. Of rows of one instant the order is that of their values, because upstream may
/// send them again in another order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookback {
    /// The column looked at.
    pub of: String,
    /// Columns that must be equal; a null in one of them gives null.
    pub by: Vec<String>,
    /// Microseconds after its event time at which a value is known: for outcomes, how late they come.
    pub delay: i64,
    /// What is told.
    pub what: Aggregate,
    /// How far back; the number of rows for a [`Aggregate::Lag`].
    pub window: Window,
}

/// What earlier rows tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The value so many rows back.
    Lag,
    /// The mean; null of none.
    Mean,
    /// The sum; null of none.
    Sum,
    /// The smallest; null of none.
    Min,
    /// The largest; null of none.
    Max,
    /// The number of values.
    Count,
    /// The sample standard deviation (divisor n - 1); null of fewer than two.
    Std,
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// So many rows.
    Rows(u32),
    /// So many microseconds.
    Time(i64),
}

/// A value from a table (CSV with a header, or Parquet) in the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Its file, relative to the workspace.
    pub file: String,
    /// Columns that must be equal, as texts: (of the row, of the table).
    pub key: Vec<(String, String)>,
    /// The table's column that is the value.
    pub value: String,
    /// The type of the value.
    pub ty: ColumnType,
    /// The newest entry up to the row's event time, where the table has times; otherwise a key may be there only once.
    pub as_of: Option<AsOf>,
}

/// A join backward in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsOf {
    /// The table's column of instants or dates (ISO 8601 in CSV, UTC).
    pub time: String,
    /// Microseconds after its time at which an entry is known.
    pub delay: i64,
    /// An entry older than so many microseconds is none.
    pub tolerance: Option<i64>,
}

impl FeaturePlan {
    /// A column of the history whose nulls are left.
    pub fn column(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            impute: Impute::Leave,
            indicator: false,
            clip: None,
            scaling: Scaling::default(),
            encoding: Encoding::default(),
            steps: Vec::new(),
        }
    }

    /// Columns of the history that are read of a row itself, each once, in order.
    pub fn inputs(&self) -> Vec<&str> {
        if self.steps.is_empty() {
            return vec![&self.name];
        }
        unmade(&self.steps, self.steps.iter().flat_map(|step| step.how.own()))
    }

    /// Whether it takes more than the row itself.
    pub fn looks_beyond(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step.how, Derivation::Expression(_)))
    }
}

/// The names that no step makes, each once.
pub fn unmade<'a>(steps: &'a [Step], names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for name in names {
        // A step may fill the gaps of a column of its own name.
        let made = steps.iter().any(|step| step.name == name && !step.how.own().contains(&name));
        if !made && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

impl Derivation {
    /// Columns read of the row itself.
    pub fn own(&self) -> Vec<&str> {
        match self {
            Self::Expression(expr) => expr.columns(),
            Self::Lookback(look) => look.by.iter().map(String::as_str).collect(),
            Self::Lookup(lookup) => lookup.key.iter().map(|(own, _)| own.as_str()).collect(),
        }
    }
}

impl Display for Step {
    /// `share = mean of late over 7d, by carrier, known after 1d`.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = ", self.name)?;
        match &self.how {
            Derivation::Expression(expr) => write!(f, "{expr}"),
            Derivation::Lookback(look) => write!(f, "{look}"),
            Derivation::Lookup(lookup) => write!(f, "{lookup}"),
        }
    }
}

/// Microseconds as a person reads them.
fn length(microseconds: i64) -> String {
    duration(microseconds as f64 / 1e6)
}

impl Display for Lookback {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { of, by, delay, what, window } = self;
        match (what, window) {
            (Aggregate::Lag, Window::Rows(rows)) => write!(f, "{of} {} back", counted(u64::from(*rows), "row"))?,
            (_, Window::Rows(rows)) => write!(f, "{} of {of} over {}", what.name(), counted(u64::from(*rows), "row"))?,
            (_, Window::Time(time)) => write!(f, "{} of {of} over {}", what.name(), length(*time))?,
        }
        if !by.is_empty() {
            write!(f, ", by {}", by.join(", "))?;
        }
        if *delay > 0 { write!(f, ", known after {}", length(*delay)) } else { Ok(()) }
    }
}

impl Aggregate {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lag => "lag",
            Self::Mean => "mean",
            Self::Sum => "sum",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
            Self::Std => "std",
        }
    }
}

impl Display for Lookup {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let keys: Vec<&str> = self.key.iter().map(|(own, _)| own.as_str()).collect();
        write!(f, "{} in {}, by {}", self.value, self.file, keys.join(", "))?;
        let Some(AsOf { delay, tolerance, .. }) = &self.as_of else { return Ok(()) };
        f.write_str(", the newest")?;
        if *delay > 0 {
            write!(f, ", known after {}", length(*delay))?;
        }
        tolerance.map_or(Ok(()), |most| write!(f, ", at most {} old", length(most)))
    }
}
