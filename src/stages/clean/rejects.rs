//! The rows that could not be used, as a dataset of their own.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::{DataFrame, NamedFrom, Series};

use super::batch::Batch;
use super::rows::Flaw;
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::Job;
use crate::lake::Lake;
use crate::stages::StageError;
use crate::stages::staged::Table;

/// Stages the flaws of the batch, one row each: file, file_id, line, column, value, reason, run. `None` without any.
pub(super) fn stage(lake: &Lake, job: &Job, batch: &Batch) -> Result<Option<Artifact>, StageError> {
    if batch.flaws.is_empty() {
        return Ok(None);
    }
    let day = job.now.format("%Y-%m-%d").to_string();
    let table = Table { kind: DatasetKind::Rejects, partition: &day, time: None, replaces: false, compact: true };
    table.write(lake, job, &mut frame(job, batch)?).map(Some)
}

fn frame(job: &Job, batch: &Batch) -> Result<DataFrame, StageError> {
    let keys: HashMap<i64, &str> = batch.files.iter().map(|file| (file.id, file.key.as_str())).collect();
    let flaws = &batch.flaws;
    let text = |name: &str, of: &dyn Fn(&Flaw) -> String| -> Series {
        Series::new(name.into(), flaws.iter().map(of).collect::<Vec<_>>())
    };
    let number = |name: &str, of: &dyn Fn(&Flaw) -> i64| -> Series {
        Series::new(name.into(), flaws.iter().map(of).collect::<Vec<_>>())
    };
    let columns = [
        text("file", &|flaw| {
            let key = keys.get(&flaw.file).copied().unwrap_or_default();
            flaw.member.as_ref().map_or_else(|| key.to_owned(), |member| format!("{key}/{member}"))
        }),
        number("file_id", &|flaw| flaw.file),
        number("line", &|flaw| flaw.line),
        text("column", &|flaw| flaw.column.to_string()),
        text("value", &|flaw| flaw.value.clone()),
        text("reason", &|flaw| flaw.reason.to_string()),
        number("run", &|_| job.run),
    ];
    DataFrame::new(flaws.len(), columns.into_iter().map(Into::into).collect())
        .map_err(|error| StageError::Internal(anyhow::Error::new(error).context("the table of rejects")))
}

/// The most frequent reasons, most frequent first: (column or `record`, reason, flaws).
pub(super) fn tally(flaws: &[Flaw]) -> Vec<(&str, &str, u64)> {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for flaw in flaws {
        let place = if flaw.column.is_empty() { "record" } else { &flaw.column };
        *counts.entry((place, &flaw.reason)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|((place, reason), count)| (place, reason, count)).collect();
    counts.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
    counts
}

/// The most frequent reasons in words: `dep_time: above the maximum 2400 (9)`.
pub(super) fn top(flaws: &[Flaw], most: usize) -> Vec<String> {
    let worst = tally(flaws).into_iter().take(most);
    worst.map(|(place, reason, count)| format!("{place}: {reason} ({count})")).collect()
}
