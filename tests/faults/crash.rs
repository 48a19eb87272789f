//! The process dies at each named point, as by `kill -9` or a power cut; the next start must be whole.

use landfall::domain::dataset::DatasetKind;
use landfall::store::files;

use super::workspace::{Workspace, days};

/// Every point that a run passes in the engine, in order; those of the stages carry the stage's name.
const POINTS: [&str; 18] = [
    "checked",
    "run-started",
    "clean-started",
    "clean-ended",
    "score-started",
    "score-ended",
    "train-started",
    "train-ended",
    "publish-started",
    "commit-begun",
    "commit-first",
    "commit-promoted",
    "commit-recorded",
    "commit-pointed",
    "publish-ended",
    "report-started",
    "report-ended",
    "none",
];

/// A workspace with a history of fifteen days, a champion, a day's predictions, and a batch that waits: that day's
/// outcomes and the rows of the next.
fn prepared() -> Workspace {
    let workspace = Workspace::full();
    workspace.land("1.csv", days(1..=14, true));
    workspace.run();
    workspace.land("2.csv", days(15..=15, false));
    workspace.run();
    workspace.land("3.csv", format!("{}{}", days(15..=15, true), rows_of(16)));
    workspace.land("4.csv", days(17..=17, false));
    workspace
}

fn rows_of(day: u32) -> String {
    days(day..=day, false).lines().skip(1).map(|line| format!("{line}\n")).collect()
}

/// Sixteen days and a half are in the history once, three are predicted, every file is committed and every run over.
fn must_have_arrived(workspace: &Workspace) {
    workspace.must_be_whole(17 * 18);
    assert_eq!(workspace.keys(DatasetKind::Predictions), 3 * 18);
    for row in files::list(&workspace.store(), None, 100).unwrap() {
        assert_eq!(row.state.name(), "committed", "{}: {}", row.key, row.reason);
    }
}

fn crashed(workspace: &Workspace, point: &str) {
    let said = workspace.run_with("LANDFALL_CRASH", point);
    assert_eq!(said.code, None, "{point} was not passed: {said:?}");
}

#[test]
fn after_a_crash_at_any_point_the_next_start_is_whole() {
    std::thread::scope(|scope| {
        for half in [0, 1] {
            scope.spawn(move || {
                POINTS.iter().skip(half).step_by(2).filter(|point| **point != "none").for_each(|point| at(point));
            });
        }
    });
}

fn at(point: &str) {
    let workspace = prepared();
    crashed(&workspace, point);
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(0), "{point}: {said:?}");
    must_have_arrived(&workspace);
    let begun = !matches!(point, "checked");
    let committing = POINTS.iter().position(|p| *p == "commit-begun").unwrap();
    let done = POINTS.iter().position(|p| *p == point).unwrap() >= committing;
    match (begun, done) {
        // The run had only been accepted: it is simply run.
        (false, _) => assert_eq!(workspace.state(3), "succeeded", "{point}"),
        // Not committed: interrupted, and resumed by a run that takes over what was finished.
        (true, false) => {
            assert_eq!(workspace.state(3), "interrupted", "{point}");
            assert_eq!(workspace.error(3), "its engine ended while it ran", "{point}");
            assert_eq!(workspace.state(4), "succeeded", "{point}");
            let resumed = workspace.json(&["runs", "4"]);
            assert_eq!(resumed["run"]["parent"], 3, "{point}");
            assert_eq!(resumed["run"]["reason"], "resumes run 3: its engine ended while it ran", "{point}");
            let reused = workspace.stages(4).matches("reused").count();
            let finished = POINTS.iter().filter(|p| p.ends_with("-ended")).take(3).position(|p| p == &point);
            let expected = finished.map_or_else(|| started_before(point), |stage| stage + 1);
            assert_eq!(reused, expected, "{point}: {}", workspace.stages(4));
        }
        // Committing: rolled forward. What was left of the stages is done by a rerun.
        (true, true) => {
            let state = workspace.state(3);
            assert!(["partial", "succeeded"].contains(&state.as_str()), "{point}: {state}");
            if state == "partial" {
                assert_eq!(workspace.state(4), "succeeded", "{point}");
                assert!(workspace.stages(4).ends_with("publish reused, report succeeded"), "{}", workspace.stages(4));
            }
        }
    }
    workspace.land("5.csv", days(18..=18, true));
    workspace.run();
    workspace.must_be_whole(18 * 18);
}

/// Stages that were finished when the one that a `-started` point names began.
fn started_before(point: &str) -> usize {
    ["clean", "score", "train", "publish"].iter().position(|stage| format!("{stage}-started") == point).unwrap_or(0)
}

#[test]
fn a_crash_while_recovering_from_a_crash_is_recovered_from() {
    let workspace = prepared();
    crashed(&workspace, "commit-begun");
    crashed(&workspace, "commit-first");
    crashed(&workspace, "commit-recorded");
    crashed(&workspace, "report-started");
    workspace.run();
    must_have_arrived(&workspace);
}

#[test]
fn what_ends_every_engine_is_tried_so_often_and_no_more() {
    let workspace = prepared();
    (0..3).for_each(|_| crashed(&workspace, "report-started"));
    // Run 3 committed; 4 was to make its report; 5, whose parent had committed nothing, did all of it again.
    let said = workspace.run_with("LANDFALL_CRASH", "report-started");
    assert_eq!(said.code, Some(0), "{said:?}");
    let state = |run| workspace.state(run);
    assert_eq!([state(3), state(4), state(5), state(6)], ["partial", "interrupted", "partial", ""]);
    let told = workspace.call(&["events"]).out;
    assert!(told.contains("run 5 is not resumed: 3 runs in a row were left behind"), "{told}");
    must_have_arrived(&workspace);
    assert_eq!(workspace.call(&["rerun", "5", "--failed"]).code, Some(0));
    workspace.run();
    assert!(workspace.stages(6).ends_with("report succeeded"), "{}", workspace.stages(6));
}

#[test]
fn what_a_stage_set_aside_stays_aside_when_a_run_takes_over_what_that_stage_made() {
    for point in ["clean-ended", "train-started"] {
        let workspace = prepared();
        workspace.land("other.csv", "a,b\n1,2\n");
        crashed(&workspace, point);
        workspace.run();
        assert!(workspace.stages(4).starts_with("clean reused"), "{point}: {}", workspace.stages(4));
        assert_eq!(workspace.file("other.csv").0, "quarantined", "{point}");
        workspace.must_be_whole(17 * 18);
    }
}

#[test]
fn a_rerun_from_what_failed_leaves_alone_what_its_run_had_set_aside() {
    let gate = "[stages.gate]\nkind = \"command\"\nprogram = [\"sh\", \"-c\", \"test -e gate\"]\n";
    let workspace = Workspace::with(&format!("[stages.clean]\n{gate}"));
    workspace.land("1.csv", days(1..=1, true));
    workspace.land("other.csv", "a,b\n1,2\n");
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    assert_eq!(workspace.file("other.csv").0, "quarantined");
    workspace.write("gate", "");
    assert_eq!(workspace.call(&["rerun", "1", "--failed"]).code, Some(0));
    workspace.run();
    assert!(workspace.stages(2).starts_with("clean reused"), "{}", workspace.stages(2));
    assert_eq!(workspace.file("other.csv").0, "quarantined");
    assert_eq!(workspace.call(&["file", "release", "other.csv"]).code, Some(0));
    workspace.call(&["run"]);
    assert_eq!(workspace.file("other.csv").0, "quarantined");
    workspace.must_be_whole(18);
}

#[test]
fn the_very_first_run_survives_a_crash_at_its_commit() {
    for point in ["commit-first", "commit-recorded"] {
        let workspace = Workspace::full();
        workspace.land("1.csv", days(1..=14, true));
        workspace.land("2.csv", days(15..=15, false));
        crashed(&workspace, point);
        workspace.run();
        workspace.must_be_whole(15 * 18);
        assert_eq!(workspace.keys(DatasetKind::Predictions), 18, "{point}");
        assert_eq!(workspace.json(&["models"])[0]["champion"], true, "{point}");
    }
}

#[test]
fn a_pipeline_that_does_not_publish_commits_at_its_end_and_survives_a_crash_there() {
    for point in ["clean-ended", "commit-begun", "commit-promoted", "commit-recorded"] {
        let workspace = Workspace::light();
        workspace.land("1.csv", days(1..=3, true));
        crashed(&workspace, point);
        workspace.run();
        workspace.must_be_whole(3 * 18);
        assert_eq!(workspace.file("1.csv").0, "committed", "{point}");
    }
}

#[test]
fn a_report_that_was_moved_but_not_recorded_leaves_nothing_behind() {
    let workspace = Workspace::full();
    workspace.land("14.csv", days(1..=14, true));
    crashed(&workspace, "commit-promoted@2");
    // So many runs that the staging area of the first is not kept any more.
    for day in 15..=19 {
        workspace.land(&format!("{day}.csv"), days(day..=day, true));
        workspace.run();
    }
    workspace.must_be_whole(19 * 18);
}
