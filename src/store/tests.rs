//! The store through its functions: what the state machines refuse, what is said of a store that cannot be used, one
//! writer beside many readers.

use chrono::{TimeZone, Utc};
use rusqlite::{Connection, StatementStatus};

use super::{Store, StoreError, files, open_reader, open_writer, path, runs, seconds};
use crate::domain::Instant;
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::domain::run::RunState;

fn now() -> Instant {
    Utc.timestamp_opt(1_700_000_000, 0).unwrap()
}

fn listed(key: &str) -> Listed {
    Listed { key: key.into(), bytes: 1, modified: now(), token: VersionToken(format!("token of {key}")) }
}

fn new_run(file: &i64) -> runs::NewRun<'_> {
    runs::NewRun::asked(std::slice::from_ref(file))
}

/// A store with a pipeline, a ready file and a queued run of it: (store, file, run).
async fn furnished(state: &std::path::Path) -> (Store, i64, i64) {
    let store = Store::open(state).unwrap();
    let (file, run) = store
        .write(|tx| {
            super::pipelines::upsert(tx, "p", "P", "0", "", &[])?;
            let file = files::enter(tx, "p", &listed("a.csv"), now())?;
            files::set_state(tx, file, FileState::Ready, "whole", now())?;
            Ok((file, runs::create(tx, &new_run(&file), now())?))
        })
        .await
        .unwrap();
    (store, file, run)
}

#[tokio::test]
async fn what_a_state_machine_forbids_is_refused_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let (store, file, run) = furnished(folder.path()).await;
    let refused = store
        .write(move |tx| {
            files::claim(tx, file, run, now())?;
            runs::set_state(tx, run, RunState::Succeeded, now())
        })
        .await
        .unwrap_err();
    assert_eq!(refused.to_string(), format!("run {run} is queued and cannot become succeeded"));
    // The claim of the same transaction went with it.
    let row = store.read(move |c| files::get(c, file)).await.unwrap().unwrap();
    assert_eq!((row.state, row.run, row.attempts), (FileState::Ready, None, 0));
    let refused = store.write(move |tx| files::set_state(tx, file, FileState::Committed, "", now())).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("file {file} is ready and cannot become committed"));
}

#[tokio::test]
async fn every_step_that_the_state_machine_of_runs_forbids_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, file, _) = furnished(folder.path()).await;
    for (from, to) in RunState::ALL.iter().flat_map(|from| RunState::ALL.iter().map(|to| (*from, *to))) {
        let outcome = store
            .write(move |tx| {
                let run = runs::create(tx, &new_run(&file), now())?;
                tx.execute("UPDATE runs SET state = ?2 WHERE id = ?1", (run, from.name()))?;
                runs::set_state(tx, run, to, now())
            })
            .await;
        assert_eq!(outcome.is_ok(), from.may_become(to), "{from} to {to}");
    }
}

#[tokio::test]
async fn what_is_asked_again_is_not_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(furnished(folder.path()).await);
    let compiled_again = |connection: &Connection| {
        let query = "SELECT id FROM files WHERE pipeline = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1";
        let ask = |key| {
            let mut statement = connection.prepare_cached(query).unwrap();
            statement.exists(("p", key)).unwrap();
            statement.get_status(StatementStatus::RePrepare)
        };
        ["a.csv", "b.csv", "c.csv"].map(ask)[2]
    };
    assert!(compiled_again(&Connection::open(path(folder.path())).unwrap()) > 0, "SQLite no longer needs the setting");
    assert_eq!(compiled_again(&open_reader(folder.path()).unwrap()), 0);
    assert_eq!(compiled_again(&open_writer(folder.path()).unwrap()), 0);
}

#[tokio::test]
async fn a_store_of_a_newer_landfall_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(furnished(folder.path()).await);
    Connection::open(path(folder.path())).unwrap().pragma_update(None, "user_version", 999).unwrap();
    for refused in [Store::open(folder.path()).map(drop), open_reader(folder.path()).map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 999, .. }), "{error}");
        assert!(error.to_string().ends_with("use the newer one"), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_store_is_said_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path());
    std::fs::write(&file, "this is no database, whatever its name says ".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    for refused in [Store::open(folder.path()).map(drop), open_reader(folder.path()).map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("restore it from a backup; nothing was changed"), "{error}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_reader_of_nothing_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = open_reader(folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("start the workspace once with `landfall` or `landfall run`"), "{error}");
}

#[tokio::test]
async fn readers_see_whole_transactions_while_the_writer_writes() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ..) = furnished(folder.path()).await;
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let state = folder.path().to_owned();
            std::thread::spawn(move || {
                let reader = open_reader(&state).unwrap();
                loop {
                    let pairs = files::list(&reader, Some("q"), 1000).unwrap().len();
                    assert!(pairs.is_multiple_of(2), "half a transaction was seen");
                    if pairs == 80 {
                        return;
                    }
                }
            })
        })
        .collect();
    for pair in 0..40 {
        let write = store.write(move |tx| {
            files::enter(tx, "q", &listed(&format!("{pair}-a")), now())?;
            files::enter(tx, "q", &listed(&format!("{pair}-b")), now()).map(drop)
        });
        write.await.unwrap();
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    // A reader cannot write.
    assert!(open_reader(folder.path()).unwrap().execute("DELETE FROM files", []).is_err());
}

#[test]
fn a_clock_that_was_put_back_makes_no_negative_duration() {
    let later = now() + chrono::Duration::milliseconds(1_500);
    assert_eq!((seconds(now(), later), seconds(later, now())), (1.5, 0.0));
}
