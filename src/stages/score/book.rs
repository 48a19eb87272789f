//! The book of predictions: what was predicted for which row, by whom and when, and what happened.

use std::collections::HashMap;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, IdxCa, IntoSeries, NamedFrom, NewChunkedArray, Series, TimeUnit,
};

use crate::domain::dataset::Part;
use crate::domain::plan::{LOWER, ModelPlan, PROBABILITY, Task, UPPER, probability_of, system};
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::frame::{DAY, instants};
use crate::learn::place::Place;

/// A calendar day in UTC, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// That of an event time in microseconds.
    pub fn of(time: i64) -> Self {
        Self(time.div_euclid(DAY))
    }

    /// `2013-03-01`.
    pub fn name(self) -> String {
        let start = chrono::DateTime::from_timestamp_micros(self.0.saturating_mul(DAY));
        start.map_or_else(|| format!("day {}", self.0), |start| start.format("%Y-%m-%d").to_string())
    }

    /// The day with this name.
    pub fn parse(name: &str) -> Option<Self> {
        let date: chrono::NaiveDate = name.parse().ok()?;
        Some(Self((date - chrono::NaiveDate::default()).num_days()))
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        // The first day of 1970 was a Thursday.
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }
}

/// One prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Event time, microseconds.
    pub time: i64,
    /// Ledger id of the file the row came from, and its record number there.
    pub source: (i64, i64),
    /// Probability or number.
    pub prediction: f64,
    /// The bounds given with it: lower and upper.
    pub bounds: Option<(f64, f64)>,
    /// What the baseline of the same version answers.
    pub baseline: f64,
    /// Whether the row was called positive (binary).
    pub class: bool,
    /// Version that predicted.
    pub version: i64,
    /// Run in which it did.
    pub run: i64,
    /// The instant it did, microseconds.
    pub at: i64,
    /// What happened.
    pub actual: Option<f64>,
    /// Run in which that was written.
    pub judged_run: Option<i64>,
}

/// Probabilities of several classes for one row, in the order of [`Book::classes`]; NaN, or absent at the end, for a class
/// that the version did not know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// By the model.
    pub model: Vec<f64>,
    /// By its baseline.
    pub baseline: Vec<f64>,
}

/// Predictions of some days.
pub struct Book {
    /// Columns that identify a row, and the time column.
    identity: DataFrame,
    /// One for each row of `identity`.
    pub entries: Vec<Entry>,
    /// Several classes: all that were ever predicted or happened, and what each entry gives to them. An entry's
    /// `prediction` is then the probability of the class called, its `actual` the index of a class.
    pub classes: Vec<String>,
    /// See `classes`; empty for other tasks.
    pub given: Vec<Given>,
    task: Task,
    /// Whether predictions come with bounds.
    bounded: bool,
    /// Row by key.
    index: HashMap<String, usize>,
    names: Vec<String>,
    key: Vec<String>,
    time: String,
}

impl Book {
    /// Reads the predictions in `parts`.
    ///
    /// # Errors
    /// [`LearnError::Input`] when they have no such columns: the pipeline's key was changed.
    pub fn read(place: &Place, plan: &ModelPlan, parts: &[Part]) -> Result<Self, LearnError> {
        let mut names = plan.key.clone();
        if !names.contains(&plan.time) {
            names.push(plan.time.clone());
        }
        let mut book = Self {
            identity: DataFrame::default(),
            entries: Vec::new(),
            classes: Vec::new(),
            given: Vec::new(),
            task: plan.task,
            bounded: plan.learning.interval.is_some(),
            index: HashMap::new(),
            names,
            key: plan.key.clone(),
            time: plan.time.clone(),
        };
        for part in parts.iter().filter(|part| part.rows > 0) {
            let table = place.read_table(&part.path, None)?;
            book.take_in(&table).map_err(|e| LearnError::Input(format!("predictions in {}: {e}", part.path)))?;
        }
        Ok(book)
    }

    fn take_in(&mut self, table: &DataFrame) -> Result<(), LearnError> {
        let actual = match self.task {
            Task::Multiclass => self.take_in_classes(table)?,
            _ => floats(table, "actual")?,
        };
        let entries = entries(table, &self.time, self.task, actual)?;
        let keys = self.keys(table)?;
        self.append(table, &keys, entries)
    }

    /// Reads the probabilities of several classes; gives the outcomes.
    fn take_in_classes(&mut self, table: &DataFrame) -> Result<Vec<Option<f64>>, LearnError> {
        let names: Vec<String> = table.get_column_names().iter().map(|name| name.to_string()).collect();
        let mut given = vec![Given::default(); table.height()];
        for (name, class) in names.iter().filter_map(|name| Some((name, name.strip_prefix(PROBABILITY)?))) {
            let (at, of_baseline) = (self.class(class), floats(table, &baseline_of(class))?);
            for ((given, model), baseline) in given.iter_mut().zip(floats(table, name)?).zip(of_baseline) {
                put(&mut given.model, at, model.unwrap_or(f64::NAN));
                put(&mut given.baseline, at, baseline.unwrap_or(f64::NAN));
            }
        }
        self.given.extend(given);
        let actual = column(table, "actual")?.cast(&DataType::String).map_err(|e| LearnError::Input(e.to_string()))?;
        let actual = actual.str().map_err(|e| LearnError::Input(e.to_string()))?;
        Ok(actual.iter().map(|name| name.map(|name| self.class(name) as f64)).collect())
    }

    /// The index of a class, which is new or known.
    pub fn class(&mut self, name: &str) -> usize {
        self.classes.iter().position(|known| known == name).unwrap_or_else(|| {
            self.classes.push(name.to_owned());
            self.classes.len() - 1
        })
    }

    /// The key of each row of `table` as text. Without key columns the place a row came from is its key.
    pub fn keys(&self, table: &DataFrame) -> Result<Vec<String>, LearnError> {
        match self.key.as_slice() {
            [] => keys(table, &[system::FILE.to_owned(), system::LINE.to_owned()]),
            key => keys(table, key),
        }
    }

    /// Row of this key.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.index.get(key).copied()
    }

    /// Adds rows: `entries` for the rows of `table`, whose keys are `keys`.
    pub fn append(&mut self, table: &DataFrame, keys: &[String], entries: Vec<Entry>) -> Result<(), LearnError> {
        let identity = table.select(&self.names).map_err(|e| LearnError::Input(e.to_string()))?;
        if self.entries.is_empty() {
            self.identity = identity;
        } else {
            self.identity
                .vstack_mut(&identity)
                .map_err(|e| LearnError::Input(format!("the key or time columns have changed their type: {e}")))?;
        }
        for (at, key) in keys.iter().enumerate() {
            self.index.insert(key.clone(), self.entries.len() + at);
        }
        self.entries.extend(entries);
        Ok(())
    }

    /// Rows of a day in order of (time, file, line).
    pub fn rows(&self, day: Day) -> Vec<usize> {
        let mut rows: Vec<usize> =
            (0..self.entries.len()).filter(|&row| Day::of(self.entries[row].time) == day).collect();
        rows.sort_unstable_by_key(|&row| (self.entries[row].time, self.entries[row].source));
        rows
    }

    /// First and last event time of a day's rows.
    pub fn times(&self, day: Day) -> Option<(i64, i64)> {
        let rows = self.rows(day);
        Some((self.entries[*rows.first()?].time, self.entries[*rows.last()?].time))
    }

    /// The table of a day as it is stored.
    pub fn day(&self, day: Day) -> Result<DataFrame, LearnError> {
        let rows = self.rows(day);
        let order = IdxCa::from_vec("".into(), rows.iter().map(|&row| row as u32).collect());
        let failed = |e| LearnError::internal("cannot write predictions", e);
        let mut table = self.identity.take(&order).map_err(failed)?;
        let entries: Vec<Entry> = rows.iter().map(|&row| self.entries[row]).collect();
        let mut columns = columns(&entries, self.task, self.bounded).map_err(failed)?;
        if self.task == Task::Multiclass {
            self.name_classes(&rows, &mut columns);
        }
        for column in columns {
            table.with_column(Column::from(column)).map_err(failed)?;
        }
        Ok(table)
    }

    /// Adds what is known of several classes in `rows`, and names the outcomes.
    fn name_classes(&self, rows: &[usize], columns: &mut Vec<Series>) {
        let called = rows.iter().map(|&row| {
            let known = self.given[row].model.iter().map(|p| if p.is_nan() { f64::NEG_INFINITY } else { *p });
            let known: Vec<f64> = known.collect();
            called(&known, known.len()).first().map(|(class, _)| self.classes[*class].as_str())
        });
        let mut added = vec![Series::new("predicted_class".into(), called.collect::<Vec<_>>())];
        let mut names: Vec<(usize, &String)> = self.classes.iter().enumerate().collect();
        names.sort_by_key(|(_, name)| *name);
        for (at, name) in names {
            let of = |get: fn(&Given) -> &Vec<f64>| -> Vec<Option<f64>> {
                rows.iter().map(|&row| get(&self.given[row]).get(at).copied().filter(|p| !p.is_nan())).collect()
            };
            let model = of(|given| &given.model);
            // A class that happened and nobody here predicted has no column.
            if model.iter().any(Option::is_some) {
                added.push(Series::new(probability_of(name).into(), model));
                added.push(Series::new(baseline_of(name).into(), of(|given| &given.baseline)));
            }
        }
        let actual = rows.iter().map(|&row| self.entries[row].actual.map(|at| self.classes[at as usize].as_str()));
        let actual = Series::new("actual".into(), actual.collect::<Vec<_>>());
        if let Some(place) = columns.iter().position(|column| column.name() == actual.name()) {
            columns[place] = actual;
        }
        columns.splice(1..1, added);
    }
}

/// The columns `names` of each row of `table` as one text.
pub fn keys(table: &DataFrame, names: &[String]) -> Result<Vec<String>, LearnError> {
    let mut keys = vec![String::new(); table.height()];
    for name in names {
        let text = column(table, name)?.to_physical_repr().cast(&DataType::String);
        let text = text.map_err(|e| LearnError::internal("cannot read a key", e))?;
        let text = text.str().map_err(|e| LearnError::internal("cannot read a key", e))?;
        for (key, value) in keys.iter_mut().zip(text.iter()) {
            // The length keeps ("a", "bc") apart from ("ab", "c"), and a null apart from every text.
            match value {
                Some(value) => key.push_str(&format!("{}:{value};", value.len())),
                None => key.push_str("-;"),
            }
        }
    }
    Ok(keys)
}

/// Column with the probability that the baseline gives to a class.
fn baseline_of(class: &str) -> String {
    format!("baseline_{class}")
}

/// Puts a value at a place, the places before it filled with NaN.
pub fn put(values: &mut Vec<f64>, at: usize, value: f64) {
    if values.len() <= at {
        values.resize(at + 1, f64::NAN);
    }
    values[at] = value;
}

fn columns(entries: &[Entry], task: Task, bounded: bool) -> Result<Vec<Series>, polars::prelude::PolarsError> {
    let floats =
        |name: &str, get: fn(&Entry) -> f64| Series::new(name.into(), entries.iter().map(get).collect::<Vec<_>>());
    let whole =
        |name: &str, get: fn(&Entry) -> i64| Series::new(name.into(), entries.iter().map(get).collect::<Vec<_>>());
    let mut columns = vec![floats("prediction", |e| e.prediction)];
    if task == Task::Binary {
        let classes = entries.iter().map(|e| e.class);
        columns.push(BooleanChunked::from_iter_values("predicted_class".into(), classes).into_series());
    }
    if bounded {
        let bound = |name: &str, get: fn((f64, f64)) -> f64| {
            Series::new(name.into(), entries.iter().map(|e| e.bounds.map(get)).collect::<Vec<_>>())
        };
        columns.extend([bound(LOWER, |(lower, _)| lower), bound(UPPER, |(_, upper)| upper)]);
    }
    let actual: Vec<Option<f64>> = entries.iter().map(|e| e.actual).collect();
    let judged: Vec<Option<i64>> = entries.iter().map(|e| e.judged_run).collect();
    columns.extend([
        floats("baseline", |e| e.baseline),
        whole("model_version", |e| e.version),
        whole("predicted_run", |e| e.run),
        whole("predicted_at", |e| e.at).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?,
        Series::new("actual".into(), actual),
        Series::new("judged_run".into(), judged),
        whole(system::FILE, |e| e.source.0),
        whole(system::LINE, |e| e.source.1),
    ]);
    Ok(columns)
}

fn entries(table: &DataFrame, time: &str, task: Task, actual: Vec<Option<f64>>) -> Result<Vec<Entry>, LearnError> {
    let time = instants(&column(table, time)?)?;
    let (file, line) = (whole(table, system::FILE)?, whole(table, system::LINE)?);
    let (prediction, baseline) = (floats(table, "prediction")?, floats(table, "baseline")?);
    let bounds: Vec<Option<(f64, f64)>> = match table.column(LOWER) {
        Ok(_) => floats(table, LOWER)?.into_iter().zip(floats(table, UPPER)?).map(|(a, b)| a.zip(b)).collect(),
        Err(_) => vec![None; table.height()],
    };
    let class = match table.column("predicted_class") {
        Ok(_) if task == Task::Binary => {
            floats(table, "predicted_class")?.into_iter().map(|c| c == Some(1.0)).collect()
        }
        _ => vec![false; table.height()],
    };
    let (version, run) = (whole(table, "model_version")?, whole(table, "predicted_run")?);
    let (at, judged) = (instants(&column(table, "predicted_at")?)?, whole(table, "judged_run")?);
    Ok((0..table.height())
        .map(|row| Entry {
            time: time[row],
            source: (file[row].unwrap_or(0), line[row].unwrap_or(0)),
            prediction: prediction[row].unwrap_or(f64::NAN),
            bounds: bounds[row],
            baseline: baseline[row].unwrap_or(f64::NAN),
            class: class[row],
            version: version[row].unwrap_or(0),
            run: run[row].unwrap_or(0),
            at: at[row],
            actual: actual[row],
            judged_run: judged[row],
        })
        .collect())
}

fn column(table: &DataFrame, name: &str) -> Result<Series, LearnError> {
    match table.column(name) {
        Ok(column) => Ok(column.as_materialized_series().clone()),
        Err(_) => Err(LearnError::Input(format!("column {name:?} is missing"))),
    }
}

/// The numbers of a column.
pub fn floats(table: &DataFrame, name: &str) -> Result<Vec<Option<f64>>, LearnError> {
    let values = column(table, name)?.cast(&DataType::Float64).map_err(|e| LearnError::Input(e.to_string()))?;
    Ok(values.f64().map_err(|e| LearnError::Input(e.to_string()))?.iter().collect())
}

fn whole(table: &DataFrame, name: &str) -> Result<Vec<Option<i64>>, LearnError> {
    let values = column(table, name)?.cast(&DataType::Int64).map_err(|e| LearnError::Input(e.to_string()))?;
    Ok(values.i64().map_err(|e| LearnError::Input(e.to_string()))?.iter().collect())
}
