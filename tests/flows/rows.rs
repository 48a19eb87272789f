//! Rows and the state of things on the command line.

use crate::workspace::Workspace;

#[test]
fn rows_are_asked_for_as_a_table_as_csv_as_json_and_into_a_file() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 2);
    workspace.told(&["run"]);
    let table = workspace.told(&["data", "clean", "--limit", "3", "--sort", "-rentals"]);
    assert!(table.starts_with("hour ") && table.lines().count() == 4, "{table}");
    let csv = workspace.told(&["data", "clean", "--csv", "--where", "weather = \"rain\" and rentals > 0"]);
    assert!(csv.lines().count() > 1 && csv.lines().skip(1).all(|line| line.contains("rain")), "{csv}");
    let counted = workspace.json(&["data", "clean", "--sql", "SELECT count(*) AS n FROM data"]);
    assert_eq!(counted[0]["n"], 48);
    let file = workspace.root().join("out.parquet");
    let to = file.display().to_string();
    workspace.told(&["data", "clean", "-o", &to]);
    let again = workspace.landfall(&["data", "clean", "-o", &to]);
    assert!(again.code == 3 && again.err.contains("there already"), "{again:?}");
    let wrong = workspace.landfall(&["data", "clean", "--where", "wether = 'rain'"]);
    assert!(wrong.code == 3 && wrong.err.contains("did you mean weather?"), "{wrong:?}");
    let none = workspace.landfall(&["data", "nothing"]);
    assert!(none.code == 3 && none.err.contains("it has"), "{none:?}");

    let plain = workspace.told(&["status", "--plain"]);
    assert!(plain.contains("The engine does not run.") && plain.contains("rentals: run 1 succeeded"), "{plain}");
    assert!(!plain.contains("  "), "no columns: {plain}");
}
