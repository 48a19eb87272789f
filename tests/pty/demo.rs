//! The demo, from its first frame to a stopped engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use landfall::engine::client::operator;
use landfall::store;

use super::engine_lives;
use super::key::{DOWN, ENTER, ESC};
use super::terminal::Terminal;
use crate::workspace::until;

/// Screens by their key, and what stands on each once there is data.
const SCREENS: [(&str, &str, &str); 8] = [
    ("2", "▸ runs", "why, or what went wrong"),
    ("3", "▸ files", "flights_2013-02-28.csv"),
    ("4", "▸ data", "predictions"),
    ("5", "▸ models", "how it was judged"),
    ("6", "▸ metrics", "figure"),
    ("8", "▸ reports", "run-"),
    ("7", "▸ alerts", "alert"),
    ("1", "▸ overview", "what happened"),
];

/// Stops the demo's engine when the test ends before it did so itself.
struct Stopped<'a>(&'a Path);

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        let _ = Command::new(env!("CARGO_BIN_EXE_landfall")).arg("-C").arg(self.0).arg("stop").output();
    }
}

#[test]
fn a_newcomer_watches_runs_answers_an_alert_and_stops_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo");
    let _stopped = Stopped(&root);
    let mut terminal = Terminal::start(&["demo", &root.display().to_string(), "--every", "0.5"], 120, 40);
    terminal.shows(&["landfall", "▸ overview", "● engine", "the demo plays upstream"]);
    terminal.shows(&["run 1 succeeded", "AUC", "version 1 promoted"]);

    terminal.keys(ENTER).shows(&["▸ run ", "clean", "publish", "log"]);
    terminal.keys(ESC).shows(&["▸ overview", "needs an answer", "what happened"]);
    for (number, crumb, content) in SCREENS {
        terminal.keys(number).shows(&[crumb, content]);
    }
    terminal.keys("?").shows(&["everywhere", "Go to the overview"]);
    terminal.keys(ESC).hides("Go to the overview");

    land_tenfold(&root);
    terminal.keys("7").shows(&["▸ alerts"]);
    terminal.keys("/tenfold\r").shows(&["file size", "flights_2013-02-12_tenfold.csv"]);
    terminal.keys("a").shows(&["Acknowledge: file size of flights", "A note for whoever looks next"]);
    terminal.keys("upstream is told").shows(&["▸ upstream is told"]);
    terminal.keys(ENTER).hides("A note for whoever");
    terminal.shows(&["acknowledged"]);
    let store = store::open_reader(&root.join(".landfall")).unwrap();
    let alerts = store::alerts::open(&store, None).unwrap();
    let answered = alerts.iter().find(|alert| alert.finding.object.contains("tenfold")).unwrap();
    assert_eq!(answered.note.as_deref(), Some("upstream is told"));
    assert_eq!(answered.who.as_deref(), Some(operator().as_str()));

    terminal.keys(ESC).hides("/ tenfold");
    terminal.keys("1").shows(&["▸ overview"]).resize(80, 24);
    terminal.shows(&["nyc ▸ overview", "needs an answer", "? help", "q leave"]);
    let lines = terminal.lines();
    assert!(lines.len() == 24 && lines[0].contains("overview") && lines[23].contains("q leave"), "{lines:#?}");

    terminal.keys("Q").shows(&["Stop the engine?", "Keep it running", "Stop after this", "Stop now"]);
    terminal
        .keys(DOWN)
        .keys(DOWN)
        .until("the last answer is chosen", |screen| screen.contents().contains("▸ Stop now"));
    terminal.keys(ENTER).until("it stops, or asks for the word because a run is under way", |screen| {
        screen.contents().contains("Are you sure?") || !screen.alternate_screen()
    });
    if terminal.lines().join("\n").contains("Are you sure?") {
        terminal.keys("stop\r");
    }
    assert_eq!(terminal.left(), 0);
    until("the engine is gone", || !engine_lives(&root));
    assert!(store::engine::latest(&store).unwrap().unwrap().stopped.is_some(), "the engine did not leave in order");
    assert!(store::runs::open(&store).unwrap().is_empty(), "a run was left under way");
}

/// A day of February again, every row ten times.
fn land_tenfold(root: &Path) {
    let landing = root.join("landing");
    let text = fs::read_to_string(landing.join("flights_2013-02-12.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let part = landing.join(".tenfold.part");
    fs::write(&part, format!("{header}\n{}", rows.repeat(10))).unwrap();
    fs::rename(part, landing.join("flights_2013-02-12_tenfold.csv")).unwrap();
}
