use super::samples::*;
use crate::domain::metric::Metric;
use crate::domain::plan::{ModelPlan, Task};
use crate::learn::samples;

/// The plan of a number between two bounds.
fn plan() -> ModelPlan {
    let mut plan = ModelPlan { task: Task::Regression, ..samples::plan() };
    plan.learning.interval = Some(0.8);
    plan
}

#[test]
fn bounds_stand_beside_predictions_and_are_judged_when_outcomes_come() {
    let lake = Lake::new();
    let (_, events) = lake.train_with(plan(), 1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let champion = Some(lake.reference(1));
    let holdout = metrics(&events).into_iter().find(|m| m.name == "coverage" && m.who == "challenger");
    assert!(holdout.is_some_and(|m| (0.0..=1.0).contains(&m.value) && m.n == 200), "{holdout:?}");

    let day = |known: bool| -> Vec<Row> {
        (0..10).map(|i| row(40, &format!("r{i}"), 0.1 * i as f64, known.then_some(i >= 5))).collect()
    };
    let batch = lake.rows("batch/1.parquet", &day(false));
    let (_, events) = lake.score_with(plan(), 2, champion.clone(), vec![batch], vec![]).unwrap();
    assert!(metrics(&events).iter().all(|m| m.name != "coverage"), "nothing is judged yet");
    let live = lake.commit(&events);
    let bounds = |table: &polars::prelude::DataFrame| -> Vec<(f64, f64, f64)> {
        let of = |name: &str| table.column(name).unwrap().f64().unwrap().iter().map(Option::unwrap).collect::<Vec<_>>();
        of("lower").into_iter().zip(of("prediction")).zip(of("upper")).map(|((low, p), high)| (low, p, high)).collect()
    };
    let given = bounds(&lake.table(&live[0]));
    assert!(given.iter().all(|(low, p, high)| low <= p && p <= high && low < high), "{given:?}");

    let batch = lake.rows("batch/2.parquet", &day(true));
    let (_, events) = lake.score_with(plan(), 3, champion.clone(), vec![batch], live).unwrap();
    let live = lake.commit(&events);
    assert_eq!(bounds(&lake.table(&live[0])), given, "bounds are never changed");
    let within = given.iter().enumerate().filter(|(i, (low, _, high))| {
        let y = if *i >= 5 { 1.0 } else { 0.0 };
        *low <= y && y <= *high
    });
    let covered = within.count() as f64 / 10.0;
    let of = |name: &str| -> Vec<Metric> {
        metrics(&events)
            .into_iter()
            .filter(|m| m.name == name && m.who == "champion" && m.of_run.is_none())
            .cloned()
            .collect()
    };
    assert_eq!(of("coverage").iter().map(|m| (m.value, m.n)).collect::<Vec<_>>(), vec![(covered, 10); 2]);
    assert!(of("interval_width").iter().all(|m| m.value > 0.0 && m.n == 10));

    // Bounds given up: the columns go, the predictions stay.
    let without = ModelPlan { task: Task::Regression, ..samples::plan() };
    let batch = lake.rows("batch/3.parquet", &[row(40, "new", 0.5, None)]);
    let (_, events) = lake.score_with(without, 4, champion, vec![batch], live).unwrap();
    let table = lake.table(&lake.commit(&events)[0]);
    assert!(table.column("lower").is_err() && table.height() == 11);
}

#[test]
fn days_from_before_there_were_bounds_have_none() {
    let lake = Lake::new();
    let plain = ModelPlan { task: Task::Regression, ..samples::plan() };
    let (_, events) = lake.train_with(plain.clone(), 1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let (_, events) = lake.train_with(plan(), 2, None, vec![lake.history(30)], vec![], 2);
    lake.commit(&events);
    let batch = lake.rows("batch/1.parquet", &[row(40, "a", 0.9, None)]);
    let (_, events) = lake.score_with(plain, 2, Some(lake.reference(1)), vec![batch], vec![]).unwrap();
    let live = lake.commit(&events);
    let batch = lake.rows("batch/2.parquet", &[row(40, "b", 0.9, None)]);
    let (_, events) = lake.score_with(plan(), 3, Some(lake.reference(2)), vec![batch], live).unwrap();
    let table = lake.table(&lake.commit(&events)[0]);
    let lower = table.column("lower").unwrap();
    assert_eq!((lower.len(), lower.null_count()), (2, 1));
}
