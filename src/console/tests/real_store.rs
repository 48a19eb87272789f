//! The console over a store and a lake on disk: what the engine writes is what the screens show.

use std::path::Path;

use polars::prelude::{Column, DataFrame, ParquetWriter};

use super::fixture;
use super::pictures::{picture, text};
use crate::console::action::{Action, Effect};
use crate::console::load::{self, Page, window};
use crate::console::place::{List, Place, Side, Source};
use crate::console::query;
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::alert::{AlertKind, AlertState, Evidence, Finding, Severity};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::diagnosis;
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::domain::job::Level;
use crate::domain::metric::{Metric, Split};
use crate::domain::model::Verdict;
use crate::domain::run::{Cause, RunState, StageKind, StageState};
use crate::store::{self, Store, Transaction};

const DAYS: [(&str, u32); 2] = [("2013-03-01", 300), ("2013-03-02", 200)];

fn path_of(day: &str) -> String {
    format!("predictions/flights/{day}/run-1.parquet")
}

/// One published run over two files, one of them with a hostile name, and an alert about it.
fn history(tx: &Transaction<'_>) -> store::Result<()> {
    let now = fixture::now();
    let stages = ["clean".to_owned(), "score".to_owned()];
    store::pipelines::upsert(tx, "flights", "Late flights", "c0ffee", "auc", &stages)?;
    let mut files = Vec::new();
    for name in ["flights_2013-03-01.csv", "evil\x1b[2J.csv"] {
        let token = VersionToken(name.into());
        let listed = Listed { key: name.into(), bytes: 93_000, modified: now, token };
        let id = store::files::enter(tx, "flights", &listed, now)?;
        store::files::set_state(tx, id, FileState::Ready, "unchanged for 5 s", now)?;
        files.push(id);
    }
    let new = store::runs::NewRun {
        pipeline: "flights",
        cause: Cause::Schedule,
        reason: "2 new files",
        parent: None,
        config_hash: "c0ffee",
        seed: 1,
        files: &files,
        bytes: 186_000,
    };
    let run = store::runs::create(tx, &new, now)?;
    store::runs::start(tx, run, now)?;
    for (n, (name, kind)) in [("clean", StageKind::Clean), ("score", StageKind::Score)].into_iter().enumerate() {
        let needs: &[String] = if n == 0 { &[] } else { &stages[..1] };
        store::stages::create(tx, run, n, name, kind, needs)?;
        store::stages::begin_attempt(tx, run, name, now)?;
        store::stages::set_state(tx, run, name, StageState::Succeeded, now + chrono::Duration::milliseconds(400))?;
        store::stages::set_summary(tx, run, name, "500 rows, 0 rejected")?;
        store::logs::add(tx, run, name, 1, Level::Info, "read two files", now)?;
    }
    for (day, rows) in DAYS {
        let part = Part {
            kind: DatasetKind::Predictions,
            partition: day.into(),
            path: path_of(day),
            rows: u64::from(rows),
            bytes: 4_000,
            hash: "00".into(),
            from: Some(now),
            to: Some(now),
        };
        store::parts::stage(tx, "flights", run, "score", &Artifact { part, staged: "s".into(), replaces: true })?;
        let metric = Metric {
            name: "auc".into(),
            value: 0.7,
            n: u64::from(rows),
            split: Split::Prequential,
            who: "champion".into(),
            model: Some(1),
            day: Some(day.into()),
            column: None,
            from: None,
            to: None,
            of_run: None,
        };
        store::metrics::record(tx, "flights", run, "score", &metric)?;
    }
    store::parts::commit(tx, "flights", run, now)?;
    store::runs::set_rows(tx, run, 500)?;
    store::runs::set_committed(tx, run, now)?;
    store::runs::set_state(tx, run, RunState::Succeeded, now + chrono::Duration::seconds(1))?;
    let finding = Finding {
        kind: AlertKind::FileSize,
        object: "evil\x1b[2J.csv".into(),
        severity: Severity::Critical,
        message: "evil\x1b[2J.csv is 10x its usual size".into(),
        observed: Some(930_000.0),
        expected: Some((60_000.0, 140_000.0)),
        unit: "bytes".into(),
        rule: "more than 3.2x the median".into(),
        evidence: Evidence::default(),
    };
    store::alerts::raise(tx, "flights", &finding, AlertState::Firing, Some(run), now)?;
    store::events::add(tx, Level::Info, Some("flights"), Some(run), "clean", "500 rows", now)
}

fn write_parts(lake: &Path) {
    for (day, rows) in DAYS {
        let file = lake.join(path_of(day));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let flight: Vec<u32> = (0..rows).collect();
        let dest: Vec<Option<String>> = (0..rows).map(|n| (n % 2 == 0).then(|| format!("{day}\t{n}"))).collect();
        let share: Vec<f64> = (0..rows).map(|n| f64::from(n) / 4.0).collect();
        let columns = vec![
            Column::new("flight".into(), flight),
            Column::new("dest".into(), dest),
            Column::new("share".into(), share),
        ];
        let mut frame = DataFrame::new(rows as usize, columns).unwrap();
        ParquetWriter::new(std::fs::File::create(file).unwrap()).finish(&mut frame).unwrap();
    }
}

/// Does what the threads do in a running console: reads, and hands over.
pub fn answer(state: &mut State, connection: &store::Connection, effects: Vec<Effect>) {
    for effect in effects {
        let next = match effect {
            Effect::Load { wish, .. } => {
                Action::Snapshot(Box::new(load::load(connection, &state.lake, &wish).unwrap()))
            }
            Effect::Window(request) => {
                let rows = window::read(&state.lake, &request.parts, request.from, request.count, &request.columns);
                Action::Window(request.source, request.generation, rows.map_err(|error| format!("{error:#}")))
            }
            Effect::Cells(request) => {
                let cells = window::whole(&state.lake, &request.parts, request.from, request.count, &request.columns);
                Action::Cells(request.goal, cells.map_err(|error| format!("{error:#}")))
            }
            Effect::Query(number, Some(job)) => Action::Queried(number, query::answer(&job)),
            Effect::Query(_, None) => continue,
            Effect::Forget(path) => {
                // It may never have been written.
                let _ = std::fs::remove_file(path);
                continue;
            }
            Effect::Copy(what, text) => {
                state.toast(Level::Info, format!("{what}: {text}"));
                continue;
            }
            other => panic!("{other:?}"),
        };
        let more = update(state, next);
        answer(state, connection, more);
    }
}

pub fn press(state: &mut State, connection: &store::Connection, keys: &str) -> String {
    for c in keys.chars() {
        let code = if c == '\n' { crossterm::event::KeyCode::Enter } else { crossterm::event::KeyCode::Char(c) };
        let effects = update(state, Action::Key(code.into()));
        answer(state, connection, effects);
        picture(state);
    }
    text(&picture(state))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_shows_what_the_store_and_the_lake_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.write(history).await.unwrap();
    write_parts(folder.path());
    let connection = store::open_reader(folder.path()).unwrap();
    let mut state = State::new("nyc".into(), folder.path().into(), fixture::now(), (120, 40));
    let wish = state.wish();
    answer(&mut state, &connection, vec![Effect::Load { wish, soon: false }]);

    let overview = text(&picture(&state));
    assert!(overview.contains("flights") && overview.contains("500 rows, 0 rejected"), "{overview}");
    assert!(overview.contains("evil\\x1b[2J.csv is 10x"), "{overview}");
    assert!(press(&mut state, &connection, "\n").contains("read two files"));
    assert!(press(&mut state, &connection, "2").contains("2 new files"));
    assert!(press(&mut state, &connection, "3").contains("evil\\x1b[2J.csv"));
    assert!(press(&mut state, &connection, "\n").contains("It is complete and waits for the next run"));
    assert!(press(&mut state, &connection, "5").contains("No model yet"));
    assert!(press(&mut state, &connection, "6").contains("AUC by day"));
    assert!(press(&mut state, &connection, "7\n").contains("observed 930 kB"));
    assert!(press(&mut state, &connection, "8").contains("No report yet"));

    let parts = press(&mut state, &connection, "4");
    assert!(parts.contains("2013-03-02") && parts.contains("500 rows"), "{parts}");
    assert_eq!(state.selected_id(List::Parts).as_deref(), Some("2"), "the newest part first");
    let rows = press(&mut state, &connection, "t");
    assert!(rows.contains("2013-03-01\\t0") && rows.contains("row 1 of 500"), "{rows}");
    let end = press(&mut state, &connection, "G");
    assert!(end.contains("2013-03-02\\t198") && end.contains("row 500 of 500"), "{end}");
    let page = press(&mut state, &connection, "\n");
    assert!(page.contains("no value"), "the last row has no destination: {page}");

    // What a question finds lies beside the state, and is looked at all the same.
    update(&mut state, Action::Key(crossterm::event::KeyCode::Esc.into()));
    state.found = folder.path().join("console/7");
    std::fs::create_dir_all(&state.found).unwrap();
    press(&mut state, &connection, "ss");
    let sorted = press(&mut state, &connection, "g");
    assert!(sorted.contains("row 1 of 500") && sorted.contains("2013-03-01\\t298"), "{sorted}");
    // These rows are no predictions as they are published: they lack who predicted them.
    let refused = press(&mut state, &connection, "W");
    assert!(refused.contains("the rows in view lack `prediction`"), "{refused}");
}

/// Two versions, of which the second has a diagnosis beside its bundle; the third one's is damaged.
#[test]
fn a_versions_diagnosis_is_read_from_the_lake() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let versions = |tx: &Transaction<'_>| {
        history(tx)?;
        for version in 1..=3 {
            let card = fixture::model(version, Verdict::Kept, 1).card;
            store::models::enter(tx, "flights", 1, &card, fixture::now())?;
        }
        store::models::commit(tx, 1, fixture::now())
    };
    runtime.block_on(store.write(versions)).unwrap();
    let mut hostile = diagnosis::tests::binary();
    hostile.segments[0].what = "carrier = \x1b[2J".into();
    for (version, text) in [(2, serde_json::to_string(&hostile).unwrap()), (3, "{\"task\":".into())] {
        let bundle = folder.path().join(format!("models/flights/{version}"));
        std::fs::create_dir_all(&bundle).unwrap();
        std::fs::write(bundle.join(diagnosis::FILE), text).unwrap();
    }
    let connection = store::open_reader(folder.path()).unwrap();
    let mut state = State::new("nyc".into(), folder.path().into(), fixture::now(), (120, 40));
    let wish = state.wish();
    answer(&mut state, &connection, vec![Effect::Load { wish, soon: false }]);
    state.side = Side::Segments;
    let damaged = press(&mut state, &connection, "5\n");
    assert!(damaged.contains("models/flights/3/diagnosis.json is not what was written"), "{damaged}");
    press(&mut state, &connection, "5j");
    let whole = press(&mut state, &connection, "\n");
    assert!(whole.contains("carrier = \\x1b[2J: 8.0 % of the rows (703)"), "{whole}");
    press(&mut state, &connection, "5j");
    let old = press(&mut state, &connection, "\n");
    assert!(old.contains("Version 1 was trained before diagnoses were kept."), "{old}");
    state.place = Place::Model { pipeline: "flights".into(), version: 9 };
    let gone = load::load(&connection, &folder.path().into(), &state.wish()).unwrap().page;
    assert!(matches!(gone, Page::Gone(_)));
}

#[test]
fn a_window_crosses_parts_and_stops_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    write_parts(folder.path());
    let parts: Vec<(String, u64)> = DAYS.iter().map(|(day, rows)| (path_of(day), u64::from(*rows))).collect();
    let rows = window::read(&folder.path().into(), &parts, 298, 4, &[]).unwrap();
    let flights: Vec<_> = rows.rows.iter().map(|row| row[0].clone().unwrap()).collect();
    assert_eq!(flights, ["298", "299", "0", "1"]);
    assert_eq!(rows.rows[1][1], None);
    let shares: Vec<_> = rows.rows.iter().map(|row| row[2].clone().unwrap()).collect();
    assert_eq!(shares, ["74.50", "74.75", "0.00", "0.25"], "points below each other");
    assert!(rows.columns[0].numeric && !rows.columns[1].numeric);
    assert_eq!(window::read(&folder.path().into(), &parts, 499, 10, &[]).unwrap().rows.len(), 1);
    assert_eq!(window::read(&folder.path().into(), &parts, 900, 10, &[]).unwrap().rows.len(), 0);
    let missing = [("predictions/nowhere.parquet".to_owned(), 5)];
    let error = window::read(&folder.path().into(), &missing, 0, 1, &[]).unwrap_err();
    assert!(error.to_string().contains("nowhere.parquet"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let missing = store::open_reader(folder.path()).unwrap_err().to_string();
    assert!(missing.contains("no state in"), "{missing}");
    let store = Store::open(folder.path()).unwrap();
    store.write(history).await.unwrap();
    let connection = store::open_reader(folder.path()).unwrap();
    let mut state = State::new("nyc".into(), folder.path().into(), fixture::now(), (80, 24));
    state.place = Place::Run { run: 99 };
    let snapshot = load::load(&connection, &folder.path().into(), &state.wish()).unwrap();
    assert!(matches!(snapshot.page, Page::Gone(Place::Run { run: 99 })));
    update(&mut state, Action::Snapshot(Box::new(snapshot)));
    assert!(text(&picture(&state)).contains("not there"));
    let none = Source { pipeline: "flights".into(), kind: DatasetKind::Rejects, part: None, file: None };
    state.place = Place::Table(none);
    assert!(matches!(load::load(&connection, &folder.path().into(), &state.wish()).unwrap().page, Page::Gone(_)));
}
