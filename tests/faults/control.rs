//! What an operator and the limits of a stage do to a run.

use polars::prelude::{DataFrame, NamedFrom, ParquetWriter, Series};

use super::workspace::{HOLD, Workspace, days, eventually, text, until_gone};

/// A stage that runs this in a shell, with further keys.
fn shell(name: &str, script: &str, keys: &str) -> String {
    format!("[stages.{name}]\nkind = \"command\"\nprogram = [\"sh\", \"-c\", '''{script}''']\n{keys}\n")
}

#[test]
fn a_cancelled_run_stops_at_once_and_its_files_are_free_again() {
    let workspace =
        Workspace::with(&format!("[stages.clean]{HOLD}[stages.after]\nkind = \"command\"\nprogram = [\"true\"]\n"));
    workspace.land("1.csv", days(1..=2, true));
    let engine = workspace.watch();
    let (worker, program) = workspace.held();
    let said = workspace.call(&["cancel", "1", "--reason", "wrong day"]);
    assert_eq!((said.code, said.out.trim()), (Some(0), "run 1 is being stopped"));
    workspace.until(1, "cancelled");
    until_gone(worker);
    until_gone(program);
    assert_eq!(workspace.stages(1), "clean succeeded, hold cancelled, after skipped");
    assert_eq!(workspace.file("1.csv").0, "ready");
    let query = "SELECT what || ' ' || target || ' because ' || why FROM operations";
    let recorded: String = workspace.store().query_row(query, [], |row| row.get(0)).unwrap();
    assert_eq!(recorded, "cancel run 1 because wrong day");
    let again = workspace.call(&["cancel", "1"]);
    assert_eq!((again.code, again.err.trim()), (Some(3), "landfall: run 1 is over already (cancelled)"));
    let unknown = workspace.call(&["cancel", "99"]);
    assert_eq!((unknown.code, unknown.err.trim()), (Some(3), "landfall: there is no run 99"));
    drop(engine);
    workspace.must_be_whole(0);
    workspace.open_gate();
    workspace.run();
    workspace.must_be_whole(36);
}

#[test]
fn a_run_under_way_lets_the_next_batch_wait_and_a_waiting_run_can_be_cancelled() {
    let workspace = Workspace::with(&format!("[stages.clean]{HOLD}"));
    workspace.land("1.csv", days(1..=1, true));
    let engine = workspace.watch();
    workspace.held();
    workspace.land("2.csv", days(2..=2, true));
    workspace.land("3.csv", days(3..=3, true));
    eventually("both files wait", || {
        let reason = text(&workspace.json(&["status"])["pipelines"][0]["trigger"]["reason"]);
        (reason == "run 1 is under way; 2 files wait for the next one").then_some(())
    });
    workspace.open_gate();
    workspace.until(1, "succeeded");
    workspace.until(2, "succeeded");
    // One run took both: further ones join the batch that waits.
    assert_eq!(workspace.json(&["runs", "2"])["run"]["files"], 2);
    std::fs::remove_file(workspace.path("gate")).unwrap();
    std::fs::remove_file(workspace.path("pids")).unwrap();
    workspace.land("4.csv", days(4..=4, true));
    workspace.held();
    // A rerun asked for meanwhile waits its turn, and can be taken back.
    let mut rerun = workspace.command(&["rerun", "2"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    workspace.until(4, "queued");
    let said = workspace.call(&["cancel", "4"]);
    assert_eq!((said.code, said.out.trim()), (Some(0), "run 4 will not start"));
    assert_eq!(rerun.wait().unwrap().code(), Some(1));
    assert_eq!(workspace.file("2.csv").0, "committed");
    workspace.open_gate();
    workspace.until(3, "succeeded");
    drop(engine);
    workspace.must_be_whole(4 * 18);
}

#[test]
fn a_stage_that_takes_too_long_is_stopped_and_says_so() {
    let stuck = shell("stuck", "echo $$ > pid; exec sleep 600", "timeout = \"1s\"");
    let workspace = Workspace::with(&format!("[stages.clean]\n{stuck}"));
    workspace.land("1.csv", days(1..=1, true));
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let sentence = "stuck: stage stuck was stopped after its timeout of 1 s: raise `stages.stuck.timeout`, or find out \
                    what it waited for";
    assert_eq!(workspace.error(1), sentence);
    until_gone(std::fs::read_to_string(workspace.path("pid")).unwrap().trim().parse().unwrap());
    assert_eq!(workspace.file("1.csv").0, "ready");
    assert_eq!(workspace.alerts()[0].0, "run_failed");
    workspace.must_be_whole(0);
    workspace.configure("", "[stages.clean]\n");
    workspace.run();
    workspace.must_be_whole(18);
    assert!(workspace.alerts().is_empty(), "{:?}", workspace.alerts());
}

#[test]
fn a_stage_that_takes_too_much_memory_is_stopped_and_says_so() {
    // dd fills a buffer of its block size, and never comes to an end.
    let greedy = shell("greedy", "exec dd if=/dev/zero of=/dev/null bs=500000000", "memory = \"250MB\"\nretries = 3");
    let workspace = Workspace::with(&format!("[stages.clean]\n{greedy}"));
    workspace.land("1.csv", days(1..=1, true));
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let error = workspace.error(1);
    assert!(error.starts_with("greedy: stage greedy was stopped at "), "{error}");
    let advice = " MB of memory, its limit is 250 MB: raise `stages.greedy.memory`, or give it less data";
    assert!(error.ends_with(advice), "{error}");
    // The same data would need the same memory again, so it is not tried again.
    let run = workspace.json(&["runs", "1"]);
    let attempts: Vec<_> = run["attempts"].as_array().unwrap().iter().filter(|a| a["stage"] == "greedy").collect();
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0]["peak_memory"].as_u64().unwrap() > 250_000_000, "{}", attempts[0]);
    workspace.must_be_whole(0);
}

/// Few bytes that are hundreds of megabytes when they are read, though each column says what it holds.
fn heavy() -> Vec<u8> {
    const ROWS: usize = 8_000_000;
    let columns = vec![
        Series::new("at".into(), vec!["2013-03-02T00:00:00Z"; ROWS]).into(),
        Series::new("id".into(), vec!["one and the same identity"; ROWS]).into(),
        Series::new("x".into(), vec![1.0; ROWS]).into(),
        Series::new("y".into(), vec![true; ROWS]).into(),
    ];
    let mut bytes = Vec::new();
    let mut table = DataFrame::new(ROWS, columns).unwrap();
    ParquetWriter::new(&mut bytes).with_row_group_size(Some(ROWS)).finish(&mut table).unwrap();
    bytes
}

#[test]
fn the_file_that_is_too_much_for_the_memory_is_found_and_takes_no_other_along() {
    let clean = "[stages.clean]\nmemory = \"300MB\"\n";
    let workspace = Workspace::landing_with("format = \"auto\"\nmax_ratio = 1000000\n", clean);
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("2.csv", heavy());
    workspace.land("3.csv", days(3..=3, true));
    let engine = workspace.watch();
    // All three, then each alone: nobody has to ask for that.
    for (run, outcome) in [(1, "failed"), (2, "succeeded"), (3, "failed"), (4, "succeeded")] {
        workspace.until(run, outcome);
    }
    let error = workspace.error(1);
    assert!(error.contains(" MB of memory, its limit is 300 MB: raise `stages.clean.memory`"), "{error}");
    let files = workspace.json(&["files"]);
    let states: Vec<(String, String)> =
        files.as_array().unwrap().iter().map(|file| (text(&file["key"]), text(&file["state"]))).collect();
    let expected = [("1.csv", "committed"), ("2.csv", "quarantined"), ("3.csv", "committed")];
    for (key, state) in expected {
        assert!(states.contains(&(key.to_owned(), state.to_owned())), "{states:?}");
    }
    eventually("its bytes are kept", || {
        let place = workspace.path("lake/quarantine/p/2/content");
        place.exists().then(|| assert_eq!(std::fs::read(place).unwrap(), heavy()))
    });
    drop(engine);
    workspace.must_be_whole(36);
}

#[test]
fn a_stage_that_fails_for_a_while_is_tried_again_after_its_interval() {
    let script = "echo try >> tries; if [ $(wc -l < tries) -lt 3 ]; then echo no luck >&2; exit 7; fi";
    let flaky = shell("flaky", script, "retries = 4\nretry_interval = \"50ms\"");
    let workspace = Workspace::with(&format!("[stages.clean]\n{flaky}"));
    workspace.land("1.csv", days(1..=1, true));
    workspace.run();
    let run = workspace.json(&["runs", "1"]);
    let attempts: Vec<_> = run["attempts"].as_array().unwrap().iter().filter(|a| a["stage"] == "flaky").collect();
    let outcomes: Vec<String> = attempts.iter().map(|attempt| text(&attempt["outcome"])).collect();
    assert_eq!(outcomes, ["failed", "failed", "succeeded"]);
    let error = text(&attempts[0]["error"]);
    assert!(error.contains("failed (exit status: 7); its last words: no luck"), "{error}");
    let at =
        |index: usize, what: &str| -> chrono::DateTime<chrono::Utc> { text(&attempts[index][what]).parse().unwrap() };
    assert!((at(1, "started") - at(0, "ended")).num_milliseconds() >= 50);
    workspace.must_be_whole(18);
}

#[test]
fn a_wait_between_attempts_can_be_cancelled() {
    let flaky = shell("flaky", "exit 1", "retries = 4\nretry_interval = \"10m\"");
    let workspace = Workspace::with(&format!("[stages.clean]\n{flaky}"));
    workspace.land("1.csv", days(1..=1, true));
    let engine = workspace.watch();
    eventually("the stage waits for its second attempt", || {
        workspace.path(".landfall/state.db").exists().then_some(())?;
        (workspace.state(1) == "running" && workspace.stages(1).ends_with("flaky retrying")).then_some(())
    });
    assert_eq!(workspace.call(&["cancel", "1"]).code, Some(0));
    workspace.until(1, "cancelled");
    assert_eq!(workspace.stages(1), "clean succeeded, flaky cancelled");
    drop(engine);
    workspace.must_be_whole(0);
}

#[test]
fn stages_for_failure_and_for_always_run_when_their_time_has_come() {
    let stages = [
        "[stages.clean]\n".to_owned(),
        shell("risky", "test -e fine", ""),
        shell("plain", "echo plain >> ran", ""),
        shell("sorry", "echo sorry >> ran", "needs = [\"risky\"]\nwhen = \"failure\""),
        shell("anyway", "echo anyway >> ran", "needs = [\"risky\", \"sorry\"]\nwhen = \"always\""),
    ]
    .concat();
    let workspace = Workspace::with(&stages);
    workspace.land("1.csv", days(1..=1, true));
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let expected = "clean succeeded, risky failed, plain skipped, sorry succeeded, anyway succeeded";
    assert_eq!((workspace.state(1), workspace.stages(1)), ("failed".into(), expected.into()));
    workspace.must_be_whole(0);
    workspace.write("fine", "");
    workspace.run();
    let expected = "clean succeeded, risky succeeded, plain succeeded, sorry skipped, anyway succeeded";
    assert_eq!((workspace.state(2), workspace.stages(2)), ("succeeded".into(), expected.into()));
    assert_eq!(std::fs::read_to_string(workspace.path("ran")).unwrap(), "sorry\nanyway\nplain\nanyway\n");
    workspace.must_be_whole(18);
}
