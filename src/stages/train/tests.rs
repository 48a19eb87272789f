use polars::prelude::{DataType, NamedFrom, Series, TimeUnit};

use super::*;
use crate::domain::metric::{Metric, Split};
use crate::domain::model::Decision;
use crate::domain::plan::Algorithm;
use crate::stages::score::samples::*;

fn card(events: &[WorkerEvent]) -> Option<ModelCard> {
    events.iter().find_map(|event| match event {
        WorkerEvent::Model(card) => Some((**card).clone()),
        _ => None,
    })
}

#[test]
fn a_first_run_makes_a_champion_and_predicts_what_waits() {
    let lake = Lake::new();
    let history = lake.history(30);
    let batch = lake.rows("batch/1.parquet", &[row(31, "new", 0.9, None), row(20, "known", 0.9, Some(true))]);
    let (summary, events) = lake.train(1, None, vec![history], vec![batch], 1);
    let card = card(&events).unwrap();
    assert_eq!(card.decision.verdict, Verdict::Promoted, "{}", card.decision.reason);
    assert_eq!(summary, format!("{} 1 promoted on 1,200 rows", card.algorithm));
    assert_eq!((card.rows, card.bundle.as_str(), card.seed), (1_200, "models/p/1", 7));
    assert_eq!(card.from.unwrap().timestamp(), 0);
    assert_eq!(card.to.unwrap().timestamp_micros() / crate::learn::frame::DAY, 29);
    assert!(card.decision.checks.iter().all(|check| check.passed), "{:?}", card.decision.checks);
    assert!(card.decision.checks.iter().any(|check| check.name == "self-test"));
    assert!(["x", "colour"].contains(&card.importance[0].0.as_str()));
    let model: Vec<String> = artifacts(&events).into_iter().filter(|a| !a.replaces).map(|a| a.part.path).collect();
    assert_eq!(model.len(), 10);
    assert!(model.contains(&"models/p/1/manifest.json".to_owned()));
    let live = lake.commit(&events);
    let read = |name: &str| std::fs::read_to_string(lake.path(&format!("models/p/1/{name}"))).unwrap();
    let signature: serde_json::Value = serde_json::from_str(&read("signature.json")).unwrap();
    let inputs = signature["inputs"].as_array().unwrap();
    let types: Vec<_> = inputs.iter().map(|c| (c["name"].as_str().unwrap(), c["type"].as_str().unwrap())).collect();
    assert_eq!(types, [("x", "double"), ("gap", "double"), ("colour", "string")]);
    let told = read("model_card.md");
    assert!(told.starts_with("# late from 3 features") && told.contains("| log_loss | 0."), "{told}");
    let seen = std::fs::read(lake.path("models/p/1/diagnosis.json")).unwrap();
    let seen: crate::domain::diagnosis::Diagnosis = serde_json::from_slice(&seen).unwrap();
    assert_eq!((seen.rows, seen.by_day.len(), seen.permutation.len()), (200, 5, 3));
    let predicted: Vec<(String, u64)> =
        live.iter().filter(|p| p.path.starts_with("predictions")).map(|p| (p.partition.clone(), p.rows)).collect();
    assert_eq!(predicted, [("1970-02-01".to_owned(), 1)], "only the row that waits, not the one trained on");
}

#[test]
fn a_feature_that_gives_the_answer_away_is_named_on_the_card_and_in_the_log() {
    let lake = Lake::new();
    let known = |row: i64| (row / 40, format!("{row}"), f64::from(u8::from(row % 3 == 0)), Some(row % 3 == 0));
    let rows: Vec<_> = (0..1_200).map(known).collect();
    let (_, events) = lake.train(1, None, vec![lake.rows("clean/leaky.parquet", &rows)], vec![], 1);
    let told: Vec<String> = card(&events).unwrap().leaks.iter().map(Leak::told).collect();
    assert_eq!(told, ["x alone explains the target (AUC 1.000)"]);
    let logged = |event: &WorkerEvent| matches!(event, WorkerEvent::Log { text, .. } if text.contains(&told[0]));
    assert!(events.iter().any(logged));
    let (_, events) = lake.train(2, None, vec![lake.history(30)], vec![], 2);
    assert_eq!(card(&events).unwrap().leaks, []);
}

#[test]
fn the_holdouts_figures_name_who_and_how_many() {
    let lake = Lake::new();
    let (_, events) = lake.train(1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let champion = lake.reference(1);
    let (_, events) = lake.train(2, Some(champion), vec![lake.history(31)], vec![], 2);
    let figures = metrics(&events);
    let find = |who: &str, name: &str| -> &Metric { figures.iter().find(|m| m.who == who && m.name == name).unwrap() };
    for (who, model) in [("challenger", Some(2)), ("champion", Some(1)), ("baseline", None)] {
        let loss = find(who, "log_loss");
        assert_eq!((loss.n, loss.split, loss.model, loss.day.clone()), (200, Split::Holdout, model, None), "{who}");
    }
    assert!(find("challenger", "log_loss").value < find("baseline", "log_loss").value);
    let skill = 1.0 - find("challenger", "log_loss").value / find("baseline", "log_loss").value;
    assert!((find("challenger", "skill").value - skill).abs() < 1e-12);
    let card = card(&events).unwrap();
    assert_eq!(card.decision.verdict, Verdict::Promoted, "{}", card.decision.reason);
    assert!(card.decision.reason.contains("version 1"), "{}", card.decision.reason);
}

#[test]
fn the_same_job_gives_the_same_hash_whatever_its_run_and_version() {
    let lake = Lake::new();
    let history = lake.history(30);
    let hash = |run, version| {
        let (_, events) = lake.train(run, None, vec![history.clone()], vec![], version);
        let card = card(&events).unwrap();
        (card.hash, card.data)
    };
    assert_eq!(hash(1, 1), hash(5, 2));
    let (_, other) = lake.train(1, None, vec![lake.history(29)], vec![], 1);
    assert_ne!(card(&other).unwrap().hash, hash(1, 1).0);
}

#[test]
fn no_label_no_model() {
    let lake = Lake::new();
    let history = lake.rows("clean/1.parquet", &[row(1, "a", 0.5, None)]);
    let (summary, events) = lake.train(1, None, vec![history], vec![], 1);
    assert_eq!(summary, "no labelled rows yet, nothing to learn from");
    assert!(card(&events).is_none() && artifacts(&events).is_empty());
    let (summary, _) = lake.train(1, None, vec![], vec![], 1);
    assert_eq!(summary, "no labelled rows yet, nothing to learn from");
}

#[test]
fn a_batch_of_one_row_and_one_class_serve_the_baseline_without_an_error() {
    let lake = Lake::new();
    let one = lake.rows("clean/1.parquet", &[row(1, "a", 0.5, Some(true))]);
    let waiting = lake.rows("batch/1.parquet", &[row(2, "b", 0.5, None)]);
    let (summary, events) = lake.train(1, None, vec![one], vec![waiting], 1);
    assert_eq!(summary, "baseline 1 promoted on 1 rows");
    let live = lake.commit(&events);
    let predictions = live.iter().find(|p| p.path.starts_with("predictions")).unwrap();
    let table = lake.table(predictions);
    assert_eq!(table.column("prediction").unwrap().f64().unwrap().get(0), Some(0.75));
    let rows: Vec<Row> = (0..200).map(|i| row(i / 10, &i.to_string(), 0.5, Some(false))).collect();
    let (summary, events) = lake.train(1, None, vec![lake.rows("clean/2.parquet", &rows)], vec![], 1);
    assert_eq!(summary, "baseline 1 promoted on 200 rows");
    assert!(card(&events).unwrap().decision.reason.contains("rarer class"));
}

#[test]
fn a_champion_whose_columns_are_gone_is_replaced_and_what_waits_is_predicted() {
    let lake = Lake::new();
    let (_, events) = lake.train(1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let champion = lake.reference(1);
    let mut plan = crate::learn::samples::plan();
    plan.features.retain(|f| f.name != "colour");
    let history = lake.history_without(31, "colour");
    let mut waiting = table(&[row(40, "new", 0.9, None)]);
    let _ = waiting.drop_in_place("colour").unwrap();
    let batch = lake.put("batch/9.parquet", &mut waiting);
    let (_, events) = lake.train_with(plan, 2, Some(champion), vec![history], vec![batch], 2);
    let card = card(&events).unwrap();
    assert_eq!(card.decision.verdict, Verdict::Promoted);
    assert!(card.decision.reason.contains("version 1 can no longer score"), "{}", card.decision.reason);
    assert!(artifacts(&events).iter().any(|a| a.part.path.starts_with("predictions/p/1970-02-10")));
}

#[test]
fn a_champion_with_other_features_is_still_judged_fairly() {
    let lake = Lake::new();
    let (_, events) = lake.train(1, None, vec![lake.history(30)], vec![], 1);
    lake.commit(&events);
    let mut plan = crate::learn::samples::plan();
    plan.features.retain(|f| f.name != "colour");
    plan.algorithms = vec![Algorithm::Linear];
    let (_, events) = lake.train_with(plan, 2, Some(lake.reference(1)), vec![lake.history(31)], vec![], 2);
    let card = card(&events).unwrap();
    assert_eq!(card.decision.verdict, Verdict::Kept, "without the colour it must be worse: {}", card.decision.reason);
    assert!(metrics(&events).iter().any(|m| m.who == "champion" && m.n == 200));
}

#[test]
fn a_history_without_the_target_is_an_input_error_that_names_it() {
    let lake = Lake::new();
    let history = lake.history_without(30, "late");
    let error = lake.try_train(crate::learn::samples::plan(), 1, None, vec![history], vec![], 1).unwrap_err();
    assert!(matches!(&error, StageError::Input(text) if text.contains("late")), "{error}");
}

#[test]
fn continued_training_adds_rounds_to_the_champion_until_a_full_fit_is_due_and_repeats_bit_for_bit() {
    let lake = Lake::new();
    let mut plan = crate::learn::samples::plan();
    plan.algorithms = vec![Algorithm::Boosting];
    plan.promotion.tolerance = 1.0;
    plan.learning.refit_every = 3;
    let train = |plan: &ModelPlan, run, champion: Option<i64>, days, version| {
        let champion = champion.map(|version| lake.reference(version));
        let (_, events) = lake.train_with(plan.clone(), run, champion, vec![lake.history(days)], vec![], version);
        lake.commit(&events);
        card(&events).unwrap()
    };
    let rounds = |version: i64| -> serde_json::Value {
        let manifest = std::fs::read(lake.path(&format!("models/p/{version}/manifest.json"))).unwrap();
        serde_json::from_slice::<serde_json::Value>(&manifest).unwrap()["content"]["rounds"].clone()
    };
    let first = train(&plan, 1, None, 30, 1);
    assert_eq!(first.continued, None);
    let second = train(&plan, 2, Some(1), 36, 2);
    let continued = second.continued.unwrap();
    assert_eq!((continued.from, continued.full), (1, 1));
    assert_eq!(rounds(2).as_u64().unwrap(), rounds(1).as_u64().unwrap() + u64::from(continued.rounds));
    assert!(continued.rounds > 0, "{}", continued.told());
    assert!(second.decision.checks.iter().any(|check| check.detail == continued.told()));
    let told = std::fs::read_to_string(lake.path("models/p/2/model_card.md")).unwrap();
    assert!(told.contains("- Not fitted anew: ") && told.contains("added to version 1"), "{told}");
    // The same champion, rows, configuration and seed give the same bytes, whatever the run.
    assert_eq!(train(&plan, 9, Some(1), 36, 2).hash, second.hash);
    let third = train(&plan, 3, Some(2), 40, 3).continued.unwrap();
    assert_eq!((third.from, third.full), (2, 1));
    assert_eq!(train(&plan, 4, Some(3), 44, 4).continued, None, "the third version after a full fit is fitted anew");
    // Another recipe, or no row that is new to the champion's twin: fitted anew.
    assert_eq!(train(&plan, 5, Some(1), 30, 2).continued, None);
    plan.boosting.max_leaves = 4;
    let (_, events) = lake.train_with(plan, 6, Some(lake.reference(1)), vec![lake.history(36)], vec![], 2);
    assert_eq!(card(&events).unwrap().continued, None);
}

#[test]
fn a_version_that_is_not_refitted_remembers_the_rows_it_was_fitted_on_and_none_whose_outcome_came_late() {
    let lake = Lake::new();
    let mut table = lake.table(&lake.history(30));
    // The holdout begins with day 25. What became known only then has an x that no other row has.
    let late = |row: usize| (20 * 40..24 * 40).contains(&row) && row.is_multiple_of(3);
    let day = crate::learn::frame::DAY;
    let known: Vec<i64> = (0..1_200).map(|row| if late(row) { 28 * day } else { row as i64 / 40 * day }).collect();
    let known = Series::new("counted".into(), known).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let x: Vec<f64> = (0..1_200).map(|row| if late(row) { 1_000.0 } else { (row % 40) as f64 }).collect();
    table.with_column(known.into()).unwrap();
    table.with_column(Series::new("x".into(), x).into()).unwrap();
    let mut plan = crate::learn::samples::plan();
    plan.learning.label_time = Some("counted".to_owned());
    let stored = |version: i64, file: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(lake.path(&format!("models/p/{version}/{file}"))).unwrap()).unwrap()
    };
    for (version, refit, rows, most) in [(1, false, 1_000 - 53, 39.0), (2, true, 1_200, 1_000.0)] {
        plan.refit = refit;
        let history = vec![lake.put("clean/late.parquet", &mut table)];
        let (_, events) = lake.train_with(plan.clone(), version, None, history, vec![], version);
        lake.commit(&events);
        let card = card(&events).unwrap();
        let serving = stored(version, "manifest.json")["content"]["serving"].clone();
        let micros = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.timestamp_micros());
        assert_eq!((card.rows, serving["rows"].as_u64()), (rows, Some(rows)), "{serving}");
        assert_eq!((micros(card.from), micros(card.to)), (serving["from"].as_i64(), serving["to"].as_i64()));
        let reference = stored(version, "reference.json");
        let x = &reference["features"][0];
        assert_eq!((reference["rows"].as_u64(), x["name"].as_str()), (Some(rows), Some("x")));
        assert_eq!(x["shape"]["range"][1].as_f64(), Some(most), "refit {refit}");
    }
}

#[test]
fn a_version_that_scores_otherwise_than_it_did_in_memory_is_blocked_whatever_was_decided() {
    let (frame, plan) = (crate::learn::samples::frame(30, 40, 1), crate::learn::samples::plan());
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let mut hold = |plan: &ModelPlan| contest::hold(&frame, plan, &Settings::of(plan, 7), None, &mut go_on);
    let mut outcome = hold(&plan).unwrap().unwrap();
    assert_eq!(outcome.decision.verdict, Verdict::Promoted);
    // The files of another model, as a fault of the disk or of the writer would leave them.
    let other = ModelPlan { algorithms: vec![], ..plan.clone() };
    let others = hold(&other).unwrap().unwrap();
    let lake = Lake::new();
    let (job, work) = lake.train_job(other, 1, vec![], 1);
    let (files, _) = pack(&job, &work, &frame, &others, "data").unwrap();
    test(&frame, &files, &mut outcome, &Events::new(std::io::sink()));
    let Decision { verdict, reason, checks } = &outcome.decision;
    assert_eq!(*verdict, Verdict::Blocked);
    assert!(reason.starts_with("failed its self-test: the judged twin read back from its bytes"), "{reason}");
    assert!(checks.iter().any(|check| check.name == "self-test" && !check.passed));
}
