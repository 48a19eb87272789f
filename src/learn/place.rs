//! The one way by which this floor reads and writes the lake.

use std::io::Cursor;

use polars::prelude::{DataFrame, LazyFrame, ParquetReader, ParquetWriter, PlRefPath, ScanArgsParquet, SerReader};

use super::LearnError;
use crate::domain::location::Location;
use crate::lake::{Lake, LakeError, wait};

/// The lake, read and written by code that is not asynchronous.
#[derive(Clone)]
pub struct Place {
    lake: Lake,
}

impl Place {
    /// The lake at `lake`.
    pub fn open(lake: impl Into<Location>) -> Result<Self, LearnError> {
        Lake::open(lake).map(|lake| Self { lake }).map_err(failed)
    }

    /// The bytes of the object at `path` (relative to the lake), which is never written twice.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, LearnError> {
        self.bytes(path).map_err(failed)
    }

    /// As [`Self::read`]; `None` when there is no such object.
    pub fn read_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, LearnError> {
        match self.bytes(path) {
            Err(LakeError::Missing { .. }) => Ok(None),
            read => read.map(Some).map_err(failed),
        }
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, LakeError> {
        std::fs::read(self.lake.file(path)?).map_err(|error| LakeError::from_io(path, &error))
    }

    /// Writes the object at `path`, replacing it whole: a reader sees the old bytes or the new ones, and after a
    /// crash the name holds nothing that was not synced.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LearnError> {
        wait(self.lake.put(path, bytes)).map_err(failed)
    }

    /// The table at `path`; only `columns` if given (a missing one is an error that names it).
    pub fn read_table(&self, path: &str, columns: Option<&[String]>) -> Result<DataFrame, LearnError> {
        let bytes = self.read(path)?;
        ParquetReader::new(Cursor::new(bytes))
            .with_columns(columns.map(<[String]>::to_vec))
            .finish()
            .map_err(|e| LearnError::Input(format!("cannot read the table {path}: {e}")))
    }

    /// The table at `path` (relative to the lake, or absolute), not yet read.
    pub fn scan(&self, path: &str) -> Result<LazyFrame, LearnError> {
        let file = if path.starts_with('/') { path.into() } else { self.lake.file(path).map_err(failed)? };
        let text = file.to_str().ok_or_else(|| LearnError::Input(format!("the path of {path} is not UTF-8")))?;
        // A path is a name here, never a pattern: brackets in it are brackets.
        let arguments = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
        LazyFrame::scan_parquet(PlRefPath::new(text), arguments)
            .map_err(|e| LearnError::Input(format!("cannot read the table {path}: {e}")))
    }
}

fn failed(error: LakeError) -> LearnError {
    LearnError::Lake(error.to_string())
}

/// A table as Parquet bytes; the same table gives the same bytes.
pub fn table_bytes(table: &mut DataFrame) -> Result<Vec<u8>, LearnError> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(table).map_err(|e| LearnError::internal("cannot write a table", e))?;
    Ok(bytes)
}
