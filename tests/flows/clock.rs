//! What the engine notices by the clock: deadlines, silence of a stage, failed runs.

use landfall::domain::alert::{AlertKind, AlertState};
use landfall::store::alerts::{self, AlertRow};
use landfall::store::deadlines;

use crate::workspace::{Workspace, until};

fn raised(workspace: &Workspace, kind: AlertKind) -> Vec<AlertRow> {
    let mut rows = alerts::list(&workspace.store(), Some("rentals"), 50).unwrap();
    rows.retain(|row| row.finding.kind == kind);
    rows
}

#[test]
fn a_stage_that_neither_speaks_nor_works_is_said_to_be_silent_and_a_slow_run_while_it_runs() {
    let rest = r#"
[stages.clean]
[stages.wait]
kind = "command"
program = ["sleep", "600"]
[alerts.heartbeat]
after = "1s"
[alerts.long_run]
after = "2s"
"#;
    let workspace = Workspace::rentals("", rest);
    let engine = workspace.watch();
    workspace.land_days(1, 1);
    until("the silence is said", || !raised(&workspace, AlertKind::Heartbeat).is_empty());
    until("the long run is said", || !raised(&workspace, AlertKind::LongRun).is_empty());
    let silent = &raised(&workspace, AlertKind::Heartbeat)[0].finding;
    assert_eq!(silent.object, "wait");
    assert!(silent.message.starts_with("wait of run 1 has given no sign of life for "), "{}", silent.message);
    assert_eq!(raised(&workspace, AlertKind::LongRun)[0].finding.object, "rentals");
    workspace.told(&["cancel", "1"]);
    for kind in [AlertKind::Heartbeat, AlertKind::LongRun] {
        until("it is over with the run", || raised(&workspace, kind)[0].state == AlertState::Resolved);
    }
    workspace.told(&["stop"]);
    engine.ended();
}

#[test]
fn a_failed_run_is_raised_after_its_last_retry_with_the_end_of_its_log() {
    let rest = r#"
[stages.clean]
[stages.notify]
kind = "command"
program = ["sh", "-c", "echo the receiver is away; exit 3"]
retries = 1
retry_interval = "1ms"
"#;
    let workspace = Workspace::rentals("", rest);
    workspace.land_days(1, 1);
    assert_eq!(workspace.landfall(&["run"]).code, 1);
    let alerts = raised(&workspace, AlertKind::RunFailed);
    assert_eq!(alerts.len(), 1);
    let finding = &alerts[0].finding;
    assert!(finding.message.starts_with("run 1 failed in notify (program): "), "{}", finding.message);
    assert!(finding.message.ends_with("; no run has succeeded yet"), "{}", finding.message);
    let said = finding.evidence.lines.iter().filter(|line| *line == "the receiver is away").count();
    assert_eq!(said, 2, "both attempts are in the log: {:?}", finding.evidence.lines);
    assert_eq!(finding.evidence.files, ["rentals_01.csv"]);
}

#[test]
fn a_deadline_is_kept_with_what_became_of_it() {
    let workspace = Workspace::rentals("", "[alerts.staleness]\nexpect = \"every 1s\"\ngrace = \"200ms\"\n");
    let engine = workspace.watch();
    let kept = || deadlines::list(&workspace.store(), "rentals", 100).unwrap();
    until("a deadline is missed", || kept().iter().any(|row| row.missed.is_some()));
    assert!(kept().iter().any(|row| row.missed.is_none()), "the next one is known before it is due");
    workspace.land_days(1, 1);
    until("what was missed is met", || kept().iter().any(|row| row.missed.is_some() && row.met.is_some()));
    let raised = alerts::list(&workspace.store(), Some("rentals"), 50).unwrap();
    let stale = raised.iter().find(|alert| alert.finding.object == "arrival").unwrap();
    assert!(stale.finding.message.contains("the slot of"), "{}", stale.finding.message);
    workspace.told(&["stop"]);
    engine.ended();
}
