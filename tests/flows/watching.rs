//! What is watched besides runs: columns, rejects, overwritten and missing files, the engine itself and its sign of
//! life. Real workspaces and the real program; what is waited for is a condition.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use landfall::domain::Instant;
use landfall::domain::alert::{AlertKind, Severity, WORKSPACE};
use landfall::domain::clock::{Clock, ManualClock};
use landfall::engine::{Engine, Options};
use landfall::store::alerts::{self, AlertRow};
use landfall::store::{engine, events, files, triggers};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::workspace::{Workspace, rentals, until};

/// Cleaning alone, which is quick, and rules of its own.
fn cleaning(rules: &str) -> Workspace {
    Workspace::rentals("", &format!("[stages.clean]\nmax_reject_ratio = 0.5\nwarn_reject_ratio = 0.1\n{rules}"))
}

/// Alerts of a kind that stand.
fn standing(workspace: &Workspace, kind: AlertKind) -> Vec<AlertRow> {
    let mut rows = alerts::open(&workspace.store(), None).unwrap();
    rows.retain(|row| row.finding.kind == kind);
    rows
}

/// The one alert of a kind that stands.
fn one(workspace: &Workspace, kind: AlertKind) -> AlertRow {
    let mut rows = standing(workspace, kind);
    assert_eq!(rows.len(), 1, "{kind}: {rows:?}");
    rows.remove(0)
}

/// Why the newest alert of a kind is over.
fn over(workspace: &Workspace, kind: AlertKind) -> String {
    assert_eq!(standing(workspace, kind), [], "{kind}");
    let all = alerts::list(&workspace.store(), None, 100).unwrap();
    all.into_iter().find(|row| row.finding.kind == kind).and_then(|row| row.note).unwrap_or_default()
}

#[test]
fn a_renamed_column_is_told_with_the_file_in_quarantine_and_is_over_when_it_comes_in_order() {
    let workspace = cleaning("");
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    assert_eq!(alerts::list(&workspace.store(), None, 9).unwrap(), []);
    workspace.land("rentals_02.csv", &rentals(2, 1).replace("temperature", "temp"));
    assert_eq!(workspace.landfall(&["run"]).code, 1);
    let schema = one(&workspace, AlertKind::SchemaChange);
    let change = "column `temperature` is gone, `temp` is new in its place";
    let sentence = format!("the columns changed with rentals_02.csv (before: rentals_01.csv): {change}");
    assert_eq!((schema.finding.message, schema.finding.object.as_str()), (sentence, "rentals_*.csv"));
    assert_eq!(schema.finding.evidence.columns, ["temperature", "temp"]);
    assert_eq!(schema.finding.evidence.lines[1], "now: hour, temp, humidity, weather, working_day, rentals");
    let quarantine = one(&workspace, AlertKind::Quarantine).finding.message;
    assert!(quarantine.ends_with(&format!("; unlike rentals_01.csv: {change}")), "{quarantine}");
    workspace.land_days(2, 2);
    workspace.told(&["run"]);
    assert_eq!(over(&workspace, AlertKind::SchemaChange), "rentals_02.csv has the usual columns");
    assert_eq!(over(&workspace, AlertKind::Quarantine), "the file is seen");
}

#[test]
fn a_new_column_is_worth_a_word_until_it_is_the_usual() {
    let workspace = cleaning("[alerts.schema_change]\naccept_after = 3\n");
    let wind = |day| rentals(day, 1).replace("rentals\n", "rentals,wind\n").replace("\n2024", ",3\n2024");
    let wider = |day| wind(day).replace("wind,3\n", "wind\n").trim_end().to_owned() + ",3\n";
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    for day in 2..=3 {
        workspace.land(&format!("rentals_{day:02}.csv"), &wider(day));
        workspace.told(&["run"]);
        let alert = one(&workspace, AlertKind::SchemaChange);
        assert_eq!(alert.finding.severity, Severity::Info);
        let sentence = "the columns changed with rentals_02.csv (before: rentals_01.csv): column `wind` is new";
        assert_eq!(alert.finding.message, sentence);
    }
    workspace.land("rentals_04.csv", &wider(4));
    workspace.told(&["run"]);
    assert_eq!(over(&workspace, AlertKind::SchemaChange), "its columns are the usual ones from now on");
    let row = files::named(&workspace.store(), None, "rentals_04.csv").unwrap().remove(0);
    assert_eq!((row.rows, row.rejected), (Some(24), Some(0)));
}

#[test]
fn a_file_overwritten_after_use_stands_with_what_replaced_it() {
    let workspace = cleaning("");
    workspace.land_days(1, 1);
    workspace.told(&["run"]);
    workspace.land("rentals_01.csv", &rentals(1, 2));
    workspace.told(&["run"]);
    let sentence = "rentals_01.csv was overwritten after run 1 had used it: 48 rows where there were 24; run 2 replaced \
                    what was published from it";
    assert_eq!(one(&workspace, AlertKind::Overwritten).finding.message, sentence);
    // The same content once more is no other version.
    workspace.land("rentals_01.csv", &rentals(1, 2));
    workspace.told(&["run"]);
    assert_eq!(one(&workspace, AlertKind::Overwritten).finding.message, sentence);
    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    workspace.write("pipelines/rentals.toml", &format!("{text}[alerts.overwritten]\nkeep = \"0s\"\n"));
    workspace.told(&["run"]);
    assert_eq!(over(&workspace, AlertKind::Overwritten), "the new version has been run, or has gone");
}

#[test]
fn a_missing_member_of_a_set_is_named_until_it_comes() {
    let workspace =
        cleaning("[alerts.incomplete_set]\nexpect = [\"north\", \"south\", \"east\", \"west\"]\ngrace = \"0s\"\n");
    for (n, region) in ["north", "south", "east"].into_iter().enumerate() {
        workspace.land(&format!("{region}_2024-05-01.csv"), &rentals(n as u32 + 1, 1));
    }
    workspace.told(&["run"]);
    let alert = one(&workspace, AlertKind::IncompleteSet).finding;
    assert_eq!(alert.message, "3 of 4 files of 2024-05-01 are there: west is missing");
    assert_eq!((alert.object.as_str(), alert.evidence.files.len()), ("2024-05-01", 3));
    workspace.land("west_2024-05-01.csv", &rentals(9, 1));
    workspace.told(&["run"]);
    assert_eq!(over(&workspace, AlertKind::IncompleteSet), "all 4 files of 2024-05-01 are there");
}

#[test]
fn rejected_rows_are_told_with_their_reasons_until_a_run_has_few() {
    let workspace = cleaning("");
    let bad = |day, rows: usize| {
        let lines: Vec<String> = rentals(day, 1).lines().map(str::to_owned).collect();
        let spoil = |(n, line): (usize, &String)| {
            let mut fields: Vec<&str> = line.split(',').collect();
            if (1..=rows).contains(&n) {
                fields[2] = "damp";
            }
            fields.join(",") + "\n"
        };
        lines.iter().enumerate().map(spoil).collect::<String>()
    };
    workspace.land("rentals_01.csv", &bad(1, 6));
    workspace.told(&["run"]);
    let warned = one(&workspace, AlertKind::RejectRatio);
    let sentence = "run 1 rejected 6 of 24 rows (25.0 %, warned from 10.0 %); humidity: not a number (6)";
    assert_eq!((warned.finding.message.as_str(), warned.finding.severity), (sentence, Severity::Warning));
    assert_eq!(warned.finding.evidence.lines, ["rentals_01.csv: 6 of 24 rows", "humidity: not a number (6)"]);
    // Graver: the run fails, and its figures with it, but not what was found in the file.
    workspace.land("rentals_02.csv", &bad(2, 18));
    assert_eq!(workspace.landfall(&["run"]).code, 1);
    let failed = one(&workspace, AlertKind::RejectRatio);
    assert_eq!((failed.id, failed.finding.severity), (warned.id, Severity::Critical));
    let sentence = "run 2 rejected 18 of 24 rows (75.0 %, more than 50.0 % fails the run); rentals_02.csv line 2, \
                    humidity: \"damp\" not a number";
    assert_eq!(failed.finding.message, sentence);
    workspace.land("rentals_02.csv", &bad(2, 1));
    workspace.told(&["run"]);
    assert_eq!(over(&workspace, AlertKind::RejectRatio), "run 3 rejected 1 of 24 rows (4.2 %)");
}

#[test]
fn a_file_that_has_no_end_is_told_before_it_goes_to_quarantine() {
    let workspace = cleaning("[alerts.unsettled]\nafter = \"100ms\"\n");
    let watching = workspace.watch();
    let text = rentals(1, 1);
    let (half, rest) = text.split_at(text.len() / 2);
    let path = workspace.root().join("landing/rentals_01.csv");
    std::fs::write(&path, half).unwrap();
    until("it is told", || !standing(&workspace, AlertKind::Unsettled).is_empty());
    let said = one(&workspace, AlertKind::Unsettled).finding.message;
    assert!(said.starts_with("rentals_01.csv has not settled for more than 0.1 s ("), "{said}");
    assert!(said.ends_with("; after 1h it goes to quarantine"), "{said}");
    std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(rest.as_bytes()).unwrap();
    until("it has settled and the alert is over", || standing(&workspace, AlertKind::Unsettled).is_empty());
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn a_publication_that_failed_says_what_readers_see() {
    let workspace = Workspace::rentals("", "[alerts.reject_ratio]\nenabled = true\n");
    workspace.land_days(1, 28);
    workspace.told(&["run"]);
    workspace.land_days(29, 29);
    workspace.told(&["run"]);
    workspace.land_days(30, 30);
    let failed = workspace.command(&["run"]).env("LANDFALL_FAULT", "enospc:manifests").output().unwrap();
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let alert = one(&workspace, AlertKind::PublishFailed).finding;
    assert_eq!((alert.object.as_str(), alert.severity), ("predictions/rentals", Severity::Critical));
    assert!(alert.message.starts_with("run 3 could not be published to predictions/rentals: "), "{}", alert.message);
    assert!(alert.message.contains("the disk of the lake is full"), "{}", alert.message);
    assert!(alert.message.contains("; readers still see run 2, "), "{}", alert.message);
    workspace.told(&["rerun", "3", "--failed"]);
    assert_eq!(over(&workspace, AlertKind::PublishFailed), "run 4 was published");
}

#[test]
fn an_engine_that_was_killed_is_told_of_by_the_next_and_that_is_over_after_one_in_good_order() {
    let workspace = cleaning("");
    let watching = workspace.watch();
    kill(Pid::from_raw(watching.id()), Signal::SIGKILL).unwrap();
    watching.ended();
    let watching = workspace.watch();
    let alert = one(&workspace, AlertKind::Silence);
    assert_eq!((alert.pipeline.as_str(), alert.finding.severity), (WORKSPACE, Severity::Warning));
    let start = "the engine did not stop in good order (it was killed, or the machine went down): silent from ";
    assert!(alert.finding.message.starts_with(start), "{}", alert.finding.message);
    workspace.told(&["stop"]);
    watching.ended();
    let watching = workspace.watch();
    assert_eq!(over(&workspace, AlertKind::Silence), "the engine before stopped in good order");
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn checks_that_no_engine_made_are_counted() {
    let workspace = Workspace::rentals("schedule = \"every 1s\"", "");
    let rules = "[alerts.silence]\nafter = \"0s\"\n[alerts.disk_low]\nenabled = false\n";
    workspace.write("landfall.toml", rules);
    let watching = workspace.watch();
    workspace.told(&["stop"]);
    watching.ended();
    let stopped = engine::latest(&workspace.store()).unwrap().unwrap().stopped.unwrap();
    until("two checks were due", || chrono::Utc::now() > stopped + chrono::Duration::seconds(2));
    let watching = workspace.watch();
    let told = alerts::list(&workspace.store(), Some(WORKSPACE), 9).unwrap().remove(0);
    assert_eq!((told.finding.kind, told.finding.severity), (AlertKind::Silence, Severity::Info));
    let said = &told.finding.message;
    assert!(said.starts_with("no engine ran from ") && said.ends_with(" scheduled checks did not happen"), "{said}");
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn the_sign_of_life_goes_out_and_its_failure_is_told_once_and_without_the_address() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/?se=2024-05-01&sig=SECRET", receiver.local_addr().unwrap());
    let (beats, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU16::new(200)));
    let (counted, status) = (Arc::clone(&beats), Arc::clone(&answer));
    std::thread::spawn(move || {
        for stream in receiver.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            if request[..read].starts_with(b"GET /?se=2024-05-01&sig=SECRET HTTP/1.1\r\n") {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            let status = status.load(Ordering::SeqCst);
            let said = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            // One that does not wait for its answer is none the worse for it.
            let _ = stream.write_all(said.as_bytes());
        }
    });
    let workspace = cleaning("");
    let disk = "[alerts.disk_low]\nenabled = false\n";
    workspace.write("landfall.toml", &format!("[heartbeat]\nurl = {{ env = \"BEAT\" }}\nevery = \"1s\"\n{disk}"));
    let watching = workspace.watch_with(&[("BEAT", &address)]);
    until("it has beaten twice", || beats.load(Ordering::SeqCst) >= 2);
    assert_eq!(standing(&workspace, AlertKind::Delivery), []);
    answer.store(503, Ordering::SeqCst);
    until("it is told", || !standing(&workspace, AlertKind::Delivery).is_empty());
    let alert = one(&workspace, AlertKind::Delivery);
    let sentence = "heartbeat does not get through: 3 signs of life in a row failed; last: it answered 503";
    assert!(alert.finding.message.starts_with(sentence), "{}", alert.finding.message);
    let failed = beats.load(Ordering::SeqCst);
    until("it has failed again", || beats.load(Ordering::SeqCst) > failed + 1);
    assert_eq!(one(&workspace, AlertKind::Delivery).updated, alert.updated, "told again and again");
    answer.store(204, Ordering::SeqCst);
    until("it is over", || standing(&workspace, AlertKind::Delivery).is_empty());
    assert_eq!(over(&workspace, AlertKind::Delivery), "it gets through");
    // The address is a signed one, and its signature has expired.
    let expired = one(&workspace, AlertKind::Credentials).finding;
    assert_eq!(expired.message, "the credential heartbeat expired on 2024-05-01 00:00 UTC: renew it");
    let told = format!(
        "{:?}{:?}",
        alerts::list(&workspace.store(), None, 99).unwrap(),
        events::list(&workspace.store(), None, 999).unwrap()
    );
    assert!(!told.contains("SECRET"), "{told}");
    workspace.told(&["stop"]);
    let ended = watching.ended();
    assert!(ended.code == 0 && !ended.err.contains("SECRET"), "{ended:?}");
}

#[test]
fn a_clock_that_jumps_is_told() {
    let workspace = cleaning("");
    let start: Instant = "2024-05-01T22:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let options = |clock: Arc<dyn Clock>| {
        let root = workspace.root().to_owned();
        Options { clock, triggers: false, ..Options::new(root).unwrap() }
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(Engine::start(options(clock.clone()))).unwrap_or_else(|error| panic!("{error}"));
    // Eight hours, whatever little time has passed meanwhile.
    clock.advance(chrono::Duration::minutes(8 * 60) + chrono::Duration::seconds(30));
    until("it is told", || !standing(&workspace, AlertKind::ClockJump).is_empty());
    let said = one(&workspace, AlertKind::ClockJump).finding.message;
    let sentence = "the clock jumped 8h ahead, from 2024-05-01 22:00:00 UTC to 2024-05-02 06:00:30 UTC; ";
    assert!(said.starts_with(sentence), "{said}");
    workspace.told(&["stop"]);
    runtime.block_on(running.ended());
}

#[test]
fn a_check_that_a_run_under_way_keeps_from_starting_another_is_told_once() {
    let gate = "overlap = \"skip\"\n[landing]";
    let stages = "[stages.clean]\n[stages.gate]\nkind = \"command\"\n\
                  program = [\"sh\", \"-c\", \"until [ -e go ]; do sleep 0.02; done\"]\n";
    let workspace = Workspace::rentals("schedule = \"every 1s\"", stages);
    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    workspace.write("pipelines/rentals.toml", &text.replacen("[landing]", gate, 1));
    let watching = workspace.watch();
    workspace.land_days(1, 1);
    let asked = || {
        let rows = triggers::list(&workspace.store(), "rentals", 100).unwrap();
        rows.iter().filter(|row| row.answer.reason.starts_with("run 1 is under way")).count()
    };
    until("the schedule has asked twice while it runs", || asked() >= 2);
    let said = "the scheduled check starts nothing: run 1 is under way";
    let told = events::list(&workspace.store(), None, 999).unwrap();
    assert_eq!(told.iter().filter(|event| event.text == said).count(), 1, "{told:?}");
    workspace.write("go", "");
    until("the run has ended", || landfall::store::runs::get(&workspace.store(), 1).unwrap().unwrap().state.is_final());
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}

#[test]
fn a_configuration_that_is_not_valid_is_one_alert_of_the_workspace_until_it_is_mended() {
    let workspace = cleaning("");
    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    let watching = workspace.watch();
    workspace.write("pipelines/rentals.toml", "[landing]\n");
    until("it is told", || !standing(&workspace, AlertKind::Landfall).is_empty());
    let alert = one(&workspace, AlertKind::Landfall);
    assert_eq!((alert.pipeline.as_str(), alert.finding.object.as_str()), (WORKSPACE, "configuration"));
    workspace.told(&["stop"]);
    watching.ended();
    // A next engine has read a valid one, or it would not run.
    workspace.write("pipelines/rentals.toml", &text);
    let watching = workspace.watch();
    assert_eq!(over(&workspace, AlertKind::Landfall), "it works again");
    workspace.told(&["stop"]);
    assert_eq!(watching.ended().code, 0);
}
