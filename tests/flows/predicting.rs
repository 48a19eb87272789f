//! `landfall predict`: a file that belongs to no run, scored by a version of a model.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use landfall::domain::dataset::DatasetKind;
use landfall::domain::job::{Job, WhyJob, Work, WorkerEvent};
use landfall::domain::why::Why;
use landfall::store::parts;
use polars::prelude::{ParquetReader, SerReader};

use crate::workspace::{Workspace, rentals};

/// Features that look beyond their row in every way.
const FEATURES: &str = r#"
[features]
local_hour = { part = "hour", time_zone = "Europe/Berlin" }
round = { cyclical = "local_hour" }
rented_a_day_ago = { lag = "rentals", rows = 1, delay = "23h" }
rented_lately = { rolling = "rentals", by = "weather", window = "3d", delay = "1d", impute = "median" }
mood = { lookup = "weather.csv", key = "weather", value = "mood", type = "float" }
"#;

fn trained(features: &str) -> Workspace {
    let workspace = Workspace::rentals("", features);
    workspace.write("weather.csv", "weather,mood\nclear,1\ncloudy,0.5\nrain,0\n");
    for day in 1..=20 {
        workspace.land(&format!("rentals_{day:02}.csv"), &rentals(day, 3));
    }
    workspace.told(&["run"]);
    let models = workspace.json(&["models"]);
    assert_ne!(models[0]["model"]["card"]["algorithm"], "baseline", "{models}");
    workspace
}

/// A day without its outcome, as a file that waits to be predicted has it.
fn unknown(day: u32) -> String {
    let text = rentals(day, 1);
    text.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0)).collect()
}

#[test]
fn a_file_without_outcomes_is_predicted_as_the_score_stage_would() {
    predicted_as_scored(&trained(""));
}

#[test]
fn what_looks_back_is_told_the_same_when_it_is_trained_predicted_and_scored() {
    let workspace = trained(FEATURES);
    let shown = workspace.told(&["models", "show", "1"]);
    for told in [
        "rented_lately = mean of rentals over 3d, by weather, known after 1d",
        "rented_a_day_ago = rentals 1 row back, known after 23h",
        "round_sin = SIN(",
        "mood = mood in weather.csv, by weather",
    ] {
        assert!(shown.contains(told), "no {told:?} in {shown}");
    }
    predicted_as_scored(&workspace);
    // A table that is gone keeps the champion from scoring, and the file from being predicted, with its name.
    std::fs::remove_file(workspace.root().join("weather.csv")).unwrap();
    let file = workspace.root().join("unknown.csv").display().to_string();
    let refused = workspace.landfall(&["predict", "-m", "rentals", &file]);
    assert!(refused.code == 2 && refused.err.contains("weather.csv: it cannot be read"), "{refused:?}");
}

fn predicted_as_scored(workspace: &Workspace) {
    workspace.write("unknown.csv", &unknown(21));
    let file = workspace.root().join("unknown.csv");
    let told = workspace.told(&["predict", "--model", "rentals@champion", &file.display().to_string()]);
    let rows: Vec<Vec<&str>> = told.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows[0].as_slice(), rows.len()), (["hour", "prediction"].as_slice(), 25));

    // The same day lands: the prediction that is published is the one that was told.
    let header = unknown(21).replace("working_day\n", "working_day,rentals\n");
    workspace.land("rentals_21.csv", &header.replace("true\n", "true,\n").replace("false\n", "false,\n"));
    workspace.told(&["run"]);
    let published = workspace.root().join("lake/predictions/rentals/2024-05-21");
    let part = fs::read_dir(&published)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "parquet"))
        .unwrap();
    let table = ParquetReader::new(File::open(&part).unwrap()).finish().unwrap();
    let scored = table.column("prediction").unwrap().f64().unwrap().clone();
    assert_eq!(scored.len(), 24);
    for (row, scored) in rows[1..].iter().zip(scored.iter()) {
        assert!((row[1].parse::<f64>().unwrap() - scored.unwrap()).abs() < 1e-9, "{row:?} {scored:?}");
    }

    // Asked why, a worker finds the row in the history and comes to the same prediction.
    let told = why(workspace, &part, 8);
    assert_eq!((told.version, Some(told.published), told.notes()), (1, scored.get(8), Vec::new()));
    assert_eq!(told.row, [("hour".to_owned(), "2024-05-21 08:00:00".to_owned())]);
    assert!((told.sum() - told.now).abs() < 1e-4 * told.now, "{told:?}");
    assert!(told.parts.len() >= 4 && told.parts[0].adds.abs() >= told.parts[1].adds.abs(), "{told:?}");
}

/// What a worker says of a row of predictions, as the console asks it.
fn why(workspace: &Workspace, table: &Path, row: u64) -> Why {
    let clean = parts::live(&workspace.store(), "rentals", DatasetKind::Clean).unwrap();
    let root = workspace.root().display().to_string();
    let work = WhyJob {
        table: table.display().to_string(),
        row,
        history: clean.into_iter().map(|row| row.part).collect(),
        workspace: root,
    };
    let job = Job {
        run: 0,
        pipeline: "rentals".into(),
        stage: "why".into(),
        attempt: 1,
        now: chrono::Utc::now(),
        seed: 0,
        lake: workspace.root().join("lake").as_path().into(),
        staging: String::new(),
        work: Work::Why(work),
    };
    let mut child = workspace.command(&["worker"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", serde_json::to_string(&job).unwrap()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let events = said.lines().map(|line| serde_json::from_str(line).unwrap());
    let told = events.filter_map(|event| if let WorkerEvent::Why(why) = event { Some(*why) } else { None }).next();
    told.unwrap_or_else(|| panic!("no answer: {said}"))
}

#[test]
fn standard_input_goes_in_reasons_and_parquet_come_out() {
    let workspace = trained("");
    let out = workspace.root().join("out.parquet");
    let arguments = ["predict", "-m", "rentals/1", "-", "--why", "2", "-o", &out.display().to_string()];
    let mut child = workspace.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(unknown(22).as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let table = ParquetReader::new(File::open(out).unwrap()).finish().unwrap();
    assert_eq!(
        (table.height(), table.get_column_names().iter().map(|n| n.as_str()).collect::<Vec<_>>().join(",")),
        (24, "hour,prediction,why".to_owned())
    );
    let why = table.column("why").unwrap().str().unwrap().get(8).unwrap().to_owned();
    let reasons: Vec<&str> = why.split(", ").collect();
    assert!(reasons.len() == 2 && reasons.iter().all(|r| r.contains(" = ") && r.contains(['+', '-'])), "{why}");
}

#[test]
fn what_cannot_be_predicted_is_said_in_a_sentence() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 3);
    let early = workspace.landfall(&["predict", "-m", "rentals", "x.csv"]);
    assert!(early.code == 2 && early.err.contains("landfall run"), "{early:?}");
    workspace.told(&["run"]);
    workspace.write("bad.csv", "hour,humidity\n2024-05-21T00:00:00Z,50\n");
    workspace.write("half.csv", &unknown(21).replacen(",clear,", ",clear,,,", 1));
    let file = |name: &str| workspace.root().join(name).display().to_string();
    for (arguments, code, said) in [
        (["-m", "rentals@9", &file("bad.csv")], 3, "has no version 9"),
        (["-m", "rentals@best", &file("bad.csv")], 3, "no version of `rentals` is called `best`"),
        (["-m", "nobody", &file("bad.csv")], 3, "no version of `nobody` is called `champion`"),
        (["-m", "rentals", &file("none.csv")], 2, "cannot be read"),
        (["-m", "rentals", &file("bad.csv")], 2, "temperature"),
    ] {
        let refused = workspace.landfall(&[["predict"].as_slice(), &arguments].concat());
        assert!(refused.code == code && refused.err.contains(said), "{arguments:?}: {refused:?}");
    }
    let half = workspace.landfall(&["predict", "-m", "rentals", &file("half.csv")]);
    assert!(half.code == 0 && half.err.contains("1 row could not be used"), "{half:?}");
    assert_eq!(half.out.lines().count(), 24);
}

#[test]
fn columns_that_nothing_reads_and_values_that_are_none_are_told() {
    let workspace = trained("");
    let text = unknown(21).replace("working_day\n", "working_day,note\n");
    let text = text.replace("true\n", "true,odd\n").replace("false\n", "false,odd\n");
    let broken = text.replacen("2024-05-21T00:00:00Z,", "2024-05-21T00:00:00Z,warm", 1);
    workspace.write("odd.csv", &broken);
    let file = workspace.root().join("odd.csv").display().to_string();
    let told = workspace.landfall(&["predict", "-m", "rentals", &file]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.err.contains("are not read: `note`"), "{}", told.err);
    let unusable = ["1 row could not be used", "1 value could not be read"];
    assert!(unusable.iter().any(|what| told.err.contains(what)), "{}", told.err);
    let plain = workspace.root().join("plain.csv");
    std::fs::write(&plain, unknown(21)).unwrap();
    assert_eq!(workspace.landfall(&["predict", "-m", "rentals", &plain.display().to_string()]).err, "");
}

/// Features that are made of the row alone.
const OWN: &str = r#"
[features]
local_hour = { part = "hour", time_zone = "Europe/Berlin" }
round = { cyclical = "local_hour" }
damp_heat = { expression = "temperature * humidity", type = "float" }
"#;

/// Takes the bundle of version 1 out of its workspace.
fn taken_elsewhere(workspace: &Workspace, to: &Workspace) -> String {
    let folder = to.root().join("taken");
    fs::create_dir(&folder).unwrap();
    for file in fs::read_dir(workspace.root().join("lake/models/rentals/1")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    folder.display().to_string()
}

#[test]
fn a_bundle_predicts_anywhere_what_its_workspace_predicts() {
    let (workspace, elsewhere) = (trained(OWN), Workspace::nowhere());
    let bundle = taken_elsewhere(&workspace, &elsewhere);
    elsewhere.write("unknown.csv", &unknown(21).replacen(",clear,", ",,", 1));
    let file = elsewhere.root().join("unknown.csv").display().to_string();
    let at_home = workspace.told(&["predict", "-m", "rentals/1", &file, "--why", "4"]);
    assert_eq!(at_home.lines().count(), 25);
    assert_eq!(elsewhere.told(&["predict", "--bundle", &bundle, &file, "--why", "4"]), at_home);
    for (arguments, code, said) in [
        (["predict", "--bundle", &bundle, "-m", "rentals/1", &file].as_slice(), 2, "cannot be used with"),
        (&["predict", &file], 2, "not provided"),
        (&["predict", "-b", "nowhere", &file], 2, "nowhere cannot be read"),
        (&["predict", "-b", &elsewhere.root().display().to_string(), &file], 2, "has no manifest.json"),
    ] {
        let refused = elsewhere.landfall(arguments);
        assert!(refused.code == code && refused.err.contains(said), "{arguments:?}: {refused:?}");
    }
    let model = elsewhere.root().join("taken/model.bin");
    let mut bytes = fs::read(&model).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&model, bytes).unwrap();
    let damaged = elsewhere.landfall(&["predict", "--bundle", &bundle, &file]);
    assert!(damaged.code == 2 && damaged.err.contains("the bundle is damaged"), "{damaged:?}");
}

#[test]
fn what_a_bundle_does_not_hold_is_refused_by_name() {
    for (feature, said) in [
        (FEATURES.lines().nth(4).unwrap(), "`rented_a_day_ago` looks back at `rentals` of earlier rows"),
        (FEATURES.lines().nth(6).unwrap(), "`mood` is looked up in weather.csv"),
    ] {
        let (workspace, elsewhere) = (trained(&format!("[features]\n{feature}\n")), Workspace::nowhere());
        let bundle = taken_elsewhere(&workspace, &elsewhere);
        elsewhere.write("unknown.csv", &unknown(21));
        let file = elsewhere.root().join("unknown.csv").display().to_string();
        let refused = elsewhere.landfall(&["predict", "--bundle", &bundle, &file]);
        assert!(refused.code == 2 && refused.err.contains(said), "{said}: {refused:?}");
        assert!(refused.err.lines().count() == 1, "{refused:?}");
    }
}
