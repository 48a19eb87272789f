use super::*;
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::WorkerEvent;
use crate::domain::metric::Metric;
use crate::domain::plan::Task;
use crate::stages::score::samples::*;

fn metric<'a>(events: &'a [WorkerEvent], name: &str, day: Option<&str>) -> Option<&'a Metric> {
    metrics(events).into_iter().find(|m| m.name == name && m.who == "champion" && m.day.as_deref() == day)
}

#[test]
fn without_a_champion_nothing_is_scored() {
    let lake = Lake::new();
    let batch = lake.rows("batch/1.parquet", &[row(1, "a", 0.2, None)]);
    let (summary, events) = lake.score(2, None, vec![batch], vec![]);
    assert_eq!(summary, "no champion yet, nothing scored");
    assert!(artifacts(&events).is_empty() && metrics(&events).is_empty());
}

#[test]
fn rows_without_outcome_are_predicted_and_judged_when_it_comes() {
    let lake = Lake::new();
    let champion = lake.champion();
    let batch = lake.rows("batch/1.parquet", &[row(40, "a", 0.9, None), row(40, "b", 0.1, None)]);
    let (summary, events) = lake.score(2, Some(champion.clone()), vec![batch], vec![]);
    assert_eq!(summary, "2 rows predicted by version 1, 0 outcomes judged");
    let live = lake.commit(&events);
    assert_eq!(live.len(), 1);
    assert_eq!((live[0].partition.as_str(), live[0].rows, live[0].kind), ("1970-02-10", 2, DatasetKind::Predictions));
    assert!(live[0].path.starts_with("predictions/p/1970-02-10/"));
    let table = lake.table(&live[0]);
    assert_eq!(
        table.get_column_names().iter().map(|n| n.as_str()).collect::<Vec<_>>(),
        [
            "id",
            "at",
            "prediction",
            "predicted_class",
            "baseline",
            "model_version",
            "predicted_run",
            "predicted_at",
            "actual",
            "judged_run",
            "_file",
            "_line"
        ]
    );
    let first: Vec<Option<f64>> = table.column("prediction").unwrap().f64().unwrap().iter().collect();
    assert!(first[0] > first[1], "x = 0.9 is likelier than x = 0.1: {first:?}");
    assert_eq!(table.column("actual").unwrap().null_count(), 2);
    assert_eq!(metric(&events, "labelled", Some("1970-02-10")).unwrap().value, 0.0);
    assert!(metric(&events, "log_loss", Some("1970-02-10")).is_none());

    let outcome = lake.rows("batch/2.parquet", &[row(40, "a", 0.9, Some(true)), row(41, "c", 0.5, None)]);
    let (summary, events) = lake.score(3, Some(champion), vec![outcome], live);
    assert_eq!(summary, "1 rows predicted by version 1, 1 outcomes judged");
    let live = lake.commit(&events);
    assert_eq!(
        live.iter().map(|p| (p.partition.as_str(), p.rows)).collect::<Vec<_>>(),
        [("1970-02-10", 2), ("1970-02-11", 1)]
    );
    let table = lake.table(&live[0]);
    let second: Vec<Option<f64>> = table.column("prediction").unwrap().f64().unwrap().iter().collect();
    assert_eq!(first, second, "a prediction is never changed");
    let actual: Vec<Option<f64>> = table.column("actual").unwrap().f64().unwrap().iter().collect();
    let judged: Vec<Option<i64>> = table.column("judged_run").unwrap().i64().unwrap().iter().collect();
    assert_eq!((actual, judged), (vec![Some(1.0), None], vec![Some(3), None]));
    let loss = metric(&events, "log_loss", Some("1970-02-10")).unwrap();
    assert!((loss.value - -first[0].unwrap().ln()).abs() < 1e-12);
    assert_eq!((loss.n, loss.model, loss.split), (1, Some(1), crate::domain::metric::Split::Prequential));
    assert_eq!(metric(&events, "labelled", Some("1970-02-10")).unwrap().value, 0.5);
    assert_eq!(metric(&events, "rows", None).unwrap().value, 1.0);
    assert!(metrics(&events).iter().any(|m| m.who == "baseline" && m.name == "log_loss" && m.day.is_none()));
}

#[test]
fn the_same_batch_again_changes_nothing() {
    let lake = Lake::new();
    let champion = lake.champion();
    let rows = [row(40, "a", 0.9, None), row(40, "b", 0.1, Some(true))];
    let batch = lake.rows("batch/1.parquet", &rows);
    let (_, events) = lake.score(2, Some(champion.clone()), vec![batch.clone()], vec![]);
    let live = lake.commit(&events);
    let (summary, events) = lake.score(3, Some(champion), vec![batch], live);
    assert_eq!(summary, "0 rows predicted by version 1, 0 outcomes judged");
    assert!(artifacts(&events).is_empty() && metrics(&events).is_empty());
}

#[test]
fn a_corrected_outcome_is_judged_anew_and_a_withdrawn_one_stays() {
    let lake = Lake::new();
    let champion = lake.champion();
    let one = |name: &str, y| lake.rows(name, &[row(40, "a", 0.9, y)]);
    let (_, events) = lake.score(2, Some(champion.clone()), vec![one("batch/1.parquet", Some(true))], vec![]);
    let live = lake.commit(&events);
    let (_, withdrawn) = lake.score(3, Some(champion.clone()), vec![one("batch/2.parquet", None)], live.clone());
    assert!(artifacts(&withdrawn).is_empty());
    let (summary, events) = lake.score(4, Some(champion), vec![one("batch/3.parquet", Some(false))], live);
    assert!(summary.ends_with("1 outcomes judged"), "{summary}");
    let table = lake.table(&lake.commit(&events)[0]);
    assert_eq!(table.column("actual").unwrap().f64().unwrap().get(0), Some(0.0));
    assert_eq!(table.column("judged_run").unwrap().i64().unwrap().get(0), Some(4));
}

#[test]
fn rows_the_champion_may_have_learned_from_are_not_judged() {
    let lake = Lake::new();
    let champion = lake.champion();
    let rows = [row(10, "old", 0.9, Some(true)), row(10, "late", 0.9, None), row(50, "new", 0.9, Some(true))];
    let batch = lake.rows("batch/1.parquet", &rows);
    let (summary, events) = lake.score(2, Some(champion), vec![batch], vec![]);
    assert_eq!(summary, "2 rows predicted by version 1, 1 outcomes judged");
    let days: Vec<String> = lake.commit(&events).iter().map(|p| p.partition.clone()).collect();
    assert_eq!(days, ["1970-01-11", "1970-02-20"]);
    let told = logs(&events);
    assert!(told.iter().any(|text| text.starts_with("1 rows came with their outcome")), "{told:?}");
}

#[test]
fn the_later_row_of_a_key_in_one_batch_wins_and_an_outcome_stays() {
    let lake = Lake::new();
    let champion = lake.champion();
    let rows = [row(40, "a", 0.1, Some(true)), row(40, "a", 0.9, None)];
    let batch = lake.rows("batch/1.parquet", &rows);
    let (summary, events) = lake.score(2, Some(champion), vec![batch], vec![]);
    assert_eq!(summary, "1 rows predicted by version 1, 1 outcomes judged");
    let table = lake.table(&lake.commit(&events)[0]);
    assert_eq!(table.column("_line").unwrap().i64().unwrap().get(0), Some(2));
    assert_eq!(table.column("actual").unwrap().f64().unwrap().get(0), Some(1.0));
}

#[test]
fn a_champion_that_cannot_score_does_not_stop_the_run() {
    let lake = Lake::new();
    let champion = lake.champion();
    let mut table = table(&[row(40, "a", 0.9, None)]);
    let _ = table.drop_in_place("colour").unwrap();
    let batch = lake.put("batch/1.parquet", &mut table);
    let (summary, events) = lake.score(2, Some(champion.clone()), vec![batch], vec![]);
    assert_eq!(summary, "version 1 cannot score, nothing scored");
    assert!(logs(&events).iter().any(|text| text.contains("\"colour\" is missing")), "{:?}", logs(&events));
    std::fs::write(lake.path(&format!("{}/model.bin", champion.bundle)), b"nonsense").unwrap();
    let batch = lake.rows("batch/2.parquet", &[row(40, "a", 0.9, None)]);
    let (summary, events) = lake.score(3, Some(champion), vec![batch], vec![]);
    assert_eq!(summary, "version 1 cannot score, nothing scored");
    assert!(logs(&events).iter().any(|text| text.contains("damaged")));
}

#[test]
fn a_batch_or_a_bundle_that_is_not_there_is_the_lakes_fault() {
    let lake = Lake::new();
    let champion = lake.champion();
    let gone = crate::domain::dataset::Part {
        path: "batch/gone.parquet".into(),
        ..lake.rows("batch/1.parquet", &[row(40, "a", 0.9, None)])
    };
    let error = lake.try_score(2, Some(champion.clone()), vec![gone], vec![]).unwrap_err();
    assert!(matches!(&error, StageError::Lake(text) if text.contains("batch/gone.parquet")), "{error}");
    let nowhere = crate::domain::job::ModelRef { version: 9, bundle: "models/p/9".into() };
    let error = lake.try_score(2, Some(nowhere), vec![], vec![]).unwrap_err();
    assert!(matches!(&error, StageError::Lake(text) if text.contains("models/p/9")), "{error}");
}

#[test]
fn counts_are_grouped_by_thousands() {
    assert_eq!([0, 999, 1_000, 336_776].map(count), ["0", "999", "1,000", "336,776"]);
}

#[test]
fn what_is_staged_lies_in_the_attempts_own_folder_with_its_true_hash() {
    let lake = Lake::new();
    let champion = lake.champion();
    let batch = lake.rows("batch/1.parquet", &[row(40, "a", 0.9, None)]);
    let (_, events) = lake.score(2, Some(champion), vec![batch], vec![]);
    let Artifact { part, staged, replaces } = artifacts(&events).remove(0);
    assert!(replaces && staged == format!(".staging/2/score-1/{}", part.path));
    let bytes = std::fs::read(lake.path(&staged)).unwrap();
    assert_eq!((part.bytes, part.hash), (bytes.len() as u64, blake3::hash(&bytes).to_hex().to_string()));
}

/// The figures of one comparison of one day, by name.
fn drift<'a>(events: &'a [WorkerEvent], who: &str, day: &str) -> std::collections::BTreeMap<&'a str, (f64, u64)> {
    let of = |m: &&Metric| m.name.starts_with("drift_") && m.who == who && m.day.as_deref() == Some(day);
    metrics(events).into_iter().filter(of).map(|m| (m.name.as_str(), (m.value, m.n))).collect()
}

/// A day's rows whose `x` is spread evenly from `from` on.
fn day(number: i64, rows: usize, from: f64) -> Vec<Row> {
    (0..rows)
        .map(|i| row(number, &format!("{number}-{i}"), from + (1.0 - from) * i as f64 / rows as f64, None))
        .collect()
}

#[test]
fn new_predictions_are_compared_with_the_validation_and_with_like_days() {
    let lake = Lake::new();
    let champion = lake.champion();
    // Day 42 of 1970 is a Thursday: the four weeks before hold days of both kinds.
    let past: Vec<Row> = (32..42).flat_map(|n| day(n, 60, 0.0)).collect();
    let (_, events) = lake.score(2, Some(champion.clone()), vec![lake.rows("batch/1.parquet", &past)], vec![]);
    let live = lake.commit(&events);
    let usual = lake.rows("batch/2.parquet", &day(42, 300, 0.0));
    let usual = lake.score_after(3, champion.clone(), usual, live.clone());
    let high = lake.score_after(3, champion, lake.rows("batch/3.parquet", &day(42, 300, 0.7)), live);
    for who in ["validation", "trailing"] {
        let (usual, high) = (drift(&usual, who, "1970-02-12"), drift(&high, who, "1970-02-12"));
        let names = ["chi2_p", "js", "ks", "psi", "reference_rows", "wasserstein"].map(|n| format!("drift_{n}"));
        assert_eq!(usual.keys().copied().collect::<Vec<_>>(), names);
        assert!(usual.values().all(|(_, n)| *n == 300));
        let apart = |name: &str| (usual[name].0, high[name].0);
        let ((calm, far), (calm_ks, far_ks)) = (apart("drift_wasserstein"), apart("drift_ks"));
        // The made-up rows are all red, those of the holdout are not: against it the usual day is not calm either.
        assert!(far > 0.8 && far > 1.5 * calm && far_ks > 0.4 && far_ks > calm_ks, "{usual:?} {high:?}");
        assert!(high["drift_chi2_p"].0 < 1e-6 && high["drift_js"].0 > 0.2, "{high:?}");
    }
    // Days 32 and 33 are Monday and Tuesday; 37 and 38 the only weekend.
    assert_eq!(drift(&usual, "trailing", "1970-02-12")["drift_reference_rows"], (480.0, 300));
    assert_eq!(drift(&usual, "validation", "1970-02-12")["drift_reference_rows"], (200.0, 300));
    assert!(drift(&usual, "trailing", "1970-02-12")["drift_wasserstein"].0 < 0.05, "the same day again");
    assert_eq!(metric(&usual, "predicted_invalid", None).map(|m| (m.value, m.n)), Some((0.0, 300)));
}

#[test]
fn levels_that_training_never_saw_are_counted_and_named() {
    let lake = Lake::new();
    let champion = lake.champion();
    let mut table = table(&day(40, 8, 0.0));
    let colours = ["red", "mauve", "mauve", "red", "teal", "blue", "red", "mauve"];
    table.with_column(polars::prelude::Column::new("colour".into(), colours)).unwrap();
    let (_, events) = lake.score(2, Some(champion), vec![lake.put("batch/1.parquet", &mut table)], vec![]);
    let of = |name: &str| -> Vec<(&str, f64, u64)> {
        let of = metrics(&events).into_iter().filter(|m| m.name == name && m.column.as_deref() == Some("colour"));
        of.map(|m| (m.who.as_str(), m.value, m.n)).collect()
    };
    assert_eq!(of("new_level_rate"), [("champion", 0.5, 8)]);
    assert_eq!(of("new_level"), [("mauve", 3.0, 8), ("teal", 1.0, 8)]);
}

#[test]
fn a_run_says_how_its_rows_differ_and_what_is_expected_of_it() {
    let lake = Lake::new();
    let champion = lake.champion();
    let rows: Vec<Row> =
        (0..200).map(|n| row(40 + n / 100, &format!("r{n}"), f64::from(n as u32) / 200.0, None)).collect();
    let (_, events) = lake.score(2, Some(champion.clone()), vec![lake.rows("batch/1.parquet", &rows)], vec![]);
    let account = lake.account(&events).unwrap();
    assert_eq!((account.version, account.run, account.rows, account.reference), (1, 2, 200, 1_200));
    let feature = |name: &str| account.features.iter().find(|one| one.name == name).unwrap();
    assert!(feature("x").drift() < 1.0, "{:?}", feature("x"));
    // The batches of these tests have no gap and one colour only.
    let gap = feature("gap");
    assert!(gap.drift() > 1.0 && gap.missing.1 == 1.0 && (0.05..0.15).contains(&gap.missing.0), "{gap:?}");
    let gone: Vec<&str> = feature("colour").vanished.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(gone.len(), 2, "{gone:?}");
    assert!(account.score.is_some() && account.classifier.as_ref().unwrap().low > 0.9, "{:?}", account.classifier);
    let say = |name: &str, who: &str, day: Option<&str>, column: Option<&str>| {
        let found = metrics(&events).into_iter().find(|m| {
            (m.name.as_str(), m.who.as_str(), m.day.as_deref(), m.column.as_deref()) == (name, who, day, column)
        });
        found.unwrap_or_else(|| panic!("{name} of {who}")).value
    };
    assert_eq!(say("input_psi", "champion", None, Some("gap")), gap.psi.value);
    assert!(say("input_p", "champion", None, Some("gap")) < 1e-6);
    let (low, expected, high) = (
        say("log_loss", "estimate_low", Some("1970-02-10"), None),
        say("log_loss", "estimate", Some("1970-02-10"), None),
        say("log_loss", "estimate_high", Some("1970-02-10"), None),
    );
    assert!((0.3..0.75).contains(&expected) && low < high, "{low} {expected} {high}");
    assert!((0.4..=1.0).contains(&say("auc", "estimate", None, None)), "over all days too");
    // What was predicted before is not looked at again.
    let live = lake.commit(&events);
    let (_, again) = lake.score(3, Some(champion), vec![lake.rows("batch/2.parquet", &rows)], live);
    assert_eq!(lake.account(&again), None);
}

#[test]
fn what_is_expected_comes_true_where_nothing_changed() {
    let lake = Lake::new();
    let champion = lake.champion();
    let told = |run: i64, known: bool, live: Vec<Part>| {
        let frame = crate::learn::samples::frame(20, 100, 9);
        let crate::learn::frame::Column::Number(x) = &frame.columns[0] else { panic!() };
        let one = |n: usize| {
            // Red as all batches here are: its chance is the larger one.
            let chance = 0.4 + 0.5 * f64::from(x[n]);
            let outcome = known.then_some(((n * 7919) % 1000) as f64 / 1000.0 < chance);
            row(40, &format!("r{n}"), f64::from(x[n]), outcome)
        };
        let rows: Vec<Row> = (0..2_000).map(one).collect();
        let batch = lake.rows(&format!("batch/{run}.parquet"), &rows);
        lake.score(run, Some(champion.clone()), vec![batch], live).1
    };
    let before = told(2, false, vec![]);
    let after = told(3, true, lake.commit(&before));
    let find = |events: &[WorkerEvent], who: &str| {
        let of = metrics(events).into_iter().find(|m| m.name == "log_loss" && m.who == who && m.day.is_some());
        of.map(|m| m.value).unwrap()
    };
    let (expected, actual) = (find(&before, "estimate"), find(&after, "champion"));
    assert!((expected - actual).abs() < 0.06, "expected {expected}, it was {actual}");
}

#[test]
fn the_version_before_is_judged_in_shadow_on_the_rows_that_the_champion_predicted() {
    let lake = Lake::new();
    let before = lake.champion();
    let plan = crate::domain::plan::ModelPlan { algorithms: vec![], ..crate::learn::samples::plan() };
    let (_, events) = lake.train_with(plan, 2, None, vec![lake.history(31)], vec![], 2);
    lake.commit(&events);
    let champion = lake.reference(2);
    let day = |known: bool| -> Vec<Row> {
        let outcome = |i: i64| known.then_some(i >= 20);
        (0..40).map(|i| row(40, &format!("r{i}"), if i >= 20 { 0.9 } else { 0.1 }, outcome(i))).collect()
    };
    let (_, events) =
        lake.score(3, Some(before.clone()), vec![lake.rows("batch/3.parquet", &day(false)[..10])], vec![]);
    let by_the_one_before = lake.commit(&events);
    let rest = lake.rows("batch/4.parquet", &day(false));
    let events = lake.score_in_shadow(4, (champion.clone(), before.clone()), rest, by_the_one_before);
    assert!(metrics(&events).iter().all(|m| m.who != "shadow"), "nothing is judged yet");
    let live = lake.commit(&events);
    let events = lake.score_in_shadow(5, (champion, before), lake.rows("batch/5.parquet", &day(true)), live);
    let shadow = |name: &str| metrics(&events).into_iter().find(|m| m.who == "shadow" && m.name == name).unwrap();
    assert_eq!((shadow("rows").value, shadow("rows").model), (30.0, Some(1)), "not those it predicted itself");
    let ours = metrics(&events).into_iter().find(|m| m.who == "champion" && m.name == "log_loss" && m.day.is_none());
    assert!(shadow("log_loss").value < ours.unwrap().value);
    assert!(shadow("loss_increase").value > 0.1, "{}", shadow("loss_increase").value);
}

#[test]
fn a_shadow_that_cannot_be_read_costs_its_figures_only() {
    let lake = Lake::new();
    let (champion, gone) = (lake.champion(), lake.champion());
    let gone = crate::domain::job::ModelRef { bundle: "models/p/9".to_owned(), ..gone };
    std::fs::create_dir_all(lake.path("models/p/9")).unwrap();
    std::fs::copy(lake.path("models/p/1/manifest.json"), lake.path("models/p/9/manifest.json")).unwrap();
    for file in ["preprocess.json", "model.bin", "judged-preprocess.json", "judged.bin", "metrics.json"] {
        std::fs::write(lake.path(&format!("models/p/9/{file}")), "{}").unwrap();
    }
    let batch = lake.rows("batch/1.parquet", &[row(40, "a", 0.9, None)]);
    let events = lake.score_in_shadow(2, (champion, gone), batch, vec![]);
    assert_eq!(lake.commit(&events).len(), 1);
    assert!(logs(&events).iter().any(|line| line.contains("is not scored in shadow")), "{:?}", logs(&events));
}

#[test]
fn several_classes_are_predicted_named_and_judged() {
    let lake = Lake::new();
    let (mut train, mut plan) = (Lake::several(30), crate::learn::samples::plan());
    plan.task = Task::Multiclass;
    plan.target = "outcome".to_owned();
    let history = lake.put("clean/several.parquet", &mut train);
    let (_, events) = lake.train_with(plan.clone(), 1, None, vec![history], vec![], 1);
    lake.commit(&events);
    let card = events.iter().find_map(|e| if let WorkerEvent::Model(card) = e { Some((**card).clone()) } else { None });
    let card = card.unwrap();
    assert_eq!(card.decision.verdict.to_string(), "promoted", "{}", card.decision.reason);
    assert!(
        logs(&events)
            .iter()
            .any(|text| text == "classes of fewer than 10 rows are learned together as `__other__`: rare")
    );
    let holdout = metrics(&events);
    let holdout = |name: &str, who: &str| holdout.iter().find(|m| m.name == name && m.who == who).unwrap().value;
    assert!(holdout("log_loss", "challenger") < holdout("log_loss", "baseline"));
    assert!(holdout("auc", "challenger") > 0.6 && holdout("skill", "challenger") > 0.1);
    let seen = std::fs::read(lake.path("models/p/1/diagnosis.json")).unwrap();
    let seen: crate::domain::diagnosis::Diagnosis = serde_json::from_slice(&seen).unwrap();
    let several = seen.several.unwrap();
    assert_eq!(several.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["high", "low", "__other__"]);
    assert_eq!(several.right().1, 200);

    let waiting = [row(40, "a", 0.9, None), row(40, "b", 0.1, None)];
    let batch = lake.put("batch/1.parquet", &mut outcomes(&waiting, &[None, None]));
    let champion = Some(lake.reference(1));
    let (_, events) = lake.score_with(plan.clone(), 2, champion.clone(), vec![batch], vec![]).unwrap();
    let expected: Vec<String> = lake.account(&events).unwrap().estimates.into_iter().map(|one| one.metric).collect();
    assert_eq!(expected, ["accuracy", "log_loss", "accuracy", "log_loss"], "over all and of the day");
    let live = lake.commit(&events);
    let table = lake.table(&live[0]);
    let called = table.column("predicted_class").unwrap();
    assert_eq!(called.str().unwrap().iter().collect::<Vec<_>>(), [Some("high"), Some("low")]);
    let probability =
        |class: &str| table.column(&format!("probability_{class}")).unwrap().f64().unwrap().get(0).unwrap();
    let sum = probability("high") + probability("low") + probability("__other__");
    assert!((sum - 1.0).abs() < 1e-6 && probability("high") > 0.5);
    assert_eq!(table.column("actual").unwrap().null_count(), 2);

    // One outcome as called, and one of a class that the model was never shown.
    let batch = lake.put("batch/2.parquet", &mut outcomes(&waiting, &[Some("high"), Some("new")]));
    let (summary, events) = lake.score_with(plan.clone(), 3, champion.clone(), vec![batch.clone()], live).unwrap();
    assert_eq!(summary, "0 rows predicted by version 1, 2 outcomes judged");
    let live = lake.commit(&events);
    let actual = lake.table(&live[0]);
    let actual = actual.column("actual").unwrap();
    assert_eq!(actual.str().unwrap().iter().collect::<Vec<_>>(), [Some("high"), Some("new")]);
    assert_eq!(metric(&events, "accuracy", Some("1970-02-10")).unwrap().value, 0.5);
    let loss = metric(&events, "log_loss", Some("1970-02-10")).unwrap().value;
    let other = table.column("probability___other__").unwrap().f64().unwrap().get(1).unwrap();
    assert!((loss - (-probability("high").ln() - other.ln()) / 2.0).abs() < 1e-9, "{loss}");
    assert!(metrics(&events).iter().any(|m| m.who == "baseline" && m.name == "log_loss"));
    // The book is read back as it was written: nothing is judged twice.
    let (summary, _) = lake.score_with(plan, 4, champion, vec![batch], live).unwrap();
    assert_eq!(summary, "0 rows predicted by version 1, 0 outcomes judged");
}
