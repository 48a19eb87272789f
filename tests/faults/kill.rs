//! `kill -9` of worker and engine in mid-run, and what a second engine is told.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::workspace::{HOLD, Workspace, days, eventually, lives, until_gone};

fn kill_9(pid: u32) {
    kill(Pid::from_raw(pid as i32), Signal::SIGKILL).unwrap();
}

#[test]
fn a_killed_worker_costs_one_attempt() {
    let workspace = Workspace::with(&format!("[stages.clean]{HOLD}retries = 1\nretry_interval = \"0s\"\n"));
    workspace.land("1.csv", days(1..=2, true));
    let engine = workspace.watch();
    let (worker, program) = workspace.held();
    kill_9(worker);
    // What it had started goes with it.
    until_gone(program);
    workspace.open_gate();
    workspace.until(1, "succeeded");
    assert!(lives(engine.0.id()));
    let run = workspace.json(&["runs", "1"]);
    let attempts: Vec<_> = run["attempts"].as_array().unwrap().iter().filter(|a| a["stage"] == "hold").collect();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["outcome"], "failed");
    assert_eq!(attempts[0]["error_class"], "killed");
    assert_eq!(
        attempts[0]["error"],
        "the worker for stage hold was killed (signal 9); when nobody did it, the system ran out of memory"
    );
    assert_eq!(attempts[1]["outcome"], "succeeded");
    drop(engine);
    workspace.must_be_whole(36);
}

#[test]
fn a_killed_engine_takes_its_workers_along_and_the_next_one_resumes() {
    let workspace = Workspace::with(&format!("[stages.clean]{HOLD}"));
    workspace.land("1.csv", days(1..=2, true));
    let engine = workspace.watch();
    let (worker, program) = workspace.held();
    kill_9(engine.0.id());
    drop(engine);
    until_gone(worker);
    until_gone(program);
    // The dead engine's state is told as it was left, without an engine.
    assert_eq!(workspace.state(1), "running");
    workspace.open_gate();
    let engine = workspace.watch();
    workspace.until(2, "succeeded");
    assert_eq!(workspace.state(1), "interrupted");
    assert_eq!(workspace.stages(1), "clean succeeded, hold interrupted");
    assert_eq!(workspace.stages(2), "clean reused, hold succeeded");
    drop(engine);
    workspace.must_be_whole(36);
    assert_eq!(workspace.file("1.csv").0, "committed");
}

#[test]
fn an_engine_killed_again_and_again_holds_the_file_for_an_operator() {
    let workspace = Workspace::landing_with("max_attempts = 2\n", &format!("[stages.clean]{HOLD}"));
    workspace.land("1.csv", days(1..=1, true));
    for run in [1, 2] {
        let engine = workspace.watch();
        workspace.until(run, "running");
        workspace.held();
        kill_9(engine.0.id());
        drop(engine);
        std::fs::remove_file(workspace.path("pids")).unwrap();
    }
    workspace.open_gate();
    assert_eq!(workspace.call(&["run"]).code, Some(0));
    let (state, reason) = workspace.file("1.csv");
    assert_eq!((state.as_str(), reason.contains("2 runs could not use it")), ("held", true), "{reason}");
    // The operator has mended the cause and says so.
    let said = workspace.call(&["rerun", "2"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(workspace.file("1.csv").0, "committed");
    workspace.must_be_whole(18);
}

#[test]
fn a_second_engine_is_told_who_has_the_workspace() {
    let workspace = Workspace::light();
    let engine = workspace.watch();
    let said = workspace.call(&["watch"]);
    assert_eq!(said.code, Some(2));
    let told = format!("landfall: an engine already runs here: process {} since ", engine.0.id());
    assert!(said.err.contains(&told), "{}", said.err);
    // The first one is none the worse for it.
    workspace.land("1.csv", days(1..=1, true));
    workspace.until(1, "succeeded");
    let said = workspace.call(&["stop"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(engine.left(), Some(0));
    assert_eq!(workspace.call(&["stop"]).code, Some(3));
    workspace.must_be_whole(18);
}

#[test]
fn a_terminated_engine_stops_what_runs_and_frees_the_files() {
    let workspace = Workspace::with(&format!("[stages.clean]{HOLD}"));
    workspace.land("1.csv", days(1..=2, true));
    let engine = workspace.watch();
    let (worker, program) = workspace.held();
    engine.signal(Signal::SIGTERM);
    assert_eq!(engine.left(), Some(0));
    assert!(!lives(worker) && !lives(program));
    assert_eq!(workspace.state(1), "cancelled");
    assert_eq!(workspace.file("1.csv").0, "ready");
    workspace.must_be_whole(0);
    workspace.open_gate();
    workspace.run();
    workspace.must_be_whole(36);
}

#[test]
fn a_run_that_an_engine_leaves_running_ends_with_drain() {
    let workspace = Workspace::with(&format!("[stages.clean]{HOLD}"));
    workspace.land("1.csv", days(1..=2, true));
    let engine = workspace.watch();
    workspace.held();
    let mut stop = workspace.command(&["stop", "--drain"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    eventually("the stop is recorded", || {
        let query = "SELECT COUNT(*) FROM operations WHERE what = 'stop'";
        let asked: i64 = workspace.store().query_row(query, [], |row| row.get(0)).unwrap();
        (asked == 1).then_some(())
    });
    assert_eq!(workspace.state(1), "running");
    workspace.open_gate();
    assert_eq!(engine.left(), Some(0));
    assert!(stop.wait().unwrap().success());
    assert_eq!(workspace.state(1), "succeeded");
    workspace.must_be_whole(36);
}
