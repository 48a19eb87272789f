//! How good a batch is: its figures, and whether it is good enough.

use chrono::DateTime;

use super::batch::Batch;
use crate::domain::job::WorkerEvent;
use crate::domain::metric::Metric;
use crate::domain::plan::CleanPlan;
use crate::stages::{Events, StageError};

/// Says the rows of each file and the figures of the batch, and judges its share of rejected rows.
///
/// # Errors
/// [`StageError::Input`] when more rows were rejected than the plan allows.
pub(super) fn judge(batch: &Batch<'_>) -> Result<(), StageError> {
    let (plan, events) = (batch.cleaning.plan, batch.cleaning.events);
    for (id, file) in &batch.files {
        events.send(WorkerEvent::Rows { file: *id, rows: file.records, rejected: file.rejected });
    }
    for (id, (from, to)) in batch.files.iter().filter_map(|(id, file)| Some((id, file.span?))) {
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        events.send(WorkerEvent::Span { file: *id, from: at(from), to: at(to) });
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
        batch.tally.top(3).join("; "),
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

fn say_examples(batch: &Batch<'_>, events: &Events) {
    for flaw in &batch.examples {
        let key = batch.files.get(&flaw.file).map_or("", |file| file.key.as_str());
        let place = flaw.line.map_or_else(|| format!("record {}", flaw.record), |line| format!("line {line}"));
        events.warn(format!("{key} {place}, {}: {:?} {}", flaw.column, flaw.value, flaw.reason));
    }
}

/// Reasons of rejection that are measured: the report names the most frequent ones.
const REASONS: usize = 20;

fn say_metrics(batch: &Batch<'_>, plan: &CleanPlan, events: &Events) {
    let (records, rejected) = (batch.records(), batch.rejected());
    let bytes: u64 = batch.files.values().map(|file| file.bytes).sum();
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
    for (place, reason, count) in batch.tally.sorted().into_iter().take(REASONS) {
        say_of("rejected", reason, count as f64, Some(place), records);
    }
    let height = batch.height;
    for (column, nulls) in plan.kept().zip(&batch.nulls).filter(|_| height > 0) {
        say("null_rate", *nulls as f64 / height as f64, Some(&column.name), height);
    }
}
