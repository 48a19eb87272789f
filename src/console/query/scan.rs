//! The files of a table as one frame that is not yet read.

use std::io::{BufRead, BufReader};
use std::path::Path;

use polars::io::avro::AvroReader;
use polars::prelude::{
    IntoLazy, LazyCsvReader, LazyFileListReader, LazyFrame, LazyJsonLineReader, PlRefPath, ScanArgsParquet, SerReader,
    UnifiedScanArgs, UnionArgs, concat_lf_diagonal,
};

use super::{Table, said};
use crate::domain::location::Location;
use crate::domain::text::one_line;
use crate::lake::Lake;

/// Lines of a text file from which the types of its columns are told.
const LOOKED_AT: usize = 10_000;

/// A table; a column that some of its files lack has no values there.
pub fn table(table: &Table, lake: &Location) -> Result<LazyFrame, String> {
    let here = |file: &Path| match file.to_str() {
        Some(name) if !file.is_absolute() => {
            Lake::open(lake).and_then(|lake| lake.file(name)).map_err(|error| one_line(&error.to_string()))
        }
        _ => Ok(file.to_owned()),
    };
    let frames = table.files.iter().map(|file| one(&here(file)?)).collect::<Result<Vec<_>, _>>()?;
    match frames.len() {
        0 => Err(format!("{} is empty", table.name)),
        1 => frames.into_iter().next().ok_or_else(String::new),
        _ => {
            let how = UnionArgs { to_supertypes: true, diagonal: true, ..UnionArgs::default() };
            concat_lf_diagonal(frames, how).map_err(said)
        }
    }
}

fn one(file: &Path) -> Result<LazyFrame, String> {
    if !file.exists() {
        return Err(format!("{} is not there", one_line(&file.display().to_string())));
    }
    let text = file.to_str().ok_or("the path of a file is not UTF-8")?;
    let path = PlRefPath::new(text);
    let name = text.to_lowercase();
    let bare = ["gz", "zst", "zip"].iter().find_map(|end| name.strip_suffix(&format!(".{end}"))).unwrap_or(&name);
    // A path is a name here, never a pattern: brackets in it are brackets.
    let frame = match bare.rsplit('.').next().unwrap_or_default() {
        "parquet" => LazyFrame::scan_parquet(path, ScanArgsParquet { glob: false, ..ScanArgsParquet::default() }),
        "arrow" | "ipc" | "feather" => {
            LazyFrame::scan_ipc(path, Default::default(), UnifiedScanArgs { glob: false, ..Default::default() })
        }
        "jsonl" | "ndjson" | "json" => LazyJsonLineReader::new(path).finish(),
        "avro" => return avro(file),
        _ => LazyCsvReader::new(path)
            .with_glob(false)
            .with_separator(separator(file))
            .with_infer_schema_length(Some(LOOKED_AT))
            .with_try_parse_dates(true)
            .with_truncate_ragged_lines(true)
            .finish(),
    };
    frame.map_err(said)
}

fn avro(file: &Path) -> Result<LazyFrame, String> {
    let opened = std::fs::File::open(file).map_err(|error| error.to_string())?;
    Ok(AvroReader::new(opened).finish().map_err(said)?.lazy())
}

/// What stands between the fields of the first line most often.
fn separator(file: &Path) -> u8 {
    let mut line = Vec::new();
    let Ok(opened) = std::fs::File::open(file) else { return b',' };
    if BufReader::new(std::io::Read::take(opened, 1 << 16)).read_until(b'\n', &mut line).is_err() {
        return b',';
    }
    let count = |wanted: u8| line.iter().filter(|byte| **byte == wanted).count();
    let found = [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|one| count(*one));
    found.filter(|one| count(*one) > 0).unwrap_or(b',')
}
