//! From figures in a real store to what is said of them, run by run.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, Duration, NaiveDate};

use super::{model, quality, results};
use crate::config::{Pipeline, load};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Severity, Verdict};
use crate::domain::metric::{Metric, Split};
use crate::domain::model::{Decision, ModelCard};
use crate::domain::run::RunState;
use crate::store::{Store, Transaction, alerts, champions, metrics, models, pipelines, runs};

const PIPELINE: &str = "
[landing]
path = \"landing\"
[columns]
at = { type = \"datetime\", key = true }
wind = \"float\"
carrier = \"text\"
late = { type = \"boolean\", role = \"target\" }
";

/// What a day's run measured.
#[derive(Clone, Copy)]
struct Day {
    wasserstein: f64,
    ks: f64,
    nulls: f64,
    labelled: f64,
    loss: f64,
    new_levels: f64,
    invalid: f64,
    duplicates: f64,
    verdict: crate::domain::model::Verdict,
}

const CALM: Day = Day {
    wasserstein: 0.03,
    ks: 0.02,
    nulls: 0.01,
    labelled: 0.97,
    loss: 0.49,
    new_levels: 0.0,
    invalid: 0.0,
    duplicates: 0.0,
    verdict: crate::domain::model::Verdict::Promoted,
};

struct Shop {
    store: Store,
    pipeline: Pipeline,
    days: i64,
}

fn instant(days: i64) -> Instant {
    NaiveDate::from_ymd_opt(2024, 3, 1).unwrap().and_hms_opt(6, 0, 0).unwrap().and_utc() + Duration::days(days)
}

fn name(days: i64) -> String {
    (NaiveDate::from_ymd_opt(2024, 3, 1).unwrap() + Days::new(days as u64)).to_string()
}

fn metric(name: &str, who: &str, value: f64, n: u64) -> Metric {
    let split = Split::Batch;
    let (name, who) = (name.to_owned(), who.to_owned());
    Metric { name, value, n, split, who, model: None, day: None, column: None, from: None, to: None, of_run: None }
}

fn of_day(day: i64, metric: Metric) -> Metric {
    Metric { split: Split::Prequential, day: Some(name(day)), ..metric }
}

impl Shop {
    async fn open(folder: &Path) -> Self {
        for part in ["pipelines", "state"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        std::fs::write(folder.join("landfall.toml"), "").unwrap();
        std::fs::write(folder.join("pipelines/p.toml"), PIPELINE).unwrap();
        let pipeline = load(folder).unwrap().pipelines.remove(0);
        let store = Store::open(&folder.join("state")).unwrap();
        store.write(|tx| pipelines::upsert(tx, "p", "P", "0", "auc", &[])).await.unwrap();
        Self { store, pipeline, days: 0 }
    }

    /// One more day: predicted by its run, the day before judged by it. Answers its run.
    async fn day(&mut self, day: Day) -> i64 {
        let n = self.days;
        self.days += 1;
        self.store.write(move |tx| record(tx, n, day)).await.unwrap()
    }

    async fn calm(&mut self, days: i64) {
        for _ in 0..days {
            self.day(CALM).await;
        }
    }

    /// What is said after `run`, by kind and object.
    async fn said(&self, run: i64) -> BTreeMap<(AlertKind, String), Verdict> {
        let pipeline = self.pipeline.clone();
        let said = self.store.read(move |connection| {
            let row = runs::get(connection, run)?.unwrap();
            let mut said = results::watched(connection, &pipeline, run)?;
            said.extend(model::watched(connection, &pipeline, &row)?);
            said.extend(quality::watched(connection, &pipeline, run)?);
            Ok(said)
        });
        let key = |verdict: &Verdict| (verdict.about().0, verdict.about().1.to_owned());
        said.await.unwrap().into_iter().map(|verdict| (key(&verdict), verdict)).collect()
    }

    /// The findings after one more day, by kind and object.
    async fn bad_after(&mut self, day: Day) -> Vec<(AlertKind, String, Severity)> {
        let run = self.day(day).await;
        let bad = |verdict| if let Verdict::Bad(finding) = verdict { Some(finding) } else { None };
        let said = self.said(run).await.into_values();
        said.filter_map(bad).map(|finding| (finding.kind, finding.object, finding.severity)).collect()
    }
}

fn record(tx: &Transaction<'_>, n: i64, day: Day) -> crate::store::Result<i64> {
    let now = instant(n);
    let run = runs::create(tx, &runs::NewRun::asked(&[]), now)?;
    runs::start(tx, run, now)?;
    runs::set_committed(tx, run, now)?;
    runs::set_state(tx, run, RunState::Succeeded, now)?;
    let mut said = Vec::new();
    for who in ["validation", "trailing"] {
        let figures = [("wasserstein", day.wasserstein), ("ks", day.ks), ("psi", 0.01), ("reference_rows", 9_000.0)];
        let figures = figures.into_iter().chain([("js", 0.01), ("chi2_p", 0.5)]);
        said.extend(figures.map(|(name, value)| of_day(n, metric(&format!("drift_{name}"), who, value, 900))));
    }
    said.push(of_day(n, metric("rows", "champion", 900.0, 900)));
    said.push(of_day(n, metric("predicted_rate", "champion", 0.2, 900)));
    said.push(of_day(n, metric("labelled", "champion", 0.0, 900)));
    if n > 0 {
        said.push(of_day(n - 1, metric("rows", "champion", 900.0, 900)));
        said.push(of_day(n - 1, metric("labelled", "champion", day.labelled, 900)));
        if day.labelled > 0.0 {
            said.push(of_day(n - 1, metric("log_loss", "champion", day.loss, 870)));
            said.push(of_day(n - 1, metric("auc", "champion", 0.7, 870)));
            said.push(of_day(n - 1, metric("positive_rate", "champion", 0.21, 870)));
        }
    }
    let column = |column: &str, metric| Metric { column: Some(column.to_owned()), ..metric };
    said.push(metric("predicted_invalid", "champion", day.invalid, 900));
    said.push(column("wind", metric("null_rate", "", day.nulls, 1_800)));
    said.push(column("late", metric("null_rate", "", 0.5, 1_800)));
    said.push(column("carrier", metric("new_level_rate", "champion", day.new_levels, 1_800)));
    said.push(column("carrier", metric("new_level", "X\u{1b}Y", 1_800.0 * day.new_levels, 1_800)));
    said.push(metric("contract_invalid", "", day.invalid, 900));
    said.push(metric("contract_duplicates", "", day.duplicates, 900));
    said.push(metric("contract_schema", "", 0.0, 900));
    said.push(Metric { split: Split::Holdout, ..metric("log_loss", "challenger", 0.5, 9_000) });
    for metric in &said {
        metrics::record(tx, "p", run, "score", metric)?;
    }
    let decision = Decision { verdict: day.verdict, reason: "for a reason".to_owned(), checks: Vec::new() };
    let card = ModelCard {
        leaks: vec![],
        version: n + 1,
        algorithm: "boosting".to_owned(),
        bundle: String::new(),
        hash: String::new(),
        data: String::new(),
        from: None,
        to: None,
        rows: 1,
        importance: Vec::new(),
        decision,
        seed: 1,
        calibration: None,
        standings: Vec::new(),
        continued: None,
        contest: Vec::new(),
    };
    models::enter(tx, "p", run, &card, now)?;
    models::commit(tx, run, now)?;
    if day.verdict == crate::domain::model::Verdict::Promoted {
        champions::crown(tx, "p", n + 1, Some(run), "landfall", "better", now)?;
    }
    Ok(run)
}

#[tokio::test]
async fn a_quiet_month_says_nothing_bad_and_every_fault_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(folder.path()).await;
    for _ in 0..30 {
        assert_eq!(shop.bad_after(CALM).await, []);
    }
    let warned = |kind, object: &str| vec![(kind, object.to_owned(), Severity::Warning)];
    let critical = |kind, object: &str| (kind, object.to_owned(), Severity::Critical);
    let drifted = Day { wasserstein: 0.18, ks: 0.2, ..CALM };
    assert_eq!(shop.bad_after(drifted).await, warned(AlertKind::ResultsDrift, "predictions"));
    assert_eq!(shop.bad_after(CALM).await, []);
    assert_eq!(shop.bad_after(Day { nulls: 0.3, ..CALM }).await, warned(AlertKind::NullRate, "wind"));
    assert_eq!(shop.bad_after(Day { nulls: 1.0, ..CALM }).await, [critical(AlertKind::NullRate, "wind")]);
    let unknown = Day { new_levels: 0.2, ..CALM };
    assert_eq!(shop.bad_after(unknown).await, warned(AlertKind::ResultsDrift, "new values in carrier"));
    assert_eq!(
        shop.bad_after(Day { invalid: 2.0, ..CALM }).await,
        [critical(AlertKind::ResultsDrift, "prediction values"), critical(AlertKind::Contract, "predictions")]
    );
    assert_eq!(shop.bad_after(Day { duplicates: 2.0, ..CALM }).await, [critical(AlertKind::Contract, "keys")]);
    let blocked = Day { verdict: crate::domain::model::Verdict::Blocked, ..CALM };
    assert_eq!(shop.bad_after(blocked).await, warned(AlertKind::ModelNotRefreshed, "p"));
    // What was judged yesterday counts once a later day is judged too.
    assert_eq!(shop.bad_after(Day { loss: 1.4, ..CALM }).await, []);
    assert_eq!(shop.bad_after(CALM).await, [critical(AlertKind::MetricDecline, "log_loss")]);
}

#[tokio::test]
async fn a_new_pipeline_learns_before_it_says_anything() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(folder.path()).await;
    shop.calm(3).await;
    let run = shop.day(Day { wasserstein: 2.0, ks: 0.9, nulls: 0.9, ..CALM }).await;
    let said = shop.said(run).await;
    let of = |kind, object: &str| said.get(&(kind, object.to_owned())).unwrap_or_else(|| panic!("{object}: {said:?}"));
    for (kind, object, had) in [
        (AlertKind::ResultsDrift, "predictions", 3),
        (AlertKind::NullRate, "wind", 3),
        (AlertKind::LabelsOverdue, "p", 3),
        (AlertKind::MetricDecline, "log loss of a week", 3),
    ] {
        assert!(matches!(of(kind, object), Verdict::Learning { have, .. } if *have == had), "{:?}", of(kind, object));
    }
    assert!(!said.contains_key(&(AlertKind::NullRate, "late".to_owned())), "an outcome is null until it is known");
}

#[tokio::test]
async fn outcomes_that_stop_coming_are_overdue_and_judged_by_past_delays() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(folder.path()).await;
    shop.calm(20).await;
    let silent = Day { labelled: 0.0, ..CALM };
    assert_eq!(shop.bad_after(silent).await, [], "one day late is within the grace of one and a half");
    let overdue = shop.bad_after(silent).await;
    assert_eq!(overdue, [(AlertKind::LabelsOverdue, "p".to_owned(), Severity::Warning)]);
}

#[tokio::test]
async fn slow_decline_is_seen_against_the_validation() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(folder.path()).await;
    shop.calm(14).await;
    let mut fired = Vec::new();
    for step in 0..40 {
        let loss = 0.49 + 0.01 * f64::from(step);
        fired.extend(shop.bad_after(Day { loss, ..CALM }).await.into_iter().map(|(kind, object, _)| (kind, object)));
        if !fired.is_empty() {
            break;
        }
    }
    assert_eq!(fired, [(AlertKind::MetricDecline, "log loss of a week".to_owned())]);
}

#[tokio::test]
async fn what_an_operator_calls_normal_is_learned_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::open(folder.path()).await;
    shop.calm(20).await;
    let another = Day { wasserstein: 0.5, ks: 0.4, nulls: 0.4, ..CALM };
    let run = shop.day(another).await;
    let findings: Vec<_> = shop
        .said(run)
        .await
        .into_values()
        .filter_map(|v| if let Verdict::Bad(f) = v { Some(f) } else { None })
        .collect();
    assert_eq!(findings.len(), 2, "{findings:?}");
    let now = instant(21);
    shop.store
        .write(move |tx| {
            for finding in &findings {
                let id = alerts::raise(tx, "p", finding, AlertState::Firing, Some(run), now)?;
                tx.execute("UPDATE alerts SET normal = ?2 WHERE id = ?1", (id, now.timestamp_millis()))?;
                alerts::set_state(tx, id, AlertState::Resolved, "an operator", "normal", now)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    for _ in 0..12 {
        assert_eq!(shop.bad_after(another).await, []);
    }
    shop.calm(4).await;
    let jump = Day { wasserstein: 1.9, ks: 0.9, nulls: 0.95, ..CALM };
    let bad: Vec<AlertKind> = shop.bad_after(jump).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(bad, [AlertKind::ResultsDrift, AlertKind::NullRate]);
}
