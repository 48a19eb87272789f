//! The one way by which this floor reads and writes the lake.

use std::io::Cursor;
use std::path::{Component, Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, ParquetWriter, SerReader};

use super::LearnError;

/// The lake as a local folder.
#[derive(Debug, Clone)]
pub struct Place {
    root: PathBuf,
}

impl Place {
    /// The lake at `lake`: an absolute folder or a `file://` URL.
    pub fn open(lake: &str) -> Result<Self, LearnError> {
        let root = PathBuf::from(lake.strip_prefix("file://").unwrap_or(lake));
        if root.is_absolute() {
            Ok(Self { root })
        } else {
            Err(LearnError::Lake(format!("the lake {lake:?} is not an absolute folder; learning needs a local lake")))
        }
    }

    /// The bytes of the object at `path` (relative to the lake).
    pub fn read(&self, path: &str) -> Result<Vec<u8>, LearnError> {
        std::fs::read(self.resolve(path)?).map_err(|e| LearnError::Lake(format!("cannot read {path} in the lake: {e}")))
    }

    /// Whether there is an object at `path`.
    pub fn has(&self, path: &str) -> Result<bool, LearnError> {
        let found = self.resolve(path)?.try_exists();
        found.map_err(|e| LearnError::Lake(format!("cannot look for {path} in the lake: {e}")))
    }

    /// Writes the object at `path`, replacing it whole: a reader sees the old bytes or the new ones, and after a
    /// crash the name holds nothing that was not synced.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), LearnError> {
        let target = self.resolve(path)?;
        write_whole(&target, bytes).map_err(|e| LearnError::Lake(format!("cannot write {path} in the lake: {e}")))
    }

    /// The table at `path`; only `columns` if given (a missing one is an error that names it).
    pub fn read_table(&self, path: &str, columns: Option<&[String]>) -> Result<DataFrame, LearnError> {
        let bytes = self.read(path)?;
        ParquetReader::new(Cursor::new(bytes))
            .with_columns(columns.map(<[String]>::to_vec))
            .finish()
            .map_err(|e| LearnError::Input(format!("cannot read the table {path}: {e}")))
    }

    fn resolve(&self, path: &str) -> Result<PathBuf, LearnError> {
        let relative = Path::new(path);
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(self.root.join(relative))
        } else {
            Err(LearnError::Lake(format!("{path:?} is not a path inside the lake")))
        }
    }
}

/// A table as Parquet bytes; the same table gives the same bytes.
pub fn table_bytes(table: &mut DataFrame) -> Result<Vec<u8>, LearnError> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(table).map_err(|e| LearnError::internal("cannot write a table", e))?;
    Ok(bytes)
}

fn write_whole(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = target.with_file_name(name);
    let mut file = std::fs::File::create(&part)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, target)
}
