//! The demo without a screen: a plain account, and the same figures every time.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn two_fresh_demos_tell_the_same_story_to_the_last_digit() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let both = std::thread::scope(|scope| {
        [&one, &other].map(|folder| scope.spawn(|| play(folder))).map(|played| played.join().unwrap())
    });
    let root = one.path().join("demo");
    for part in ["history: 59 daily files land at once", "2 of 2 succeeded", "serves", "AUC ", "log loss ", "report "] {
        assert!(both[0].contains(part), "{part} is not in:\n{}", both[0]);
    }
    let report = both[0].lines().find_map(|line| line.strip_prefix("report       ")).unwrap();
    assert!(Path::new(report).starts_with(&root) && Path::new(report).is_file(), "{report}");

    let figures = [&one, &other].map(|folder| (models(folder), metrics(folder)));
    assert!(figures[0].1.iter().any(|metric| metric["name"] == "auc"), "no AUC was measured");
    assert_eq!(figures[0].0, figures[1].0, "models differ");
    assert_eq!(figures[0].1, figures[1].1, "figures differ");
    let lines = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("AUC") || line.starts_with("log loss"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&both[0]), lines(&both[1]));
}

/// The whole demo: January and February land at once, March day by day. The declared staleness is six times `--every`,
/// so that a slow machine is not taken for a silent upstream.
#[test]
fn the_mishaps_of_the_three_months_raise_their_alerts_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo").display().to_string();
    let (code, out, err) = landfall(&["demo", "--headless", "--every", "10", &root]);
    assert_eq!(code, 0, "{out}\n{err}");
    assert!(out.contains("runs         32 of 32 succeeded"), "{out}");
    let alerts = json(&folder, &["alerts", "--all", "-n", "1000"]);
    let text = |alert: &Value, key: &str| alert[key].as_str().unwrap().to_owned();
    let mut raised: Vec<(String, String, String, String)> = alerts
        .as_array()
        .unwrap()
        .iter()
        // Of this machine's disk, not of the demo.
        .filter(|alert| alert["kind"] != "disk_low")
        .map(|alert| (text(alert, "kind"), text(alert, "object"), text(alert, "severity"), text(alert, "state")))
        .collect();
    raised.reverse();
    let raised: Vec<[&str; 4]> = raised.iter().map(|(a, b, c, d)| [a.as_str(), b, c, d]).collect();
    assert_eq!(
        raised,
        [
            // The truncated file: first that it has no end, then that it could not be used; the whole one ends both.
            ["unsettled", "flights_2013-03-11.csv", "warning", "resolved"],
            ["quarantine", "flights_2013-03-11.csv", "warning", "resolved"],
            // Every row ten times. It stands until an operator answers it.
            ["file_size", "flights_2013-03-15.csv", "critical", "firing"],
            // The silent gap.
            ["staleness", "arrival", "warning", "resolved"],
        ],
        "{alerts:#}"
    );
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let said = landfall(&["demo", "--headless", &folder.path().display().to_string()]);
    assert_eq!(said.0, 2, "{said:?}");
    assert!(said.2.contains("is not empty and no demo") && said.2.lines().count() == 1, "{said:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn play(folder: &TempDir) -> String {
    let (code, out, err) =
        landfall(&["demo", "--headless", "--days", "1", &folder.path().join("demo").display().to_string()]);
    assert_eq!(code, 0, "{out}\n{err}");
    out
}

/// What is known of every version, but for how long the fits took.
fn models(folder: &TempDir) -> Vec<Value> {
    let list = json(folder, &["models"]);
    let mut cards: Vec<Value> = list.as_array().unwrap().iter().map(|row| row["model"]["card"].clone()).collect();
    for standing in cards.iter_mut().flat_map(|card| card["contest"].as_array_mut().unwrap()) {
        standing.as_object_mut().unwrap().remove("seconds").unwrap();
    }
    cards
}

/// Every figure of every run; what was measured of the machine is none of them.
fn metrics(folder: &TempDir) -> Vec<Value> {
    ["1", "2"].iter().flat_map(|run| json(folder, &["runs", run])["metrics"].as_array().unwrap().clone()).collect()
}

fn json(folder: &TempDir, arguments: &[&str]) -> Value {
    let root = folder.path().join("demo").display().to_string();
    let (code, out, err) = landfall(&[&["-C", &root, "--json"], arguments].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn landfall(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_landfall")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}
