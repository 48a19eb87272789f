//! Readers of other makers find in the output what was published.

use std::path::Path;
use std::process::Command;

use chrono::NaiveDateTime;
use serde_json::Value;

use crate::faults::workspace::{FULL, Workspace, days};
use crate::servers::install::{self, left_out};
use crate::servers::objects::{Container, Kind};

#[test]
fn pyarrow_and_duckdb_read_what_was_published() {
    let packages = match install::python(&["pyarrow==22.0.0", "duckdb==1.4.2"]) {
        Ok(packages) => packages,
        Err(why) => return left_out("pyarrow and duckdb", &why),
    };
    for output in Kind::ALL.into_iter().filter_map(Kind::container) {
        read_by(&packages, &output);
    }
}

fn read_by(packages: &Path, output: &Container) {
    let workspace = Workspace::elsewhere(FULL, None, None, Some(output));
    workspace.land("1.csv", days(1..=14, true));
    workspace.run();
    workspace.land("2.csv", days(15..=17, false));
    assert_eq!(workspace.run_with("LANDFALL_CRASH", "output-staged").code, None, "killed while it publishes");
    workspace.run();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/read_published.py");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).arg(script).args(output.client()).arg(format!("{}/out", output.name)).arg("p");
    let said = python.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let theirs = rows(&said["rows"], ["/0", "/1", "/2"]);
    let ours = rows(&workspace.json(&["data", "predictions"]), ["/at", "/id", "/prediction"]);
    assert_eq!(theirs, ours);
    assert_eq!(theirs.len(), 3 * 18);
}

/// Instant, identity and prediction of every row, by which they are sorted.
fn rows(said: &Value, [at, id, prediction]: [&str; 3]) -> Vec<(NaiveDateTime, String, f64)> {
    let row = |row: &Value| {
        let text = |place: &str| row.pointer(place).and_then(Value::as_str).unwrap().to_owned();
        (
            text(at).replace(' ', "T").parse().unwrap(),
            text(id),
            row.pointer(prediction).and_then(Value::as_f64).unwrap(),
        )
    };
    let mut rows: Vec<_> = said.as_array().unwrap().iter().map(row).collect();
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    rows
}
