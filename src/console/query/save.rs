//! Rows into a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::sink::{SinkDestination, SinkTarget, UnifiedSinkArgs};
use polars::prelude::{
    CsvWriterOptions, Engine, FileWriteFormat, JsonFormat, JsonWriter, LazyFrame, NDJsonWriterOptions, ParquetReader,
    ParquetWriteOptions, PlRefPath, SerReader, SerWriter, col,
};

use super::said;
use crate::domain::text::one_line;

/// Rows of a group: few enough that a page anywhere in the file is read at once.
const GROUP: usize = 50_000;

/// Writes all rows to `to`, in groups that are quick to jump to. Answers how many there are.
pub fn rows(frame: LazyFrame, to: &Path) -> Result<u64, String> {
    sink(frame, to, parquet())?;
    counted(to)
}

fn parquet() -> FileWriteFormat {
    FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions { row_group_size: Some(GROUP), ..Default::default() }))
}

/// Rows of a Parquet file, by its own word.
pub fn counted(path: &Path) -> Result<u64, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let rows = ParquetReader::new(file).num_rows().map_err(said)?;
    Ok(rows as u64)
}

fn sink(frame: LazyFrame, to: &Path, form: FileWriteFormat) -> Result<(), String> {
    let target = SinkTarget::Path(PlRefPath::new(to.to_str().ok_or("the path is not UTF-8")?));
    let sunk = frame.sink(SinkDestination::File { target }, form, UnifiedSinkArgs::default()).map_err(said)?;
    sunk.collect_with_engine(Engine::Streaming).map_err(said)?;
    Ok(())
}

/// Writes all rows beside `to`, and moves them there when they are whole. Answers the bytes.
///
/// # Errors
/// Besides those of reading and writing: an ending that names no form, a file that is there and is not to be replaced.
pub fn export(frame: LazyFrame, to: &Path, replace: bool, columns: &[String]) -> Result<u64, String> {
    let shown = one_line(&to.display().to_string());
    if !replace && to.exists() {
        return Err(format!("{shown} is there already"));
    }
    let frame = match columns {
        [] => frame,
        some => frame.select(some.iter().map(|name| col(name.as_str())).collect::<Vec<_>>()),
    };
    let part = beside(to).ok_or_else(|| format!("{shown} is no file name"))?;
    let written = written(frame, to, &part).and_then(|()| {
        let failed = |error: std::io::Error| format!("{shown} cannot be written: {error}");
        if replace {
            fs::rename(&part, to).map_err(failed)
        } else {
            // A link, unlike a rename, never replaces what came meanwhile.
            fs::hard_link(&part, to).map_err(failed).and_then(|()| fs::remove_file(&part).map_err(failed))
        }
    });
    if written.is_err() {
        // What is half is of no use; when it was never begun there is nothing to take away.
        let _ = fs::remove_file(&part);
    }
    written?;
    fs::metadata(to).map(|found| found.len()).map_err(|error| error.to_string())
}

fn beside(to: &Path) -> Option<PathBuf> {
    let name = to.file_name()?.to_str()?;
    Some(to.with_file_name(format!(".{name}.{}.part", std::process::id())))
}

fn written(frame: LazyFrame, to: &Path, part: &Path) -> Result<(), String> {
    let ending = to.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    match ending.as_str() {
        "csv" => sink(frame, part, FileWriteFormat::Csv(CsvWriterOptions::default())),
        "jsonl" | "ndjson" => sink(frame, part, FileWriteFormat::NDJson(NDJsonWriterOptions::default())),
        "parquet" => sink(frame, part, parquet()),
        "json" => {
            let mut all = frame.collect().map_err(said)?;
            let file = fs::File::create(part).map_err(|error| error.to_string())?;
            let mut out = std::io::BufWriter::new(file);
            JsonWriter::new(&mut out).with_json_format(JsonFormat::Json).finish(&mut all).map_err(said)?;
            std::io::Write::flush(&mut out).map_err(|error| error.to_string())
        }
        other => Err(format!("name the file .csv, .json, .jsonl or .parquet, not .{}", one_line(other))),
    }
}
