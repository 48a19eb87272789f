//! Reading CSV beside polars: the same file with the same types, from the disk's cache to a table in memory. Ours also
//! says of every value that cannot be used where it stood.

use std::sync::Arc;
use std::time::Instant;

use landfall::domain::plan::CleanPlan;
use landfall::learn::derive::data_type;
use landfall::stages::clean::single;
use polars::prelude::{LazyCsvReader, LazyFileListReader, PlRefPath, Schema};

use super::{flights, megabytes, number};

const TIMES: usize = 5;

pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.csv");
    let rows = flights::write(&path, number("LANDFALL_BENCH_MB", 200) * 1_000_000);
    let size = std::fs::metadata(&path).unwrap().len();
    let plan = flights::plan();
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    for _ in 0..TIMES {
        let began = Instant::now();
        let read = single(std::fs::read(&path).unwrap(), "flights.csv", &plan).unwrap();
        ours = began.elapsed().as_secs_f64().min(ours);
        assert_eq!(read.rows.height() as u64 + read.rejected, rows);
        drop(read);
        let began = Instant::now();
        let read = LazyCsvReader::new(PlRefPath::new(path.to_str().unwrap()))
            .with_schema(Some(Arc::new(schema(&plan))))
            .with_ignore_errors(true)
            .finish()
            .and_then(|scan| scan.collect())
            .unwrap();
        theirs = began.elapsed().as_secs_f64().min(theirs);
        assert_eq!(read.height() as u64, rows);
    }
    println!(
        "  {rows} rows, {:.0} MB, best of {TIMES}: ours {ours:.2} s ({:.0} MB/s), polars {theirs:.2} s ({:.0} MB/s): {:.0} %",
        megabytes(size),
        megabytes(size) / ours,
        megabytes(size) / theirs,
        theirs / ours * 100.0
    );
}

fn schema(plan: &CleanPlan) -> Schema {
    plan.columns.iter().map(|column| (column.name.as_str().into(), data_type(column.ty))).collect()
}
