//! The figures of landing and cleaning, on the real engine, worker and store:
//!
//!     cargo bench --bench land [-- objects | files | reconcile | renamed | clean | ingest]
//!
//! Without a name all of them, one after the other. `LANDFALL_BENCH_GB` says how large the CSV file of `clean` is (0.25),
//! `LANDFALL_BENCH_MB` that of `ingest` (200), `LANDFALL_BENCH_FILES`, `_OBJECTS`, `_LEDGER` and `_RENAMED` how many
//! there are of each. Everything lies in temporary folders (`TMPDIR`) that are removed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that cannot run ends")]
#![allow(dead_code, reason = "the servers of the tests can do more than is needed here")]

mod clean;
mod flights;
mod ingest;
mod local;
mod objects;

#[path = "../../tests/servers"]
mod servers {
    pub mod install;
    pub mod objects;
}

fn main() {
    // `cargo test --benches` asks only whether it runs.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let cases: [(&str, fn()); 6] = [
        ("objects", objects::run),
        ("files", local::files),
        ("reconcile", local::reconcile),
        ("renamed", local::renamed),
        ("clean", clean::run),
        ("ingest", ingest::run),
    ];
    let named = |name: &str| std::env::args().skip(1).any(|argument| argument == name);
    let any = cases.iter().any(|(name, _)| named(name));
    for (name, case) in cases.iter().filter(|(name, _)| !any || named(name)) {
        println!("{name}:");
        case();
    }
}

/// The number in an environment variable.
fn number<T: std::str::FromStr>(variable: &str, default: T) -> T {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `VmRSS:` or `VmHWM:` of this process in bytes.
fn own_memory(field: &str) -> u64 {
    memory("self", field)
}

/// The same of another process; 0 where the system does not say.
fn memory(process: &str, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
