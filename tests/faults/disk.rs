//! A disk that is full at the worst place, and a lake that cannot be used.

use landfall::domain::dataset::DatasetKind;
use landfall::store::runs;

use super::workspace::{Workspace, days, eventually};

/// A history and a batch that waits.
fn prepared() -> Workspace {
    let workspace = Workspace::full();
    workspace.land("1.csv", days(1..=14, true));
    workspace.run();
    workspace.land("2.csv", days(15..=15, false));
    workspace
}

/// With space again, what failed goes on: from where it failed, or by the next check.
fn recovers(workspace: &Workspace, arguments: &[&str]) {
    let said = workspace.call(arguments);
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(15 * 18);
    assert_eq!(workspace.keys(DatasetKind::Predictions), 18);
    assert_eq!(workspace.file("2.csv").0, "committed");
    assert!(workspace.alerts().iter().all(|(kind, _)| kind != "run_failed"), "{:?}", workspace.alerts());
}

#[test]
fn a_full_disk_before_the_commit_publishes_nothing_and_loses_nothing() {
    for (fragment, stage) in [
        ("clean/p/2024", "clean"),
        ("predictions/p/2024", "score"),
        ("models/p", "train"),
        ("manifests", "publish"),
        ("^clean/p", "publish"),
        ("^predictions/p/2024", "publish"),
        ("^models/p/2/m", "publish"),
    ] {
        for way in [["run"].as_slice(), &["rerun", "2", "--failed"]] {
            let workspace = prepared();
            let said = workspace.run_with("LANDFALL_FAULT", &format!("enospc:{fragment}"));
            assert_eq!(said.code, Some(1), "{fragment}: {said:?}");
            let error = workspace.error(2);
            assert!(error.starts_with(&format!("{stage}: ")), "{fragment}: {error}");
            assert!(error.contains("the disk of the lake is full: "), "{error}");
            assert!(error.ends_with(" could not be written; free some space and run again"), "{error}");
            assert_eq!((workspace.state(2).as_str(), workspace.file("2.csv").0.as_str()), ("failed", "ready"));
            assert_eq!(workspace.alerts().iter().filter(|(kind, _)| kind == "run_failed").count(), 1);
            workspace.must_be_whole(14 * 18);
            recovers(&workspace, way);
        }
    }
}

#[test]
fn a_disk_that_is_full_at_the_pointer_leaves_a_committed_run_that_says_so() {
    let workspace = prepared();
    let said = workspace.run_with("LANDFALL_FAULT", "enospc:^predictions/p/latest.json");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(workspace.state(2), "partial");
    let error = workspace.error(2);
    assert!(error.contains("run 2 is committed, but latest.json does not point to it yet"), "{error}");
    assert!(error.contains("the disk of the lake is full"), "{error}");
    assert_eq!(workspace.file("2.csv").0, "committed");
    recovers(&workspace, &["rerun", "2", "--failed"]);
}

#[test]
fn a_disk_that_is_full_at_the_report_leaves_the_publication_alone() {
    for fragment in ["reports/p", "^reports/p"] {
        let workspace = prepared();
        let said = workspace.run_with("LANDFALL_FAULT", &format!("enospc:{fragment}"));
        assert_eq!(said.code, Some(1), "{fragment}: {said:?}");
        assert_eq!(workspace.state(2), "partial", "{fragment}: {said:?}");
        let error = workspace.error(2);
        assert!(error.starts_with("report: ") && error.contains("the disk of the lake is full"), "{error}");
        workspace.must_be_whole(15 * 18);
        recovers(&workspace, &["rerun", "2", "--failed"]);
    }
}

#[test]
fn a_full_disk_while_recovering_is_said_and_recovered_from_later() {
    let workspace = prepared();
    assert_eq!(workspace.run_with("LANDFALL_CRASH", "commit-first").code, None);
    // Rolling forward fails, and so does the run that resumes it.
    let said = workspace.run_with("LANDFALL_FAULT", "enospc:^predictions/p/2024");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(workspace.error(3).contains("the disk of the lake is full"), "{}", workspace.error(3));
    assert_ne!(workspace.state(2), "succeeded");
    workspace.must_be_whole(14 * 18);
    recovers(&workspace, &["run"]);
}

#[test]
fn a_lake_that_is_a_file_is_said_before_anything_is_done() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    workspace.write("lake", "not a folder");
    for verb in ["run", "watch"] {
        let said = workspace.call(&[verb]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains("landfall: the lake at ") && said.err.contains(" cannot be reached: "), "{said:?}");
        assert!(said.err.contains("check `lake` in landfall.toml, the mount and its rights"), "{said:?}");
    }
    std::fs::remove_file(workspace.path("lake")).unwrap();
    workspace.run();
    workspace.must_be_whole(18);
}

#[test]
fn a_lake_that_goes_away_while_the_engine_watches_costs_runs_and_no_engine() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    let engine = workspace.watch();
    workspace.until(1, "succeeded");
    std::fs::rename(workspace.path("lake"), workspace.path("away")).unwrap();
    workspace.write("lake", "a stale mount");
    workspace.land("2.csv", days(2..=2, true));
    workspace.until(2, "failed");
    let error = workspace.error(2);
    assert!(error.contains("the lake at ") && error.contains("cannot be reached"), "{error}");
    assert_eq!(workspace.file("2.csv").0, "ready");
    std::fs::remove_file(workspace.path("lake")).unwrap();
    std::fs::rename(workspace.path("away"), workspace.path("lake")).unwrap();
    // The engine is alive and does what it is asked.
    workspace.run();
    drop(engine);
    workspace.must_be_whole(36);
}

#[test]
fn a_place_in_the_lake_that_cannot_be_written_is_named() {
    let workspace = Workspace::light();
    std::fs::create_dir(workspace.path("lake")).unwrap();
    workspace.write("lake/clean", "in the way");
    workspace.land("1.csv", days(1..=1, true));
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let error = workspace.error(1);
    assert!(error.contains("clean/p/2024-03/run-1.parquet"), "{error}");
    assert_eq!(workspace.file("1.csv").0, "ready");
    std::fs::remove_file(workspace.path("lake/clean")).unwrap();
    workspace.run();
    workspace.must_be_whole(18);
}

#[test]
fn a_run_that_the_store_failed_is_taken_up_again_without_a_new_engine() {
    let workspace = Workspace::light();
    let engine = workspace.watch();
    let store = rusqlite::Connection::open(workspace.path(".landfall/state.db")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'database is broken'); END";
    store.execute_batch(broken).unwrap();
    workspace.land("1.csv", days(1..=2, true));
    eventually("the store fails the run", || {
        std::fs::read_to_string(workspace.path("watch.log")).ok().filter(|log| log.contains("database is broken"))
    });
    store.execute_batch("DROP TRIGGER broken").unwrap();
    eventually("its file is committed and no run is open", || {
        let over = runs::open(&workspace.store()).unwrap().is_empty();
        (over && workspace.file("1.csv").0 == "committed").then_some(())
    });
    drop(engine);
    assert_eq!(workspace.state(1), "interrupted");
    assert_eq!(workspace.error(1), "its task broke while it ran");
    workspace.must_be_whole(36);
}
