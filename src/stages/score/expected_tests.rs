//! What is expected before outcomes are known, and what skill is about.

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

use super::samples::*;
use crate::domain::dataset::Part;
use crate::domain::job::WorkerEvent;
use crate::domain::plan::{Algorithm, ColumnType, Loss, ModelPlan, Task};
use crate::learn::bundle;
use crate::learn::calibrate::Calibrator;
use crate::learn::place::Place;
use crate::learn::samples;

/// Twice the same column: naive Bayes counts its word twice.
fn twice() -> ModelPlan {
    let features = vec![
        samples::feature("x", ColumnType::Float),
        samples::feature("y", ColumnType::Float),
        samples::feature("colour", ColumnType::Text),
    ];
    ModelPlan { features, algorithms: vec![Algorithm::NaiveBayes], holdout_days: 20.0, ..samples::plan() }
}

fn rows(all: &DataFrame, from: i64, days: usize, known: bool) -> DataFrame {
    let mut table = all.slice(from * 40, days * 40);
    if !known {
        table.with_column(Series::new("late".into(), vec![None::<bool>; days * 40]).into_column()).unwrap();
    }
    table
}

#[test]
fn what_is_expected_of_a_model_too_sure_of_itself_is_corrected_and_the_truth_lies_in_the_band() {
    let lake = Lake::new();
    let mut all = lake.table(&lake.history(120));
    let copy = all.column("x").unwrap().clone().with_name("y".into());
    all.with_column(copy).unwrap();
    let history = lake.put("clean/first.parquet", &mut rows(&all, 0, 80, true));
    let (_, events) = lake.train_with(twice(), 1, None, vec![history], vec![], 1);
    lake.commit(&events);
    let champion = lake.reference(1);
    let place = Place::open(lake.path("").to_str().unwrap()).unwrap();
    let reference = bundle::load(&place, &champion.bundle).unwrap().reference;
    let Some(Calibrator::Platt { slope, .. }) = reference.calibrator else { panic!("{:?}", reference.calibrator) };
    assert!(slope < 0.85, "too sure: {slope}");
    let score = |run: i64, known: bool, live: Vec<Part>| {
        let batch = lake.put(&format!("batch/{run}.parquet"), &mut rows(&all, 80, 40, known));
        lake.score_with(twice(), run, Some(champion.clone()), vec![batch], live).unwrap().1
    };
    let before = score(2, false, vec![]);
    let after = score(3, true, lake.commit(&before));
    let value = |events: &[WorkerEvent], name: &str, who: &str| {
        let all = metrics(events);
        all.iter().find(|m| m.name == name && m.who == who && m.day.is_none()).map(|m| m.value).unwrap()
    };
    for (name, near) in [("auc", 0.03), ("log_loss", 0.03), ("accuracy", 0.03)] {
        let of = |who| value(&before, name, who);
        let (low, expected, high) = (of("estimate_low"), of("estimate"), of("estimate_high"));
        let actual = value(&after, name, "champion");
        assert!((low..=high).contains(&actual), "{name} was {actual}, not {low} to {high}");
        assert!((expected - actual).abs() < near, "{name} was {actual}, expected {expected}");
    }
}

#[test]
fn skill_is_about_the_loss_that_is_learned() {
    let lake = Lake::new();
    let mut plan = ModelPlan { task: Task::Regression, algorithms: vec![Algorithm::Boosting], ..samples::plan() };
    plan.boosting.loss = Loss::Absolute;
    let (_, events) = lake.train_with(plan.clone(), 1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let rows: Vec<Row> = (0..60).map(|i| row(40, &format!("r{i}"), f64::from(i) / 60.0, Some(i % 3 > 0))).collect();
    let batch = lake.rows("batch/1.parquet", &rows);
    let (_, events) = lake.score_with(plan, 2, Some(lake.reference(1)), vec![batch], vec![]).unwrap();
    let all = metrics(&events);
    for day in [None, Some("1970-02-10")] {
        let of = |name: &str, who: &str| {
            let found = all.iter().find(|m| m.name == name && m.who == who && m.day.as_deref() == day);
            found.unwrap_or_else(|| panic!("{name} of {who}")).value
        };
        let skill = 1.0 - of("own_loss", "champion") / of("own_loss", "baseline");
        assert!((of("skill", "champion") - skill).abs() < 1e-12, "not of squared errors");
        assert!((of("own_loss", "champion") - of("mae", "champion")).abs() < 1e-12);
    }
    let said = |name: &str| all.iter().filter(|m| m.name == name && m.who == "champion" && m.day.is_some()).count();
    assert_eq!((said("mse"), said("rmse")), (0, 1), "a day is told what is looked at every day");
    assert!(all.iter().any(|m| m.name == "median_error" && m.day.is_none()));
}
