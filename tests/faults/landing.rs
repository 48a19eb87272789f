//! What happens in a landing while nobody looks, and while somebody does.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use landfall::domain::file::FileState;
use landfall::store::{events, files};

use super::workspace::{HOLD, Workspace, days, eventually, said, text};

fn told(workspace: &Workspace) -> Vec<String> {
    events::list(&workspace.store(), None, 1000).unwrap().into_iter().map(|event| event.text).collect()
}

fn answer(workspace: &Workspace) -> String {
    text(&workspace.json(&["status"])["pipelines"][0]["trigger"]["reason"])
}

#[test]
fn a_missing_landing_is_an_answer_and_no_end() {
    let workspace = Workspace::light();
    let landing = workspace.path("landing");
    std::fs::remove_dir(&landing).unwrap();
    let said = workspace.run();
    let sentence = format!(
        "the landing {} does not exist: create it, or correct `landing.path`",
        landing.canonicalize().unwrap_or(landing.clone()).display()
    );
    assert!(said.out.contains(&sentence), "{sentence}\n{said:?}");
    assert!(told(&workspace).iter().any(|text| text.contains(&sentence)));
    assert!(answer(&workspace).starts_with("cannot look: the landing"));
    // Said once, however often it is looked, and an alert until it is mended.
    workspace.run();
    let looked = format!("cannot look: {sentence}");
    assert_eq!(told(&workspace).iter().filter(|text| **text == looked).count(), 1);
    let raised = format!("landfall: {sentence}");
    assert_eq!(told(&workspace).iter().filter(|text| **text == raised).count(), 1);
    std::fs::create_dir(&landing).unwrap();
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    workspace.must_be_whole(18);
    assert!(told(&workspace).iter().any(|text| text == "landfall over: it works again"));
}

#[test]
fn a_landing_that_is_a_file_is_said() {
    let workspace = Workspace::light();
    std::fs::remove_dir(workspace.path("landing")).unwrap();
    workspace.write("landing", "not a folder");
    let said = workspace.run();
    assert!(said.out.contains("cannot be listed: Not a directory"), "{said:?}");
    std::fs::remove_file(workspace.path("landing")).unwrap();
    std::fs::create_dir(workspace.path("landing")).unwrap();
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    workspace.must_be_whole(18);
}

#[test]
fn files_that_cannot_be_looked_at_are_not_taken_for_gone() {
    let workspace = Workspace::light();
    // Its last line has no end, so it waits.
    workspace.land("1.csv", days(1..=1, true).trim_end());
    let landing = workspace.path("landing");
    let rights = |mode| std::fs::set_permissions(&landing, std::fs::Permissions::from_mode(mode)).unwrap();
    let run = || {
        let mut command = workspace.command(&["run"]);
        if nix::unistd::geteuid().is_root() {
            // Root may do everything unless it is told otherwise.
            let program = command.get_program().to_owned();
            command = Command::new("setpriv");
            command.current_dir(workspace.path("")).arg("--bounding-set=-dac_override,-dac_read_search");
            command.arg(program).arg("run");
        }
        said(&command.output().unwrap())
    };
    let waiting = run();
    assert!(waiting.out.contains("1 file still settling"), "{waiting:?}");
    // It may be read, so the names are there, and not entered, so nothing is known of the files.
    rights(0o444);
    let blind = run();
    rights(0o755);
    let sentence = format!(
        "cannot look: the landing {} cannot be listed: 1.csv: Permission denied (os error 13); allow this user to read \
         and to enter the folder",
        landing.canonicalize().unwrap().display()
    );
    assert!(blind.out.contains(&sentence), "{sentence}\n{blind:?}");
    assert!(told(&workspace).contains(&sentence));
    assert_eq!(workspace.file("1.csv").0, "settling", "it was taken for gone");
    let waiting = run();
    assert!(waiting.out.contains("1 file still settling"), "{waiting:?}");
}

#[test]
fn a_landing_that_comes_late_or_is_made_anew_is_watched() {
    let workspace = Workspace::with("[stages.clean]\n");
    let landing = workspace.path("landing");
    std::fs::remove_dir(&landing).unwrap();
    let engine = workspace.watch();
    eventually("the engine has looked", || answer(&workspace).starts_with("cannot look").then_some(()));
    for days_before in [0, 2] {
        std::fs::create_dir(&landing).unwrap();
        // The first is found when the folder is; the second only by what is watched.
        for day in days_before + 1..=days_before + 2 {
            workspace.land(&format!("{day}.csv"), days(day..=day, true));
            workspace.until(i64::from(day), "succeeded");
        }
        std::fs::remove_dir_all(&landing).unwrap();
    }
    eventually("its end is told", || answer(&workspace).starts_with("cannot look").then_some(()));
    drop(engine);
    workspace.must_be_whole(72);
}

#[test]
fn an_empty_landing_answers_no() {
    let workspace = Workspace::light();
    let said = workspace.run();
    assert_eq!(said.out.trim(), "p: false (nothing new: 0 files known)");
    workspace.must_be_whole(0);
}

#[test]
fn what_is_no_file_is_not_taken_and_that_is_said() {
    let workspace = Workspace::light();
    std::fs::create_dir(workspace.path("landing/folder.csv")).unwrap();
    std::os::unix::fs::symlink("nowhere", workspace.path("landing/link.csv")).unwrap();
    nix::unistd::mkfifo(&workspace.path("landing/pipe.csv"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    workspace.run();
    let told = told(&workspace);
    for sentence in [
        "folder.csv is not taken: it is a folder",
        "link.csv is not taken: it is a symbolic link",
        "pipe.csv is not taken: it is not a regular file",
    ] {
        assert_eq!(told.iter().filter(|text| *text == sentence).count(), 1, "{sentence}: {told:?}");
    }
    workspace.must_be_whole(18);
}

#[test]
fn what_was_never_taken_is_explained_by_the_rule_that_left_it() {
    let workspace = Workspace::light();
    std::os::unix::fs::symlink("nowhere", workspace.path("landing/link.csv")).unwrap();
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv.part", "unfinished");
    workspace.run();
    workspace.land("new.csv", days(2..=2, true));
    for (name, why) in [
        ("link.csv", "in p: it is a symbolic link, which is never followed"),
        ("2.csv.part", "in p: its name is one of an unfinished file (\"*.part\" in `temporary`)"),
        ("new.csv", "in p: it lies in the landing, and was not there at the last look"),
        ("../landfall.toml", "it is not in the landing"),
    ] {
        let said = workspace.call(&["file", "explain", name]);
        let sentence = format!("no file named `{name}` was ever taken: {why}");
        assert!(said.code == Some(3) && said.err.contains(&sentence), "{sentence}: {said:?}");
    }
}

#[test]
fn the_same_content_under_another_name_is_not_run_twice() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(1..=1, true));
    workspace.run();
    assert_eq!(workspace.file("1.csv").0, "committed");
    assert_eq!(workspace.file("2.csv"), ("duplicate".into(), "same content as 1.csv (file 1)".into()));
    workspace.land("3.csv", days(1..=1, true));
    assert!(workspace.run().out.contains("false"));
    assert_eq!(workspace.file("3.csv").0, "duplicate");
    workspace.must_be_whole(18);
}

#[test]
fn a_correction_that_is_taken_back_is_no_duplicate() {
    let workspace = Workspace::light();
    let (first, second) = (days(1..=1, true), days(1..=1, true).replace("true", "false"));
    workspace.land("1.csv", &first);
    workspace.run();
    workspace.land("1.csv", &second);
    workspace.run();
    // What is in the history now are the rows of the second version, so the first one's are news again.
    workspace.land("1.csv", &first);
    workspace.run();
    assert_eq!(workspace.file("1.csv").0, "committed");
    assert_eq!(workspace.json(&["runs"]).as_array().unwrap().len(), 3);
    workspace.must_be_whole(18);
}

#[test]
fn a_duplicate_of_what_never_got_in_is_run_after_all() {
    let workspace = Workspace::with(&format!("{HOLD}[stages.clean]\n"));
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(1..=1, true));
    workspace.land("3.csv", days(2..=2, true));
    let engine = workspace.watch();
    workspace.held();
    assert_eq!(workspace.file("2.csv").0, "duplicate");
    // The one that was taken for the content of both goes before it is read.
    std::fs::remove_file(workspace.path("landing/1.csv")).unwrap();
    workspace.open_gate();
    workspace.until(1, "succeeded");
    workspace.until(2, "succeeded");
    assert_eq!(workspace.file("1.csv").0, "vanished");
    assert_eq!(workspace.file("2.csv").0, "committed");
    drop(engine);
    workspace.must_be_whole(36);
}

#[test]
fn a_file_overwritten_after_it_was_run_is_run_again_and_its_rows_replaced() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=2, true));
    workspace.run();
    workspace.land("1.csv", days(1..=3, true));
    workspace.run();
    let told = told(&workspace);
    assert!(told.iter().any(|text| text == "1.csv was overwritten after it had been run"), "{told:?}");
    let versions = workspace.json(&["files", "1.csv"]);
    assert_eq!(versions.as_array().unwrap().len(), 2, "{versions}");
    workspace.must_be_whole(54);
}

#[test]
fn a_half_written_file_waits_until_it_is_whole() {
    let workspace = Workspace::landing_with("settle = \"20ms\"\n", "[stages.clean]\n");
    let text = days(1..=2, true);
    let (half, rest) = text.split_at(text.len() / 2);
    let engine = workspace.watch();
    std::fs::write(workspace.path("landing/1.csv"), half).unwrap();
    workspace.land("2.csv", days(3..=3, true));
    // The others do not wait for it for ever.
    eventually("the good file is in", || (workspace.state(1) == "succeeded").then_some(()));
    assert_eq!(workspace.file("2.csv").0, "committed");
    let (state, reason) = workspace.file("1.csv");
    assert_eq!(state, "settling", "{reason}");
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new().append(true).open(workspace.path("landing/1.csv")).unwrap();
    file.write_all(rest.as_bytes()).unwrap();
    workspace.until(2, "succeeded");
    assert_eq!(workspace.json(&["files", "1.csv"]).as_array().unwrap().len(), 1, "growth is no new version");
    drop(engine);
    workspace.must_be_whole(54);
}

#[test]
fn a_file_that_is_renamed_into_place_does_not_wait_and_one_that_has_another_name_already_does() {
    let workspace = Workspace::landing_with("settle = \"1h\"\nsettle_max = \"2h\"\n", "[stages.clean]\n");
    let engine = workspace.watch();
    eventually("the engine watches", || answer(&workspace).starts_with("nothing new").then_some(()));
    workspace.land("1.csv", days(1..=1, true));
    workspace.until(1, "succeeded");
    let story = workspace.call(&["file", "explain", "1.csv"]).out;
    assert!(story.contains("renamed into place, and its last line is whole"), "{story}");
    // Whoever puts a finished name aside may still be writing.
    std::fs::write(workspace.path("landing/2.csv"), days(2..=2, true)).unwrap();
    let known = |name: &str| files::named(&workspace.store(), None, name).unwrap().pop().map(|row| row.state);
    eventually("it is in the ledger", || known("2.csv"));
    std::fs::rename(workspace.path("landing/2.csv"), workspace.path("landing/3.csv")).unwrap();
    eventually("its new name is too", || known("3.csv"));
    workspace.land("4.csv", days(4..=4, true));
    eventually("a later one is complete", || known("4.csv").filter(|state| *state == FileState::Ready));
    assert!(matches!(known("3.csv"), Some(FileState::Seen | FileState::Settling)));
    drop(engine);
    workspace.must_be_whole(18);
}

#[test]
fn a_writer_that_goes_on_after_the_rename_is_noticed() {
    let workspace = Workspace::landing_with("settle = \"20ms\"\n", &format!("{HOLD}[stages.clean]\n"));
    let engine = workspace.watch();
    workspace.write("part", days(1..=1, true));
    let mut writer = std::fs::OpenOptions::new().append(true).open(workspace.path("part")).unwrap();
    std::fs::rename(workspace.path("part"), workspace.path("landing/1.csv")).unwrap();
    workspace.held();
    let rest = days(2..=2, true);
    std::io::Write::write_all(&mut writer, rest.split_once('\n').unwrap().1.as_bytes()).unwrap();
    drop(writer);
    workspace.open_gate();
    workspace.until(1, "failed");
    workspace.until(2, "succeeded");
    drop(engine);
    workspace.must_be_whole(36);
}

#[test]
fn files_that_vanish_or_change_between_check_and_run_leave_the_batch() {
    let workspace = Workspace::with(&format!("{HOLD}[stages.clean]\n"));
    for (name, day) in [("gone.csv", 1), ("changed.csv", 2), ("good.csv", 3)] {
        workspace.land(name, days(day..=day, true));
    }
    let engine = workspace.watch();
    workspace.held();
    std::fs::remove_file(workspace.path("landing/gone.csv")).unwrap();
    workspace.land("changed.csv", days(2..=4, true));
    workspace.open_gate();
    workspace.until(1, "succeeded");
    // The version that is there now is news.
    workspace.until(2, "succeeded");
    drop(engine);
    assert_eq!(workspace.file("gone.csv"), ("vanished".into(), "it has vanished from the landing".into()));
    let versions = workspace.json(&["runs", "1"])["files"].clone();
    let states: Vec<String> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", text(&row["key"]), text(&row["state"])))
        .collect();
    assert_eq!(states, ["changed.csv superseded", "gone.csv vanished", "good.csv committed"]);
    assert_eq!(workspace.file("changed.csv").0, "committed");
    workspace.must_be_whole(54);
    // What had vanished comes back and is run.
    workspace.land("gone.csv", days(1..=1, true));
    workspace.run();
    workspace.must_be_whole(72);
}

#[test]
fn a_batch_of_which_nothing_is_left_fails_with_the_reason_and_the_next_goes_on() {
    let workspace = Workspace::with(&format!("{HOLD}[stages.clean]\n"));
    workspace.land("1.csv", days(1..=1, true));
    let engine = workspace.watch();
    workspace.held();
    std::fs::remove_file(workspace.path("landing/1.csv")).unwrap();
    workspace.open_gate();
    workspace.until(1, "failed");
    let error = workspace.error(1);
    assert!(error.contains("1.csv: it has vanished from the landing"), "{error}");
    workspace.land("2.csv", days(2..=2, true));
    workspace.until(2, "succeeded");
    drop(engine);
    workspace.must_be_whole(18);
}
