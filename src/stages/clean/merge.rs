//! Merging a batch into the history: of two rows with one key the later one wins, whatever order files are run in.
//!
//! Copy on write: every partition in which a row comes, goes or is replaced is written anew; no other is opened more
//! than to look whether it must be.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, ChunkFull, DataFrame, DataFrameJoinOps, IdxCa, IdxSize, JoinArgs, JoinType,
    NewChunkedArray, PolarsResult, SortMultipleOptions, UniqueKeepStrategy,
};

use super::{history, partition, threads};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::{CleanJob, Job};
use crate::domain::plan::{CleanPlan, system};
use crate::lake::Lake;
use crate::stages::staged::Table;
use crate::stages::{Events, StageError};

/// What came of a merge.
pub(super) struct Merged {
    /// The partitions that were written anew.
    pub partitions: Vec<Artifact>,
    /// The batch's rows that are in the history now, by event time.
    pub won: DataFrame,
}

/// Merges `batch` (kept columns, `_file`, `_line`; in order of arrival), which came from `files`, into the history of
/// `work` and stages the partitions that change. Rows an earlier run took from the same files are replaced.
pub(super) fn merge(
    lake: &Lake,
    job: &Job,
    work: &CleanJob,
    batch: DataFrame,
    files: HashSet<i64>,
    events: &Events,
) -> Result<Merged, StageError> {
    let time = work.plan.time().ok_or_else(|| StageError::Input("the plan has no event time column".to_owned()))?;
    let mut merge = Merge { lake, job, work, time, key: work.plan.key(), columns: columns(&work.plan), files };
    merge.check_partitioning()?;
    let mut touched = BTreeSet::new();
    let batch = if merge.key.is_empty() || merge.key.contains(&time) {
        merge.look_for_reruns(&mut touched)?;
        batch
    } else {
        merge.look_for_keys(batch, &mut touched)?
    };
    let split = partition::split(&batch, time, work.plan.partition).map_err(internal)?;
    touched.extend(split.keys().cloned());
    let touched: Vec<String> = touched.into_iter().collect();
    merge.write_all(&batch, &split, &touched, events)
}

struct Merge<'a> {
    lake: &'a Lake,
    job: &'a Job,
    work: &'a CleanJob,
    time: &'a str,
    key: Vec<&'a str>,
    /// All columns of the history.
    columns: Vec<&'a str>,
    /// Files of the batch.
    files: HashSet<i64>,
}

impl Merge<'_> {
    fn check_partitioning(&self) -> Result<(), StageError> {
        let by = self.work.plan.partition;
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

    /// A key may have moved to another time, so every partition is searched for the batch's keys. Drops the rows of
    /// the batch that the history has a later row for; the partitions of earlier ones are touched.
    fn look_for_keys(&self, batch: DataFrame, touched: &mut BTreeSet<String>) -> Result<DataFrame, StageError> {
        let key: Vec<String> = self.key.iter().map(|name| (*name).to_owned()).collect();
        let mut batch = batch.unique_stable(Some(&key), UniqueKeepStrategy::Last, None).map_err(internal)?;
        let columns: Vec<&str> = self.key.iter().copied().chain([system::FILE, system::LINE]).collect();
        let mine = batch.select(columns.iter().copied()).map_err(internal)?;
        for part in &self.work.history {
            let (theirs, rerun) = history::without(self.read(part, &columns)?, &self.files).map_err(internal)?;
            let both = self.join(&theirs, &mine, JoinType::Inner).map_err(internal)?;
            let later = both.filter(&is_later(&both).map_err(internal)?).map_err(internal)?;
            if later.height() > 0 {
                batch = self.join(&batch, &later, JoinType::Anti).map_err(internal)?;
            }
            if rerun || later.height() < both.height() {
                touched.insert(part.partition.clone());
            }
        }
        Ok(batch)
    }

    fn write_all(
        &mut self,
        batch: &DataFrame,
        split: &BTreeMap<String, Vec<IdxSize>>,
        touched: &[String],
        events: &Events,
    ) -> Result<Merged, StageError> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results = Mutex::new(Vec::with_capacity(touched.len()));
        let this = &*self;
        let work = || {
            while let Some((index, name)) = pick(touched, &next) {
                let rows = split.get(name).map_or(&[][..], Vec::as_slice);
                let result = this.write_one(batch, rows, name);
                let done = done.fetch_add(1, Ordering::Relaxed) as u64 + 1;
                events.progress(done, Some(touched.len() as u64), "partitions", &format!("wrote {name}"));
                results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads().min(touched.len()) {
                scope.spawn(work);
            }
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        let mut merged = Merged { partitions: Vec::new(), won: batch.clear() };
        for (_, result) in results {
            let (artifact, won) = result?;
            merged.partitions.push(artifact);
            merged.won.vstack_mut_owned(won).map_err(internal)?;
        }
        Ok(merged)
    }

    /// Writes one partition anew; gives back the batch's rows in it.
    fn write_one(
        &self,
        batch: &DataFrame,
        rows: &[IdxSize],
        partition: &str,
    ) -> Result<(Artifact, DataFrame), StageError> {
        let rows = IdxCa::from_slice("".into(), rows);
        let new = batch.take(&rows).map_err(internal)?;
        let live: Vec<&Part> = self.work.history.iter().filter(|part| part.partition == partition).collect();
        let mut merged = new.clone();
        for part in &live {
            let (mut old, _) = history::without(self.read(part, &self.columns)?, &self.files).map_err(internal)?;
            if !self.key.is_empty() && !self.key.contains(&self.time) {
                old = self.join(&old, batch, JoinType::Anti).map_err(internal)?;
            }
            merged.vstack_mut_owned(old).map_err(internal)?;
        }
        let mut merged = self.order(merged).map_err(internal)?;
        let won = if live.is_empty() { merged.clone() } else { self.of_the_batch(&merged).map_err(internal)? };
        let (time, replaces) = (Some(self.time), true);
        let table = Table { kind: DatasetKind::Clean, partition, time, replaces, compact: true };
        Ok((table.write(self.lake, self.job, &mut merged)?, won))
    }

    /// Sorts by event time, key and arrival, and keeps the last row of each key.
    fn order(&self, frame: DataFrame) -> PolarsResult<DataFrame> {
        let rest = self.key.iter().copied().filter(|name| *name != self.time);
        let by: Vec<&str> = [self.time].into_iter().chain(rest).chain([system::FILE, system::LINE]).collect();
        let sorted = frame.sort(by, SortMultipleOptions::default().with_multithreaded(false))?;
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

    fn join(&self, left: &DataFrame, right: &DataFrame, how: JoinType) -> PolarsResult<DataFrame> {
        let args = JoinArgs { nulls_equal: true, ..JoinArgs::new(how) };
        left.join(right, self.key.iter().copied(), self.key.iter().copied(), args, None)
    }

    fn read(&self, part: &Part, names: &[&str]) -> Result<DataFrame, StageError> {
        history::read(self.lake, part, &self.work.plan, names)
    }
}

/// Of a join of history and batch: whether the history's row arrived later.
fn is_later(both: &DataFrame) -> PolarsResult<BooleanChunked> {
    let right = |name: &str| format!("{name}_right");
    let file = both.column(system::FILE)?.i64()?;
    let line = both.column(system::LINE)?.i64()?;
    let (my_file, my_line) = (both.column(&right(system::FILE))?, both.column(&right(system::LINE))?);
    let theirs = file.iter().zip(line.iter());
    let mine = my_file.i64()?.iter().zip(my_line.i64()?.iter());
    Ok(BooleanChunked::from_iter_values("".into(), theirs.zip(mine).map(|(theirs, mine)| theirs > mine)))
}

fn pick<'t>(touched: &'t [String], next: &AtomicUsize) -> Option<(usize, &'t str)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    touched.get(index).map(|name| (index, name.as_str()))
}

fn columns(plan: &CleanPlan) -> Vec<&str> {
    plan.kept().map(|column| column.name.as_str()).chain([system::FILE, system::LINE]).collect()
}

fn internal(error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context("merging the batch into the history"))
}
