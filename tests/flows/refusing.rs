//! What cannot be done: one sentence, and an exit code that says of which kind.

use crate::workspace::Workspace;

#[test]
fn a_folder_that_is_no_workspace_is_named_in_one_sentence() {
    let nowhere = Workspace::nowhere();
    for verb in ["status", "runs", "files", "models", "alerts", "run", "watch", "stop"] {
        let said = nowhere.landfall(&[verb]);
        assert_eq!(said.code, 2, "{verb}: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{verb}: {said:?}");
        assert!(said.err.contains("is not a workspace") && said.err.contains("landfall init"), "{verb}: {said:?}");
        assert!(said.out.is_empty(), "{verb}: {said:?}");
    }
    assert_eq!(std::fs::read_dir(nowhere.root()).unwrap().count(), 0, "asking made something");
}

#[test]
fn before_the_first_run_lists_say_how_to_begin() {
    let workspace = Workspace::rentals("", "");
    let said = workspace.landfall(&["status"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("landfall run") && said.err.lines().count() == 1, "{said:?}");
}

#[test]
fn what_is_not_there_is_refused() {
    let workspace = Workspace::rentals("", "");
    assert_eq!(workspace.landfall(&["run"]).code, 0);
    let refusals: [(&[&str], &str); 9] = [
        (&["runs", "9"], "there is no run 9"),
        (&["rerun", "9"], "there is no run 9"),
        (&["rerun", "9", "--preview"], "there is no run 9"),
        (&["cancel", "9"], "there is no run 9"),
        (&["ack", "9"], "there is no alert 9"),
        (&["files", "nothing.csv"], "no file named `nothing.csv` was ever taken: it is not in the landing"),
        (&["run", "bicycles"], "there is no pipeline `bicycles`"),
        (&["pause", "bicycles"], "there is no pipeline `bicycles`"),
        (&["stop"], "no engine runs"),
    ];
    for (arguments, what) in refusals {
        let said = workspace.landfall(arguments);
        assert_eq!(said.code, 3, "{arguments:?}: {said:?}");
        assert!(said.err.contains(what) && said.err.lines().count() == 1, "{arguments:?}: {said:?}");
    }
    let twice = workspace.landfall(&["init", &workspace.root().display().to_string()]);
    assert!(twice.code == 2 && twice.err.contains("nothing was changed"), "{twice:?}");
    let console = workspace.landfall(&[]);
    assert!(console.code == 2 && console.err.contains("needs a terminal"), "{console:?}");
}
