//! A configuration that turns invalid under a running engine.

use super::workspace::{Workspace, days, eventually};

#[test]
fn an_invalid_configuration_leaves_the_old_one_in_force_until_it_is_mended() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    let engine = workspace.watch();
    workspace.until(1, "succeeded");
    workspace.configure("", "[stages.clean]\nmax_reject_ratio = 7\n");
    let alerts = eventually("the alert is raised", || Some(workspace.alerts()).filter(|alerts| !alerts.is_empty()));
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let (kind, message) = &alerts[0];
    assert_eq!(kind, "landfall");
    assert!(message.starts_with("the changed configuration is not valid, the old one stays in force: "), "{message}");
    assert!(message.contains("max_reject_ratio") || message.contains("p.toml"), "{message}");
    assert!(message.ends_with("`landfall check` shows all of it"), "{message}");
    assert_eq!(workspace.call(&["check"]).code, Some(1));
    // The old one does its work meanwhile.
    workspace.land("2.csv", days(2..=2, true));
    workspace.until(2, "succeeded");
    workspace.configure("", "[stages.clean]\nmax_reject_ratio = 0.25\n");
    eventually("the alert is over", || workspace.alerts().is_empty().then_some(()));
    workspace.land("3.csv", days(3..=3, true));
    workspace.until(3, "succeeded");
    let hash = |run: &str| workspace.json(&["runs", run])["run"]["config_hash"].clone();
    assert_eq!(hash("1"), hash("2"));
    assert_ne!(hash("2"), hash("3"));
    drop(engine);
    workspace.must_be_whole(54);
}

#[test]
fn a_configuration_that_goes_away_under_the_engine_is_the_same() {
    let workspace = Workspace::light();
    let engine = workspace.watch();
    std::fs::rename(workspace.path("pipelines/p.toml"), workspace.path("p.toml")).unwrap();
    eventually("the alert is raised", || (!workspace.alerts().is_empty()).then_some(()));
    workspace.land("1.csv", days(1..=1, true));
    workspace.until(1, "succeeded");
    std::fs::rename(workspace.path("p.toml"), workspace.path("pipelines/p.toml")).unwrap();
    eventually("the alert is over", || workspace.alerts().is_empty().then_some(()));
    drop(engine);
    workspace.must_be_whole(18);
}

#[test]
fn an_invalid_configuration_at_the_start_is_refused_with_its_errors() {
    let workspace = Workspace::light();
    workspace.configure("", "[stages.clean]\nmax_reject_ratio = 7\n");
    workspace.land("1.csv", days(1..=1, true));
    for verb in ["run", "watch"] {
        let said = workspace.call(&[verb]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains("max_reject_ratio"), "{said:?}");
    }
    assert!(!workspace.path(".landfall").join("state.db").exists(), "nothing was begun");
    workspace.configure("", "[stages.clean]\n");
    workspace.run();
    workspace.must_be_whole(18);
}

#[test]
fn a_stage_that_is_taken_out_while_its_run_is_interrupted_does_not_stop_the_next() {
    let workspace = Workspace::with("[stages.clean]\n[stages.extra]\nkind = \"command\"\nprogram = [\"true\"]\n");
    workspace.land("1.csv", days(1..=1, true));
    assert_eq!(workspace.run_with("LANDFALL_CRASH", "extra-started").code, None);
    workspace.configure("", "[stages.clean]\n");
    workspace.run();
    workspace.must_be_whole(18);
    assert_eq!(workspace.file("1.csv").0, "committed");
}
