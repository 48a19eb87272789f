//! How quick the console is, measured through a pseudo-terminal as a person meets it.
//!
//!     cargo bench --bench console
//!
//! It lays out a workspace whose store holds 100,000 runs and a million files and whose lake holds a Parquet part of ten
//! million rows, keeps every core busy, and prints one line a figure. `ROWS`, `RUNS` and `FILES` in the environment
//! make it smaller.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod layout;
mod seat;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use seat::Seat;

fn size(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The value below which this share of the sorted values lies.
fn at(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1e3
}

/// Presses `j` and `k` and waits until each has moved the cursor; answers the times, sorted, and the most bytes of one.
fn keys(seat: &mut Seat, count: usize) -> (Vec<Duration>, usize) {
    let (mut times, mut most) = (Vec::with_capacity(count), 0);
    for n in 0..count {
        seat.calm();
        let began = Instant::now();
        let bytes = seat.moves(if n % 20 < 10 { "j" } else { "k" });
        times.push(began.elapsed());
        most = most.max(bytes);
    }
    times.sort();
    (times, most)
}

fn tell(what: &str, times: &[Duration], goal: &str) {
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms ({goal})",
        at(times, 0.5),
        at(times, 0.99),
        at(times, 1.0)
    );
}

/// Takes a seat, and tells when the first frame was there (drawn before anything is read) and when one with the overview.
fn began(with: &str, root: &Path) -> Seat {
    let began = Instant::now();
    let seat = Seat::take(root, 120, 40);
    seat.first_frame();
    let first = began.elapsed();
    seat.until("flights");
    println!(
        "first frame, {with}: {:.0} ms; with the overview: {:.0} ms (within 100 ms)",
        first.as_secs_f64() * 1e3,
        began.elapsed().as_secs_f64() * 1e3
    );
    seat
}

fn main() {
    let (rows, runs, files) = (size("ROWS", 10_000_000), size("RUNS", 100_000), size("FILES", 1_000_000));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("bench");
    println!("laying out {rows} rows, {runs} runs, {files} files …");
    layout::lay_out(&root, rows, runs, files);

    // Without an engine the console starts one, and that looks its store through.
    began("an engine being started", &root).leave();
    let mut seat = began("an engine running", &root);

    // The engine has just begun: its first checks are news. The clock in the corner is another when a minute ends.
    std::thread::sleep(Duration::from_secs(5));
    let (frames, cpu) = (seat.frames(), seat.cpu());
    std::thread::sleep(Duration::from_secs(10));
    let busy = (seat.cpu() - cpu).as_secs_f64() / 10.0;
    println!(
        "idle for 10 s: {} frames, {:.2} % of a core (0 frames but for the minute's, under 0.5 %)",
        seat.frames() - frames,
        busy * 100.0
    );

    seat.type_and_wait("4", &format!("run {runs}"));
    let before = seat.memory();
    let began = Instant::now();
    seat.type_and_wait("t", "k00000000");
    println!("opening {rows} rows: first page {:.0} ms (within 150 ms)", began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    seat.type_and_wait("G", &format!("k{:08}", rows - 1));
    println!("jump to the end: {:.0} ms (within 150 ms)", began.elapsed().as_secs_f64() * 1e3);
    println!("memory: {} MB before, {} MB at most (under 300 MB)", before >> 20, seat.memory() >> 20);
    seat.type_and_wait("g", "k00000000");

    let (times, most) = keys(&mut seat, 500);
    tell("key to frame, idle cores", &times, "p50 <= 5 ms, p99 <= 16 ms");
    println!("bytes of a cursor move: {most} at most (under 4 KB)");

    let stop = Arc::new(AtomicBool::new(false));
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
    let burning: Vec<_> = (0..cores)
        .map(|_| {
            let stop = Arc::clone(&stop);
            // A worker runs at a lower priority; these do not: it is the harder case.
            std::thread::spawn(move || {
                let mut x = 1.0_f64;
                while !stop.load(Ordering::Relaxed) {
                    x = std::hint::black_box((x * 1.000_000_1).sqrt());
                }
            })
        })
        .collect();
    let (times, _) = keys(&mut seat, 500);
    tell(&format!("key to frame, {cores} cores busy"), &times, "p50 <= 5 ms, p99 <= 16 ms");
    stop.store(true, Ordering::Relaxed);
    burning.into_iter().for_each(|thread| thread.join().unwrap());

    let many = size("LANDED", 100_000);
    layout::land(&root, many);
    while layout::landed(&root) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let (mut times, mut begun) = (Vec::new(), layout::landed(&root));
    let first = begun;
    while begun < many {
        times.extend(keys(&mut seat, 20).0);
        begun = layout::landed(&root);
    }
    times.sort();
    let count = times.len();
    tell(
        &format!("key to frame while {many} files enter the ledger ({count} keys from {first} on)"),
        &times,
        "p99 <= 16 ms",
    );

    seat.type_and_wait("1", "▸ overview");
    layout::flood(&root);
    seat.until("running");
    // Of the overview every second moves something.
    seat.type_and_wait("2", "▸ runs");
    seat.until("1 new file");
    let (times, _) = keys(&mut seat, 200);
    tell("key to frame while a worker says 10,000 lines a second", &times, "nothing slows down");
    seat.leave();
    layout::stop(&root);
}
