//! Tables beside the data: airports, weather, holidays.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::{CsvReadOptions, DataFrame, DataType, IdxCa, ParquetReader, PolarsResult, SerReader, Series};

use super::{cast, column, compile::data_type, keys};
use crate::domain::feature::Lookup;
use crate::learn::LearnError;
use crate::learn::frame::instants;

/// A table, ready to be asked.
pub(super) struct Table {
    lookup: Lookup,
    /// BLAKE3 of the file, lower-case hex.
    pub hash: String,
    values: Series,
    /// Rows by key, in order of time where there are times.
    rows: HashMap<String, Vec<(i64, u32)>>,
}

impl Table {
    /// Reads the table of `lookup` in the workspace `root`.
    ///
    /// # Errors
    /// [`LearnError::Input`] when it cannot be read, lacks a column, or has a key twice where only one may be.
    pub fn read(lookup: &Lookup, root: &Path) -> Result<Self, LearnError> {
        let wrong = |what: String| LearnError::Input(format!("the lookup table {}: {what}", lookup.file));
        let bytes = std::fs::read(root.join(&lookup.file)).map_err(|e| wrong(format!("it cannot be read: {e}")))?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let table = parse(bytes, &lookup.file).map_err(|e| wrong(e.to_string()))?;
        let named = |name: &str| column(&table, name).map_err(|e| wrong(e.to_string()));
        let values = cast(&named(&lookup.value)?, &data_type(lookup.ty))?;
        let theirs: Vec<String> = lookup.key.iter().map(|(_, theirs)| theirs.clone()).collect();
        let keys = keys(&table, &theirs).map_err(|e| wrong(e.to_string()))?;
        let times: Vec<Option<i64>> = match &lookup.as_of {
            Some(as_of) => moments(&named(&as_of.time)?).map_err(|e| wrong(e.to_string()))?,
            None => vec![Some(0); table.height()],
        };
        let mut rows: HashMap<String, Vec<(i64, u32)>> = HashMap::new();
        for ((key, time), row) in keys.into_iter().zip(times).zip(0..) {
            if let (Some(key), Some(time)) = (key, time) {
                rows.entry(key).or_default().push((time, row));
            }
        }
        for entries in rows.values_mut() {
            entries.sort_unstable();
        }
        let twice = rows.values().filter(|_| lookup.as_of.is_none()).find(|entries| entries.len() > 1);
        if let Some([(_, first), (_, second), ..]) = twice.map(Vec::as_slice) {
            let lines = format!("rows {} and {}", first + 1, second + 1);
            return Err(wrong(format!("{lines} have the same key ({}): a key may be there once", theirs.join(", "))));
        }
        Ok(Self { lookup: lookup.clone(), hash, values, rows })
    }

    /// Whether it serves `lookup`.
    pub fn serves(&self, lookup: &Lookup) -> bool {
        self.lookup == *lookup
    }

    /// Its file, relative to the workspace.
    pub fn file(&self) -> &str {
        &self.lookup.file
    }

    /// The value for each row of `table`, whose event times are `times`.
    pub fn told(&self, table: &DataFrame, times: &[i64]) -> Result<Series, LearnError> {
        let ours: Vec<String> = self.lookup.key.iter().map(|(ours, _)| ours.clone()).collect();
        let found = keys(table, &ours)?.into_iter().zip(times).map(|(key, time)| {
            let entries = self.rows.get(&key?)?;
            let Some(as_of) = &self.lookup.as_of else { return entries.first().map(|(_, row)| *row) };
            let known = time.saturating_sub(as_of.delay);
            let (at, row) = entries[..entries.partition_point(|(at, _)| *at <= known)].last()?;
            as_of.tolerance.is_none_or(|most| known - at <= most).then_some(*row)
        });
        let rows: IdxCa = found.collect();
        self.values.take(&rows).map_err(|e| LearnError::internal("cannot look up values", e))
    }
}

fn parse(bytes: Vec<u8>, file: &str) -> PolarsResult<DataFrame> {
    if file.ends_with(".parquet") {
        return ParquetReader::new(Cursor::new(bytes)).finish();
    }
    // Every column as text: a code such as 007 stays one.
    let options = CsvReadOptions::default().with_has_header(true).with_infer_schema_length(Some(0));
    options.into_reader_with_file_handle(Cursor::new(bytes)).finish()
}

/// Instants in microseconds; `None` of a null.
fn moments(values: &Series) -> Result<Vec<Option<i64>>, LearnError> {
    if *values.dtype() != DataType::String {
        let present = values.is_not_null();
        let times = instants(&values.drop_nulls())?;
        let mut times = times.into_iter();
        return Ok(present.iter().map(|present| if present == Some(true) { times.next() } else { None }).collect());
    }
    let texts = values.str().map_err(|e| LearnError::internal("cannot read times", e))?;
    texts
        .iter()
        .map(|text| match text {
            None => Ok(None),
            Some(text) => moment(text).map(Some).ok_or_else(|| {
                let name = values.name();
                LearnError::Input(format!("`{text}` in column `{name}` is no time: expected one of ISO 8601"))
            }),
        })
        .collect()
}

fn moment(text: &str) -> Option<i64> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.timestamp_micros());
    }
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let naive = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|date| date.and_hms_opt(0, 0, 0));
    naive.or_else(date).map(|naive| naive.and_utc().timestamp_micros())
}
