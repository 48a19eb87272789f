//! Running a program and watching the memory of it and of its children.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(5);

/// What a program took. Memory in bytes of resident memory; 0 where the system has no `/proc`.
pub struct Watched {
    pub output: Output,
    /// From its start to its end.
    pub seconds: f64,
    /// Peak of the program itself.
    pub engine: u64,
    /// Peak of its largest child.
    pub worker: u64,
    /// Peak of the sum; pages that processes share (the program text) count in each.
    pub together: u64,
}

/// Runs `command` to its end.
pub fn run(command: &mut Command) -> Watched {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let child = command.spawn().unwrap();
    let pid = child.id();
    let waiting = std::thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        (output, began.elapsed().as_secs_f64())
    });
    let (mut engine, mut worker, mut together) = (0, 0, 0);
    while !waiting.is_finished() {
        let own = field(pid, "VmRSS:");
        let children: Vec<u32> = children(pid);
        engine = engine.max(field(pid, "VmHWM:"));
        worker = children.iter().map(|child| field(*child, "VmHWM:")).fold(worker, u64::max);
        together = together.max(own + children.iter().map(|child| field(*child, "VmRSS:")).sum::<u64>());
        std::thread::sleep(SAMPLE);
    }
    let (output, seconds) = waiting.join().unwrap();
    Watched { output, seconds, engine, worker, together }
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn field(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().map_or(0, |kilobytes| kilobytes * 1024)
}
