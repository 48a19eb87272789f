//! Answering alerts: from the alert of a tenfold file through every verb to what the record says.

use landfall::domain::alert::{Alarm, AlertState};
use landfall::engine::client::operator;
use landfall::store::{alerts, events};

use crate::workspace::{Workspace, rentals};

/// A workspace in which alert 1 fires: file 9 is ten times too large.
fn alarmed() -> Workspace {
    let workspace = Workspace::rentals("", "[stages.clean]\n[alerts.file_size]\nseverity = \"critical\"\n");
    workspace.land_days(1, 8);
    workspace.told(&["run"]);
    workspace.land("rentals_09.csv", &rentals(9, 10));
    workspace.told(&["run"]);
    assert_eq!(state(&workspace), AlertState::Firing);
    workspace
}

fn state(workspace: &Workspace) -> AlertState {
    alerts::get(&workspace.store(), 1).unwrap().unwrap().state
}

#[test]
fn an_alert_is_answered_with_every_verb_and_every_answer_is_in_its_story() {
    let workspace = alarmed();
    assert_eq!(workspace.told(&["ack", "1", "--note", "looking"]), "alert 1 is acknowledged\n");
    assert_eq!(workspace.told(&["unack", "1"]), "alert 1 is firing\n");
    let muted = workspace.told(&["mute", "1", "--for", "4h", "--reason", "upstream knows"]);
    assert!(muted.starts_with("alert 1 is muted until ") && muted.ends_with(" UTC\n"), "{muted}");
    assert_eq!(state(&workspace), AlertState::Muted);
    assert!(workspace.told(&["alerts", "--state", "muted"]).contains("rentals_09.csv"));
    assert_eq!(workspace.told(&["alerts", "--state", "firing"]), "there is no such alert\n");
    let soon = (chrono::Utc::now() + chrono::Duration::days(20)).format("%Y-%m-%dT%H:%M").to_string();
    let reply = workspace.json(&["mute", "1", "--until", &soon, "--reason", "still"]);
    assert_eq!(reply["reply"], "done", "{reply}");
    assert_eq!(workspace.told(&["unmute", "1"]), "alert 1 is no longer muted\n");
    assert_eq!(
        workspace.told(&["judge", "1", "true", "--note", "a doubled export"]),
        "alert 1 counts as a true alarm\n"
    );
    assert!(workspace.told(&["normal", "1"]).starts_with("alert 1 is over"));

    let alert = alerts::get(&workspace.store(), 1).unwrap().unwrap();
    assert_eq!((alert.state, alert.alarm), (AlertState::Resolved, Some(Alarm::True)), "an answer given stays");
    let history = alerts::history(&workspace.store(), 1).unwrap();
    assert!(history.iter().skip(1).all(|(_, _, who, _)| *who == operator()), "{history:?}");
    let done = events::list(&workspace.store(), None, 99).unwrap();
    let done: Vec<&str> = done.iter().rev().filter(|e| e.text.contains(" alert 1")).map(|e| e.text.as_str()).collect();
    let verbs: Vec<&str> = done.iter().filter_map(|text| text.split(": ").nth(1)?.split(' ').next()).collect();
    assert_eq!(verbs, ["acknowledge", "unacknowledge", "mute", "mute", "unmute", "judge", "normal"], "{done:?}");

    let shown = workspace.told(&["alerts", "show", "1"]);
    for part in [
        "critical file size of rentals, rentals_09.csv (resolved)",
        "observed ",
        "expected ",
        "muted until ",
        "upstream knows",
        "a true alarm: a doubled export",
        "earlier alerts of this trouble\n  none",
        "landfall runs 2",
    ] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let document = workspace.json(&["alerts", "show", "1"]);
    insta::assert_snapshot!("shape_alert", super::pretty(&document));
    let missing = workspace.landfall(&["alerts", "show", "9"]);
    assert!(missing.code == 3 && missing.err.contains("there is no alert 9"), "{missing:?}");
}

#[test]
fn an_answer_that_cannot_be_given_says_why_and_changes_nothing() {
    let workspace = alarmed();
    let refusals: [(&[&str], i32, &str); 8] = [
        (&["mute", "1", "--for", "4h"], 2, "--reason"),
        (&["mute", "1", "--reason", "x"], 2, "--for"),
        (&["mute", "1", "--for", "4h", "--until", "2099-01-01", "--reason", "x"], 2, "cannot be used with"),
        (&["mute", "1", "--for", "4h", "--reason", "  "], 3, "a mute needs a reason"),
        (&["mute", "1", "--for", "31d", "--reason", "x"], 3, "30 days at most"),
        (&["mute", "1", "--until", "2001-01-01T00:00", "--reason", "x"], 3, "must end in the future"),
        (&["mute", "1", "--until", "tomorrow", "--reason", "x"], 3, "a time as in"),
        (&["judge", "1", "maybe"], 2, "maybe"),
    ];
    for (arguments, code, what) in refusals {
        let said = workspace.landfall(arguments);
        assert_eq!(said.code, code, "{arguments:?}: {said:?}");
        assert!(said.err.contains(what), "{arguments:?}: {said:?}");
    }
    assert_eq!(state(&workspace), AlertState::Firing);
    assert_eq!(alerts::history(&workspace.store(), 1).unwrap().len(), 1);
    // Of several the ones that can be answered are.
    let both = workspace.landfall(&["resolve", "1", "7"]);
    assert_eq!((both.code, both.out.as_str()), (3, "alert 1 is resolved\n"), "{both:?}");
    assert!(both.err.contains("there is no alert 7"), "{both:?}");
}

#[test]
fn rules_say_how_they_stand_how_they_are_treated_and_how_often_they_were_right() {
    let workspace = alarmed();
    workspace.told(&["judge", "1", "false"]);
    let rules = workspace.told(&["alerts", "rules"]);
    let line = |kind: &str| {
        let found = rules.lines().find(|line| line.starts_with(&format!("rentals   {kind} ")));
        found.unwrap_or_else(|| panic!("{kind} is not in:\n{rules}")).to_owned()
    };
    for part in ["bad", "as critical", "0.0 % of 1", "rentals_09.csv is "] {
        assert!(line("file size").contains(part), "{part}: {}", line("file size"));
    }
    assert!(line("long run").contains("fine") && line("labels overdue").contains(" -  "), "{rules}");
    assert!(line("disk low").contains("after 1m, 3 clean looks"), "{}", line("disk low"));
    let rules = workspace.json(&["alerts", "rules", "rentals"]);
    let size = rules.as_array().unwrap().iter().find(|rule| rule["kind"] == "file_size").unwrap();
    assert_eq!((&size["false_alarms"], &size["policy"]["severity"]), (&1.into(), &"critical".into()), "{size}");
    let none = workspace.landfall(&["alerts", "rules", "bikes"]);
    assert!(none.code == 3 && none.err.contains("no pipeline `bikes`"), "{none:?}");

    let csv = workspace.told(&["alerts", "--csv", "--kind", "file_size", "--severity", "critical"]);
    let cells: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(cells[..6], ["1", "critical", "firing", "rentals", "file_size", "rentals_09.csv"], "{csv}");
    assert_eq!(csv.lines().next().unwrap().split(',').count(), 16);
    let wrong = workspace.landfall(&["alerts", "--kind", "size"]);
    assert!(wrong.code == 2 && wrong.err.contains("file_size"), "{wrong:?}");
}
