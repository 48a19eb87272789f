//! Staging what a stage makes: tables as Parquet, everything else as bytes.

use std::io::Write;

use chrono::DateTime;
use polars::prelude::{
    Column, DataFrame, DataType, ParquetCompression, ParquetWriter, PolarsError, StatisticsOptions, TimeUnit,
};

use super::StageError;
use crate::domain::Instant;
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::Job;
use crate::lake::{Lake, LakeError, Sealed, layout};

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
        let (from, to) = self.bounds(frame)?;
        let path = layout::part(self.kind, &job.pipeline, self.partition, job.run, "", "parquet");
        let staged = format!("{}/{path}", job.staging);
        let mut file = lake.create(&staged)?;
        let compression = if self.compact { ParquetCompression::Zstd(None) } else { ParquetCompression::Lz4Raw };
        let written = ParquetWriter::new(&mut file)
            .with_compression(compression)
            .with_statistics(StatisticsOptions::default())
            // Parts that stay are written several at a time, by threads of their own.
            .set_parallel(!self.compact)
            .finish(frame);
        if let Err(error) = written {
            return Err(file.failure().cloned().map_or_else(|| internal(&path, error), StageError::from));
        }
        let rows = frame.height() as u64;
        Ok(artifact(self.kind, self.partition, path, staged, self.replaces, rows, file.seal()?).between(from, to))
    }

    fn bounds(&self, frame: &DataFrame) -> Result<(Option<Instant>, Option<Instant>), StageError> {
        let Some(time) = self.time else { return Ok((None, None)) };
        let column = frame.column(time).map_err(|error| internal(time, error))?;
        let times = microseconds(column).map_err(|error| internal(time, error))?;
        let times = times.i64().map_err(|error| internal(time, error))?.clone();
        let instant = |value: Option<i64>| value.and_then(DateTime::from_timestamp_micros);
        Ok((instant(times.iter().flatten().min()), instant(times.iter().flatten().max())))
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

trait Between {
    fn between(self, from: Option<Instant>, to: Option<Instant>) -> Self;
}

impl Between for Artifact {
    fn between(mut self, from: Option<Instant>, to: Option<Instant>) -> Self {
        (self.part.from, self.part.to) = (from, to);
        self
    }
}

fn internal(place: &str, error: PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context(format!("writing {place}")))
}
