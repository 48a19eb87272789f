//! The process dies while an alert is raised, answered or ended: afterwards nothing is lost and nothing is there twice.

use landfall::domain::alert::AlertState;
use landfall::store::{alerts, events};

use super::workspace::{Workspace, days};

/// A workspace that has run once and whose landing is gone: the next run raises an alert.
fn blinded() -> Workspace {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    std::fs::rename(workspace.path("landing"), workspace.path("gone")).unwrap();
    workspace
}

/// As [`blinded`], with the alert raised.
fn alarmed() -> Workspace {
    let workspace = blinded();
    workspace.run();
    assert_eq!(story(&workspace), [AlertState::Firing]);
    workspace
}

fn die(workspace: &Workspace, arguments: &[&str], point: &str) {
    let output = workspace.command(arguments).env("LANDFALL_CRASH", point).output().unwrap();
    assert_eq!(output.status.code(), None, "{point} was not passed: {output:?}");
}

/// The states of the pipeline's one alert, in order; empty when there is none. There is never a second one. (That the
/// engine had died is told as well, of the workspace.)
fn story(workspace: &Workspace) -> Vec<AlertState> {
    let store = workspace.store();
    let rows = alerts::list(&store, Some("p"), 99).unwrap();
    assert!(rows.len() <= 1, "{rows:?}");
    let history = rows.first().map(|row| alerts::history(&store, row.id).unwrap()).unwrap_or_default();
    let states: Vec<AlertState> = history.into_iter().map(|(_, state, ..)| state).collect();
    assert_eq!(rows.first().map(|row| row.state), states.last().copied(), "the alert and its story differ");
    let told_once = |row: &alerts::AlertRow| row.told.is_some() && row.told == row.notified;
    assert!(rows.iter().all(|row| row.state != AlertState::Firing || told_once(row)), "{rows:?}");
    states
}

fn operations(workspace: &Workspace) -> usize {
    let told = events::list(&workspace.store(), None, 1000).unwrap();
    told.into_iter().filter(|event| event.subject == "operator" && event.text.contains("alert 1")).count()
}

#[test]
fn a_death_while_an_alert_is_raised_loses_it_not_and_doubles_it_not() {
    for (point, after) in [("alert-raising", 0), ("alert-recorded", 1)] {
        let workspace = blinded();
        die(&workspace, &["run"], point);
        assert_eq!(story(&workspace).len(), after, "{point}");
        workspace.run();
        assert_eq!(story(&workspace), [AlertState::Firing], "{point}");
    }
}

#[test]
fn a_death_while_an_alert_ends_loses_the_end_not_and_doubles_it_not() {
    for (point, after) in [("alert-ending", 1), ("alert-recorded", 2)] {
        let workspace = alarmed();
        std::fs::rename(workspace.path("gone"), workspace.path("landing")).unwrap();
        die(&workspace, &["run"], point);
        assert_eq!(story(&workspace).len(), after, "{point}");
        workspace.run();
        assert_eq!(story(&workspace), [AlertState::Firing, AlertState::Resolved], "{point}");
        workspace.must_be_whole(18);
    }
}

#[test]
fn a_death_while_an_answer_is_given_leaves_all_of_it_or_nothing() {
    let answers: [(&[&str], AlertState); 4] = [
        (&["ack", "1"], AlertState::Acknowledged),
        (&["mute", "1", "--for", "1h", "--reason", "known"], AlertState::Muted),
        (&["resolve", "1"], AlertState::Resolved),
        (&["normal", "1"], AlertState::Resolved),
    ];
    for (arguments, state) in answers {
        let workspace = alarmed();
        die(&workspace, arguments, "alert-answering");
        assert_eq!((story(&workspace), operations(&workspace)), (vec![AlertState::Firing], 0), "{arguments:?}");
        die(&workspace, arguments, "alert-answered");
        assert_eq!((story(&workspace), operations(&workspace)), (vec![AlertState::Firing, state], 1), "{arguments:?}");
        // What an operator closed does not come back with the next look that finds the same.
        workspace.run();
        assert_eq!(story(&workspace), [AlertState::Firing, state], "{arguments:?}");
    }
}
