//! The engine in the foreground: its triggers, and every way to end it.

use std::fs;

use landfall::domain::file::FileState;
use landfall::domain::run::{Cause, RunState};
use landfall::store::{engine, files, pipelines, runs, triggers};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::workspace::{Workspace, until};

/// A stage that runs until a file named `go` is there, so that a test decides when a run ends.
const GATE: &str = r#"
[stages.clean]
[stages.gate]
kind = "command"
program = ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"]
"#;

#[test]
fn the_schedule_asks_and_every_answer_is_kept_with_its_reason() {
    let workspace = Workspace::rentals("schedule = \"every 1s\"\nwatch = false", "");
    let watching = workspace.watch();
    let answers = || {
        let mut rows = triggers::list(&workspace.store(), "rentals", 100).unwrap();
        rows.retain(|row| row.answer.cause == Cause::Schedule);
        rows.reverse();
        rows
    };
    until("the schedule has asked for nothing", || !answers().is_empty());
    workspace.land_days(1, 2);
    until("the run is over and a check has found nothing new", || {
        let fired = answers().iter().position(|row| row.answer.fired);
        fired.is_some_and(|at| answers()[at..].iter().any(|row| row.answer.reason == "nothing new: 2 files known"))
    });
    let rows = answers();
    assert!(!rows[0].answer.fired && rows[0].answer.reason == "nothing new: 0 files known", "{:?}", rows[0]);
    let fired: Vec<_> = rows.iter().filter(|row| row.answer.fired).collect();
    // A check that came between the two took them one by one.
    let taken: Vec<_> = fired.iter().map(|row| (row.answer.reason.as_str(), row.run)).collect();
    let (together, singly) = ([("2 new files", Some(1))], [("1 new file", Some(1)), ("1 new file", Some(2))]);
    assert!(taken == together || taken == singly, "{taken:?}");
    assert_eq!(runs::get(&workspace.store(), 1).unwrap().unwrap().cause, Cause::Schedule);
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn without_a_word_on_it_the_schedule_is_hourly_and_files_are_seen_as_they_land() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    let next = || pipelines::list(&workspace.store()).unwrap()[0].next_check;
    until("the next check is announced", || next().is_some());
    assert_eq!(next().unwrap().timestamp() % 3600, 0);
    workspace.land_days(1, 1);
    until("the file is in the lake", || {
        files::named(&workspace.store(), None, "rentals_01.csv")
            .unwrap()
            .iter()
            .any(|row| row.state == FileState::Committed)
    });
    let fired = triggers::of_run(&workspace.store(), 1).unwrap().unwrap();
    assert_eq!((fired.answer.cause, fired.answer.reason.as_str()), (Cause::Event, "1 new file"));
    workspace.told(&["stop", "--drain"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn a_paused_pipeline_is_not_asked_until_it_is_resumed() {
    let workspace = Workspace::rentals("schedule = \"every 1s\"", "");
    let watching = workspace.watch();
    let paused = workspace.told(&["pause", "rentals"]);
    assert_eq!(paused, "rentals is paused\n");
    let asked = || triggers::list(&workspace.store(), "rentals", 100).unwrap().len();
    let next = || pipelines::list(&workspace.store()).unwrap()[0].next_check;
    let pass = |seconds| {
        let first = next();
        until("scheduled checks were due", || next() > first.map(|at| at + chrono::Duration::seconds(seconds)));
    };
    // A look that was under way may still answer.
    pass(1);
    let before = asked();
    workspace.land_days(1, 1);
    pass(2);
    assert_eq!(asked(), before, "asked while paused");
    assert!(workspace.told(&["status"]).contains("paused"));
    assert_eq!(workspace.told(&["resume", "rentals"]), "rentals is resumed\n");
    until("the file that waited is run", || {
        runs::list(&workspace.store(), None, Some(RunState::Succeeded), 9).unwrap().len() == 1
    });
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn stop_with_drain_lets_a_run_end_first() {
    let workspace = Workspace::rentals("", GATE);
    let watching = workspace.watch();
    workspace.land_days(1, 1);
    until("the gate is reached", || at_the_gate(&workspace));
    let stopping = workspace.command(&["stop", "--drain"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    until("the engine has been asked to stop", || operations(&workspace).contains(&"stop".to_owned()));
    assert_eq!(state_of_run(&workspace), RunState::Running, "the run was not waited for");
    workspace.write("go", "");
    let said = stopping.wait_with_output().unwrap();
    assert!(said.status.success());
    assert!(String::from_utf8(said.stdout).unwrap().ends_with("stopped\n"));
    assert_eq!(watching.ended().code, 0);
    assert_eq!(state_of_run(&workspace), RunState::Succeeded);
    assert_left_in_order(&workspace);
}

#[test]
fn stop_ends_a_run_at_once_and_its_files_are_taken_again() {
    let workspace = Workspace::rentals("", GATE);
    let watching = workspace.watch();
    workspace.land_days(1, 1);
    until("the gate is reached", || at_the_gate(&workspace));
    let stopped = workspace.told(&["stop"]);
    assert!(stopped.contains("stops 1 run") && stopped.ends_with("stopped\n"), "{stopped}");
    assert_eq!(watching.ended().code, 0);
    assert!(matches!(state_of_run(&workspace), RunState::Cancelled | RunState::Interrupted));
    assert_left_in_order(&workspace);
    workspace.write("go", "");
    workspace.told(&["run"]);
    let file = files::named(&workspace.store(), None, "rentals_01.csv").unwrap().remove(0);
    assert_eq!((file.state, file.run, file.rows), (FileState::Committed, Some(2), Some(24)));
}

#[test]
fn a_terminated_engine_leaves_in_order_and_a_second_one_is_told_who_holds_the_workspace() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    let second = workspace.landfall(&["watch"]);
    assert_eq!(second.code, 2, "{second:?}");
    let holder = format!("an engine already runs here: process {} since ", watching.id());
    assert!(second.err.lines().any(|line| line.contains(&holder)), "{second:?}");
    assert!(workspace.told(&["status"]).starts_with(&format!("engine: process {} since", watching.id())));
    kill(Pid::from_raw(watching.id()), Signal::SIGTERM).unwrap();
    let ended = watching.ended();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_left_in_order(&workspace);
}

#[test]
fn status_does_not_take_a_killed_engine_for_a_living_one() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    kill(Pid::from_raw(watching.id()), Signal::SIGKILL).unwrap();
    watching.ended();
    let status = workspace.told(&["status"]);
    assert!(status.starts_with("engine: not running (it was killed"), "{status}");
    assert_eq!(workspace.json(&["status"])["running"], false);
    assert_eq!(workspace.told(&["run"]), "rentals: false (nothing new: 0 files known)\n");
}

fn at_the_gate(workspace: &Workspace) -> bool {
    let stages = landfall::store::stages::of_run(&workspace.store(), 1).unwrap_or_default();
    stages.iter().any(|stage| stage.name == "gate" && stage.started.is_some())
}

fn state_of_run(workspace: &Workspace) -> RunState {
    runs::get(&workspace.store(), 1).unwrap().unwrap().state
}

fn operations(workspace: &Workspace) -> Vec<String> {
    let store = workspace.store();
    let mut query = store.prepare("SELECT what FROM operations").unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn assert_left_in_order(workspace: &Workspace) {
    assert!(engine::latest(&workspace.store()).unwrap().unwrap().stopped.is_some(), "its end was not recorded");
    assert!(!workspace.root().join(".landfall/engine.sock").exists(), "its socket is still there");
    assert!(fs::read_dir(workspace.root().join(".landfall")).is_ok());
    assert!(workspace.told(&["status"]).starts_with("engine: not running"));
}
