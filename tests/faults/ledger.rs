//! What the ledger decides about files that are not simply new, what an operator can do about it, and that the whole
//! story is told.

use landfall::store::{events, files};

use super::workspace::{Workspace, days};

fn told(workspace: &Workspace) -> String {
    let events = events::list(&workspace.store(), None, 1000).unwrap();
    events.into_iter().map(|event| event.text + "\n").collect()
}

/// Does it and answers what was said; it must not be refused.
fn done(workspace: &Workspace, arguments: &[&str]) -> String {
    let said = workspace.call(arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said.out
}

#[test]
fn a_file_waits_for_its_marker_and_must_be_what_the_marker_promises() {
    let workspace = Workspace::landing_with("marker = \"{name}.done\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    assert!(workspace.run().out.contains("1 file still settling"));
    assert_eq!(workspace.file("1.csv"), ("settling".into(), "its marker 1.csv.done is not there yet".into()));
    workspace.land("1.csv.done", "rows: 18\n");
    workspace.run();
    assert_eq!(workspace.file("1.csv").0, "committed");
    workspace.land("2.csv", days(2..=2, true));
    workspace.land("2.csv.done", "rows: 17\n");
    workspace.call(&["run"]);
    let reason = "its manifest promises 17 rows, and it has 18";
    assert_eq!(workspace.file("2.csv"), ("quarantined".into(), reason.into()));
    let story = done(&workspace, &["file", "explain", "1.csv"]);
    assert!(story.contains("complete by the rule: its marker 1.csv.done is there"), "{story}");
    assert!(story.contains("landed in landing"), "{story}");
    workspace.must_be_whole(18);
}

#[test]
fn one_marker_may_stand_for_all_and_one_that_comes_too_late_is_made_up_for() {
    let keys = "marker = \"_SUCCESS\"\nsettle_max = \"1ms\"\n";
    let workspace = Workspace::landing_with(keys, "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(2..=2, true));
    workspace.call(&["run"]);
    workspace.call(&["run"]);
    let (state, reason) = workspace.file("1.csv");
    assert_eq!(state, "quarantined");
    assert_eq!(reason, "its marker _SUCCESS never came: write it, then retry the file");
    workspace.land("_SUCCESS", "");
    for name in ["1.csv", "2.csv"] {
        assert!(done(&workspace, &["file", "retry", name]).contains(&format!("{name} is settling")));
    }
    workspace.run();
    for name in ["1.csv", "2.csv"] {
        assert_eq!(workspace.file(name).0, "committed");
    }
    workspace.must_be_whole(36);
}

#[test]
fn an_operator_holds_a_file_back_and_lets_it_go() {
    let workspace = Workspace::landing_with("max_files_per_run = 1\n", "[stages.clean]\n");
    for n in 1..=3 {
        workspace.land(&format!("{n}.csv"), days(n..=n, true));
    }
    workspace.run();
    assert_eq!(workspace.file("2.csv").0, "ready");
    done(&workspace, &["file", "hold", "2.csv", "--reason", "upstream asked"]);
    workspace.run();
    assert_eq!((workspace.file("2.csv").0.as_str(), workspace.file("3.csv").0.as_str()), ("held", "committed"));
    done(&workspace, &["file", "release", "2.csv"]);
    workspace.run();
    assert_eq!(workspace.file("2.csv").0, "committed");
    workspace.must_be_whole(54);
}

#[test]
fn what_waits_and_is_overwritten_says_by_which_version() {
    let workspace = Workspace::landing_with("max_files_per_run = 1\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(2..=2, true));
    workspace.run();
    workspace.land("2.csv", days(2..=3, true));
    workspace.run();
    let story = done(&workspace, &["file", "explain", "2.csv"]);
    assert!(story.contains("superseded, a newer version came before it was run"), "{story}");
    assert!(story.contains("see version 3 of 2.csv: committed"), "{story}");
    workspace.must_be_whole(54);
}

#[test]
fn two_pipelines_read_one_landing_each_with_its_own_account() {
    let workspace = Workspace::light();
    let config = std::fs::read_to_string(workspace.path("pipelines/p.toml")).unwrap();
    workspace.write("pipelines/q.toml", config.replace("max_reject_ratio = 0.5", "max_reject_ratio = 0.01"));
    let with_flaw = format!("{}2024-03-01T00:00:00Z,x,not a number,true\n", days(1..=1, true));
    workspace.land("1.csv", with_flaw);
    workspace.call(&["run", "p"]);
    workspace.call(&["run", "q"]);
    let states: Vec<(String, String)> = files::named(&workspace.store(), None, "1.csv")
        .unwrap()
        .into_iter()
        .map(|row| (row.pipeline, row.state.name().to_owned()))
        .collect();
    // The one takes what the other rejects.
    assert_eq!(states, [("p".into(), "committed".into()), ("q".to_owned(), "ready".to_owned())]);
    workspace.write("pipelines/q.toml", config.replace("[landing]\n", "[landing]\narchive = \"delete\"\n"));
    let said = workspace.call(&["check"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let told = said.out + &said.err;
    assert!(told.contains("its `archive` takes files away that pipeline p reads too"), "{told}");
}

#[test]
fn an_overwritten_file_is_held_or_ignored_where_the_landing_says_so() {
    for (policy, state) in [("hold", "held"), ("ignore", "ignored")] {
        let workspace = Workspace::landing_with(&format!("overwritten = \"{policy}\"\n"), "[stages.clean]\n");
        workspace.land("1.csv", days(1..=1, true));
        workspace.run();
        workspace.land("1.csv", days(1..=2, true));
        assert!(workspace.run().out.contains("false"));
        let (found, reason) = workspace.file("1.csv");
        assert_eq!(found, state, "{reason}");
        assert!(reason.starts_with("a new version of file 1, which had been run: `landing.overwritten`"), "{reason}");
        workspace.must_be_whole(18);
        // It had not been looked at when it was put aside: it is now, and then run.
        let said = done(&workspace, &["file", "release", "1.csv", "--reason", "a correction"]);
        assert!(said.starts_with("1.csv is settling, released"), "{said}");
        workspace.run();
        assert_eq!(workspace.file("1.csv").0, "committed");
        let story = done(&workspace, &["file", "explain", "1.csv"]);
        assert!(story.contains("released by ") && story.contains(": a correction"), "{story}");
        workspace.must_be_whole(36);
    }
}

#[test]
fn what_is_too_large_is_held_and_a_run_takes_no_more_bytes_than_it_may() {
    let day = days(1..=1, true).len();
    let limits = format!("max_file_bytes = \"{}B\"\nmax_bytes_per_run = \"{}B\"\n", 3 * day, 2 * day + 9);
    let workspace = Workspace::landing_with(&limits, "[stages.clean]\n");
    for n in 1..=3 {
        workspace.land(&format!("{n}.csv"), days(n..=n, true));
    }
    workspace.land("large.csv", days(4..=8, true));
    workspace.run();
    assert_eq!(workspace.json(&["runs", "1"])["files"].as_array().unwrap().len(), 2);
    workspace.run();
    let (state, reason) = workspace.file("large.csv");
    assert_eq!(state, "held");
    assert!(reason.contains("`landing.max_file_bytes`: release or drop it"), "{reason}");
    workspace.must_be_whole(54);
    let said = workspace.call(&["file", "retry", "1.csv"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("it cannot be looked at anew"), "{said:?}");
    done(&workspace, &["file", "drop", "large.csv"]);
    assert_eq!(workspace.file("large.csv").0, "ignored");
    done(&workspace, &["file", "release", "large.csv"]);
    workspace.run();
    assert_eq!(workspace.file("large.csv").0, "committed");
    workspace.must_be_whole(8 * 18);
}

#[test]
fn the_same_content_is_run_where_the_landing_says_so_or_the_operator() {
    let workspace = Workspace::landing_with("duplicates = \"run\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(1..=1, true));
    workspace.run();
    assert_eq!(workspace.file("2.csv").0, "committed");
    workspace.configure("duplicates = \"skip\"\n", "[stages.clean]\n");
    workspace.land("3.csv", days(1..=1, true));
    workspace.run();
    let story = done(&workspace, &["file", "explain", "3.csv"]);
    assert!(story.contains("see version 1 of 1.csv: committed"), "{story}");
    done(&workspace, &["file", "release", "3.csv"]);
    workspace.run();
    assert_eq!(workspace.file("3.csv").0, "committed");
    workspace.must_be_whole(18);
}

#[test]
fn what_was_committed_leaves_the_landing_and_can_still_be_run_again() {
    let workspace = Workspace::landing_with("archive = \"archive\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=2, true));
    workspace.run();
    workspace.run();
    let (state, reason) = workspace.file("1.csv");
    assert_eq!(state, "archived", "{reason}");
    assert!(reason.ends_with("archive/1.csv") && workspace.path("archive/1.csv").exists(), "{reason}");
    assert!(!workspace.path("landing/1.csv").exists());
    assert_eq!(workspace.call(&["rerun", "1"]).code, Some(0));
    workspace.run();
    assert_eq!(workspace.file("1.csv").0, "archived");
    // The same name again is news, and keeps its own place.
    workspace.land("1.csv", days(3..=3, true));
    workspace.run();
    workspace.run();
    assert!(workspace.path("archive/2-1.csv").exists());
    workspace.configure("archive = \"delete\"\n", "[stages.clean]\n");
    workspace.land("2.csv", days(4..=4, true));
    workspace.run();
    workspace.run();
    assert_eq!(workspace.file("2.csv"), ("archived".into(), "removed from the landing".into()));
    assert!(!workspace.path("landing/2.csv").exists());
    workspace.must_be_whole(72);
}

#[test]
fn an_engine_that_dies_while_it_archives_finds_what_it_had_moved() {
    let workspace = Workspace::landing_with("archive = \"archive\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=2, true));
    let said = workspace.run_with("LANDFALL_CRASH", "archive-moved");
    assert_eq!(said.code, None, "{said:?}");
    assert!(workspace.path("archive/1.csv").exists() && !workspace.path("landing/1.csv").exists());
    workspace.run();
    let (state, reason) = workspace.file("1.csv");
    assert_eq!(state, "archived", "{reason}");
    assert_eq!(workspace.call(&["rerun", "1"]).code, Some(0));
    workspace.must_be_whole(36);
}

#[test]
fn what_left_the_landing_without_a_word_is_archived_all_the_same() {
    let workspace = Workspace::landing_with("archive = \"delete\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=2, true));
    let said = workspace.run_with("LANDFALL_CRASH", "archive-moved");
    assert_eq!(said.code, None, "{said:?}");
    assert!(workspace.file("1.csv").0 == "committed" && !workspace.path("landing/1.csv").exists());
    workspace.configure("archive = \"archive\"\n", "[stages.clean]\n");
    workspace.run();
    assert_eq!(workspace.file("1.csv"), ("archived".into(), "no longer in the landing".into()));
    workspace.must_be_whole(36);
}

#[test]
fn a_copy_in_the_archive_is_not_made_twice() {
    let workspace = Workspace::landing_with("archive = \"archive\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=2, true));
    // As an engine leaves it that died between copying to another file system and removing.
    std::fs::create_dir(workspace.path("archive")).unwrap();
    std::fs::copy(workspace.path("landing/1.csv"), workspace.path("archive/1.csv")).unwrap();
    workspace.run();
    workspace.run();
    assert_eq!(workspace.file("1.csv").0, "archived");
    assert_eq!(std::fs::read_dir(workspace.path("archive")).unwrap().count(), 1);
    assert!(!workspace.path("landing/1.csv").exists());
    workspace.must_be_whole(36);
}

#[test]
fn a_late_file_is_said_and_a_backfill_runs_the_files_of_its_days_again() {
    let workspace = Workspace::light();
    workspace.land("new.csv", days(9..=10, true));
    workspace.run();
    workspace.land("old.csv", days(1..=2, true));
    workspace.run();
    let told = told(&workspace);
    let late = "old.csv is late: its data ends 2024-03-02, and data up to 2024-03-10 was known";
    assert!(told.contains(late), "{told}");
    assert!(told.contains("`landfall backfill p --from 2024-03-01 --to 2024-03-02`"), "{told}");
    assert!(!told.contains("new.csv is late"), "{told}");
    let span = ["backfill", "p", "--from", "2024-03-02", "--to", "2024-03-05"];
    let preview = done(&workspace, &[&span[..], &["--preview"]].concat());
    assert_eq!(preview.trim(), "1 file would be run again: old.csv");
    assert_eq!(workspace.json(&["runs"]).as_array().unwrap().len(), 2);
    let said = done(&workspace, &span);
    assert_eq!(said.trim(), "run 3 takes 1 file again: old.csv");
    workspace.run();
    assert_eq!(workspace.state(3), "succeeded");
    let nothing = workspace.call(&["backfill", "p", "--from", "2023-01-01", "--to", "2023-01-02"]);
    assert_eq!(nothing.code, Some(3), "{nothing:?}");
    workspace.must_be_whole(72);
}

#[test]
fn a_column_that_is_added_is_in_the_history_and_can_be_pinned() {
    let workspace = Workspace::landing_with("evolution = \"add\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    workspace.land("2.csv", with_wind(2, |hour| format!("{hour}")));
    workspace.run();
    let told = done(&workspace, &["schema", "p"]);
    assert!(told.contains("wind") && told.contains("(added: pin it in [columns] to use it)"), "{told}");
    let winds = |condition: &str| {
        let rows = workspace.json(&["data", "clean", "--where", condition]);
        rows.as_array().unwrap().iter().map(|row| row["wind"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(winds("wind >= 16"), [16, 17]);
    assert_eq!(winds("wind is null").len(), 18);
    // Pinned with a wider type, the history is read as that.
    let config = std::fs::read_to_string(workspace.path("pipelines/p.toml")).unwrap();
    let pinned = "[columns]\nwind = { type = \"float\", role = \"never\", optional = true }\n";
    workspace.write("pipelines/p.toml", config.replace("[columns]\n", pinned));
    workspace.land("3.csv", with_wind(3, |hour| format!("{hour}.5")));
    workspace.run();
    assert_eq!(winds("wind > 16"), [17.0, 16.5, 17.5]);
    workspace.must_be_whole(54);
}

/// A day whose rows have one column more.
fn with_wind(day: u32, wind: impl Fn(usize) -> String) -> String {
    let day = days(day..=day, true);
    let (header, rows) = day.split_once('\n').unwrap();
    let rows = rows.lines().enumerate().map(|(hour, row)| format!("{row},{}\n", wind(hour)));
    format!("{header},wind\n{}", rows.collect::<String>())
}

#[test]
fn a_schema_is_proposed_from_a_sample_and_its_changes_are_told() {
    let workspace = Workspace::landing_with("evolution = \"rescue\"\n", "[stages.clean]\n");
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    workspace.land(
        "2.csv",
        days(2..=2, true)
            .replace("at,id,x,y", "at,id,x,y,z")
            .replace("true\n", "true,7\n")
            .replace("false\n", "false,\n"),
    );
    workspace.run();
    assert_eq!(workspace.file("2.csv").0, "committed");
    let proposed = done(&workspace, &["schema", "--infer", "landing/1.csv"]);
    assert_eq!(proposed, "[columns]\nat = \"datetime\"\nid = \"text\"\nx = \"integer\"\ny = \"boolean\"\n");
    let told = done(&workspace, &["schema", "p"]);
    assert!(told.contains("columns beyond these: kept as JSON in `_rescued`"), "{told}");
    assert!(told.contains("2.csv (before: 1.csv): column `z` is new"), "{told}");
    workspace.must_be_whole(36);
}
