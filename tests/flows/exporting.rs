//! What Landfall trained, read and scored by Python.

use std::path::Path;
use std::process::Command;

use landfall::learn::bundle;
use landfall::learn::derive::NOTHING;
use landfall::learn::place::Place;
use landfall::stages::predict::predict;

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

fn told_by_python(packages: &Path, workspace: &Workspace, file: &str, what: &[&str]) -> Vec<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/exported.py");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(script);
    let output = python.arg(workspace.root().join("export")).arg(file).args(what).output().unwrap();
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

/// What features add is what XGBoost says (`given`, of a boosted model), and comes to what is predicted.
fn explained(workspace: &Workspace, file: &str, (task, algorithm): (&str, &str), given: &[f64]) {
    let config = landfall::config::load(workspace.root()).unwrap();
    let place = Place::open(&config.lake).unwrap();
    let bundle = bundle::load(&place, "models/rentals/1").unwrap();
    let (content, serving) = (&bundle.manifest.content, &bundle.serving);
    let bytes = std::fs::read(file).unwrap();
    let plan = &config.pipeline("rentals").unwrap().clean;
    let told = predict(&bundle, plan, bytes, file, 4, &NOTHING).unwrap();
    let (width, classes) = (content.features.len() + 1, content.classes.len().max(1));
    let calls = told.table.column("predicted_class").ok().map(|column| column.str().unwrap().clone());
    let predictions = told.table.column("prediction").unwrap().f64().unwrap().clone();
    assert_eq!(told.parts.len(), predictions.len() * width, "{task}, {algorithm}");
    for (row, parts) in told.parts.chunks_exact(width).enumerate() {
        let sum: f64 = parts.iter().sum();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-4 * b.abs().max(1.0);
        let said = predictions.get(row).unwrap();
        let comes_to = match (task, algorithm) {
            ("regression", "poisson" | "tweedie") => sum.exp(),
            ("regression", _) => sum,
            ("binary", _) => 1.0 / (1.0 + (-sum).exp()),
            // The scores of the other classes belong to it: below, where they are known.
            _ => said,
        };
        // What comes after the parts is said, and then they come to something else.
        let corrected = told.corrected.is_some();
        assert!(corrected || near(comes_to, said), "{task}, {algorithm}, row {row}: {sum} for {said}");
        let call = calls.as_ref().map_or(0, |names| {
            content.classes.iter().position(|class| Some(class.as_str()) == names.get(row)).unwrap()
        });
        if algorithm == "boosting" {
            let mut theirs = given[row * classes * width..][..classes * width].to_vec();
            if let Some(calibrator) = &serving.calibrator {
                calibrator.apply_to_contributions(&mut theirs, width);
            }
            for (at, (ours, theirs)) in parts.iter().zip(&theirs[call * width..]).enumerate() {
                assert!(near(*ours, *theirs), "{task}, row {row}, feature {at}: {ours} {theirs}");
            }
            let odds: Vec<f64> = theirs.chunks_exact(width).map(|parts| parts.iter().sum::<f64>().exp()).collect();
            let share = odds[call] / odds.iter().sum::<f64>();
            assert!(task != "multiclass" || near(share, said), "row {row}: {share} for {said}");
        }
    }
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
            let theirs = told_by_python(&packages, &workspace, &file, &[]);
            let classes = if task == "multiclass" { 3 } else { 1 };
            assert_eq!((ours.len(), theirs.len()), (27 * classes, 27 * classes), "{task}, {algorithm}");
            for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                let near = (ours - theirs).abs() <= 1e-6 * ours.abs().max(1.0);
                assert!(near, "{task}, {algorithm}, number {at}: {ours} {theirs}");
            }
            let given = told_by_python(
                &packages,
                &workspace,
                &file,
                &["contributions"][..usize::from(algorithm == "boosting")],
            );
            explained(&workspace, &file, (task, algorithm), &given);
        }
    }
}
