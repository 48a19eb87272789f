use chrono::{Duration, TimeZone, Utc};

use super::{TABLES, open_past, step};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Evidence, Finding, Severity};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::domain::job::Level;
use crate::domain::run::{RunState, StageKind, StageState};
use crate::store::{self, Connection, Result, Store, Transaction, alerts, events, files, parts, runs, stages};

fn at(minute: i64) -> Instant {
    Utc.timestamp_opt(1_700_000_000, 0).unwrap() + Duration::minutes(minute)
}

/// What a reader sees of everything that changes, in words.
fn seen(c: &Connection) -> Vec<String> {
    let mut out = Vec::new();
    for run in runs::list(c, None, None, 99).unwrap() {
        out.push(format!(
            "run {} {} {:?} {:?} {:?} {:?} {:?}",
            run.id, run.state, run.started, run.ended, run.committed, run.rows, run.error
        ));
        for stage in stages::of_run(c, run.id).unwrap() {
            out.push(format!(
                "stage {} {} {} {:?} {:?} {:?} {}",
                stage.name, stage.state, stage.attempt, stage.started, stage.ended, stage.error, stage.summary
            ));
        }
    }
    for file in files::list(c, None, 99).unwrap() {
        out.push(format!("file {} {} {} {:?} {}", file.key, file.state, file.reason, file.run, file.attempts));
    }
    for alert in alerts::list(c, None, 99).unwrap() {
        let owner = alert.answered_by().map(str::to_owned);
        out.push(format!("alert {} {} {:?} {:?} {:?}", alert.id, alert.state, alert.fired, alert.ended, owner));
    }
    for part in parts::live(c, "p", DatasetKind::Clean).unwrap() {
        out.push(format!("part {} of run {}", part.part.path, part.run));
    }
    for event in events::list(c, None, 99).unwrap() {
        out.push(format!("event {}", event.text));
    }
    for pipeline in store::pipelines::list(c).unwrap() {
        out.push(format!("paused {}", pipeline.paused));
    }
    out
}

fn finding() -> Finding {
    Finding {
        kind: AlertKind::FileSize,
        object: "a.csv".into(),
        severity: Severity::Warning,
        message: "a.csv is ten times its usual size".into(),
        observed: Some(930.0),
        expected: Some((80.0, 120.0)),
        unit: "kB".into(),
        rule: "file_size".into(),
        evidence: Evidence::default(),
    }
}

fn part(tx: &Transaction<'_>, run: i64, path: &str) -> Result<()> {
    let part = Part {
        kind: DatasetKind::Clean,
        partition: "2013".into(),
        path: path.into(),
        rows: 9,
        bytes: 9,
        hash: "0".into(),
        from: None,
        to: None,
    };
    parts::stage(tx, "p", run, "clean", &Artifact { part, staged: format!("s/{path}"), replaces: true })
}

fn begun(tx: &Transaction<'_>, file: i64, now: Instant) -> Result<i64> {
    let run = runs::create(tx, &runs::NewRun::asked(std::slice::from_ref(&file)), now)?;
    stages::create(tx, run, 0, "clean", StageKind::Clean, &[])?;
    files::claim(tx, file, run, now)?;
    Ok(run)
}

type Step = fn(&Transaction<'_>, Instant) -> Result<()>;

/// A morning: two runs, one that fails and is tried again, a file, an alert and its answer, a pause.
const MORNING: &[Step] = &[
    |tx, now| {
        let listed = Listed { key: "a.csv".into(), bytes: 1, modified: now, token: VersionToken("t".into()) };
        let file = files::enter(tx, "p", &listed, now)?;
        files::set_state(tx, file, FileState::Ready, "whole", now)?;
        alerts::raise(tx, "p", &finding(), AlertState::Pending, None, now)?;
        events::add(tx, Level::Info, Some("p"), None, "file", "a.csv came", now)
    },
    |tx, now| begun(tx, 1, now).map(|_| ()),
    |tx, now| {
        runs::start(tx, 1, now)?;
        alerts::set_state(tx, 1, AlertState::Firing, "landfall", "", now)?;
        stages::begin_attempt(tx, 1, "clean", now).map(|_| ())
    },
    |tx, now| {
        stages::set_state(tx, 1, "clean", StageState::Failed, now)?;
        runs::set_error(tx, 1, "input", "line 3 has no comma")?;
        runs::set_state(tx, 1, RunState::Failed, now)?;
        files::set_state(tx, 1, FileState::Ready, "run 1 failed", now)?;
        events::add(tx, Level::Error, Some("p"), Some(1), "clean", "line 3 has no comma", now)
    },
    |tx, now| {
        alerts::set_state(tx, 1, AlertState::Acknowledged, "mara", "I look", now)?;
        store::pipelines::set_paused(tx, "p", true)?;
        events::operation(tx, "mara", "pause", "p", None, "done", now)
    },
    |tx, now| {
        let run = begun(tx, 1, now)?;
        runs::start(tx, run, now)?;
        stages::begin_attempt(tx, run, "clean", now)?;
        part(tx, run, "one.parquet")
    },
    |tx, now| {
        stages::set_state(tx, 2, "clean", StageState::Succeeded, now)?;
        stages::set_summary(tx, 2, "clean", "9 rows")?;
        parts::commit(tx, "p", 2, now)?;
        runs::set_state(tx, 2, RunState::Succeeded, now)?;
        files::set_state(tx, 1, FileState::Committed, "published", now)?;
        store::pipelines::set_paused(tx, "p", false)?;
        events::operation(tx, "mara", "resume", "p", None, "done", now)
    },
    |tx, now| {
        part(tx, 2, "two.parquet")?;
        parts::commit(tx, "p", 2, now)?;
        alerts::set_state(tx, 1, AlertState::Resolved, "mara", "upstream mended it", now)
    },
];

#[tokio::test]
async fn at_every_earlier_instant_the_store_says_what_it_said_then() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.write(|tx| store::pipelines::upsert(tx, "p", "P", "0", "", &["clean".to_owned()])).await.unwrap();
    let mut said = vec![store.read(|c| Ok(seen(c))).await.unwrap()];
    for (n, step) in MORNING.iter().enumerate() {
        let now = at(n as i64 + 1);
        store.write(move |tx| step(tx, now)).await.unwrap();
        said.push(store.read(|c| Ok(seen(c))).await.unwrap());
    }
    for (n, expected) in said.iter().enumerate() {
        let past = open_past(folder.path(), at(n as i64) + Duration::seconds(30)).unwrap();
        assert_eq!(seen(&past), *expected, "half a minute after step {n}");
    }
}

#[tokio::test]
async fn a_step_leads_to_where_something_happened_before_or_after() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    for minute in [1, 2, 5] {
        let when = at(minute);
        store.write(move |tx| events::add(tx, Level::Info, None, None, "engine", "x", when)).await.unwrap();
    }
    let now = store::open_reader(folder.path()).unwrap();
    assert_eq!(step(&now, at(9), true).unwrap(), Some(at(5)));
    assert_eq!(step(&now, at(5), true).unwrap(), Some(at(2)));
    assert_eq!(step(&now, at(2), false).unwrap(), Some(at(5)));
    assert_eq!((step(&now, at(1), true).unwrap(), step(&now, at(5), false).unwrap()), (None, None));
}

#[tokio::test]
async fn nothing_is_written_through_the_past() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path()).unwrap();
    let past = open_past(folder.path(), at(0)).unwrap();
    assert!(past.execute("DELETE FROM main.events", []).is_err());
    assert!(past.execute("DELETE FROM events", []).is_err());
}

#[test]
fn every_table_of_the_store_has_a_past() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let connection = store::open_reader(folder.path()).unwrap();
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(query).unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    let without: Vec<&String> =
        names.iter().filter(|name| TABLES.iter().all(|then| then.table != name.as_str())).collect();
    assert!(names.len() > 20 && without.is_empty(), "{without:?}");
}
