//! From what runs said of their rows in a real store to what is said of them.

use std::path::Path;

use super::inputs;
use crate::config::{Pipeline, load};
use crate::domain::alert::Verdict;
use crate::domain::metric::{Metric, Split};
use crate::store::{self, Store, metrics, pipelines, runs};

const PIPELINE: &str = "
[landing]
path = \"landing\"
[columns]
at = { type = \"datetime\", key = true }
wind = \"float\"
carrier = \"text\"
late = { type = \"boolean\", role = \"target\" }
";

struct Shop {
    store: Store,
    pipeline: Pipeline,
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
        Self { store, pipeline }
    }

    /// A run whose features have these indices (of none it predicted nothing), and what is said after it.
    async fn run(&self, psi: &'static [(&'static str, f64)], auc: f64) -> Vec<Verdict> {
        let run = self.store.write(move |tx| record(tx, psi, auc)).await.unwrap();
        let pipeline = self.pipeline.clone();
        self.store.read(move |connection| inputs::watched(connection, &pipeline, run)).await.unwrap()
    }
}

fn record(tx: &store::Transaction<'_>, psi: &[(&str, f64)], auc: f64) -> store::Result<i64> {
    let now = chrono::DateTime::UNIX_EPOCH;
    let run = runs::create(tx, &runs::NewRun::asked(&[]), now)?;
    runs::start(tx, run, now)?;
    runs::set_committed(tx, run, now)?;
    let say = |metric: Metric| metrics::record(tx, "p", run, "score", &metric);
    for (column, psi) in psi {
        for (name, value) in [
            ("input_psi", *psi),
            ("input_limit", 0.2),
            ("input_p", if *psi > 0.25 { 1e-9 } else { 0.5 }),
            ("input_weight", if *column == "wind" { 0.7 } else { 0.02 }),
        ] {
            let (who, column) = ("champion".to_owned(), Some((*column).to_owned()));
            say(Metric { who, column, ..Metric::of_batch(name, value, 900) })?;
        }
    }
    for (who, value) in [("champion", auc), ("low", auc - 0.02)].into_iter().filter(|_| !psi.is_empty()) {
        say(Metric { who: who.to_owned(), ..Metric::of_batch("domain_auc", value, 900) })?;
    }
    for (who, value) in [("estimate", 0.7), ("estimate_low", 0.6), ("estimate_high", 0.8)] {
        let (split, day) = (Split::Prequential, Some(format!("2024-03-{run:02}")));
        say(Metric { split, day, who: who.to_owned(), ..Metric::of_batch("auc", value, 900) })?;
    }
    Ok(run)
}

#[tokio::test]
async fn a_feature_that_stays_away_is_told_with_its_history_and_a_run_without_predictions_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open(folder.path()).await;
    for _ in 0..8 {
        shop.run(&[("wind", 0.1), ("carrier", 0.05)], 0.6).await;
    }
    let once = shop.run(&[("wind", 0.9), ("carrier", 0.05)], 0.9).await;
    let watched =
        |verdict: &Verdict| matches!(verdict, Verdict::Fine { reason, .. } if reason.starts_with("watched: wind"));
    assert!(watched(&once[0]), "{once:?}");
    assert!(shop.run(&[], 0.5).await.is_empty());
    let twice = shop.run(&[("wind", 0.8), ("carrier", 0.05)], 0.9).await;
    let Verdict::Bad(features) = &twice[0] else { panic!("{twice:?}") };
    assert_eq!(
        (features.evidence.columns.as_slice(), features.evidence.history.len()),
        (["wind".to_owned()].as_slice(), 10)
    );
    assert_eq!((features.observed, features.expected), (Some(0.8), Some((0.0, 0.2))));
    assert!(matches!(&twice[1], Verdict::Bad(finding) if finding.unit == "domain_auc"), "{twice:?}");
    let expected = shop.store.read(|connection| store::inputs::expected(connection, "p", "auc", 5)).await.unwrap();
    assert_eq!((expected.len(), expected[4].day.as_str()), (5, "2024-03-11"));
    assert_eq!((expected[4].value, expected[4].band, expected[4].actual), (0.7, Some((0.6, 0.8)), None));
}
