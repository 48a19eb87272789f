//! How good a batch is: its figures, and whether it is good enough.

use std::collections::BTreeMap;

use chrono::DateTime;
use polars::prelude::DataType;

use super::batch::Batch;
use super::rejects;
use super::typed::data_type;
use crate::domain::job::WorkerEvent;
use crate::domain::metric::Metric;
use crate::domain::plan::{CleanPlan, ColumnType, system};
use crate::stages::{Events, StageError};

/// Says the rows of each file and the figures of the batch, and judges its share of rejected rows.
///
/// # Errors
/// [`StageError::Input`] when more rows were rejected than the plan allows.
pub(super) fn judge(batch: &Batch, plan: &CleanPlan, events: &Events) -> Result<(), StageError> {
    for file in &batch.files {
        events.send(WorkerEvent::Rows { file: file.id, rows: file.records, rejected: file.rejected });
    }
    for (file, (from, to)) in spans(batch, plan) {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        events.send(WorkerEvent::Span { file, from: at(from), to: at(to) });
    }
    say_metrics(batch, plan, events);
    let (records, rejected) = (batch.records(), batch.rejected());
    if rejected == 0 {
        return Ok(());
    }
    let ratio = rejected as f64 / records as f64;
    let text = format!(
        "{rejected} of {records} rows rejected ({:.1} %, limit {:.1} %): {}",
        ratio * 100.0,
        plan.max_reject_ratio * 100.0,
        rejects::top(&batch.flaws, 3).join("; "),
    );
    if ratio > plan.max_reject_ratio {
        say_examples(batch, events);
        return Err(StageError::Input(format!("{text}; mend the files, or the columns in the pipeline, and rerun")));
    }
    if ratio > plan.warn_reject_ratio {
        events.warn(text);
    } else {
        events.info(text);
    }
    Ok(())
}

/// Earliest and latest event time of each file's usable rows, in microseconds.
fn spans(batch: &Batch, plan: &CleanPlan) -> BTreeMap<i64, (i64, i64)> {
    let mut spans: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    let times = plan.time().and_then(|time| batch.frame.column(time).ok());
    let times = times.and_then(|times| times.cast(&data_type(ColumnType::Datetime)).ok()?.cast(&DataType::Int64).ok());
    let (Some(times), Ok(files)) = (times, batch.frame.column(system::FILE)) else { return spans };
    let (Ok(times), Ok(files)) = (times.i64(), files.i64()) else { return spans };
    for (file, time) in files.iter().zip(times.iter()) {
        if let (Some(file), Some(time)) = (file, time) {
            let span = spans.entry(file).or_insert((time, time));
            *span = (span.0.min(time), span.1.max(time));
        }
    }
    spans
}

fn say_examples(batch: &Batch, events: &Events) {
    for flaw in batch.flaws.iter().take(5) {
        let key = batch.files.iter().find(|file| file.id == flaw.file).map_or("", |file| file.key.as_str());
        events.warn(format!("{key} record {}, {}: {:?} {}", flaw.line, flaw.column, flaw.value, flaw.reason));
    }
}

/// Reasons of rejection that are measured: the report names the most frequent ones.
const REASONS: usize = 20;

fn say_metrics(batch: &Batch, plan: &CleanPlan, events: &Events) {
    let (records, rejected) = (batch.records(), batch.rejected());
    let bytes: u64 = batch.files.iter().map(|file| file.bytes).sum();
    let say_of = |name: &str, who: &str, value: f64, column: Option<&str>, n: u64| {
        let (who, column) = (who.to_owned(), column.map(str::to_owned));
        events.metric(Metric { who, column, ..Metric::of_batch(name, value, n) });
    };
    let say = |name: &str, value: f64, column: Option<&str>, n: u64| say_of(name, "", value, column, n);
    say("rows", records as f64, None, records);
    say("rejected", rejected as f64, None, records);
    say("reject_ratio", rejected as f64 / records.max(1) as f64, None, records);
    say("invalid_nulled", batch.nulled as f64, None, records);
    say("bytes", bytes as f64, None, records);
    for (place, reason, count) in rejects::tally(&batch.flaws).into_iter().take(REASONS) {
        say_of("rejected", reason, count as f64, Some(place), records);
    }
    let height = batch.frame.height() as u64;
    for column in plan.kept().filter(|_| height > 0) {
        if let Ok(values) = batch.frame.column(&column.name) {
            say("null_rate", values.null_count() as f64 / height as f64, Some(&column.name), height);
        }
    }
}
