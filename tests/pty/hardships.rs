//! What the world does to a terminal: signals, floods, storms, an engine that dies and returns.

use landfall::engine::lock::Lock;
use landfall::store::runs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::terminal::Terminal;
use super::{engine_lives, open};
use crate::workspace::{Workspace, until};

#[test]
fn a_signal_gives_the_terminal_back_whole_and_the_engine_goes_on() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let terminal = open(&workspace);
        kill(Pid::from_raw(terminal.id()), signal).unwrap();
        assert_eq!(terminal.left(), 0, "{signal}");
        assert!(engine_lives(workspace.root()), "{signal}");
    }
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn an_engine_that_dies_and_returns_is_said_and_found_again() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    let mut terminal = open(&workspace);
    kill(Pid::from_raw(watching.id()), Signal::SIGKILL).unwrap();
    terminal.shows(&["engine not reachable"]);
    terminal.keys("c").shows(&["the engine does not answer"]);
    drop(watching);
    let again = workspace.watch();
    terminal.shows(&["● engine"]).hides("engine not reachable");
    workspace.land_days(1, 1);
    terminal.shows(&["run 1 succeeded"]);
    assert_eq!(runs::list(&workspace.store(), None, None, 9).unwrap().len(), 1);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    workspace.told(&["stop"]);
    assert_eq!(again.ended().code, 0);
}

#[test]
fn a_configuration_that_was_broken_under_an_engine_keeps_nobody_out_of_its_console() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    workspace.land_days(1, 1);
    until("the run is over", || runs::get(&workspace.store(), 1).unwrap().is_some_and(|run| run.state.is_final()));
    let pipeline = workspace.root().join("pipelines/rentals.toml");
    let sound = std::fs::read_to_string(&pipeline).unwrap();
    std::fs::write(&pipeline, sound.replace("[landing]", "[lending]")).unwrap();
    let mut terminal = Terminal::start(&["-C", &workspace.root().display().to_string()], 120, 30);
    terminal.shows(&["the old one stays in force", "succeeded"]);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn a_console_waits_for_the_engine_of_another_that_is_still_starting() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    // An engine that has the workspace and does not answer yet.
    let _held = Lock::take(&workspace.root().join(".landfall"), chrono::Utc::now()).unwrap();
    let mut terminal = Terminal::start(&["-C", &workspace.root().display().to_string()], 120, 30);
    let log = workspace.root().join(".landfall/engine.log");
    until("the second engine has gone", || {
        let threads = std::fs::read_dir(format!("/proc/{}/task", terminal.id())).unwrap();
        let children = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")));
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        said.contains("an engine already runs here") && children.flatten().collect::<String>().trim().is_empty()
    });
    terminal.shows(&["overview"]);
    terminal.keys("?").shows(&["type to search"]);
}

#[test]
fn a_console_that_only_looks_starts_no_engine() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    let asked = || {
        let count = |table: &str| -> i64 {
            workspace.store().query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        [count("triggers"), count("operations")]
    };
    let before = asked();
    let mut terminal = Terminal::start(&["-C", &workspace.root().display().to_string(), "--read-only"], 120, 30);
    terminal.shows(&["only looking", "engine not reachable", "succeeded"]);
    terminal.keys("c").shows(&["this console only looks"]);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    assert!(!engine_lives(workspace.root()));
    assert_eq!(asked(), before);
}

#[test]
fn rows_are_filtered_sorted_and_asked_by_sql_in_a_process_that_ends_with_its_answer() {
    let workspace = Workspace::rentals("", "");
    let watching = workspace.watch();
    workspace.land_days(1, 2);
    let mut terminal = open(&workspace);
    terminal.shows(&["run 1 succeeded"]);
    terminal.keys("4").shows(&["▸ data"]);
    terminal.keys("l").keys("l").shows(&["the cleaned history"]);
    terminal.keys("t").shows(&["row 1 of"]);
    terminal.keys("e\x15SELECT count(*) AS how_many FROM data\r");
    terminal.shows(&["how_many", "row 1 of 1"]);
    terminal.keys("\x1b").hides("how_many");
    terminal.keys("/nothing = 1\r").shows(&["there is no column nothing"]);
    terminal.keys("\x1b").hides("there is no column");
    terminal.keys("s").shows(&["▲"]);
    terminal.keys("i").shows(&["no value", "different"]);
    terminal.keys("\x1b").hides("different");
    terminal.keys("w\x15").keys(&format!("{}/out.csv\r", workspace.root().display()));
    terminal.shows(&["written: "]);
    assert!(std::fs::read_to_string(workspace.root().join("out.csv")).unwrap().lines().count() > 1);
    terminal.keys("q");
    assert_eq!(terminal.left(), 0);
    let left = std::fs::read_dir(workspace.root().join(".landfall/console")).unwrap().count();
    assert_eq!(left, 0, "what was found goes with the console");
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}
