use std::collections::BTreeMap;

use chrono::{Duration, TimeZone, Utc};

use super::{Record, RuleReplay, of_record};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Severity};
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::domain::run::{Cause, RunState};
use crate::store::files::Measured;
use crate::store::runs::{NewRun, RunRow};
use crate::store::{Store, alerts, engine, files, open_reader, pipelines, runs};

fn start() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 2, 6, 0, 0).unwrap()
}

/// The ten lines, with rules of its own.
fn pipeline(alerts: &str) -> Pipeline {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../config/examples/ten-lines/pipelines/rentals.toml");
    std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
    std::fs::write(folder.path().join("unsaved.toml"), format!("{text}\n{alerts}")).unwrap();
    crate::config::load_pipeline_file(folder.path(), &folder.path().join("unsaved.toml"), "p").unwrap()
}

/// Forty days of a file a day, without the 30th day's, ten times as large on the 35th.
fn record() -> Record {
    let days = (0..40).filter(|day| *day != 30);
    let files: Vec<Measured> = days
        .map(|day| Measured {
            id: day + 1,
            key: format!("f_{}.csv", (start() + Duration::days(day)).format("%Y-%m-%d")),
            first_seen: start() + Duration::days(day),
            bytes: if day == 35 { 1_000_000 } else { 100_000 + 500 * (day as u64 % 3) },
            rows: None,
            columns: None,
            usable: true,
        })
        .collect();
    Record {
        begin: Some(start()),
        arrived: files.iter().map(|file| (file.first_seen, file.key.clone())).collect(),
        files,
        awake: vec![(start(), start() + Duration::days(40))],
        ..Record::default()
    }
}

fn replayed(record: &Record, alerts: &str) -> BTreeMap<AlertKind, RuleReplay> {
    let to = start() + Duration::days(39) + Duration::hours(1);
    let rules = of_record(record, &pipeline(alerts), start(), to);
    rules.into_iter().map(|rule| (rule.kind, rule)).collect()
}

#[test]
fn the_past_is_judged_by_the_rules_as_they_are_now() {
    let rules = replayed(&record(), "");
    let size = &rules[&AlertKind::FileSize];
    assert_eq!((size.checks, size.learning, size.fired.len()), (39, 3, 1));
    assert_eq!((size.fired[0].at, size.fired[0].severity), (start() + Duration::days(35), Severity::Critical));
    let stale = &rules[&AlertKind::Staleness];
    assert_eq!(stale.fired.len(), 1, "{:?}", stale.fired);
    assert_eq!(stale.fired[0].at, start() + Duration::days(29) + Duration::hours(36));
    assert_eq!(stale.fired[0].until, Some(start() + Duration::days(31)));
    assert!(stale.learning >= 14);
    assert!((stale.per_week - 7.0 / 39.04).abs() < 0.01, "{}", stale.per_week);

    let lenient = "[alerts.file_size]\nratio = 20\nsigmas = 200\n[alerts.staleness]\nenabled = false\nafter = \"3d\"";
    let rules = replayed(&record(), lenient);
    assert!(rules[&AlertKind::FileSize].fired.is_empty());
    assert!(!rules[&AlertKind::Staleness].enabled && rules[&AlertKind::Staleness].fired.is_empty());
    let held = replayed(&record(), "[alerts.staleness]\nhold = \"13h\"");
    assert!(held[&AlertKind::Staleness].fired.is_empty(), "it healed before it would have been told");
}

#[test]
fn declared_slots_are_replayed_with_downtime_taken_into_account() {
    let slots = "[alerts.staleness]\nexpect = \"0 6 * * *\"\ngrace = \"2h\"";
    let stale = &replayed(&record(), slots)[&AlertKind::Staleness];
    assert_eq!(stale.fired.len(), 1, "{:?}", stale.fired);
    assert_eq!(stale.fired[0].at, start() + Duration::days(30) + Duration::hours(2) + Duration::milliseconds(1));
    assert!(stale.fired[0].message.starts_with("no file for the slot of Wed 2026-04-01 06:00 UTC"));
    let day = |n: i64| start() + Duration::days(n);
    let down = Record { awake: vec![(day(0), day(29)), (day(31), day(40))], ..record() };
    let stale = &replayed(&down, slots)[&AlertKind::Staleness];
    assert!(stale.fired.is_empty() && stale.cannot_check > 0, "{stale:?}");
}

fn run(id: i64, state: RunState, seconds: i64) -> RunRow {
    let created = start() + Duration::hours(id);
    RunRow {
        id,
        pipeline: "p".into(),
        state,
        cause: Cause::Schedule,
        reason: String::new(),
        parent: None,
        rerun_from: None,
        created,
        started: Some(created + Duration::seconds(1)),
        ended: Some(created + Duration::seconds(1 + seconds)),
        committed: None,
        generation: 0,
        config_hash: String::new(),
        seed: 0,
        files: 1,
        bytes: 1000,
        rows: None,
        error_class: None,
        error: None,
    }
}

#[test]
fn failures_are_one_episode_and_a_slow_run_is_told_when_it_would_have_been() {
    let mut history: Vec<RunRow> = (0..12).map(|n| run(n, RunState::Succeeded, 300)).collect();
    history.extend([run(12, RunState::Failed, 3), run(13, RunState::Failed, 3), run(14, RunState::Succeeded, 2400)]);
    let waited = RunRow {
        started: Some(start() + Duration::hours(15) + Duration::minutes(20)),
        ..run(15, RunState::Succeeded, 1800)
    };
    history.push(waited);
    let rules = replayed(&Record { runs: history, ..record() }, "");
    let failed = &rules[&AlertKind::RunFailed];
    assert_eq!((failed.checks, failed.fired.len()), (16, 1));
    assert_eq!(failed.fired[0].at, run(12, RunState::Failed, 3).ended.unwrap());
    assert_eq!(failed.fired[0].until, run(14, RunState::Succeeded, 2400).ended);
    let slow = &rules[&AlertKind::LongRun];
    assert_eq!((slow.learning, slow.fired.len()), (10, 1), "{slow:?}");
    let begun = run(14, RunState::Succeeded, 0).started.unwrap();
    assert_eq!(slow.fired[0].at, begun + Duration::seconds(600));
    assert_eq!(rules[&AlertKind::Queued].fired.len(), 1);
}

/// The whole way: a store as an engine leaves it, read back and replayed.
#[tokio::test]
async fn a_real_store_is_replayed_and_compared_with_what_was_raised_and_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let sizes: Vec<u64> = (0..40).map(|day| if day == 35 { 1_000_000 } else { 100_000 + 500 * (day % 3) }).collect();
    store
        .write(move |tx| {
            pipelines::upsert(tx, "p", "P", "0", "", &[])?;
            engine::start(tx, 1, "boot", start() - Duration::days(1))?;
            for (n, bytes) in sizes.into_iter().enumerate() {
                let now = start() + Duration::days(n as i64);
                let key = format!("f_{}.csv", now.format("%Y-%m-%d"));
                let listed = Listed { key: key.clone(), bytes, modified: now, token: VersionToken(key.clone()) };
                let file = files::enter(tx, "p", &listed, now)?;
                files::set_state(tx, file, FileState::Ready, "whole", now)?;
                let new = NewRun {
                    pipeline: "p",
                    cause: Cause::Schedule,
                    reason: "",
                    parent: None,
                    config_hash: "0",
                    seed: 1,
                    files: &[file],
                    bytes,
                };
                let run = runs::create(tx, &new, now)?;
                files::claim(tx, file, run, now)?;
                runs::start(tx, run, now + Duration::seconds(1))?;
                runs::set_state(tx, run, RunState::Succeeded, now + Duration::seconds(9))?;
                if n == 35 {
                    files::set_state(tx, file, FileState::Quarantined, "an unknown header", now)?;
                }
                if n == 35 || n == 20 {
                    let found =
                        Finding::new(AlertKind::FileSize, &key, Severity::Critical, "far from its usual".into(), "");
                    let id = alerts::raise(tx, "p", &found, AlertState::Firing, Some(run), now)?;
                    alerts::set_state(tx, id, AlertState::Acknowledged, "operator", "upstream doubled", now)?;
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    let reader = open_reader(folder.path()).unwrap();
    let now = start() + Duration::days(39) + Duration::hours(1) + Duration::microseconds(7);
    let rules = pipeline("");
    let report = super::replay(&reader, &[&rules], start(), now).unwrap();
    let size = report.rules.iter().find(|rule| rule.kind == AlertKind::FileSize).unwrap();
    assert_eq!((size.checks, size.fired.len(), size.no_longer.len()), (40, 1, 1));
    let then = size.fired[0].then.as_ref().unwrap();
    assert_eq!((then.state, then.note.as_deref()), (AlertState::Acknowledged, Some("upstream doubled")));
    assert_eq!(size.no_longer[0].object, "f_2026-03-22.csv");
    let quiet = report.rules.iter().filter(|rule| rule.kind != AlertKind::FileSize);
    assert!(quiet.into_iter().all(|rule| rule.fired.is_empty() && rule.cannot_check == 0), "{report:?}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["rules"][4]["fired"][0]["then"]["state"], "acknowledged");
}
