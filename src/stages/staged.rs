//! Staging what a stage makes: tables as Parquet, everything else as bytes.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::DateTime;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column, DataFrame, DataType, ParquetCompression, ParquetWriter, PolarsError, StatisticsOptions, TimeUnit,
};

use super::StageError;
use crate::domain::Instant;
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::Job;
use crate::lake::{Lake, LakeError, Sealed, StagedFile, layout};

/// Earliest and latest event time of a part.
type Bounds = (Option<Instant>, Option<Instant>);

/// What a staged table is and how it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    /// Dataset it belongs to.
    pub kind: DatasetKind,
    /// See [`Part::partition`].
    pub partition: &'a str,
    /// Name of its event time column, for the bounds of the part.
    pub time: Option<&'a str>,
    /// See [`Artifact::replaces`].
    pub replaces: bool,
    /// Small (zstd) for what stays; fast (LZ4) for what only lives as long as its run.
    pub compact: bool,
}

impl Table<'_> {
    /// Writes `frame` as Parquet into the job's staging area, durable before it returns.
    pub fn write(&self, lake: &Lake, job: &Job, frame: &mut DataFrame) -> Result<Artifact, StageError> {
        // Parts that stay are written several at a time, by threads of their own.
        self.write_by(!self.compact, lake, job, frame)
    }

    /// As [`Self::write`], the columns side by side or not.
    pub fn write_by(
        &self,
        parallel: bool,
        lake: &Lake,
        job: &Job,
        frame: &mut DataFrame,
    ) -> Result<Artifact, StageError> {
        let bounds = self.bounds(frame)?;
        let path = layout::part(self.kind, &job.pipeline, self.partition, job.run, "", "parquet");
        let staged = format!("{}/{path}", job.staging);
        let mut file = lake.create(&staged)?;
        let written = self.writer(&mut file).set_parallel(parallel).finish(frame);
        if let Err(error) = written {
            return Err(file.failure().cloned().map_or_else(|| internal(&path, error), StageError::from));
        }
        let rows = frame.height() as u64;
        Ok(between(bounds, artifact(self.kind, self.partition, path, staged, self.replaces, rows, file.seal()?)))
    }

    /// Starts a table of the columns of `shape` that is written a piece at a time.
    pub fn begin(&self, lake: &Lake, job: &Job, shape: &DataFrame) -> Result<Growing<'_>, StageError> {
        let path = layout::part(self.kind, &job.pipeline, self.partition, job.run, "", "parquet");
        let staged = format!("{}/{path}", job.staging);
        let file = Shared(Arc::new(Mutex::new(lake.create(&staged)?)));
        let writer = self.writer(file.clone()).set_parallel(true).batched(shape.schema());
        let writer = writer.map_err(|error| file.said(&path, error))?;
        Ok(Growing { table: *self, path, staged, file, writer, waiting: shape.clear(), rows: 0, bounds: (None, None) })
    }

    fn writer<W: Write>(&self, to: W) -> ParquetWriter<W> {
        let compression = if self.compact { ParquetCompression::Zstd(None) } else { ParquetCompression::Lz4Raw };
        ParquetWriter::new(to).with_compression(compression).with_statistics(StatisticsOptions::default())
    }

    fn bounds(&self, frame: &DataFrame) -> Result<Bounds, StageError> {
        let Some(time) = self.time else { return Ok((None, None)) };
        let column = frame.column(time).map_err(|error| internal(time, error))?;
        let times = microseconds(column).map_err(|error| internal(time, error))?;
        let times = times.i64().map_err(|error| internal(time, error))?.clone();
        let instant = |value: Option<i64>| value.and_then(DateTime::from_timestamp_micros);
        Ok((instant(times.iter().flatten().min()), instant(times.iter().flatten().max())))
    }
}

/// Rows of a group of a growing table: what a table written at once has at most.
const GROUP: usize = 512 * 512;

/// A table that is written a piece at a time. What is written does not depend on the pieces.
pub struct Growing<'a> {
    table: Table<'a>,
    path: String,
    staged: String,
    file: Shared,
    writer: BatchedWriter<Shared>,
    waiting: DataFrame,
    rows: u64,
    bounds: Bounds,
}

impl Growing<'_> {
    /// Writes `rows` behind the others.
    pub fn push(&mut self, rows: DataFrame) -> Result<(), StageError> {
        if rows.height() == 0 {
            return Ok(());
        }
        let (from, to) = self.table.bounds(&rows)?;
        let (first, last) = self.bounds;
        self.bounds = (first.into_iter().chain(from).min(), last.into_iter().chain(to).max());
        self.rows += rows.height() as u64;
        self.waiting.vstack_mut_owned(rows).map_err(|error| internal(&self.path, error))?;
        while self.waiting.height() >= GROUP {
            let rest = self.waiting.slice(GROUP as i64, usize::MAX);
            let group = std::mem::replace(&mut self.waiting, rest).slice(0, GROUP);
            self.write(group)?;
        }
        Ok(())
    }

    /// The whole table, durable.
    pub fn finish(mut self) -> Result<Artifact, StageError> {
        let rest = std::mem::take(&mut self.waiting);
        if rest.height() > 0 || self.rows == 0 {
            self.write(rest)?;
        }
        let Self { table, path, staged, file, writer, rows, bounds, .. } = self;
        writer.finish().map_err(|error| file.said(&path, error))?;
        drop(writer);
        let sealed = file.seal(&path)?;
        Ok(between(bounds, artifact(table.kind, table.partition, path, staged, table.replaces, rows, sealed)))
    }

    fn write(&mut self, mut group: DataFrame) -> Result<(), StageError> {
        group.rechunk_mut_par();
        self.writer.write_batch(&group).map_err(|error| self.file.said(&self.path, error))
    }
}

/// A staged file that its writer and its owner hold.
#[derive(Clone)]
struct Shared(Arc<Mutex<StagedFile>>);

impl Shared {
    fn file(&self) -> MutexGuard<'_, StagedFile> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a write failed: what the file says, if it does.
    fn said(&self, path: &str, error: PolarsError) -> StageError {
        self.file().failure().cloned().map_or_else(|| internal(path, error), StageError::from)
    }

    fn seal(self, path: &str) -> Result<Sealed, StageError> {
        let alone = Arc::into_inner(self.0).map(|file| file.into_inner().unwrap_or_else(PoisonError::into_inner));
        let file = alone.ok_or_else(|| StageError::Internal(anyhow::anyhow!("{path} is still being written")))?;
        Ok(file.seal()?)
    }
}

impl Write for Shared {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.file().write(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

/// Event times (date or datetime) as microseconds since the Unix epoch.
pub(super) fn microseconds(column: &Column) -> Result<Column, PolarsError> {
    column.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?.cast(&DataType::Int64)
}

/// Stages `bytes` under the final name `path`. `rows` is 0 for what is not a table.
pub fn bytes(
    lake: &Lake,
    job: &Job,
    kind: DatasetKind,
    partition: &str,
    path: String,
    rows: u64,
    bytes: &[u8],
) -> Result<Artifact, StageError> {
    let staged = format!("{}/{path}", job.staging);
    let mut file = lake.create(&staged)?;
    file.write_all(bytes).map_err(|error| LakeError::from_io(&staged, &error))?;
    Ok(artifact(kind, partition, path, staged, false, rows, file.seal()?))
}

fn artifact(
    kind: DatasetKind,
    partition: &str,
    path: String,
    staged: String,
    replaces: bool,
    rows: u64,
    sealed: Sealed,
) -> Artifact {
    let Sealed { bytes, hash } = sealed;
    let part = Part { kind, partition: partition.to_owned(), path, rows, bytes, hash, from: None, to: None };
    Artifact { part, staged, replaces }
}

fn between(bounds: Bounds, mut artifact: Artifact) -> Artifact {
    (artifact.part.from, artifact.part.to) = bounds;
    artifact
}

fn internal(place: &str, error: PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context(format!("writing {place}")))
}
