//! The console beside an engine: attaching, leaving, being killed, and a configuration that breaks meanwhile.

use std::fs;

use landfall::domain::file::FileState;
use landfall::domain::run::RunState;
use landfall::store::{engine, files, runs};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::engine_lives;
use super::key::{DOWN, ENTER, ESC};
use super::terminal::Terminal;
use crate::workspace::{Workspace, rentals, until};

/// A stage that runs until a file named `go` is there.
const GATE: &str = r#"
[stages.clean]
[stages.gate]
kind = "command"
program = ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"]
"#;

fn open(workspace: &Workspace) -> Terminal {
    let terminal = Terminal::start(&["-C", &workspace.root().display().to_string()], 100, 30);
    terminal.shows(&["▸ overview", "● engine"]);
    terminal
}

#[test]
fn a_console_attaches_to_the_engine_that_runs_and_leaves_it_running() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    let mut terminal = open(&workspace);
    workspace.land_days(1, 2);
    terminal.shows(&["run 1 succeeded"]);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    assert!(engine_lives(workspace.root()));
    assert_eq!(engine::latest(&workspace.store()).unwrap().unwrap().pid, u32::try_from(watching.id()).unwrap());
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn a_console_without_an_engine_starts_one_that_outlives_its_own_violent_end() {
    let workspace = Workspace::rentals("", "");
    let mut terminal = open(&workspace);
    kill(Pid::from_raw(terminal.id()), Signal::SIGKILL).unwrap();
    terminal.ended();
    drop(terminal);
    assert!(engine_lives(workspace.root()));
    workspace.land_days(1, 1);
    until("the engine takes a file without any console", || {
        runs::list(&workspace.store(), None, Some(RunState::Succeeded), 9).unwrap().len() == 1
    });
    let mut again = open(&workspace);
    again.shows(&["run 1 succeeded"]).resize(60, 20);
    again.shows(&["▸ overview"]);
    again.keys("q");
    assert_eq!(again.left(), 0);
    workspace.told(&["stop"]);
    until("the engine is gone", || !engine_lives(workspace.root()));
}

#[test]
fn leaving_while_something_runs_asks_what_becomes_of_it() {
    let workspace = Workspace::rentals("", GATE);
    workspace.land_days(1, 1);
    let mut terminal = open(&workspace);
    terminal.shows(&["● running", "gate"]);
    terminal.keys("q").shows(&["Leave while something runs?", "run 1 of rentals is running", "▸ Leave, let it run"]);
    terminal.keys(ESC).hides("Leave while something runs?");
    terminal.keys("q").shows(&["▸ Leave, let it run"]);
    terminal.keys(ENTER);
    assert_eq!(terminal.left(), 0);
    assert!(engine_lives(workspace.root()));
    assert_eq!(runs::get(&workspace.store(), 1).unwrap().unwrap().state, RunState::Running);

    let mut terminal = open(&workspace);
    terminal.shows(&["● running"]);
    terminal.keys("q").shows(&["Leave while something runs?"]);
    for _ in 0..3 {
        terminal.keys(DOWN);
    }
    terminal.shows(&["▸ Stop now"]);
    terminal.keys(ENTER).shows(&["Are you sure?", "Type stop to do it"]);
    terminal.keys("halt\r").shows(&["that is not stop"]);
    terminal.keys("\x15stop\r");
    assert_eq!(terminal.left(), 0);
    until("the engine is gone", || !engine_lives(workspace.root()));
    assert!(runs::open(&workspace.store()).unwrap().is_empty(), "the run was not ended");
}

#[test]
fn a_run_is_cancelled_from_the_console_only_after_a_question() {
    let workspace = Workspace::rentals("", GATE);
    workspace.land_days(1, 1);
    let mut terminal = open(&workspace);
    terminal.shows(&["● running", "gate"]);
    terminal.keys("x").shows(&["Cancel run 1 of rentals?", "▸ Keep it running"]);
    terminal.keys(ENTER).hides("Cancel run 1 of rentals?");
    assert_eq!(runs::get(&workspace.store(), 1).unwrap().unwrap().state, RunState::Running);
    terminal.keys("x").shows(&["▸ Keep it running"]);
    terminal.keys(DOWN).shows(&["▸ Cancel the run"]);
    terminal.keys(ENTER);
    until("the run is cancelled", || runs::get(&workspace.store(), 1).unwrap().unwrap().state == RunState::Cancelled);
    terminal.keys("2").shows(&["▸ runs", "cancelled"]);
}

#[test]
fn a_held_file_is_dropped_only_after_a_question_and_released_into_a_run() {
    let workspace = Workspace::rentals("overwritten = \"hold\"", "[stages.clean]\n");
    let state = || files::named(&workspace.store(), None, "rentals_01.csv").unwrap().pop().unwrap().state;
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    workspace.land("rentals_01.csv", &rentals(1, 2));
    let mut terminal = open(&workspace);
    until("the new version is held", || state() == FileState::Held);
    terminal.keys("3").shows(&["▸ files", "held", "committed"]);
    terminal.keys("x").shows(&["Drop rentals_01.csv?", "▸ Leave it"]);
    terminal.keys(ENTER).hides("Drop rentals_01.csv?");
    assert_eq!(state(), FileState::Held);
    terminal.keys("R").shows(&["Release rentals_01.csv?", "The next run takes it as it is."]);
    terminal.keys("a correction\r").shows(&["rentals_01.csv is settling, released"]);
    until("a run takes it", || state() == FileState::Committed);
    terminal.until("the console knows it", |screen| screen.contents().matches("committed").count() == 2);
    terminal.keys("r").shows(&["no committed file can be looked at anew: only one"]);
    assert!(workspace.told(&["file", "explain", "rentals_01.csv"]).contains(": a correction"));
}

#[test]
fn a_configuration_that_breaks_is_said_and_the_console_stays() {
    let workspace = Workspace::rentals("", "");
    let right = fs::read_to_string(workspace.pipeline()).unwrap();
    let mut terminal = open(&workspace);
    workspace.write("pipelines/rentals.toml", &right.replace("settle", "setle"));
    terminal.shows(&["the changed configuration is not valid, the old one"]);
    terminal.keys("?").shows(&["Go to the overview"]);
    terminal.keys(ESC).hides("Go to the overview");
    workspace.land_days(1, 1);
    terminal.shows(&["run 1 succeeded"]);
    workspace.write("pipelines/rentals.toml", &right);
    terminal.shows(&["the changed configuration is in force"]);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
}
