//! One large CSV file through the clean stage of a real worker: its peak memory and its rows a second.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use landfall::domain::job::{CleanJob, InputFile, Job, Work, WorkerEvent};
use landfall::landing::token;

use super::{flights, megabytes, memory, number};

pub fn run() {
    let bytes = (number("LANDFALL_BENCH_GB", 0.25) * 1e9) as u64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.csv");
    let began = Instant::now();
    let rows = flights::write(&path, bytes);
    println!("  {rows} rows, {:.0} MB, written in {:.0} s", megabytes(bytes), began.elapsed().as_secs_f64());
    let file = InputFile {
        id: 1,
        key: "flights.csv".to_owned(),
        path: path.to_str().unwrap().to_owned(),
        bytes: std::fs::metadata(&path).unwrap().len(),
        token: token::of(&path).unwrap().0,
        promised: None,
    };
    let job = Job {
        run: 1,
        pipeline: "flights".to_owned(),
        stage: "clean".to_owned(),
        attempt: 1,
        now: chrono::Utc::now(),
        seed: 1,
        lake: folder.path().join("lake").as_path().into(),
        staging: ".staging/1/clean-1".to_owned(),
        work: Work::Clean(CleanJob { plan: flights::plan(), files: vec![file], history: Vec::new() }),
    };
    let began = Instant::now();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_landfall"))
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let process = worker.id().to_string();
    let mut stdin = worker.stdin.take().unwrap();
    writeln!(stdin, "{}", serde_json::to_string(&job).unwrap()).unwrap();
    let (mut read, mut peak) = (0.0, 0);
    for line in BufReader::new(worker.stdout.take().unwrap()).lines() {
        peak = memory(&process, "VmHWM:").max(peak);
        match serde_json::from_str(&line.unwrap()).unwrap() {
            WorkerEvent::Rows { .. } => read = began.elapsed().as_secs_f64(),
            WorkerEvent::Usage { peak_memory, cpu_ms } => {
                peak = peak_memory.max(peak);
                println!("  {:.0} s of processor time", cpu_ms as f64 / 1e3);
            }
            WorkerEvent::Failed { message, .. } => panic!("{message}"),
            WorkerEvent::Done { summary } => println!("  {summary}"),
            _ => {}
        }
    }
    assert!(worker.wait().unwrap().success());
    let took = began.elapsed().as_secs_f64();
    println!(
        "  {took:.1} s ({read:.1} s until all was read): {:.0} rows/s, {:.0} MB/s; peak memory {:.0} MB",
        rows as f64 / took,
        megabytes(bytes) / took,
        megabytes(peak)
    );
}
