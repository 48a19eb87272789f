//! Readers of other makers find in the output what was published.

use std::path::Path;
use std::process::Command;

use landfall::domain::dataset::DatasetKind;
use landfall::lake::{Lake, wait};

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
    // What a reader would download, as it lies there.
    let folder = tempfile::tempdir().unwrap();
    let there = Lake::open(output.location("out")).unwrap();
    for object in wait(there.list("")).unwrap() {
        let path = folder.path().join(&object.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, wait(there.get(&object.path)).unwrap()).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/read_published.py");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).arg(script).arg(folder.path()).arg("p");
    let said = python.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let counted: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(counted["rows"], workspace.keys(DatasetKind::Predictions));
    assert_eq!(counted["parts"], 3);
}
