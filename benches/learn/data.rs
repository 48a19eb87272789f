//! The rows: a year of flights as Landfall cleans them, and ten of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use landfall::learn::random::Random;
use polars::prelude::*;

use super::upstream;

const PIPELINE: &str = include_str!("../../config/demo/pipelines/flights.toml");
/// Years and days: whole weeks, so that every flight keeps its weekday.
const YEARS: i64 = 10;
const YEAR: i64 = 364 * 86_400_000_000;
/// Columns that are jittered, and by how much at most.
const JITTER: [(&str, f64); 4] = [("temp", 2.0), ("humid", 3.0), ("wind_speed", 1.5), ("pressure", 1.0)];

/// The folders with the parts of one year and of ten, made at the first call.
pub fn parts(source: &Path) -> [(&'static str, PathBuf); 2] {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("learn");
    let (year, ten) = (made.join("year"), made.join("ten"));
    if !made.join("whole").exists() {
        let _ = std::fs::remove_dir_all(&made);
        clean(source, &year);
        repeat(&year, &ten);
        std::fs::write(made.join("whole"), "").unwrap();
    }
    [("year", year), ("ten", ten)]
}

/// Lands the year in a fresh workspace, cleans it and keeps the history's parts.
fn clean(source: &Path, year: &Path) {
    let workspace = tempfile::tempdir().unwrap();
    let root = workspace.path();
    let (cleaning, _) = PIPELINE.split_once("[stages.score]").unwrap();
    std::fs::create_dir_all(root.join("pipelines")).unwrap();
    std::fs::write(root.join("landfall.toml"), "").unwrap();
    let settled = cleaning.replace("settle = \"300ms\"", "settle = \"0s\"");
    std::fs::write(root.join("pipelines/flights.toml"), settled).unwrap();
    upstream::land(&upstream::days(source), &root.join("landing"));
    let said = Command::new(env!("CARGO_BIN_EXE_landfall")).arg("-C").arg(root).arg("run").output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    std::fs::create_dir_all(year).unwrap();
    for (n, part) in glob::glob(&format!("{}/lake/clean/**/*.parquet", root.display())).unwrap().flatten().enumerate() {
        std::fs::copy(part, year.join(format!("{n:03}.parquet"))).unwrap();
    }
}

/// The parts of `year` again and again, each time a year later and jittered.
fn repeat(year: &Path, ten: &Path) {
    std::fs::create_dir_all(ten).unwrap();
    let mut random = Random::seeded(1);
    for (n, part) in files(year).iter().enumerate() {
        let read = || ParquetReader::new(std::fs::File::open(part).unwrap()).finish().unwrap();
        for again in 0..YEARS {
            let mut table = read();
            let time = table.column("time_hour").unwrap().as_materialized_series().clone();
            let moved = (time.to_physical_repr().into_owned() + again * YEAR).cast(time.dtype()).unwrap();
            table.with_column(moved.into_column()).unwrap();
            for (name, most) in JITTER {
                let values = table.column(name).unwrap().f64().unwrap();
                let mut jittered = |value: f64| value + most * (2.0 * random.unit() - 1.0);
                let moved: Float64Chunked = values.iter().map(|value| value.map(&mut jittered)).collect();
                table.with_column(moved.with_name(name.into()).into_column()).unwrap();
            }
            let file = std::fs::File::create(ten.join(format!("{again:02}-{n:03}.parquet"))).unwrap();
            ParquetWriter::new(file).finish(&mut table).unwrap();
        }
    }
}

/// The parts in a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
