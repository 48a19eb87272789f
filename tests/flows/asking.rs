//! From an empty folder to a first run, and everything that can be asked about it.

use super::pretty;
use crate::workspace::Workspace;

#[test]
fn from_init_to_everything_that_can_be_asked() {
    let workspace = Workspace::rentals("", "");
    assert_eq!(workspace.told(&["check"]), "valid: 1 pipeline (rentals)\n");
    workspace.land_days(1, 20);

    let ran = workspace.told(&["run"]);
    assert!(ran.starts_with("rentals: true (20 new files)\n"), "{ran}");
    for stage in ["clean", "score", "train", "publish", "report"] {
        assert!(ran.lines().any(|line| line.trim_start().starts_with(stage) && line.contains("succeeded")), "{ran}");
    }
    assert!(ran.lines().last().unwrap().ends_with("480 rows"), "{ran}");
    let again = workspace.told(&["run"]);
    assert_eq!(again, "rentals: false (nothing new: 20 files known)\n");

    let status = workspace.told(&["status"]);
    assert!(status.starts_with("engine: not running (stopped "), "{status}");
    assert!(status.contains("run 1 succeeded") && status.contains("false (nothing new: 20 files known)"), "{status}");
    let runs = workspace.told(&["runs"]);
    assert!(runs.lines().count() == 2 && runs.contains("manual") && runs.contains("20 new files"), "{runs}");
    let run = workspace.told(&["runs", "1"]);
    assert!(run.starts_with("run 1 of rentals: succeeded (20 new files)\n") && run.contains("peak memory"), "{run}");
    assert_eq!(workspace.told(&["files", "-n", "7"]).lines().count(), 8);
    let story = workspace.told(&["files", "rentals_03.csv"]);
    let states: Vec<&str> = story
        .lines()
        .skip(1)
        .filter(|line| line.contains(":") && line.starts_with("  2"))
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let settled: Vec<&str> = states.into_iter().filter(|state| *state != "settling").collect();
    assert_eq!(settled, ["seen", "ready", "claimed", "committed"], "{story}");
    let models = workspace.told(&["models"]);
    assert!(models.contains("champion") && models.contains("promoted"), "{models}");
    assert_eq!(workspace.told(&["alerts"]), "no alert stands\n");

    let shapes = [
        ("status", workspace.json(&["status"])),
        ("runs", workspace.json(&["runs"])),
        ("run", workspace.json(&["runs", "1"])),
        ("files", workspace.json(&["files"])),
        ("file", workspace.json(&["files", "rentals_03.csv"])),
        ("models", workspace.json(&["models"])),
        ("model", workspace.json(&["models", "show", "1"])),
        ("check", workspace.json(&["check"])),
    ];
    for (name, document) in shapes {
        insta::assert_snapshot!(format!("shape_{name}"), pretty(&document));
    }
    assert_eq!(workspace.json(&["alerts"]), serde_json::json!([]));
    assert_eq!(workspace.json(&["run"])["answer"], "rentals: false (nothing new: 20 files known)");
}

#[test]
fn a_version_is_shown_with_its_diagnosis_in_the_terminal_and_in_the_report() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 20);
    workspace.told(&["run"]);
    let shown = workspace.told(&["models", "show", "1"]);
    for text in [
        "version 1 of rentals, champion: ",
        "promoted: ",
        "how it was judged\n",
        "version 1 on its holdout: ",
        "loss when shuffled",
        "residuals: outcome minus prediction",
        "calibration\n",
        "mean prediction as one feature varies",
        "squared error",
    ] {
        assert!(shown.contains(text), "{text} is not in:\n{shown}");
    }
    assert_eq!(workspace.told(&["models", "show", "1", "-p", "rentals"]), shown);
    let document = workspace.json(&["models", "show", "1"]);
    assert_eq!((&document["champion"], &document["diagnosis"]["task"]), (&true.into(), &"regression".into()));
    let days = document["diagnosis"]["by_day"].as_array().unwrap().len();
    assert!(days > 1 && shown.lines().filter(|line| line.starts_with("2024-05-")).count() == days, "{shown}");

    let reports = workspace.root().join("lake/reports/rentals");
    let page = std::fs::read_dir(reports).unwrap().map(|entry| entry.unwrap().path());
    let page: Vec<_> = page.filter(|path| path.extension().is_some_and(|kind| kind == "html")).collect();
    let page = std::fs::read_to_string(&page[0]).unwrap();
    assert!(page.contains("How does the model do it?") && page.contains("version 1 on its holdout: "));

    for (arguments, code, words) in [
        (&["models", "show", "9"][..], 3, "there is no version 9"),
        (&["models", "show", "1", "-p", "other"], 3, "there is no version 1 of other"),
        (&["models", "-n", "3", "show", "1"], 2, "cannot be used"),
    ] {
        let said = workspace.landfall(arguments);
        assert!(said.code == code && said.err.contains(words), "{said:?}");
    }
    let file = workspace.root().join("lake/models/rentals/1/diagnosis.json");
    std::fs::write(&file, "[]").unwrap();
    let damaged = workspace.landfall(&["models", "show", "1"]);
    assert!(damaged.code == 2 && damaged.err.contains("1/diagnosis.json is not what was written"), "{damaged:?}");
    std::fs::remove_file(file).unwrap();
    let old = workspace.told(&["models", "show", "1"]);
    assert!(old.ends_with("\nversion 1 was trained before diagnoses were kept\n"), "{old}");
    assert_eq!(workspace.json(&["models", "show", "1"])["diagnosis"], serde_json::Value::Null);
}

#[test]
fn a_configuration_that_is_wrong_is_told_as_a_compiler_would_and_nothing_is_touched() {
    let workspace = Workspace::rentals("setle = \"1s\"", "");
    workspace.land_days(1, 1);
    let check = workspace.landfall(&["check"]);
    assert_eq!(check.code, 1);
    for part in ["pipelines/rentals.toml:", "setle", "^^^^^", "settle", "1 error"] {
        assert!(check.out.contains(part), "{part} is not in:\n{}", check.out);
    }
    let document = workspace.landfall(&["check", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&document.out).unwrap();
    assert_eq!(document["valid"], false);
    assert_eq!(document["problems"][0]["file"], "pipelines/rentals.toml");
    let run = workspace.landfall(&["run"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("setle") && run.out.is_empty(), "{run:?}");
    assert!(!workspace.root().join(".landfall").exists(), "a command that could not begin left something behind");
}
