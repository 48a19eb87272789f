//! Running again, answering alerts, and what is recorded of it.

use landfall::domain::alert::AlertState;
use landfall::engine::client::operator;
use landfall::store::{alerts, events, runs};

use crate::workspace::{Workspace, rentals};

#[test]
fn a_rerun_says_what_it_will_do_then_does_it_and_names_its_parent() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 3);
    workspace.told(&["run"]);

    let preview = workspace.told(&["rerun", "1", "--from", "publish", "--preview"]);
    let step = |stage: &str| {
        let line = preview.lines().find(|line| line.starts_with(stage)).unwrap_or_else(|| panic!("{preview}"));
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let steps = ["clean", "score", "train", "publish", "report"].map(step);
    assert_eq!(steps, ["reused", "reused", "reused", "runs", "runs"], "{preview}");
    assert_eq!(runs::list(&workspace.store(), None, None, 9).unwrap().len(), 1, "a preview ran something");

    let rerun = workspace.told(&["rerun", "1", "--from", "publish", "--reason", "a reader lost it"]);
    assert!(rerun.starts_with("run 2 repeats run 1\n"), "{rerun}");
    assert!(rerun.lines().any(|line| line.contains("train") && line.contains("reused")), "{rerun}");
    let run = runs::get(&workspace.store(), 2).unwrap().unwrap();
    assert_eq!((run.parent, run.reason.as_str()), (Some(1), "a reader lost it"));
    let refused = workspace.landfall(&["rerun", "1", "--from", "bake"]);
    assert!(refused.code == 3 && refused.err.contains("bake"), "{refused:?}");
}

#[test]
fn a_tenfold_file_raises_an_alert_that_is_acknowledged_with_name_and_note() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 8);
    workspace.told(&["run"]);
    workspace.land("rentals_09.csv", &rentals(9, 10));
    workspace.told(&["run"]);

    let standing = workspace.json(&["alerts"]);
    let size = standing.as_array().unwrap().iter().find(|alert| alert["kind"] == "file_size").unwrap().clone();
    assert_eq!((size["state"].as_str(), size["object"].as_str()), (Some("firing"), Some("rentals_09.csv")));
    assert!(size["message"].as_str().unwrap().contains("its usual"), "{size}");
    insta::assert_snapshot!("shape_alerts", super::pretty(&serde_json::json!([size])));

    let id = size["id"].as_i64().unwrap();
    let number = id.to_string();
    let acknowledged = workspace.told(&["ack", &number, "--note", "upstream doubled\x1b[2J rows"]);
    assert_eq!(acknowledged, format!("alert {id} is acknowledged\n"));
    let listed = workspace.told(&["alerts"]);
    assert!(listed.contains("acknowledged") && listed.contains("[upstream doubled"), "{listed}");
    assert!(!listed.contains('\x1b'), "a note reached the terminal raw");
    let store = workspace.store();
    let history = alerts::history(&store, id).unwrap();
    let (_, state, who, note) = history.last().unwrap();
    assert_eq!((*state, who.as_str()), (AlertState::Acknowledged, operator().as_str()));
    assert!(note.starts_with("upstream doubled"), "{note}");
    let twice = workspace.landfall(&["ack", &number]);
    assert!(twice.code == 3 && twice.err.contains("acknowledged"), "{twice:?}");

    workspace.told(&["resolve", &number, "-n", "seen"]);
    assert!(!workspace.told(&["alerts"]).contains("rentals_09.csv"));
    assert!(workspace.told(&["alerts", "--all"]).contains("resolved"));
    let told: Vec<String> =
        events::list(&workspace.store(), Some("rentals"), 50).unwrap().into_iter().map(|e| e.text).collect();
    assert!(told.iter().any(|text| text.contains("rentals_09.csv is ")), "{told:?}");
}
