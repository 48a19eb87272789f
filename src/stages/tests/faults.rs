//! A full disk and a killed process, rehearsed in a process of their own.

use std::process::{Command, Output, Stdio};

use super::*;
use crate::lake::crash;

/// Runs one of the ignored tests below in a child process with `environment`, `input` on its stdin.
fn child(test: &str, environment: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("stages::tests::faults::{test}"), "--ignored", "--nocapture", "--test-threads=1"])
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A child that has crashed does not read; what counts is how it ended.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
#[ignore = "the child of other tests"]
fn child_worker() {
    let _ = crate::stages::worker::main();
}

#[test]
#[ignore = "the child of other tests"]
fn child_commit() {
    let (root, artifacts): (String, Vec<Artifact>) = serde_json::from_reader(std::io::stdin()).unwrap();
    let lake = Lake::open(&root).unwrap();
    wait(commit::publish(&lake, &artifacts)).unwrap();
    wait(commit::write_latest(&lake, "p", &serde_json::json!({"run": 1}))).unwrap();
}

fn said(output: &Output) -> Vec<WorkerEvent> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok()).collect()
}

#[test]
fn a_full_disk_is_said_in_one_sentence_and_leaves_the_history_as_it_was() {
    let mut place = Place::new();
    let first = [place.land(1, "1.csv", "at,id,x\n2013-01-01,a,1\n")];
    place.take(&plan(), &first);
    let before = place.history();
    let second = [place.land(2, "2.csv", "at,id,x\n2013-01-01,b,2\n")];
    let job = place.clean_job(&plan(), &second);
    let output =
        child("child_worker", &[("LANDFALL_FAULT", "enospc:clean/p/2013-01")], &serde_json::to_vec(&job).unwrap());
    let events = said(&output);
    let Some(WorkerEvent::Failed { class, message, retry }) = events.last() else { panic!("{events:?}") };
    assert_eq!((class.as_str(), *retry), ("lake", true));
    assert_eq!(
        message,
        "the disk of the lake is full: .staging/2/clean-1/clean/p/2013-01/run-2.parquet could not be written; free \
         some space and run again"
    );
    wait(commit::roll_back(&place.lake(), &job.staging)).unwrap();
    assert_eq!(place.history(), before);
    assert!(wait(place.lake().list(layout::STAGING)).unwrap().is_empty());
    // With space again the same job goes through.
    place.take(&plan(), &second);
    assert_eq!(place.history().len(), 2);
}

#[test]
fn a_commit_killed_at_any_point_is_rolled_forward_to_the_same_end() {
    for point in crash::COMMIT {
        let mut place = Place::new();
        let text = "at,id,x\n2013-01-01,a,1\n2013-02-01,b,1\n2013-03-01,c,1\n";
        let files = [place.land(1, "1.csv", text)];
        let artifacts = place.clean(&plan(), &files).artifacts();
        assert_eq!(artifacts.len(), 4);
        let lake = place.lake();
        let input = serde_json::to_vec(&(lake.root(), &artifacts)).unwrap();
        let output = child("child_commit", &[("LANDFALL_CRASH", point)], &input);
        assert!(!output.status.success(), "{point} did not crash");
        for _ in 0..2 {
            wait(commit::verify(&lake, &artifacts)).unwrap();
            wait(commit::roll_forward(&lake, &artifacts)).unwrap();
        }
        for artifact in &artifacts {
            assert_eq!(wait(lake.holds(&artifact.part.path, artifact)).unwrap(), Some(true), "{point}");
        }
        assert!(wait(lake.list(layout::STAGING)).unwrap().is_empty(), "{point}");
        assert_eq!(wait(lake.head(&layout::latest("p"))).unwrap().is_some(), point == "commit-pointed");
    }
}
