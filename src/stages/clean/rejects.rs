//! The rows that could not be used, as a dataset of their own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use polars::prelude::{DataFrame, NamedFrom, PolarsResult, Series};

use super::batch::Batch;
use super::columns::Reason;
use super::rows::{Flaw, MOST_FLAWS};
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::Job;
use crate::lake::Lake;
use crate::stages::StageError;
use crate::stages::staged::Table;

/// Stages the flaws of the batch, one row each: file, file_id, line, record, column, value, reason,
/// run. `None` without any.
pub(super) fn stage(lake: &Lake, job: &Job, batch: &Batch<'_>) -> Result<Option<Artifact>, StageError> {
    let day = job.now.format("%Y-%m-%d").to_string();
    let table = Table { kind: DatasetKind::Rejects, partition: &day, time: None, replaces: false, compact: true };
    let (mut growing, mut of_file) = (None, (i64::MIN, 0));
    batch.each_flaws(|file, mut flaws| {
        of_file = if of_file.0 == file { of_file } else { (file, 0) };
        // What expressions refused comes on top of what reading did.
        flaws = flaws.head(Some(MOST_FLAWS - of_file.1));
        of_file.1 += flaws.height();
        flaws.with_column(Series::new("run".into(), vec![job.run; flaws.height()]).into()).map_err(wrong)?;
        if growing.is_none() {
            growing = Some(table.begin(lake, job, &flaws.clear())?);
        }
        growing.as_mut().map_or(Ok(()), |growing| growing.push(flaws))
    })?;
    growing.map(|growing| growing.finish()).transpose()
}

/// `flaws` of the file `key`, all but the run.
pub(super) fn frame(key: &str, flaws: &[Flaw]) -> PolarsResult<DataFrame> {
    let text = |name: &str, of: &dyn Fn(&Flaw) -> String| -> Series {
        Series::new(name.into(), flaws.iter().map(of).collect::<Vec<_>>())
    };
    let number = |name: &str, of: &dyn Fn(&Flaw) -> Option<i64>| -> Series {
        Series::new(name.into(), flaws.iter().map(of).collect::<Vec<_>>())
    };
    let columns = [
        text("file", &|flaw| flaw.member.as_ref().map_or_else(|| key.to_owned(), |member| format!("{key}/{member}"))),
        number("file_id", &|flaw| Some(flaw.file)),
        number("line", &|flaw| flaw.line),
        number("record", &|flaw| Some(flaw.record)),
        text("column", &|flaw| flaw.column.to_string()),
        text("value", &|flaw| flaw.value.clone()),
        text("reason", &|flaw| flaw.reason.to_string()),
    ];
    DataFrame::new(flaws.len(), columns.into_iter().map(Into::into).collect())
}

fn wrong(error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context("the table of rejects"))
}

/// How often every reason was.
#[derive(Debug, Default)]
pub(super) struct Tally(HashMap<(Arc<str>, Reason), u64>);

impl Tally {
    /// One more flaw of `column` (empty for a whole record).
    pub fn count(&mut self, column: &Arc<str>, reason: &Reason) {
        *self.0.entry((column.clone(), reason.clone())).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// The most frequent reasons first: (column or `record`, reason, flaws).
    pub fn sorted(&self) -> Vec<(&str, &str, u64)> {
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for ((column, reason), count) in &self.0 {
            let place = if column.is_empty() { "record" } else { column };
            *counts.entry((place, reason)).or_default() += count;
        }
        let mut counts: Vec<_> = counts.into_iter().map(|((place, reason), count)| (place, reason, count)).collect();
        counts.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
        counts
    }

    /// The most frequent reasons in words: `dep_time: above the maximum 2400 (9)`.
    pub fn top(&self, most: usize) -> Vec<String> {
        let worst = self.sorted().into_iter().take(most);
        worst.map(|(place, reason, count)| format!("{place}: {reason} ({count})")).collect()
    }
}
