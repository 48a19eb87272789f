//! Is the data as good as it was, and does the output keep its contract?

use std::collections::BTreeMap;

use crate::alerts::contract;
use crate::alerts::null_rate::{self, Share};
use crate::config::Pipeline;
use crate::domain::alert::{Alarm, AlertKind, Verdict};
use crate::domain::text::one_line;
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result, alerts, metrics};

/// Batches looked back at.
const BATCHES: usize = 60;

/// Null rates and contract of a committed run.
pub fn watched(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let mut verdicts = nulls(connection, pipeline, run)?;
    let measured = metrics::of_run(connection, run)?;
    let of = |name: &'static str| measured.iter().filter(move |metric| metric.name == name);
    let count = |value: f64| value.max(0.0) as u64;
    // Without a publication there is nothing to keep or to break.
    let Some(invalid) = of("contract_invalid").next() else { return Ok(verdicts) };
    let known = of("contract_schema").any(|metric| metric.column.is_none());
    let differing =
        of("contract_schema").filter_map(|metric| Some((one_line(metric.column.as_deref()?), one_line(&metric.who))));
    verdicts.extend(contract::judge(&contract::Look {
        rows: invalid.n,
        duplicates: of("contract_duplicates").next().map(|metric| count(metric.value)),
        invalid: count(invalid.value),
        columns: known.then(|| differing.collect()),
    }));
    Ok(verdicts)
}

/// The columns a model learns from, or all of them without a model: what is known only after the event is null by
/// nature until then.
fn nulls(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let watched: Vec<&str> = match &pipeline.model {
        Some(model) => model.features.iter().map(|feature| feature.name.as_str()).collect(),
        None => pipeline.clean.kept().map(|column| column.name.as_str()).collect(),
    };
    let kept = pipeline.clean.kept().count();
    let mut columns: BTreeMap<String, Vec<(i64, Share)>> = BTreeMap::new();
    for detail in metrics::by_column(connection, &pipeline.name, "null_rate", "", BATCHES * kept)? {
        let share = Share { at: detail.at, value: detail.value, rows: detail.n };
        columns.entry(detail.about).or_default().push((detail.run, share));
    }
    let past = alerts::list(connection, Some(&pipeline.name), 400)?;
    let mut verdicts = Vec::new();
    for column in watched {
        let Some(shares) = columns.get(column) else { continue };
        let Some((_, newest)) = shares.iter().find(|(of, _)| *of == run) else { continue };
        let about = |row: &&AlertRow| row.finding.kind == AlertKind::NullRate && row.finding.object == one_line(column);
        // What an operator called normal is learned anew from the batch that raised the alert.
        let since = past.iter().filter(about).filter(|row| row.normal.is_some()).filter_map(|row| row.run).max();
        let alerted = |of: i64, share: &Share| {
            past.iter().filter(about).any(|row| {
                let answered = row.normal.is_some() || row.alarm == Some(Alarm::False);
                !answered && row.run.is_some_and(|run| of >= run) && row.ended.is_none_or(|ended| share.at < ended)
            })
        };
        let before =
            shares.iter().filter(|(of, share)| *of < run && since.is_none_or(|s| *of >= s) && !alerted(*of, share));
        let history: Vec<Share> = before.map(|(_, share)| *share).collect();
        verdicts.push(null_rate::judge(&one_line(column), *newest, &history, &pipeline.alerts.null_rate));
    }
    Ok(verdicts)
}
