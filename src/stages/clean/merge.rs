//! Merging a batch into the history: of two rows with one key the later one wins, whatever order files are run in.
//!
//! Copy on write: every partition in which a row comes, goes or is replaced is written anew; no other is opened more
//! than to look whether it must be.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, ChunkFull, DataFrame, DataFrameJoinOps, JoinArgs, JoinType, NewChunkedArray,
    PolarsResult, SortMultipleOptions,
};

use super::batch::Batch;
use super::keys::{self, Outdated};
use super::{history, partition, threads};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::{CleanJob, Job};
use crate::domain::plan::{CleanPlan, system};
use crate::lake::Lake;
use crate::stages::StageError;
use crate::stages::staged::{Growing, Table};
use crate::stages::worker::panic_text;

/// What came of a merge.
pub(super) struct Merged {
    /// The partitions that were written anew.
    pub partitions: Vec<Artifact>,
    /// The batch's rows that are in the history now, by event time.
    pub won: Artifact,
}

/// Merges `batch` into the history of `work`, by `plan`, and stages the partitions that change, and the rows that won. Rows an
/// earlier run took from the same files are replaced.
pub(super) fn merge(
    lake: &Lake,
    job: &Job,
    plan: &CleanPlan,
    work: &CleanJob,
    batch: &Batch<'_>,
) -> Result<Merged, StageError> {
    let time = plan.time().ok_or_else(|| StageError::Input("the plan has no event time column".to_owned()))?;
    let (key, files) = (plan.key(), batch.files.keys().copied().collect());
    let mut merge = Merge {
        lake,
        job,
        plan,
        work,
        time,
        key,
        columns: plan.stored().collect(),
        files,
        outdated: BTreeMap::new(),
        alone: false,
    };
    merge.check_partitioning()?;
    let mut touched = BTreeSet::new();
    if merge.key.is_empty() || merge.key.contains(&time) {
        merge.look_for_reruns(&mut touched)?;
        touched.extend(batch.partitions().cloned());
    } else {
        let read = |part: &Part, names: &[&str]| merge.read(part, names);
        merge.outdated = keys::look(batch, &merge.key, &work.history, &merge.files, read, &mut touched)?;
    }
    merge.alone = merge.is_large(batch, &touched);
    let touched: Vec<String> = touched.into_iter().collect();
    merge.write_all(batch, &touched)
}

struct Merge<'a> {
    lake: &'a Lake,
    job: &'a Job,
    plan: &'a CleanPlan,
    work: &'a CleanJob,
    time: &'a str,
    key: Vec<&'a str>,
    /// All columns of the history.
    columns: Vec<&'a str>,
    /// Files of the batch.
    files: HashSet<i64>,
    outdated: Outdated,
    /// Large partitions go one by one, each by all threads: it is in memory a few times while it is sorted and written.
    alone: bool,
}

/// Rows that won, written in the order of their partitions.
struct Won<'a> {
    next: usize,
    rows: Growing<'a>,
}

impl Merge<'_> {
    fn check_partitioning(&self) -> Result<(), StageError> {
        let by = self.plan.partition;
        match self.work.history.iter().find(|part| !partition::is_named_by(&part.partition, by)) {
            None => Ok(()),
            Some(part) => Err(StageError::Input(format!(
                "the history is cut differently ({}) from what `partition` says now; set it back, or rename the \
                 pipeline to start a new history",
                part.partition
            ))),
        }
    }

    /// Finds the partitions that hold rows an earlier run took from the same files.
    fn look_for_reruns(&self, touched: &mut BTreeSet<String>) -> Result<(), StageError> {
        for part in &self.work.history {
            let origins = self.read(part, &[system::FILE])?;
            if history::without(origins, &self.files).map_err(internal)?.1 {
                touched.insert(part.partition.clone());
            }
        }
        Ok(())
    }

    /// Whether a partition, of the history or on disk, is about as large as all that may be in memory: there it is
    /// packed.
    fn is_large(&self, batch: &Batch<'_>, touched: &BTreeSet<String>) -> bool {
        let mut bytes: BTreeMap<&str, u64> =
            touched.iter().map(|name| (name.as_str(), batch.bytes_on_disk(name) as u64)).collect();
        for part in &self.work.history {
            if let Some(all) = bytes.get_mut(part.partition.as_str()) {
                *all += part.bytes;
            }
        }
        bytes.into_values().any(|bytes| bytes > batch.cleaning.pieces.memory as u64 / 4)
    }

    fn write_all(&self, batch: &Batch<'_>, touched: &[String]) -> Result<Merged, StageError> {
        let (time, events) = (Some(self.time), batch.cleaning.events);
        let table = Table { kind: DatasetKind::Batch, partition: "", time, replaces: false, compact: false };
        let rows = table.begin(self.lake, self.job, &batch.no_rows())?;
        let (won, turn) = (Mutex::new(Won { next: 0, rows }), Condvar::new());
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results = Mutex::new(Vec::with_capacity(touched.len()));
        let work = || {
            while let Some((index, name)) = pick(touched, &next) {
                let write = catch_unwind(AssertUnwindSafe(|| self.write_one(batch, name)));
                let written = write.unwrap_or_else(|panic| {
                    Err(StageError::Internal(anyhow::anyhow!("{}", panic_text(panic.as_ref()))))
                });
                let mut won = won.lock().unwrap_or_else(PoisonError::into_inner);
                while won.next < index {
                    won = turn.wait(won).unwrap_or_else(PoisonError::into_inner);
                }
                won.next += 1;
                turn.notify_all();
                let result = written.and_then(|(artifact, rows)| won.rows.push(rows).map(|()| artifact));
                drop(won);
                let done = done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
                events.progress(done, Some(touched.len() as u64), "partitions", &format!("wrote {name}"));
                results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            }
        };
        std::thread::scope(|scope| {
            let hands = if self.alone { 1 } else { threads().min(touched.len()) };
            for _ in 1..hands {
                scope.spawn(work);
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        let partitions = results.into_iter().map(|(_, result)| result).collect::<Result<_, _>>()?;
        Ok(Merged { partitions, won: won.into_inner().unwrap_or_else(PoisonError::into_inner).rows.finish()? })
    }

    /// Writes one partition anew; gives back the batch's rows in it.
    fn write_one(&self, batch: &Batch<'_>, partition: &str) -> Result<(Artifact, DataFrame), StageError> {
        let mut merged = batch.rows(partition, None)?;
        batch.done_with(partition);
        let live: Vec<&Part> = self.work.history.iter().filter(|part| part.partition == partition).collect();
        for part in &live {
            let (old, _) = history::without(self.read(part, &self.columns)?, &self.files).map_err(internal)?;
            merged.vstack_mut_owned(old).map_err(internal)?;
        }
        if let Some(outdated) = self.outdated.get(partition) {
            let row = [system::FILE, system::LINE];
            merged = merged.join(outdated, row, row, JoinArgs::new(JoinType::Anti), None).map_err(internal)?;
        }
        let mut merged = self.order(merged).map_err(internal)?;
        let won = if live.is_empty() { merged.clone() } else { self.of_the_batch(&merged).map_err(internal)? };
        let (time, replaces) = (Some(self.time), true);
        let table = Table { kind: DatasetKind::Clean, partition, time, replaces, compact: true };
        Ok((table.write_by(self.alone, self.lake, self.job, &mut merged)?, won))
    }

    /// Sorts by event time, key and arrival, and keeps the last row of each key.
    fn order(&self, frame: DataFrame) -> PolarsResult<DataFrame> {
        let rest = self.key.iter().copied().filter(|name| *name != self.time);
        let by: Vec<&str> = [self.time].into_iter().chain(rest).chain([system::FILE, system::LINE]).collect();
        let sorted = frame.sort(by, SortMultipleOptions::default().with_multithreaded(self.alone))?;
        drop(frame);
        if !self.key.contains(&self.time) || sorted.height() < 2 {
            return Ok(sorted);
        }
        let last = sorted.height() - 1;
        let mut differs = BooleanChunked::full("".into(), false, last);
        for name in &self.key {
            let values = sorted.column(name)?.as_materialized_series();
            let (these, next) = (values.slice(0, last), values.slice(1, last));
            differs = differs | these.not_equal_missing(&next)?;
        }
        if differs.all() {
            return Ok(sorted);
        }
        differs.append(&BooleanChunked::full("".into(), true, 1))?;
        sorted.filter(&differs)
    }

    fn of_the_batch(&self, frame: &DataFrame) -> PolarsResult<DataFrame> {
        let origin = frame.column(system::FILE)?.i64()?;
        let mine = origin.iter().map(|id| id.is_some_and(|id| self.files.contains(&id)));
        frame.filter(&BooleanChunked::from_iter_values("".into(), mine))
    }

    fn read(&self, part: &Part, names: &[&str]) -> Result<DataFrame, StageError> {
        history::read(self.lake, part, self.plan, names)
    }
}

fn pick<'t>(touched: &'t [String], next: &AtomicUsize) -> Option<(usize, &'t str)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    touched.get(index).map(|name| (index, name.as_str()))
}

pub(super) fn internal(error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context("merging the batch into the history"))
}
