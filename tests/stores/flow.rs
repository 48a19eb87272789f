//! The same life of files with landing, lake and output in object stores: landed, run, predicted, published; and whole
//! again after a crash at any point.

use landfall::domain::dataset::DatasetKind;
use landfall::store::files;

use crate::faults::workspace::{FULL, Workspace, days, eventually};
use crate::servers::objects::{Container, Kind};
use crate::servers::proxy::{Fault, Proxy};

/// A history of fifteen days, a champion, a day's predictions, and a batch that waits.
fn prepared(landing: Option<&Container>, lake: Option<&Container>, output: Option<&Container>) -> Workspace {
    let workspace = Workspace::elsewhere(FULL, landing, lake, output);
    workspace.land("1.csv", days(1..=14, true));
    workspace.run();
    workspace.land("2.csv", days(15..=15, false));
    workspace.land("2b.csv", days(15..=15, false));
    workspace.run();
    workspace.land("3.csv", days(15..=15, true));
    workspace.land("4.csv", days(16..=17, false));
    workspace
}

fn must_have_arrived(workspace: &Workspace) {
    workspace.must_be_whole(17 * 18);
    assert_eq!(workspace.keys(DatasetKind::Predictions), 3 * 18);
    for row in files::list(&workspace.store(), None, 100).unwrap() {
        let expected = if row.key == "2b.csv" { "duplicate" } else { "committed" };
        assert_eq!(row.state.name(), expected, "{}: {}", row.key, row.reason);
    }
    workspace.run();
    let spool: Vec<_> = std::fs::read_dir(workspace.path(".landfall/spool/p")).into_iter().flatten().collect();
    assert!(spool.is_empty(), "{spool:?}");
}

/// Every way to place the three is in here: each in a folder, on Azure and on S3.
#[test]
fn files_land_run_and_are_published_wherever_the_places_are() {
    let [Some(azure), Some(s3)] = Kind::ALL.map(Kind::container) else { return };
    let places = [(Some(&azure), Some(&azure), Some(&s3)), (Some(&s3), None, Some(&azure)), (None, Some(&s3), None)];
    for (landing, lake, output) in places {
        let workspace = prepared(landing, lake, output);
        workspace.run();
        must_have_arrived(&workspace);
    }
}

#[test]
fn of_a_store_no_more_is_fetched_than_a_run_may_take_and_nothing_that_is_too_large() {
    for container in Kind::ALL.iter().filter_map(|kind| kind.container()) {
        let day = days(1..=1, true).len();
        let limits = format!("max_files_per_run = 2\nmax_file_bytes = \"{}B\"\n", 2 * day);
        let workspace = Workspace::elsewhere("[stages.clean]\n", Some(&container), None, None);
        workspace.configure(&limits, "[stages.clean]\n");
        (1..=5).for_each(|day| workspace.land(&format!("{day}.csv"), days(day..=day, true)));
        workspace.land("0.csv", days(6..=9, true));
        let spooled = || std::fs::read_dir(workspace.path(".landfall/spool/p")).into_iter().flatten().count();
        workspace.run();
        let (state, reason) = workspace.file("0.csv");
        assert!(state == "held" && reason.contains("`landing.max_file_bytes`"), "{state}: {reason}");
        assert_eq!(workspace.json(&["files"]).as_array().unwrap().len(), 6);
        while workspace.file("5.csv").0 != "committed" {
            workspace.run();
            assert!(spooled() <= 4, "one batch at work, one that waits");
        }
        workspace.must_be_whole(5 * 18);
        assert_eq!(workspace.call(&["file", "release", "0.csv"]).code, Some(0));
        workspace.run();
        assert_eq!(workspace.file("0.csv").0, "committed");
        let row = files::list(&workspace.store(), None, 100).unwrap().into_iter().find(|row| row.key == "0.csv");
        assert!(row.is_some_and(|row| row.hash.is_some()));
        workspace.must_be_whole(9 * 18);
    }
}

#[test]
fn an_object_waits_for_its_marker_and_must_be_what_that_promises() {
    for container in Kind::ALL.iter().filter_map(|kind| kind.container()) {
        let workspace = Workspace::elsewhere("[stages.clean]\n", Some(&container), None, None);
        workspace.configure("pattern = \"*.csv\"\nmarker = \"{name}.done\"\n", "[stages.clean]\n");
        let state = |name: &str| workspace.file(name);
        workspace.land("1.csv", days(1..=1, true));
        workspace.land("2.csv", days(2..=2, true));
        workspace.land("2.csv.done", "bytes: 7\n");
        workspace.run();
        assert_eq!(state("1.csv"), ("settling".to_owned(), "its marker 1.csv.done is not there yet".to_owned()));
        let size = days(2..=2, true).len();
        let promised = format!("2.csv.done promises 7 bytes and it has {size}: send it again");
        assert_eq!(state("2.csv"), ("settling".to_owned(), promised));
        workspace.land("2.csv.done", format!("bytes: {size}\n"));
        workspace.land("1.csv.done", format!("{{\"bytes\": {}, \"rows\": 18}}", days(1..=1, true).len()));
        workspace.run();
        assert_eq!((state("1.csv").0.as_str(), state("2.csv").0.as_str()), ("committed", "committed"));
        let story = workspace.call(&["file", "explain", "1.csv"]).out;
        assert!(story.contains("its marker 1.csv.done is there, with the promised size"), "{story}");
        // One for all of the folder.
        workspace.configure("pattern = \"*.csv\"\nmarker = \"_SUCCESS\"\n", "[stages.clean]\n");
        workspace.land("3.csv", days(3..=3, true));
        workspace.run();
        assert_eq!(state("3.csv").1, "its marker _SUCCESS is not there yet");
        workspace.land("_SUCCESS", "");
        workspace.run();
        assert_eq!(state("3.csv").0, "committed");
        workspace.must_be_whole(3 * 18);
    }
}

#[test]
fn after_a_crash_at_any_point_a_store_holds_everything_once() {
    let points = [
        "clean-ended",
        "commit-begun",
        "commit-first",
        "commit-promoted",
        "commit-recorded",
        "commit-pointed",
        "output-staged",
        "output-moved",
    ];
    std::thread::scope(|scope| {
        for kind in Kind::ALL {
            scope.spawn(move || {
                for point in points {
                    let Some(container) = kind.container() else { return };
                    let (lake, out) = (kind.container().unwrap(), kind.container().unwrap());
                    let workspace = prepared(Some(&container), Some(&lake), Some(&out));
                    let said = workspace.run_with("LANDFALL_CRASH", point);
                    assert_eq!(said.code, None, "{point} was not passed: {said:?}");
                    let said = workspace.call(&["run"]);
                    assert_eq!(said.code, Some(0), "{point}: {said:?}");
                    must_have_arrived(&workspace);
                }
            });
        }
    });
}

#[test]
fn an_overwritten_object_is_a_new_version_and_a_missing_copy_is_fetched_again() {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        let workspace = Workspace::elsewhere("[stages.clean]\n", Some(&container), None, None);
        workspace.land("a.csv", days(1..=1, true));
        let said = workspace.run_with("LANDFALL_CRASH", "clean-started");
        assert_eq!(said.code, None, "{said:?}");
        std::fs::remove_dir_all(workspace.path(".landfall/spool")).unwrap();
        workspace.run();
        workspace.must_be_whole(18);
        workspace.land("a.csv", days(1..=2, true));
        workspace.run();
        workspace.must_be_whole(36);
        // Nothing is left to do, and a rerun of what was overwritten keeps what it had.
        let reason = workspace.json(&["status"]).to_string();
        assert!(!reason.contains("cannot look"), "{reason}");
        let (state, reason) = workspace.file("a.csv");
        assert_eq!(state, "committed", "{reason}");
    }
}

/// The version of an object on S3 is the hash of its content: the first version's comes back with its content.
#[test]
fn a_correction_that_is_taken_back_is_a_version_of_its_own_in_a_store() {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        let workspace = Workspace::elsewhere("[stages.clean]\n", Some(&container), None, None);
        let (first, second) = (days(1..=1, true), days(1..=1, true).replace("true", "false"));
        for text in [&first, &second, &first] {
            workspace.land("a.csv", text);
            workspace.run();
        }
        let versions = workspace.json(&["files", "a.csv"]);
        let states: Vec<_> = versions.as_array().unwrap().iter().map(|row| row["file"]["state"].clone()).collect();
        assert_eq!(states, ["committed"; 3], "{versions}");
        workspace.must_be_whole(18);
    }
}

#[test]
fn the_engine_answers_while_a_landing_that_is_far_away_keeps_it_waiting() {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        let proxy = Proxy::before(container.port());
        container.put("in/a.csv", days(1..=1, true));
        let far = container.through(proxy.port);
        let workspace = Workspace::elsewhere("[stages.clean]\n", Some(&far), None, None);
        proxy.fault("in/a.csv", Fault::Held, 1);
        let engine = workspace.watch();
        eventually("the object is asked for", || {
            proxy.requests().iter().any(|line| line.contains("in/a.csv")).then_some(())
        });
        // An operator's question, an answer that changes something, and a look that follows the one under way.
        assert_eq!(workspace.call(&["pause", "p"]).code, Some(0));
        assert_eq!(workspace.call(&["resume", "p"]).code, Some(0));
        let mut asked = workspace.command(&["run"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        assert_eq!(workspace.call(&["pause", "p"]).code, Some(0));
        assert_eq!(workspace.state(1), "", "it was fetched though it was held");
        assert!(asked.try_wait().unwrap().is_none(), "a look was answered that had not been");
        proxy.let_go();
        workspace.until(1, "succeeded");
        assert!(asked.wait().unwrap().success());
        drop(engine);
        workspace.must_be_whole(18);
    }
}
