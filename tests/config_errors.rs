//! Configurations as files, good ones and bad ones, and what is said about them.
//!
//! In the bad ones every line that must be complained about ends in `#~`, once for each complaint. A file without any
//! such mark is one whose errors are not about a line, or that is not TOML: for those the snapshot speaks alone.

use std::fs;
use std::path::{Path, PathBuf};

use landfall::config::{Problems, load, load_with_warnings};

fn folders(below: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    let mut folders: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

/// (file, line) of every mark below `folder`, in order, with repetitions.
fn marked(folder: &Path) -> Vec<(String, usize)> {
    let mut files = vec!["landfall.toml".to_owned()];
    if let Ok(entries) = fs::read_dir(folder.join("pipelines")) {
        files.extend(entries.map(|e| format!("pipelines/{}", e.unwrap().file_name().to_string_lossy())));
    }
    let mut marks = Vec::new();
    for file in files {
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        for (i, line) in text.lines().enumerate() {
            marks.extend(line.matches("#~").map(|_| (file.clone(), i + 1)));
        }
    }
    marks.sort();
    marks
}

#[test]
fn every_error_of_every_file_is_found_at_once() {
    for folder in folders("tests/configs/invalid") {
        let problems = load(&folder).expect_err(&name(&folder));
        let marks = marked(&folder);
        let marked_files: Vec<&String> = marks.iter().map(|(file, _)| file).collect();
        let mut found: Vec<(String, usize)> = problems.errors.iter().map(|p| (p.file.clone(), p.line)).collect();
        found.retain(|(file, _)| marked_files.contains(&file));
        found.sort();
        assert_eq!(found, marks, "in {}:\n{problems}", name(&folder));
    }
}

#[test]
fn errors_read_like_a_compilers() {
    for folder in folders("tests/configs/invalid") {
        let problems = load(&folder).expect_err(&name(&folder));
        insta::assert_snapshot!(format!("config_{}", name(&folder)), problems.to_string());
    }
}

#[test]
fn errors_are_data_too() {
    let problems = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/invalid/leaks")).unwrap_err();
    insta::assert_snapshot!("config_error_as_json", serde_json::to_string_pretty(&problems.errors[1]).unwrap());
    assert!(problems.headline().unwrap().ends_with("(and 3 more)"), "{:?}", problems.headline());
}

#[test]
fn what_ships_and_what_is_right_loads_without_a_word() {
    let shipped = folders("config/examples");
    let demo = folders("config").into_iter().filter(|folder| name(folder) == "demo");
    let right = folders("tests/configs/valid").into_iter().filter(|folder| name(folder) != "warnings");
    for folder in shipped.into_iter().chain(demo).chain(right) {
        match load_with_warnings(&folder) {
            Ok(loaded) => assert_eq!(loaded.warnings, Problems::default(), "{}", name(&folder)),
            Err(problems) => panic!("{}:\n{problems}", name(&folder)),
        }
    }
}

#[test]
fn warnings_do_not_stop_a_workspace() {
    let folder = folders("tests/configs/valid").into_iter().find(|folder| name(folder) == "warnings").unwrap();
    let loaded = load_with_warnings(&folder).unwrap();
    assert_eq!(loaded.workspace.pipelines.len(), 1);
    insta::assert_snapshot!("config_warnings", loaded.warnings.to_string());
}
