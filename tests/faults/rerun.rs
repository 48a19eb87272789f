//! Running again: whole, from a stage, from what failed; what is reused is said before.

use landfall::domain::dataset::DatasetKind;

use super::workspace::{FULL, Workspace, days};

/// All five stages, with one before the publication that fails until `fine` is there.
fn risky() -> Workspace {
    let gate = "[stages.gate]\nkind = \"command\"\nprogram = [\"test\", \"-e\", \"fine\"]\n[stages.publish]";
    Workspace::with(&FULL.replace("[stages.publish]", gate))
}

#[test]
fn a_rerun_from_what_failed_reuses_what_is_still_valid_and_says_so_before() {
    let workspace = risky();
    workspace.land("1.csv", days(1..=14, true));
    workspace.land("2.csv", days(15..=15, false));
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    assert_eq!(workspace.state(1), "failed");
    workspace.must_be_whole(0);
    workspace.write("fine", "");
    let preview = workspace.call(&["rerun", "1", "--failed", "--preview"]);
    assert_eq!(preview.code, Some(0), "{preview:?}");
    for line in ["clean    reused", "score    reused", "train    reused", "gate     runs", "publish  runs"] {
        assert!(preview.out.contains(line), "{line}\n{}", preview.out);
    }
    assert!(preview.out.contains("its output is kept, and nothing it was made from has changed"), "{}", preview.out);
    assert_eq!(workspace.json(&["runs"]).as_array().unwrap().len(), 1, "a preview does nothing");
    let said = workspace.call(&["rerun", "1", "--failed", "--reason", "mended"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let expected = "clean reused, score reused, train reused, gate succeeded, publish succeeded, report succeeded";
    assert_eq!(workspace.stages(2), expected);
    assert_eq!(workspace.json(&["runs", "2"])["run"]["reason"], "mended");
    workspace.must_be_whole(15 * 18);
    assert_eq!(workspace.keys(DatasetKind::Predictions), 18);
}

#[test]
fn what_was_made_on_an_older_history_is_made_again() {
    let workspace = risky();
    workspace.land("1.csv", days(1..=5, true));
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    workspace.write("fine", "");
    workspace.land("2.csv", days(6..=14, true));
    // The next run takes both files; the first run's cleaned rows are now older than the history.
    workspace.run();
    workspace.must_be_whole(14 * 18);
    let preview = workspace.call(&["rerun", "1", "--failed", "--preview"]);
    assert!(preview.out.contains("clean    runs  the history has changed since"), "{}", preview.out);
    let said = workspace.call(&["rerun", "1", "--failed"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(14 * 18);
}

#[test]
fn a_rerun_of_what_is_committed_changes_no_row() {
    let workspace = Workspace::full();
    workspace.land("1.csv", days(1..=14, true));
    workspace.run();
    workspace.land("2.csv", days(15..=15, false));
    workspace.run();
    for (run, arguments) in
        [["rerun", "2"].as_slice(), &["rerun", "2", "--from", "train"], &["rerun", "1"]].iter().enumerate()
    {
        let said = workspace.call(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        assert_eq!(workspace.state(run as i64 + 3), "succeeded");
        workspace.must_be_whole(15 * 18);
        assert_eq!(workspace.keys(DatasetKind::Predictions), 18, "{arguments:?}");
        assert_eq!(workspace.file("2.csv").0, "committed");
    }
}

#[test]
fn a_rerun_after_the_configuration_changed_reuses_nothing() {
    let workspace = risky();
    workspace.land("1.csv", days(1..=14, true));
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    workspace.configure("", &FULL.replace("max_reject_ratio = 0.5", "max_reject_ratio = 0.4"));
    let preview = workspace.call(&["rerun", "1", "--failed", "--preview"]);
    assert!(preview.out.contains("clean    runs  the configuration has changed since"), "{}", preview.out);
    let said = workspace.call(&["rerun", "1", "--failed"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(14 * 18);
}

#[test]
fn what_cannot_be_rerun_is_refused_with_the_reason() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    for (arguments, sentence) in [
        (
            ["rerun", "1", "--failed"].as_slice(),
            "run 1 succeeded: nothing failed in it; rerun it whole, or from a stage",
        ),
        (&["rerun", "7"], "there is no run 7"),
        (&["rerun", "1", "--from", "bake"], "pipeline p has no stage bake"),
    ] {
        let said = workspace.call(arguments);
        assert_eq!((said.code, said.err.trim()), (Some(3), format!("landfall: {sentence}").as_str()));
    }
    assert_eq!(workspace.json(&["runs"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_rerun_of_files_that_have_left_the_landing_leaves_their_rows_where_they_are() {
    let workspace = Workspace::light();
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", days(2..=2, true));
    workspace.run();
    std::fs::remove_file(workspace.path("landing/1.csv")).unwrap();
    let said = workspace.call(&["rerun", "1"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(36);
    let (state, reason) = workspace.file("1.csv");
    assert_eq!(state, "committed", "{reason}");
    assert!(reason.contains("it has vanished from the landing"), "{reason}");
    assert_eq!(workspace.file("2.csv").0, "committed");
}
