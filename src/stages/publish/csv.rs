//! The CSV twin of a prediction part: UTF-8, RFC 4180, ISO 8601 times.

use polars::prelude::{Column, CsvWriter, DataFrame, DataType, IntoColumn, PolarsResult, SerWriter, StringChunked};

use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::Job;
use crate::lake::{Lake, layout};
use crate::stages::{StageError, staged};

/// Stages the twin of `artifact`, whose rows are `frame`. It retires the twin of an earlier run.
pub(super) fn stage(lake: &Lake, job: &Job, artifact: &Artifact, frame: DataFrame) -> Result<Artifact, StageError> {
    let text = write(frame).map_err(|error| {
        StageError::Internal(anyhow::Error::new(error).context(format!("the CSV twin of {}", artifact.part.path)))
    })?;
    let day = &artifact.part.partition;
    let path = layout::part(DatasetKind::Predictions, &job.pipeline, day, job.run, "", "csv");
    let (partition, rows) = (format!("predictions/{day}"), artifact.part.rows);
    let mut twin = staged::bytes(lake, job, DatasetKind::Output, &partition, path, rows, &text)?;
    twin.replaces = true;
    Ok(twin)
}

/// `frame` as CSV bytes.
pub(super) fn write(frame: DataFrame) -> PolarsResult<Vec<u8>> {
    let columns = frame.columns().iter().map(harmless).collect::<PolarsResult<Vec<_>>>()?;
    let mut frame = DataFrame::new(frame.height(), columns)?;
    let mut text = Vec::new();
    CsvWriter::new(&mut text)
        .with_line_terminator("\r\n".into())
        .with_datetime_format(Some("%Y-%m-%dT%H:%M:%S%.fZ".into()))
        .finish(&mut frame)?;
    Ok(text)
}

/// Spreadsheets take a cell that begins with one of these as a formula, whoever wrote it. An apostrophe in front makes
/// it text.
fn harmless(column: &Column) -> PolarsResult<Column> {
    if *column.dtype() != DataType::String {
        return Ok(column.clone());
    }
    let is_formula = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cells = column.str()?;
    if !cells.iter().flatten().any(is_formula) {
        return Ok(column.clone());
    }
    let quoted: StringChunked = cells
        .iter()
        .map(|text| text.map(|text| if is_formula(text) { format!("'{text}") } else { text.to_owned() }))
        .collect();
    Ok(quoted.with_name(column.name().clone()).into_column())
}
