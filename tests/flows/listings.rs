//! What every screen shows, on the command line: as a table, as CSV, as JSON.

use crate::workspace::Workspace;

/// Commands, the heading of their CSV, and a cell that is there.
const LISTINGS: [(&[&str], &str, &str); 10] = [
    (&["status"], "pipeline,", "rentals"),
    (&["runs"], "run,pipeline,state", "succeeded"),
    (&["runs", "1"], "stage,state,took", "clean"),
    (&["files"], "file,pipeline,name", "committed"),
    (&["data", "clean"], "hour,", "rain"),
    (&["models"], "pipeline,version", "pipeline"),
    (&["alerts"], "alert,severity,state", "alert"),
    (&["alerts", "rules"], "pipeline,kind,stands", "rentals"),
    (&["events"], "at (UTC),level,pipeline", "rentals"),
    (&["settings"], "of,name,value,from", "pipelines/rentals.toml"),
];

#[test]
fn every_listing_comes_as_a_table_as_csv_and_as_json() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 2);
    workspace.told(&["run"]);
    for (arguments, heading, cell) in LISTINGS {
        let with = |more: &[&str]| workspace.told(&[arguments, more].concat());
        let csv = with(&["--format", "csv"]);
        assert!(csv.starts_with(heading) && csv.contains(cell), "{arguments:?}: {csv}");
        let columns = csv.lines().next().unwrap().split(',').count();
        assert!(csv.lines().all(|line| line.split(',').count() >= columns), "{arguments:?}: {csv}");
        let json = with(&["--format", "json"]);
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{arguments:?}: {json}");
        assert!(with(&["--format", "table"]).contains(cell), "{arguments:?}");
    }
    let both = workspace.landfall(&["runs", "--json", "--format", "csv"]);
    assert_ne!(both.code, 0);
}

#[test]
fn figures_and_reports_are_listed() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 2);
    workspace.told(&["run"]);
    let figures = workspace.json(&["metrics"]);
    let name = figures[0]["figure"].as_str().unwrap().to_owned();
    let history = workspace.json(&["metrics", &name]);
    assert!(history[0]["point"]["value"].is_number(), "{history}");
    let unknown = workspace.landfall(&["metrics", "nonsense"]);
    assert!(unknown.code == 3 && unknown.err.contains("lists them"), "{unknown:?}");
    assert!(workspace.json(&["reports"]).is_array());
    assert!(workspace.told(&["settings"]).contains("time_zone"));
}
