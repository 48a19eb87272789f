//! Keys without the event time: a row may have moved from one partition to another, so the batch's keys are looked up in
//! the whole history.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataFrameJoinOps, IdxCa, IdxSize, JoinArgs, JoinType, NewChunkedArray,
    PolarsResult, SortMultipleOptions, UniqueKeepStrategy,
};

use super::batch::Batch;
use super::history;
use super::merge::internal;
use crate::domain::dataset::Part;
use crate::domain::plan::system;
use crate::stages::StageError;

/// By partition, the rows (`_file`, `_line`) of batch and history that a later row of their key replaces.
pub(super) type Outdated = BTreeMap<String, DataFrame>;

/// Number of a row's partition in the batch.
const PARTITION: &str = "_partition";
const ROW: [&str; 2] = [system::FILE, system::LINE];

/// Finds what is outdated once `batch`, which came from `files`, is in the history; `touched` gets the partitions in
/// which a row comes, goes or is replaced. `read` reads some columns of a part.
pub(super) fn look(
    batch: &Batch<'_>,
    key: &[&str],
    history: &[Part],
    files: &HashSet<i64>,
    read: impl Fn(&Part, &[&str]) -> Result<DataFrame, StageError>,
    touched: &mut BTreeSet<String>,
) -> Result<Outdated, StageError> {
    let columns: Vec<&str> = key.iter().copied().chain(ROW).collect();
    let names: Vec<&String> = batch.partitions().collect();
    let all = of_batch(batch, &names, &columns)?;
    let mine = all.unique_stable(Some(&owned(key)), UniqueKeepStrategy::Last, None).map_err(internal)?;
    let mut outdated = Outdated::new();
    let beaten = if mine.height() < all.height() { join(&all, &mine, &ROW, JoinType::Anti)? } else { all.clear() };
    let (mut lost, mut replaced) =
        (beaten.select([PARTITION, system::FILE, system::LINE]).map_err(internal)?, Vec::new());
    for part in history {
        let (theirs, rerun) = history::without(read(part, &columns)?, files).map_err(internal)?;
        let both = join(&theirs, &mine, key, JoinType::Inner)?;
        let later = is_later(&both).map_err(internal)?;
        let winners = both.filter(&later).map_err(internal)?;
        if rerun || winners.height() < both.height() {
            touched.insert(part.partition.clone());
        }
        lost.vstack_mut_owned(my_rows(&winners).map_err(internal)?).map_err(internal)?;
        replaced.push((part, both.filter(&!later).map_err(internal)?));
    }
    for (part, both) in replaced.into_iter().filter(|(_, both)| both.height() > 0) {
        // A row of the batch that a still later one has beaten replaces nothing.
        let mine = my_rows(&both).map_err(internal)?;
        let stays = join(&mine, &lost, &ROW, JoinType::Semi)?;
        let theirs = both.select(ROW).map_err(internal)?;
        let gone = if stays.height() == 0 {
            theirs
        } else {
            let lost: HashSet<_> = rows_of(&stays).map_err(internal)?.into_iter().collect();
            let replaces = rows_of(&mine).map_err(internal)?.into_iter().map(|row| !lost.contains(&row));
            theirs.filter(&BooleanChunked::from_iter_values("".into(), replaces)).map_err(internal)?
        };
        add(&mut outdated, &part.partition, gone)?;
    }
    let mut left: Vec<u64> = vec![0; names.len()];
    let partition_of = |frame: &DataFrame| -> PolarsResult<Vec<u32>> {
        Ok(frame.column(PARTITION)?.u32()?.iter().flatten().collect())
    };
    partition_of(&all).map_err(internal)?.into_iter().for_each(|partition| left[partition as usize] += 1);
    let lost_of = partition_of(&lost).map_err(internal)?;
    lost_of.iter().for_each(|partition| left[*partition as usize] -= 1);
    for (number, name) in names.iter().enumerate() {
        if left[number] > 0 {
            touched.insert((*name).clone());
        }
    }
    let (lost, mut here) = (lost.select(ROW).map_err(internal)?, BTreeMap::<u32, Vec<IdxSize>>::new());
    for (row, partition) in lost_of.into_iter().enumerate() {
        here.entry(partition).or_default().push(row as IdxSize);
    }
    for (partition, rows) in here {
        let rows = lost.take(&IdxCa::from_vec("".into(), rows)).map_err(internal)?;
        add(&mut outdated, names[partition as usize], rows)?;
    }
    Ok(outdated)
}

/// Keys of the batch in order of arrival.
fn of_batch(batch: &Batch<'_>, names: &[&String], columns: &[&str]) -> Result<DataFrame, StageError> {
    let mut all: Option<DataFrame> = None;
    for (number, name) in names.iter().enumerate() {
        let mut rows = batch.rows(name, Some(columns))?;
        let number = Column::new_scalar(PARTITION.into(), (number as u32).into(), rows.height());
        rows.with_column(number).map_err(internal)?;
        match &mut all {
            Some(all) => {
                all.vstack_mut_owned(rows).map_err(internal)?;
            }
            None => all = Some(rows),
        }
    }
    let all = match all {
        Some(all) => all,
        None => {
            let mut none = batch.no_rows().select(columns.iter().copied()).map_err(internal)?;
            none.with_column(Column::new_scalar(PARTITION.into(), 0_u32.into(), 0)).map_err(internal)?;
            none
        }
    };
    all.sort(ROW, SortMultipleOptions::default()).map_err(internal)
}

fn add(outdated: &mut Outdated, partition: &str, rows: DataFrame) -> Result<(), StageError> {
    match outdated.get_mut(partition) {
        Some(all) => all.vstack_mut_owned(rows).map(drop).map_err(internal),
        None => {
            outdated.insert(partition.to_owned(), rows);
            Ok(())
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn join(left: &DataFrame, right: &DataFrame, on: &[&str], how: JoinType) -> Result<DataFrame, StageError> {
    let args = JoinArgs { nulls_equal: true, ..JoinArgs::new(how) };
    left.join(right, on.iter().copied(), on.iter().copied(), args, None).map_err(internal)
}

/// Of a join of history and batch: the batch's rows, by partition, file and line.
fn my_rows(both: &DataFrame) -> PolarsResult<DataFrame> {
    let mut rows = both.select([PARTITION, &right(system::FILE), &right(system::LINE)])?;
    for name in ROW {
        rows.rename(&right(name), name.into())?;
    }
    Ok(rows)
}

fn right(name: &str) -> String {
    format!("{name}_right")
}

/// File and line of every row.
fn rows_of(frame: &DataFrame) -> PolarsResult<Vec<(Option<i64>, Option<i64>)>> {
    let (files, lines) = (frame.column(system::FILE)?.i64()?, frame.column(system::LINE)?.i64()?);
    Ok(files.iter().zip(lines.iter()).collect())
}

/// Of a join of history and batch: whether the history's row arrived later.
fn is_later(both: &DataFrame) -> PolarsResult<BooleanChunked> {
    let (theirs, mine) = (rows_of(both)?, rows_of(&my_rows(both)?)?);
    let later = theirs.into_iter().zip(mine).map(|(theirs, mine)| theirs > mine);
    Ok(BooleanChunked::from_iter_values("".into(), later))
}
