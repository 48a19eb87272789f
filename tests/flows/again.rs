//! What a run trained, trained once more; and what would have been learned in the past.

use crate::workspace::Workspace;

fn two_runs() -> Workspace {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 12);
    workspace.told(&["run"]);
    workspace.land_days(13, 14);
    workspace.told(&["run"]);
    workspace
}

#[test]
fn a_run_is_replayed_bit_for_bit_and_what_differs_is_named() {
    let workspace = two_runs();
    for run in ["1", "2"] {
        let told = workspace.json(&["replay", run]);
        assert_eq!((told["same"].as_bool(), told["hash"] == told["hash_now"]), (Some(true), true), "{told}");
    }
    assert!(!workspace.root().join("lake/.staging/2/replay-1").exists(), "it leaves nothing behind");
    let nothing = workspace.landfall(&["replay", "9"]);
    assert!(nothing.code == 3 && nothing.err.contains("there is no run 9"), "{nothing:?}");

    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    let other = text.replace("humidity = \"float\"", "humidity = { type = \"float\", role = \"never\" }");
    workspace.write("pipelines/rentals.toml", &other);
    let differs = workspace.landfall(&["replay", "2"]);
    assert_eq!(differs.code, 1, "{differs:?}");
    assert!(differs.out.contains("the configuration of rentals has changed since run 2"), "{differs:?}");
    assert!(differs.out.contains("models/rentals/2/preprocess.json differs"), "{differs:?}");
    workspace.write("pipelines/rentals.toml", &text);

    let clean = workspace.root().join("lake/clean/rentals");
    std::fs::remove_dir_all(clean).unwrap();
    let gone = workspace.landfall(&["replay", "2"]);
    assert!(gone.code == 3 && gone.err.contains("is no longer in the lake"), "{gone:?}");
}

#[test]
fn a_backtest_compares_windows_as_table_csv_and_json() {
    let workspace = Workspace::rentals("", "[stages.clean]\n[stages.score]\n[stages.train]\nholdout = \"2d\"\n");
    workspace.land_days(1, 14);
    workspace.told(&["run"]);
    let asked = ["backtest", "rentals", "--folds", "2", "--policies", "half-life:4d,100rows", "--gap", "12h"];
    let told = workspace.json(&asked);
    let trials = told["trials"].as_array().unwrap();
    assert_eq!((told["gap_days"].as_f64(), told["loss"].as_str()), (Some(0.5), Some("squared error")));
    let folds: Vec<_> = trials.iter().map(|trial| trial["fold"].as_u64().unwrap()).collect();
    assert_eq!((folds.first(), folds.last()), (Some(&1), Some(&2)));
    assert!(trials.iter().all(|trial| trial["rows"] == 48), "{told}");
    let table = workspace.told(&asked);
    for said in ["everything before", "half weight after 4 days", "the newest 100 rows", "2 folds", "0.5 days after"] {
        assert!(table.contains(said), "{said}: {table}");
    }
    let csv = workspace.told(&[&asked[..], &["--csv"]].concat());
    assert_eq!(csv.lines().count(), trials.len() + 1);
    assert!(csv.starts_with("fold,from,to,trained_on,algorithm,trained,rows,loss,"), "{csv}");
    let curve = workspace.told(&["backtest", "--folds", "1", "--curve"]);
    assert!(curve.contains("the newest 134 rows") && curve.contains("the newest 33 rows"), "{curve}");
}
