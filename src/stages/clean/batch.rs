//! The rows of a file, or of all files of a batch: in memory as long as they are few, else on disk, by partition.

use std::collections::{BTreeMap, HashSet};
use std::mem::take;

use polars::prelude::{BooleanChunked, Column, DataFrame, IdxCa, IdxSize, IntoLazy, NewChunkedArray, PolarsResult};

use super::cleaning::Cleaning;
use super::columns::ColumnRule;
use super::rejects::{self, Tally};
use super::rows::Flaw;
use super::typed::{Settled, settle};
use super::{partition, spill};
use crate::domain::job::InputFile;
use crate::domain::plan::system;
use crate::lake::Place;
use crate::learn::derive::compile;
use crate::stages::StageError;
use crate::stages::staged::microseconds;

/// Flaws that are told as examples.
const EXAMPLES: usize = 5;
/// About what a flaw takes in memory, in bytes.
const FLAW: usize = 256;

/// A file that gave rows.
#[derive(Debug)]
pub(super) struct UsedFile {
    pub key: String,
    pub bytes: u64,
    pub records: u64,
    pub rejected: u64,
    /// Earliest and latest event time of its usable rows, in microseconds.
    pub span: Option<(i64, i64)>,
}

/// All usable rows, and what was wrong with the others.
pub(super) struct Batch<'a> {
    pub cleaning: &'a Cleaning<'a>,
    /// By ledger id.
    pub files: BTreeMap<i64, UsedFile>,
    pub tally: Tally,
    /// The first flaws.
    pub examples: Vec<Flaw>,
    /// Invalid values that became null.
    pub nulled: u64,
    /// Usable rows, and of them nulls in each kept column.
    pub height: u64,
    pub nulls: Vec<u64>,
    /// Rows of files by ledger id, as they were read.
    read: Vec<(i64, DataFrame)>,
    flaws: Vec<Flaw>,
    /// About what `read` and `flaws` take, and may take.
    bytes: usize,
    most: usize,
    /// Rows on disk by partition; flaws on disk by file and first record.
    rows_on_disk: BTreeMap<String, Vec<Place>>,
    flaws_on_disk: BTreeMap<(i64, i64), Place>,
    /// What is left in memory at the end, all columns of the plan, in order of arrival; no rows where they are on disk.
    pub frame: DataFrame,
    split: BTreeMap<String, Vec<IdxSize>>,
}

impl<'a> Batch<'a> {
    /// No rows, and room in memory for about `most` bytes of them.
    pub fn new(cleaning: &'a Cleaning<'a>, most: usize) -> Self {
        Self {
            cleaning,
            files: BTreeMap::new(),
            tally: Tally::default(),
            examples: Vec::new(),
            nulled: 0,
            height: 0,
            nulls: vec![0; cleaning.plan.kept().count()],
            read: Vec::new(),
            flaws: Vec::new(),
            bytes: 0,
            most,
            rows_on_disk: BTreeMap::new(),
            flaws_on_disk: BTreeMap::new(),
            frame: DataFrame::empty(),
            split: BTreeMap::new(),
        }
    }

    /// No rows yet of one file.
    pub fn of(file: &InputFile, cleaning: &'a Cleaning<'a>, most: usize) -> Self {
        let used = UsedFile { key: file.key.clone(), bytes: file.bytes, records: 0, rejected: 0, span: None };
        Self { files: BTreeMap::from([(file.id, used)]), ..Self::new(cleaning, most) }
    }

    /// Rows read.
    pub fn records(&self) -> u64 {
        self.files.values().map(|file| file.records).sum()
    }

    /// Rows rejected.
    pub fn rejected(&self) -> u64 {
        self.files.values().map(|file| file.rejected).sum()
    }

    /// Counts what was read of a file and could not be used.
    pub fn count(&mut self, file: i64, records: u64, rejected: u64, nulled: u64) {
        if let Some(used) = self.files.get_mut(&file) {
            used.records += records;
            used.rejected += rejected;
        }
        self.nulled += nulled;
    }

    /// Takes further rows of a file, as they were read, without those that are `rejected`.
    pub fn add(
        &mut self,
        file: i64,
        frame: DataFrame,
        rejected: &[usize],
        flaws: Vec<Flaw>,
        tally: Tally,
    ) -> Result<(), StageError> {
        let frame = if rejected.is_empty() { frame } else { without(&frame, rejected)? };
        self.bytes += frame.estimated_size() + flaws.len() * FLAW;
        self.read.push((file, frame));
        self.tally.add(tally);
        self.example(flaws.iter().take(EXAMPLES).cloned());
        self.flaws.extend(flaws);
        self.make_room()
    }

    /// Takes all rows of another, whose files are others.
    pub fn absorb(&mut self, other: Self) -> Result<(), StageError> {
        self.files.extend(other.files);
        self.tally.add(other.tally);
        self.example(other.examples);
        self.nulled += other.nulled;
        self.height += other.height;
        self.nulls.iter_mut().zip(other.nulls).for_each(|(all, more)| *all += more);
        self.read.extend(other.read);
        self.flaws.extend(other.flaws);
        self.bytes += other.bytes;
        for (name, places) in other.rows_on_disk {
            self.rows_on_disk.entry(name).or_default().extend(places);
        }
        self.flaws_on_disk.extend(other.flaws_on_disk);
        if !self.rows_on_disk.is_empty() && self.frame.width() == 0 {
            self.frame = other.frame;
        }
        self.make_room()
    }

    /// Brings all rows into their final shape.
    pub fn finish(&mut self) -> Result<(), StageError> {
        if !self.rows_on_disk.is_empty() || !self.flaws_on_disk.is_empty() {
            self.spill()?;
        }
        if self.rows_on_disk.is_empty() {
            self.frame = self.settled()?;
        }
        self.sort_flaws();
        Ok(())
    }

    /// Drops what is not kept and cuts the rest by event time.
    pub fn cut(&mut self) -> Result<(), StageError> {
        if self.rows_on_disk.is_empty() {
            self.frame = self.kept(&self.frame)?;
            self.split = self.partitions_of(&self.frame)?;
        }
        Ok(())
    }

    /// Names of the partitions that have rows.
    pub fn partitions(&self) -> impl Iterator<Item = &String> {
        self.split.keys().chain(self.rows_on_disk.keys())
    }

    /// Bytes of a partition on disk, packed.
    pub fn bytes_on_disk(&self, partition: &str) -> usize {
        self.rows_on_disk.get(partition).map_or(0, |places| places.iter().map(|place| place.bytes()).sum())
    }

    /// The kept columns of the rows of a partition, or some of them, in any order of rows.
    pub fn rows(&self, partition: &str, columns: Option<&[&str]>) -> Result<DataFrame, StageError> {
        if let (Some(room), Some(places)) = (&self.cleaning.room, self.rows_on_disk.get(partition)) {
            let mut rows = spill::read(&room.scratch, places[0], columns)?;
            for place in &places[1..] {
                rows.vstack_mut_owned(spill::read(&room.scratch, *place, columns)?).map_err(internal)?;
            }
            return Ok(rows);
        }
        let rows = IdxCa::from_slice("".into(), self.split.get(partition).map_or(&[][..], Vec::as_slice));
        let of = |frame: &DataFrame| frame.take(&rows);
        match columns {
            Some(columns) => self.frame.select(columns.iter().copied()).and_then(|frame| of(&frame)),
            None => of(&self.frame),
        }
        .map_err(internal)
    }

    /// The rows of a partition are not asked for again.
    pub fn done_with(&self, partition: &str) {
        if let (Some(room), Some(places)) = (&self.cleaning.room, self.rows_on_disk.get(partition)) {
            places.iter().for_each(|place| room.scratch.drop_piece(*place));
        }
    }

    /// No rows in the shape of [`Self::rows`].
    pub fn no_rows(&self) -> DataFrame {
        self.frame.clear()
    }

    /// Gives tables of flaws (see [`rejects::frame`]) to `take`, by file and record.
    pub fn each_flaws(&self, mut take: impl FnMut(i64, DataFrame) -> Result<(), StageError>) -> Result<(), StageError> {
        if let Some(room) = &self.cleaning.room {
            for ((file, _), place) in &self.flaws_on_disk {
                take(*file, spill::read(&room.scratch, *place, None)?)?;
            }
        }
        for flaws in self.flaws.chunk_by(|a, b| a.file == b.file) {
            take(flaws[0].file, self.table(flaws)?)?;
        }
        Ok(())
    }

    fn table(&self, flaws: &[Flaw]) -> Result<DataFrame, StageError> {
        let key = self.files.get(&flaws[0].file).map_or("", |file| file.key.as_str());
        rejects::frame(key, flaws).map_err(internal)
    }

    fn make_room(&mut self) -> Result<(), StageError> {
        if self.bytes > self.most { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), StageError> {
        let Some(room) = &self.cleaning.room else { return Ok(()) };
        if let Some((file, shape)) = self.read.first().map(|(file, frame)| (*file, frame.clear())) {
            let settled = self.settled()?;
            let frame = self.kept(&settled)?;
            self.frame = frame.clear();
            for (name, rows) in self.partitions_of(&frame)? {
                let rows = frame.take(&IdxCa::from_vec("".into(), rows)).map_err(internal)?;
                self.rows_on_disk.entry(name).or_default().push(spill::write(&room.scratch, rows)?);
            }
            if self.rows_on_disk.is_empty() {
                self.read.push((file, shape));
            }
        }
        self.sort_flaws();
        for flaws in take(&mut self.flaws).chunk_by(|a, b| a.file == b.file) {
            let place = spill::write(&room.scratch, self.table(flaws)?)?;
            self.flaws_on_disk.insert((flaws[0].file, flaws[0].record), place);
        }
        self.bytes = 0;
        Ok(())
    }

    /// The rows in memory in order of arrival: columns with an expression derived, rows rejected for them left out.
    fn settled(&mut self) -> Result<DataFrame, StageError> {
        let mut read = take(&mut self.read);
        read.sort_by_key(|(file, _)| *file);
        let frames = read.into_iter().map(|(_, frame)| frame);
        let mut frame = together(frames).map_err(|error| wrong("putting the files together", error))?;
        for rule in self.cleaning.rules.iter().filter(|rule| rule.plan.expression.is_some()) {
            frame = self.derive(frame, rule)?;
        }
        let names = self.cleaning.rules.iter().map(|rule| rule.plan.name.as_str());
        let frame = frame
            .select(names.chain([system::FILE, system::LINE]))
            .map_err(|error| wrong("ordering the columns", error))?;
        self.look(&frame).map_err(internal)?;
        Ok(frame)
    }

    /// Counts nulls, and widens the spans of files.
    fn look(&mut self, frame: &DataFrame) -> PolarsResult<()> {
        self.height += frame.height() as u64;
        for (nulls, column) in self.nulls.iter_mut().zip(self.cleaning.plan.kept()) {
            *nulls += frame.column(&column.name)?.null_count() as u64;
        }
        let Some(time) = self.cleaning.plan.time() else { return Ok(()) };
        let (times, files) = (microseconds(frame.column(time)?)?, frame.column(system::FILE)?.i64()?);
        for (file, time) in files.iter().zip(times.i64()?.iter()) {
            if let (Some(file), Some(time)) = (file, time)
                && let Some(used) = self.files.get_mut(&file)
            {
                let (from, to) = used.span.unwrap_or((time, time));
                used.span = Some((from.min(time), to.max(time)));
            }
        }
        Ok(())
    }

    fn kept(&self, frame: &DataFrame) -> Result<DataFrame, StageError> {
        frame.select(self.cleaning.plan.stored()).map_err(internal)
    }

    fn partitions_of(&self, frame: &DataFrame) -> Result<BTreeMap<String, Vec<IdxSize>>, StageError> {
        let plan = self.cleaning.plan;
        let time = plan.time().ok_or_else(|| StageError::Input("the plan has no event time column".to_owned()))?;
        partition::split(frame, time, plan.partition).map_err(internal)
    }

    fn sort_flaws(&mut self) {
        self.flaws.sort_by_key(|flaw| (flaw.file, flaw.record));
    }

    fn example(&mut self, flaws: impl IntoIterator<Item = Flaw>) {
        self.examples.extend(flaws);
        self.examples.sort_by_key(|flaw| (flaw.file, flaw.record));
        self.examples.truncate(EXAMPLES);
    }

    fn derive(&mut self, frame: DataFrame, rule: &ColumnRule<'_>) -> Result<DataFrame, StageError> {
        let Some(expression) = &rule.plan.expression else { return Ok(frame) };
        let name = rule.plan.name.as_str();
        let place = format!("the expression of column `{name}`");
        let derived = frame
            .clone()
            .lazy()
            .select([compile(expression).alias(name)])
            .collect()
            .and_then(|derived| Ok(repeated(derived.column(name)?, frame.height())))
            .and_then(|column| settle(&column, rule, &[]))
            .map_err(|error| StageError::Input(format!("{place} cannot be evaluated: {error}")))?;
        self.with_derived(frame, rule, derived)
    }

    fn with_derived(
        &mut self,
        mut frame: DataFrame,
        rule: &ColumnRule<'_>,
        derived: Settled,
    ) -> Result<DataFrame, StageError> {
        let Settled { column, refused, nulled } = derived;
        self.nulled += nulled;
        frame.with_column(column).map_err(internal)?;
        if refused.is_empty() {
            return Ok(frame);
        }
        let numbers = |name: &str| Ok(frame.column(name)?.i64()?.rechunk().into_owned());
        let (files, records) = (numbers(system::FILE).map_err(internal)?, numbers(system::LINE).map_err(internal)?);
        let (mut rows, mut flaws) = (Vec::with_capacity(refused.len()), Vec::with_capacity(refused.len()));
        for (row, value, reason) in refused {
            let (file, record) = (files.get(row).unwrap_or_default(), records.get(row).unwrap_or_default());
            self.tally.count(&rule.name, &reason);
            flaws.push(Flaw::new(file, record, rule.name.clone(), &value, reason));
            self.count(file, 0, 1, 0);
            rows.push(row);
        }
        self.example(flaws.iter().take(EXAMPLES).cloned());
        self.flaws.extend(flaws);
        without(&frame, &rows)
    }
}

fn together(mut frames: impl Iterator<Item = DataFrame>) -> PolarsResult<DataFrame> {
    let mut all = frames.next().unwrap_or_default();
    for frame in frames {
        all.vstack_mut_owned(frame)?;
    }
    all.rechunk_mut_par();
    Ok(all)
}

/// A constant expression gives one value for all rows.
fn repeated(column: &Column, height: usize) -> Column {
    if column.len() == 1 && height != 1 { column.new_from_index(0, height) } else { column.clone() }
}

/// All rows but these.
fn without(frame: &DataFrame, rows: &[usize]) -> Result<DataFrame, StageError> {
    let rows: HashSet<usize> = rows.iter().copied().collect();
    let mask = BooleanChunked::from_iter_values("".into(), (0..frame.height()).map(|row| !rows.contains(&row)));
    frame.filter(&mask).map_err(internal)
}

fn internal(error: polars::prelude::PolarsError) -> StageError {
    wrong("cleaning the batch", error)
}

fn wrong(place: &str, error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context(place.to_owned()))
}
