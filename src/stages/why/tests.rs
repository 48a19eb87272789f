use polars::prelude::{DataFrame, NamedFrom, Series};

use super::*;
use crate::domain::job::Work;
use crate::stages::score::samples::{Lake, Row, row};

/// Why a row of the table was predicted so, of a history.
fn why(lake: &Lake, table: &Part, row: u64, history: &[Part]) -> Result<Why, StageError> {
    let (table, history) = (table.path.clone(), history.to_vec());
    let events = lake.ask(9, Work::Why(WhyJob { table, row, history, workspace: String::new() }))?;
    let told = events.into_iter().find_map(|event| if let WorkerEvent::Why(why) = event { Some(*why) } else { None });
    Ok(told.unwrap())
}

fn refused(told: Result<Why, StageError>) -> String {
    told.unwrap_err().to_string()
}

/// Two flights, predicted by a champion: the history they are in, and the predictions.
fn predicted(lake: &Lake) -> (Part, Part) {
    let batch = lake.rows("clean/2.parquet", &[row(40, "a", 0.9, None), row(40, "b", 0.1, None)]);
    let (_, events) = lake.score(2, Some(lake.champion()), vec![batch.clone()], vec![]);
    (batch, lake.commit(&events).remove(0))
}

#[test]
fn a_prediction_is_explained_by_its_version_from_its_row_in_the_history() {
    let lake = Lake::new();
    let (batch, predictions) = predicted(&lake);
    // Another part of the history has the same key at another time.
    let other = lake.rows("clean/1.parquet", &[row(20, "a", 0.2, Some(false))]);
    let published = floats(&lake.table(&predictions), PREDICTION).unwrap();
    for (at, id, x) in [(0, "a", "0.900"), (1, "b", "0.100")] {
        let told = why(&lake, &predictions, at as u64, &[other.clone(), batch.clone()]).unwrap();
        let row = [("id", id), ("at", "1970-02-10 01:00:00")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!((told.row.as_slice(), told.version, told.actual.as_deref()), (&row[..], 1, None));
        assert_eq!((Some(told.published), told.now, told.notes()), (published[at], told.published, Vec::new()));
        let sum = 1.0 / (1.0 + (-told.sum()).exp());
        assert!((sum - told.published).abs() < 1e-5, "{sum} for {}", told.published);
        assert_eq!((told.unit, told.parts.len(), told.parts[0].feature.as_str()), (Unit::LogOdds, 3, "x"));
        assert_eq!(told.parts[0].value.as_deref(), Some(x));
        assert_eq!(told.parts[0].adds > 0.0, id == "a", "a large x makes it likelier: {:?}", told.parts);
        let gap = told.parts.iter().find(|part| part.feature == "gap").unwrap();
        assert_eq!(gap.value, None, "a value that is missing is said to be");
    }
}

#[test]
fn a_row_that_has_changed_since_is_explained_as_it_is_now_and_that_is_said() {
    let lake = Lake::new();
    let (_, predictions) = predicted(&lake);
    let changed = lake.rows("clean/3.parquet", &[row(40, "a", -0.7, Some(true))]);
    let told = why(&lake, &predictions, 0, &[changed]).unwrap();
    assert!(told.now < told.published, "{told:?}");
    assert!(told.notes()[0].contains("has changed since it was predicted: version 1 now says"), "{:?}", told.notes());
}

#[test]
fn what_is_gone_is_named() {
    let lake = Lake::new();
    let (batch, predictions) = predicted(&lake);
    let history = [batch.clone()];
    assert!(refused(why(&lake, &predictions, 2, &history)).contains("has no row 2"));
    assert!(refused(why(&lake, &predictions, 0, &[])).contains("is no longer in the history as it was"));
    let table = lake.table(&batch);
    let twice = lake.put("clean/5.parquet", &mut table.vstack(&table).unwrap());
    assert!(refused(why(&lake, &predictions, 0, &[twice])).contains("cannot be told from another one"));
    let bare = lake.put("found/1.parquet", &mut lake.table(&predictions).drop("at").unwrap());
    assert!(refused(why(&lake, &bare, 0, &history)).contains("does not have its event time"));
    std::fs::remove_file(lake.path("models/p/1/manifest.json")).unwrap();
    let gone = refused(why(&lake, &predictions, 0, &history));
    assert!(gone.contains("version 1, which predicted this row, is no longer in the lake"), "{gone}");
}

#[test]
fn the_report_looks_at_the_surest_wrong_calls_that_its_run_judged() {
    let lake = Lake::new();
    let rows: Vec<Row> = (0..12).map(|n| row(40, &format!("r{n}"), f64::from(n) / 6.0 - 1.0, None)).collect();
    let champion = lake.champion();
    let batch = lake.rows("clean/2.parquet", &rows);
    let (_, events) = lake.score(2, Some(champion.clone()), vec![batch], vec![]);
    let live = lake.commit(&events);
    // The lowest and the highest are wrong, one of the middle too; an outcome of another run is not of this one.
    let judged = |n: usize| Some(if n == 0 || n == 5 { true } else { n < 6 && n != 1 });
    let of = |rows: &[Row], from: usize| -> Vec<Row> {
        rows.iter().enumerate().map(|(n, r)| row(r.0, &r.1, r.2, judged(n + from))).collect()
    };
    let early = lake.rows("batch/3.parquet", &of(&rows[..2], 0));
    let (_, events) = lake.score(3, Some(champion.clone()), vec![early], live);
    let live = lake.commit(&events);
    let late = lake.rows("batch/4.parquet", &of(&rows[2..], 2));
    let (_, events) = lake.score(4, Some(champion), vec![late], live);
    let live = lake.commit(&events);
    let worst = worst_rows(lake.place(), &live, 4, Task::Binary).unwrap();
    assert_eq!(worst.len(), WORST);
    let off: Vec<f64> = worst.iter().map(|row| errors(row, Task::Binary).unwrap()[0].unwrap()).collect();
    assert!(off.is_sorted_by(|a, b| a >= b) && off.iter().all(|off| *off >= 0.5), "{off:?}");
    let ids: Vec<String> = worst.iter().map(|row| text(row, "id", 0).unwrap()).collect();
    assert!(!ids.contains(&"r0".to_owned()), "judged in the run before: {ids:?}");
    let history = [lake.rows("clean/4.parquet", &of(&rows, 0))];
    let mut history = History::new(lake.place(), "p", &history, "");
    let told = history.explain(&worst[0]).unwrap();
    assert_eq!((told.row[0].1.as_str(), told.notes().len()), (ids[0].as_str(), 0));
    assert!(told.actual.is_some());
}

#[test]
fn how_far_off_a_row_is_goes_by_its_task() {
    let table = |columns: Vec<Series>| DataFrame::new(3, columns.into_iter().map(Into::into).collect()).unwrap();
    let predicted = Series::new(PREDICTION.into(), [10.0, 12.5, 3.0]);
    let actual = Series::new("actual".into(), [Some(9.0), None, Some(8.0)]);
    let numbers = table(vec![predicted, actual]);
    assert_eq!(errors(&numbers, Task::Regression).unwrap(), [Some(1.0), None, Some(5.0)]);
    let sure = Series::new(PREDICTION.into(), [0.9, 0.6, 0.8]);
    let call = Series::new("predicted_class".into(), ["late", "early", "late"]);
    let class = Series::new("actual".into(), [Some("early"), None, Some("late")]);
    let classes = table(vec![sure, call, class]);
    assert_eq!(errors(&classes, Task::Multiclass).unwrap(), [Some(0.9), None, None], "right calls are none");
}
