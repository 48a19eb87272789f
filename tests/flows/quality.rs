//! How good the models of the demo's tasks are: trained on January and February, judged on the whole of March, which they
//! have not seen. The figures to reach are those of a plain boosted model, measured in Python.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::workspace::Workspace;

const LATE: &str = include_str!("../../config/demo/pipelines/flights.toml");
const OUTCOME: &str = include_str!("../../config/examples/flights-outcome/pipelines/outcome.toml");
const MINUTES: &str = include_str!("../../config/examples/flights-minutes/pipelines/minutes.toml");

#[test]
fn the_demo_predicts_march_well_from_january_and_february() {
    let march = March::predicted(LATE, 27_902);
    assert!(march.figure("auc", "champion") >= 0.702, "AUC {}", march.figure("auc", "champion"));
    assert!(march.figure("log_loss", "champion") <= 0.492, "log loss {}", march.figure("log_loss", "champion"));
    assert!(march.figure("log_loss", "baseline") > 0.53, "the prior's {}", march.figure("log_loss", "baseline"));
}

#[test]
fn the_minutes_of_march_are_predicted_well_from_january_and_february() {
    let march = March::predicted(MINUTES, 27_902);
    assert!(march.figure("rmse", "champion") <= 41.88, "RMSE {}", march.figure("rmse", "champion"));
    assert!(march.figure("r2", "champion") >= 0.099, "R² {}", march.figure("r2", "champion"));
    assert!(march.figure("rmse", "baseline") > 44.0, "the mean's {}", march.figure("rmse", "baseline"));
}

#[test]
fn what_becomes_of_the_flights_of_march_is_predicted_well_from_january_and_february() {
    let march = March::predicted(OUTCOME, 28_834);
    assert!(march.figure("log_loss", "champion") <= 1.073, "log loss {}", march.figure("log_loss", "champion"));
    assert!(march.figure("log_loss", "baseline") > 1.12, "the prior's {}", march.figure("log_loss", "baseline"));
    assert!(march.figure("accuracy", "champion") >= 0.50, "accuracy {}", march.figure("accuracy", "champion"));
    let cancelled = march.auc_of("cancelled");
    assert!(cancelled >= 0.82, "AUC of cancelled {cancelled}");
}

/// What was predicted for March by a model of January and February, judged.
struct March {
    workspace: Workspace,
    metrics: Vec<serde_json::Value>,
    rows: u64,
}

impl March {
    /// Of a pipeline over the demo's files; so many of March's flights have an outcome.
    fn predicted(config: &str, rows: u64) -> Self {
        let workspace = Workspace::nowhere();
        for folder in ["pipelines", "landing"] {
            std::fs::create_dir_all(workspace.root().join(folder)).unwrap();
        }
        workspace.write("landfall.toml", "");
        // Both months lie in one file each, and no schedule waits.
        workspace.write("pipelines/flights.toml", &config.replace("settle = \"300ms\"", "settle = \"20ms\""));
        let (first, march) = flights();
        workspace.land("flights_1.csv", &first);
        workspace.told(&["run"]);
        workspace.land("flights_2.csv", &march);
        workspace.told(&["run"]);
        let metrics = workspace.json(&["runs", "2"])["metrics"].as_array().unwrap().clone();
        Self { workspace, metrics, rows }
    }

    /// The area under the ROC curve of a class against the others, over what was published.
    fn auc_of(&self, class: &str) -> f64 {
        let sql =
            format!("SELECT probability_{class} AS p, actual = '{class}' AS y FROM data WHERE actual IS NOT NULL");
        let told = self.workspace.told(&["data", "predictions", "--sql", &sql, "--csv"]);
        let rows = told.lines().skip(1).map(|line| line.split_once(',').unwrap());
        let (p, y): (Vec<f64>, Vec<bool>) = rows.map(|(p, y)| (p.parse::<f64>().unwrap(), y == "true")).unzip();
        assert_eq!(p.len() as u64, self.rows);
        landfall::learn::metrics::auc(&y, &p).unwrap()
    }

    fn figure(&self, name: &str, who: &str) -> f64 {
        let of_all = |m: &&serde_json::Value| {
            m["name"] == name && m["who"] == who && m["split"] == "prequential" && m["day"].is_null()
        };
        let metric = self.metrics.iter().find(of_all).unwrap_or_else(|| panic!("no {name} of the {who}"));
        assert_eq!(metric["n"], self.rows, "flights of March with an outcome");
        metric["value"].as_f64().unwrap()
    }
}

/// All flights with their outcome and the weather of their hour: January and February, and March (by UTC hour).
fn flights() -> (String, String) {
    let (weather, flights) = (unpacked("weather-2013-q1.csv.gz"), unpacked("flights-2013-q1.csv.gz"));
    let by_hour: BTreeMap<(&str, &str), &str> = weather
        .lines()
        .map(|line| {
            let mut fields = line.splitn(3, ',');
            ((fields.next().unwrap(), fields.next().unwrap()), fields.next().unwrap())
        })
        .collect();
    let header = format!("{},{},status\n", flights.lines().next().unwrap(), by_hour[&("time_hour", "origin")]);
    let (mut first, mut march) = (header.clone(), header);
    for line in flights.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let weather = by_hour.get(&(fields[0], fields[9])).copied().unwrap_or(",,,,,");
        let month = if fields[0] < "2013-03-01T05" { &mut first } else { &mut march };
        let status = if fields[2].is_empty() { "cancelled" } else { "flown" };
        month.push_str(&format!("{line},{weather},{status}\n"));
    }
    (first, march)
}

fn unpacked(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}
