//! What Landfall trained, read and scored by Python.

use std::path::Path;
use std::process::Command;

use crate::python::packages;
use crate::workspace::{Workspace, rentals};

/// What is installed, once on a machine.
const PACKAGES: [&str; 7] = [
    "xgboost-cpu==3.1.3",
    "scikit-learn==1.9.1",
    "numpy==2.4.6",
    "scipy==1.17.1",
    "joblib==1.6.0",
    "threadpoolctl==3.8.0",
    "narwhals==2.29.0",
];

const STAGES: &str = "[stages.clean]\n[stages.score]\n[stages.publish]\nneeds = [\"train\"]\n[stages.train]\n\
                      needs = [\"score\"]\nmin_rows = 50\n";

/// Rows with a level that training never saw and values that are missing.
fn unknown() -> String {
    let mut text: String =
        rentals(25, 1).lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect();
    text.push_str("2024-05-25T23:10:00Z,,60,clear,true\n2024-05-25T23:20:00Z,21.5,55,hail,false\n");
    text.push_str("2024-05-25T23:30:00Z,19.25,,,true\n");
    text
}

fn predicted_by_python(packages: &Path, workspace: &Workspace, file: &str) -> Vec<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/exported.py");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(script);
    let output = python.arg(workspace.root().join("export")).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

/// The target of each task, made of the rentals.
const TASKS: [(&str, &str); 3] = [
    ("regression", "rentals = { type = \"integer\", role = \"target\" }"),
    ("binary", "busy = { type = \"boolean\", role = \"target\", expression = \"rentals > 230\" }"),
    (
        "multiclass",
        "level = { type = \"text\", role = \"target\", expression = \"CASE WHEN rentals > 260 THEN 'high' WHEN rentals > \
         190 THEN 'middle' WHEN rentals > 0 THEN 'low' END\" }",
    ),
];

/// A workspace that predicts the task with the algorithm, trained on twenty days.
fn trained(task: &str, target: &str, algorithm: &str) -> Workspace {
    let calibrate = if task == "regression" { "" } else { "calibrate = true\n" };
    let workspace = Workspace::rentals("", &format!("{STAGES}algorithms = [\"{algorithm}\"]\n{calibrate}"));
    let config = std::fs::read_to_string(workspace.pipeline()).unwrap();
    let (before, _) = TASKS[0].1.split_once(" = ").unwrap();
    let line = config.lines().find(|line| line.starts_with(before)).unwrap().to_owned();
    let never = "rentals = { type = \"integer\", role = \"never\" }";
    let columns = if task == "regression" { target.to_owned() } else { format!("{never}\n{target}") };
    workspace.write("pipelines/rentals.toml", &config.replace(&line, &columns));
    for day in 1..=20 {
        let text = rentals(day, 4);
        // A history without a gap would have no column that says what was missing.
        workspace.land(&format!("rentals_{day:02}.csv"), &text.replacen(",clear,", ",,", 1));
    }
    workspace.told(&["run"]);
    let told = workspace.json(&["models"]);
    assert_eq!(told[0]["model"]["card"]["algorithm"], algorithm, "{task}: {told}");
    workspace
}

/// Every probability, or the number, of each row of a table that `landfall predict` wrote.
fn numbers(csv: &str) -> Vec<f64> {
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let several = header.iter().any(|name| name.starts_with("probability_"));
    let wanted = |name: &str| if several { name.starts_with("probability_") } else { name == "prediction" };
    let of_row = |line: &str| -> Vec<f64> {
        header.iter().zip(line.split(',')).filter(|(name, _)| wanted(name)).map(|(_, p)| p.parse().unwrap()).collect()
    };
    csv.lines().skip(1).flat_map(of_row).collect()
}

#[test]
fn xgboost_and_scikit_learn_predict_what_landfall_predicts() {
    let packages = match packages("xgboost-cpu-3.1.3", &PACKAGES) {
        Ok(packages) => packages,
        Err(why) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no Python to read models with: {why}");
            eprintln!("LEFT OUT: no Python to read models with: {why}");
            return;
        }
    };
    for (task, target) in TASKS {
        let lines: &[&str] = match task {
            "regression" => &["linear", "ols", "ridge", "lasso", "elastic_net", "poisson", "tweedie"],
            _ => &["linear"],
        };
        let lines = lines.iter().map(|algorithm| (*algorithm, "coefficients.json"));
        for (algorithm, file) in std::iter::once(("boosting", "model.xgb.json")).chain(lines) {
            let workspace = trained(task, target, algorithm);
            let folder = workspace.root().join("export");
            workspace.told(&["models", "export", "1", "--to", &folder.display().to_string()]);
            assert!(folder.join(file).exists() && folder.join("signature.json").exists());
            workspace.write("unknown.csv", &unknown());
            let file = workspace.root().join("unknown.csv").display().to_string();
            let ours = numbers(&workspace.told(&["predict", "-m", "rentals", &file]));
            let theirs = predicted_by_python(&packages, &workspace, &file);
            let classes = if task == "multiclass" { 3 } else { 1 };
            assert_eq!((ours.len(), theirs.len()), (27 * classes, 27 * classes), "{task}, {algorithm}");
            for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                let near = (ours - theirs).abs() <= 1e-6 * ours.abs().max(1.0);
                assert!(near, "{task}, {algorithm}, number {at}: {ours} {theirs}");
            }
        }
    }
}
