//! `landfall drift`: how the rows of a run differ from those its model was trained on.

use std::fs;

use crate::workspace::{Workspace, rentals};

#[test]
fn a_run_tells_how_its_rows_differ_as_a_table_as_csv_and_in_the_report() {
    let workspace = Workspace::rentals("", "");
    for day in 1..=20 {
        workspace.land(&format!("rentals_{day:02}.csv"), &rentals(day, 3));
    }
    workspace.told(&["run"]);
    let early = workspace.landfall(&["drift"]);
    assert_eq!(early.code, 3, "{early:?}");
    assert!(early.err.contains("no run predicted anything yet"), "{early:?}");

    workspace.land("rentals_21.csv", &rentals(21, 1));
    workspace.told(&["run"]);
    let account = workspace.json(&["drift"]);
    assert_eq!((&account["version"], &account["run"], &account["rows"]), (&1.into(), &2.into(), &24.into()));
    let features = account["features"].as_array().unwrap();
    assert!(features.len() >= 4, "{account:#}");
    for feature in features {
        assert!(feature["psi"]["limit"].as_f64() > Some(0.0), "{feature:#}");
        let shares = feature["bins"].as_array().unwrap().iter().map(|bin| bin["batch"].as_f64().unwrap());
        assert!((shares.sum::<f64>() - 1.0).abs() < 1e-9, "{feature:#}");
    }
    let table = workspace.told(&["drift", "2"]);
    assert!(table.starts_with("run 2: 24 rows of 2024-05-21 "), "{table}");
    assert!(table.contains("that version 1 was trained on") && table.contains("temperature"), "{table}");
    let csv = workspace.told(&["drift", "--csv"]);
    // The features and the predictions below the header.
    assert_eq!(csv.lines().count(), features.len() + 2, "{csv}");
    let columns: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert!(columns.iter().all(|columns| *columns == columns_of(&csv)), "{csv}");
    for (arguments, what) in [(["drift", "1"], "run 1 predicted nothing"), (["drift", "9"], "there is no run 9")] {
        let refused = workspace.landfall(&arguments);
        assert!(refused.code == 3 && refused.err.contains(what), "{refused:?}");
    }

    // What was expected before the outcomes were known, and beside it what it was, once they are.
    let labelled = rentals(22, 1);
    let waiting: Vec<String> = labelled.lines().map(|line| format!("{},", line.rsplit_once(',').unwrap().0)).collect();
    let waiting = waiting.join("\n").replacen("working_day,", "working_day,rentals", 1);
    workspace.land("rentals_22.csv", &format!("{waiting}\n"));
    workspace.told(&["run"]);
    let estimates = |run: &str| workspace.json(&["drift", run])["estimates"].as_array().unwrap().clone();
    let (judged, open) = (estimates("2"), estimates("3"));
    assert!(open.len() >= 4 && open.iter().all(|one| one["actual"].is_null()), "{open:#?}");
    assert_eq!(judged.len(), open.len());
    for one in &judged {
        // The run predicted one day, all of it.
        let whole = judged.iter().find(|of| of["metric"] == one["metric"]).unwrap();
        assert!(one["actual"].as_f64() > Some(0.0) && one["actual"] == whole["actual"], "{one:#}");
        assert_eq!(one["known"].as_f64(), Some(1.0), "{one:#}");
    }
    assert!(open.iter().all(|one| one["known"].as_f64() == Some(0.0)), "{open:#?}");
    let table = workspace.told(&["drift", "2"]);
    let header = table.lines().find(|line| line.contains("expected") && line.contains("was ")).unwrap();
    assert!(header.split_whitespace().eq(["day", "metric", "expected", "usual", "was", "known", "rows"]), "{table}");
    assert!(table.contains("rmse: of 1 day with known outcomes "), "{table}");

    let reports = workspace.root().join("lake/reports/rentals");
    let judged = fs::read_to_string(reports.join("run-2.html")).unwrap();
    for text in ["Where was it most wrong, and why?", "<h3>hour 2024-05-21 ", "Version 1 predicted ", "Adds (rentals)"]
    {
        assert!(judged.contains(text), "{text}");
    }
    let report = fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    let page = fs::read_to_string(&report).unwrap();
    assert!(
        page.contains("Are the rows those the model knows?") && page.contains("id=\"drift-quadrants-t\""),
        "{report:?}"
    );
}

fn columns_of(csv: &str) -> usize {
    csv.lines().next().unwrap().split(',').count()
}
