//! Tables in a scratch file.

use std::io::Cursor;

use polars::prelude::{DataFrame, IpcCompression, IpcReader, IpcWriter, PolarsResult, SerReader, SerWriter};

use crate::lake::{Place, Scratch};
use crate::stages::StageError;

/// Writes `frame`, whose rows are few enough to be held in memory twice.
pub(super) fn write(scratch: &Scratch, mut frame: DataFrame) -> Result<Place, StageError> {
    let mut bytes = Vec::new();
    let writer = IpcWriter::new(&mut bytes).with_compression(Some(IpcCompression::LZ4));
    writer.with_parallel(false).finish(&mut frame).map_err(wrong)?;
    Ok(scratch.keep(&bytes)?)
}

/// Reads what was written, or only some of its columns.
pub(super) fn read(scratch: &Scratch, place: Place, columns: Option<&[&str]>) -> Result<DataFrame, StageError> {
    let names = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let read = |bytes| -> PolarsResult<DataFrame> {
        let frame = IpcReader::new(Cursor::new(bytes)).with_columns(names).finish()?;
        columns.map_or(Ok(frame.clone()), |names| frame.select(names.iter().copied()))
    };
    read(scratch.read(place)?).map_err(wrong)
}

fn wrong(error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context("keeping rows on disk"))
}
