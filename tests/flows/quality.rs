//! How good the demo's model is: trained on January and February, judged on the whole of March, which it has not seen.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use crate::workspace::Workspace;

const CONFIG: &str = include_str!("../../config/demo/pipelines/flights.toml");

#[test]
fn the_demo_predicts_march_well_from_january_and_february() {
    let workspace = Workspace::nowhere();
    for folder in ["pipelines", "landing"] {
        std::fs::create_dir_all(workspace.root().join(folder)).unwrap();
    }
    workspace.write("landfall.toml", "");
    // Both months lie in one file each, and no schedule waits.
    workspace.write("pipelines/flights.toml", &CONFIG.replace("settle = \"300ms\"", "settle = \"20ms\""));
    let (first, march) = flights();
    workspace.land("flights_1.csv", &first);
    workspace.told(&["run"]);
    workspace.land("flights_2.csv", &march);
    workspace.told(&["run"]);

    let run = workspace.json(&["runs", "2"]);
    let figure = |name: &str, who: &str| {
        let of_all = |m: &&serde_json::Value| {
            m["name"] == name && m["who"] == who && m["split"] == "prequential" && m["day"].is_null()
        };
        let metric = run["metrics"].as_array().unwrap().iter().find(of_all).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(metric["n"], 27_902, "arrivals in March");
        metric["value"].as_f64().unwrap()
    };
    assert!(figure("auc", "champion") >= 0.69, "AUC {}", figure("auc", "champion"));
    assert!(figure("log_loss", "champion") <= 0.50, "log loss {}", figure("log_loss", "champion"));
    assert!(figure("log_loss", "baseline") > 0.53, "the prior's log loss {}", figure("log_loss", "baseline"));
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
    let header = format!("{},{}\n", flights.lines().next().unwrap(), by_hour[&("time_hour", "origin")]);
    let (mut first, mut march) = (header.clone(), header);
    for line in flights.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let weather = by_hour.get(&(fields[0], fields[9])).copied().unwrap_or(",,,,,");
        let month = if fields[0] < "2013-03-01T05" { &mut first } else { &mut march };
        month.push_str(&format!("{line},{weather}\n"));
    }
    (first, march)
}

fn unpacked(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}
