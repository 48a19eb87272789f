//! What readers were promised: the same columns as last time, no key twice, no prediction that is none.

use std::collections::HashSet;

use polars::prelude::{Column, DataFrame, DataType, PolarsResult, Schema};

use super::manifest::type_name;
use crate::domain::dataset::Part;
use crate::domain::metric::Metric;
use crate::domain::text::one_line;
use crate::lake::{Lake, wait};
use crate::stages::{Events, StageError};

/// What was found out so far.
#[derive(Default)]
pub(super) struct Contract {
    rows: u64,
    duplicates: u64,
    invalid: u64,
    key_missing: bool,
}

impl Contract {
    /// Looks at the rows of one part.
    pub fn look(&mut self, frame: &DataFrame, key: &[String]) -> Result<(), StageError> {
        let failed = |error| StageError::Internal(anyhow::Error::new(error).context("checking the contract"));
        self.rows += frame.height() as u64;
        self.invalid += invalid(frame).map_err(failed)?;
        let columns: Option<Vec<&Column>> = key.iter().map(|name| frame.column(name).ok()).collect();
        match columns {
            Some(columns) if !columns.is_empty() => self.duplicates += duplicates(&columns).map_err(failed)?,
            Some(_) => {}
            None => self.key_missing = true,
        }
        Ok(())
    }

    /// Says what was found: `contract_duplicates` (rows whose key another row of their day has), `contract_invalid`
    /// (predictions that are no number, or no probability beside a class), and, when readers were given a schema
    /// before, `contract_schema`: how many columns differ, and one figure for each with what happened in `who`.
    pub fn say(&self, events: &Events, differences: Option<&[(String, String)]>) {
        let say = |name: &str, who: &str, column: Option<&str>, value: f64| {
            let (who, column) = (who.to_owned(), column.map(str::to_owned));
            events.metric(Metric { who, column, ..Metric::of_batch(name, value, self.rows) });
        };
        if !self.key_missing {
            say("contract_duplicates", "", None, self.duplicates as f64);
        }
        say("contract_invalid", "", None, self.invalid as f64);
        if let Some(differences) = differences {
            say("contract_schema", "", None, differences.len() as f64);
            differences.iter().for_each(|(column, what)| say("contract_schema", what, Some(column), 1.0));
        }
    }
}

fn invalid(frame: &DataFrame) -> PolarsResult<u64> {
    let Ok(column) = frame.column("prediction") else { return Ok(0) };
    let probability = frame.column("predicted_class").is_ok();
    let values = column.cast(&DataType::Float64)?;
    let valid = |p: f64| if probability { (0.0..=1.0).contains(&p) } else { p.is_finite() };
    Ok(values.f64()?.iter().filter(|p| !p.is_some_and(valid)).count() as u64)
}

fn duplicates(columns: &[&Column]) -> PolarsResult<u64> {
    let mut texts = Vec::new();
    for column in columns {
        texts.push(column.to_physical_repr().cast(&DataType::String)?);
    }
    let texts = texts.iter().map(|column| column.str()).collect::<PolarsResult<Vec<_>>>()?;
    let rows = texts.first().map_or(0, |column| column.len());
    let mut seen = HashSet::with_capacity(rows);
    let key = |row: usize| texts.iter().map(|column| column.get(row)).collect::<Vec<_>>();
    Ok((0..rows).filter(|row| !seen.insert(key(*row))).count() as u64)
}

/// How the columns differ from those readers were last given, by column; `None` when that cannot be read any more.
pub(super) fn differences(lake: &Lake, before: &Part, schema: &Schema) -> Option<Vec<(String, String)>> {
    let text = wait(lake.get(&before.path)).ok()?;
    let before: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let columns = before["columns"].as_array()?.iter();
    let before: Vec<(String, String)> = columns
        .map(|column| Some((column["name"].as_str()?.to_owned(), column["type"].as_str()?.to_owned())))
        .collect::<Option<_>>()?;
    let now: Vec<(String, String)> = schema.iter().map(|(name, ty)| (name.to_string(), type_name(ty).into())).collect();
    let mut found = Vec::new();
    for (name, ty) in &before {
        match now.iter().find(|(other, _)| other == name) {
            None => found.push((one_line(name), "is missing".to_owned())),
            Some((_, new)) if new != ty => found.push((one_line(name), format!("was {ty} and is {new}"))),
            Some(_) => {}
        }
    }
    let added = now.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name));
    found.extend(added.map(|(name, ty)| (one_line(name), format!("is new ({ty})"))));
    if found.is_empty() && before != now {
        found.push((String::new(), "the columns are in another order".to_owned()));
    }
    Some(found)
}
