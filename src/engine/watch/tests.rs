//! What is gathered, out of a real store.

use chrono::{Duration, TimeZone, Utc};

use super::disk::Found;
use super::{delivery, files, header, own, silence};
use crate::alerts::disk_low::Disk;
use crate::config::{self, Workspace};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Finding, Occasion, Severity, Verdict, WORKSPACE};
use crate::domain::file::{FileState, Listed, VersionToken};
use crate::store::deliveries::DeliveryRow;
use crate::store::outbox::Queued;
use crate::store::{Result, Store, Transaction, alerts, deliveries, engine, files as ledger, outbox};

fn at(minutes: i64) -> Instant {
    Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap() + Duration::minutes(minutes)
}

/// A workspace with one pipeline, `p`, and `rules` for its alerts; works on its store.
fn with<T: Send + 'static>(
    rules: &str,
    work: impl FnOnce(&Transaction<'_>, &Workspace) -> Result<T> + Send + 'static,
) -> T {
    let folder = tempfile::tempdir().unwrap();
    let (pipelines, state) = (folder.path().join("pipelines"), folder.path().join(".landfall"));
    std::fs::create_dir(&pipelines).unwrap();
    std::fs::create_dir(&state).unwrap();
    let own = "[alerts.disk_low]\nseverity = \"info\"\n[alerts.clock_jump]\nenabled = false\n\
               [channels.chat]\nkind = \"slack\"\nurl = { file = \"chat\" }\n";
    std::fs::write(folder.path().join("landfall.toml"), own).unwrap();
    let text = format!("[landing]\npath = \"landing\"\n[columns]\nat = \"datetime\"\n[stages.clean]\n{rules}");
    std::fs::write(pipelines.join("p.toml"), text).unwrap();
    let workspace = config::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
    let store = Store::open(&state).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.write(move |tx| work(tx, &workspace))).unwrap()
}

/// A version of a file that was seen at a minute and is in a state since the next.
fn enter(tx: &Transaction<'_>, key: &str, minute: i64, state: FileState) -> Result<i64> {
    let listed = Listed {
        key: key.to_owned(),
        bytes: 1_000 + u64::try_from(minute).unwrap(),
        modified: at(minute),
        token: VersionToken(format!("{key} {minute}")),
    };
    let id = ledger::enter(tx, "p", &listed, at(minute))?;
    let path: &[FileState] = match state {
        FileState::Committed => &[FileState::Ready, FileState::Claimed, FileState::Committed],
        FileState::Seen => &[],
        _ => &[state],
    };
    for (next, step) in path.iter().zip(1..) {
        ledger::set_state(tx, id, *next, "because", at(minute + step))?;
    }
    Ok(id)
}

/// All but that nothing is known of any file.
fn messages(verdicts: &[Verdict]) -> Vec<String> {
    let verdicts = verdicts.iter().filter(|verdict| !verdict.about().1.is_empty());
    let said = |verdict: &Verdict| match verdict {
        Verdict::Bad(finding) => format!("{}: {}", finding.kind, finding.message),
        Verdict::Fine { kind, reason, .. } => format!("{kind} fine: {reason}"),
        other => panic!("{other:?}"),
    };
    verdicts.map(said).collect()
}

#[test]
fn of_an_ordinary_landing_nothing_is_said_but_that_all_is_fine() {
    let said = with("", |tx, workspace| {
        enter(tx, "a.csv", 0, FileState::Committed)?;
        enter(tx, "b.csv", 1, FileState::Ready)?;
        // Listed once, and not looked at again since, however long ago.
        enter(tx, "c.csv", 2, FileState::Seen)?;
        files::files(tx, &workspace.pipelines[0], at(300))
    });
    assert!(
        said.iter().all(|verdict| matches!(verdict, Verdict::Fine { object, .. } if object.is_empty())),
        "{said:?}"
    );
    let kinds: Vec<AlertKind> = said.iter().map(|verdict| verdict.about().0).collect();
    assert_eq!(kinds, [AlertKind::Quarantine, AlertKind::Overwritten, AlertKind::Unsettled]);
}

#[test]
fn files_that_did_not_go_the_usual_way_are_told_each_as_what_it_is() {
    let (said, later) = with("", |tx, workspace| {
        let pipeline = &workspace.pipelines[0];
        enter(tx, "bad.csv", 0, FileState::Quarantined)?;
        enter(tx, "again.csv", 0, FileState::Committed)?;
        enter(tx, "again.csv", 5, FileState::Ready)?;
        enter(tx, "slow.csv", 9, FileState::Settling)?;
        let said = files::files(tx, pipeline, at(40))?;
        for verdict in &said {
            if let Verdict::Bad(finding) = verdict {
                alerts::raise(tx, "p", finding, crate::domain::alert::AlertState::Firing, None, at(40))?;
            }
        }
        for row in ledger::list(tx, Some("p"), 9)? {
            match row.state {
                FileState::Quarantined => ledger::set_state(tx, row.id, FileState::Vanished, "", at(41))?,
                FileState::Settling => ledger::set_state(tx, row.id, FileState::Ready, "", at(41))?,
                FileState::Ready => {
                    ledger::set_state(tx, row.id, FileState::Claimed, "", at(41))?;
                    ledger::set_state(tx, row.id, FileState::Committed, "", at(41))?;
                }
                _ => {}
            }
        }
        Ok((said, files::files(tx, pipeline, at(40) + Duration::days(2))?))
    });
    let said = messages(&said);
    let starts = [
        "quarantine: bad.csv could not be used and lies in quarantine: because",
        "overwritten: again.csv was overwritten after it had been used: 1.0 kB where there were 1.0 kB; ",
        "unsettled: slow.csv has not settled for more than 30m (because); after 1h it goes to quarantine",
    ];
    assert_eq!(said.len(), starts.len(), "{said:?}");
    for (said, start) in said.iter().zip(starts) {
        assert!(said.starts_with(start), "{said}");
    }
    let ends = [
        "quarantine fine: the file is vanished",
        "overwritten fine: the new version has been run, or has gone",
        "unsettled fine: the file is ready",
    ];
    assert_eq!(messages(&later), ends);
}

#[test]
fn sets_are_told_by_their_day_and_forgotten_after_a_week() {
    let rules = "[alerts.incomplete_set]\nfiles_per_set = 2\n";
    let (said, later) = with(rules, |tx, workspace| {
        enter(tx, "north_2024-04-30.csv", 0, FileState::Committed)?;
        let look = |now| files::files(tx, &workspace.pipelines[0], now);
        Ok((look(at(61))?, look(at(0) + Duration::days(8))?))
    });
    assert_eq!(messages(&said), ["incomplete set: 1 of 2 files of 2024-04-30 are there"]);
    assert_eq!(messages(&later), Vec::<String>::new());
}

#[test]
fn headers_are_compared_within_their_series_only() {
    let (said, change) = with("", |tx, workspace| {
        let pipeline = &workspace.pipelines[0];
        let header = |key: &str, minute, state, columns: &str| {
            let id = enter(tx, key, minute, state)?;
            let columns: Vec<String> = columns.split(' ').map(str::to_owned).collect();
            ledger::set_header(tx, id, &columns, &[]).map(|()| id)
        };
        header("north_1.csv", 0, FileState::Committed, "at x")?;
        header("south_1.csv", 1, FileState::Committed, "x at y")?;
        header("north_2.csv", 2, FileState::Committed, "at x")?;
        let bad = header("south_2.csv", 3, FileState::Quarantined, "x y")?;
        // What a newer version has replaced does not count.
        header("south_2.csv", 4, FileState::Superseded, "z")?;
        Ok((header::changed(tx, pipeline)?, header::change(&header::headers(tx, pipeline)?, bad)))
    });
    let ends = [
        "schema change fine: north_2.csv has the usual columns",
        "schema change: the columns changed with south_2.csv (before: south_1.csv): column `at` is gone",
    ];
    assert_eq!(messages(&said), ends);
    assert_eq!(change.as_deref(), Some("unlike south_1.csv: column `at` is gone"));
}

/// Queues a notice and lets it come to `state`, after so many attempts, at a minute.
fn notice(
    tx: &Transaction<'_>,
    channel: &str,
    state: &str,
    attempts: u32,
    minute: i64,
    occasion: Occasion,
) -> Result<()> {
    let key = format!("{channel} {state} {minute}");
    let queued = Queued {
        channel,
        key: &key,
        alert: None,
        occasion,
        grouping: "p",
        due: at(minute),
        expires: at(minute) + Duration::days(1),
    };
    outbox::queue(tx, &queued, at(minute))?;
    let ended = (state != "waiting").then(|| at(minute).timestamp_millis());
    let set = "UPDATE outbox SET state = ?2, attempts = ?3, ended = ?4 WHERE key = ?1";
    tx.execute(set, rusqlite::params![key, state, attempts, ended])?;
    Ok(())
}

#[test]
fn channels_that_do_not_get_through_are_told_and_others_are_not() {
    let said = with("", |tx, workspace| {
        let fired = Occasion::Fired;
        notice(tx, "fine", "delivered", 1, 0, fired)?;
        notice(tx, "fine", "waiting", 1, 1, fired)?;
        notice(tx, "mended", "failed", 9, 0, fired)?;
        notice(tx, "mended", "delivered", 1, 5, fired)?;
        notice(tx, "refused", "delivered", 1, 0, fired)?;
        notice(tx, "refused", "failed", 9, 5, fired)?;
        notice(tx, "stuck", "waiting", 3, 10, fired)?;
        notice(tx, "stuck", "waiting", 4, 29, fired)?;
        notice(tx, "tried", "failed", 1, 5, Occasion::Test)?;
        let attempt = DeliveryRow {
            id: 0,
            at: at(29),
            channel: "stuck".to_owned(),
            occasion: fired,
            grouping: "p".to_owned(),
            alerts: 1,
            alert: None,
            outcome: "retry".to_owned(),
            detail: "connection refused".to_owned(),
            milliseconds: 1,
        };
        deliveries::add(tx, &attempt)?;
        delivery::channels(tx, &workspace.own.delivery, at(30))
    });
    let expected = [
        "delivery fine: it delivered at 2024-05-01 06:00 UTC",
        "delivery fine: it delivered at 2024-05-01 06:05 UTC",
        "delivery: refused does not get through: 1 notice failed",
        "delivery: stuck does not get through: 2 notices wait since 2024-05-01 06:10 UTC; last: connection refused",
    ];
    assert_eq!(messages(&said), expected);
}

#[test]
fn a_silence_is_over_once_an_engine_has_run_for_long_enough() {
    let (soon, late) = with("", |tx, workspace| {
        let silent = Finding::new(AlertKind::Silence, "engine", Severity::Info, "silent".to_owned(), "");
        own::tell(tx, workspace, &[Verdict::Bad(silent)], at(0))?;
        engine::start(tx, 1, "boot", at(0))?;
        Ok((silence::calm(tx, workspace, at(59))?, silence::calm(tx, workspace, at(60))?))
    });
    assert_eq!(soon, None);
    assert!(matches!(late, Some(Verdict::Fine { kind: AlertKind::Silence, .. })), "{late:?}");
}

#[test]
fn a_lake_that_cannot_be_used_is_landfalls_own_trouble() {
    let (bad, fine) = with("", |_, workspace| {
        let found = |unreachable: Option<&str>| Found {
            disks: vec![Disk { holds: "state".to_owned(), free: 1, total: 1_000, run: None }],
            unreachable: unreachable.map(str::to_owned),
        };
        Ok((own::judged(found(Some("the lake is gone")), workspace), own::judged(found(None), workspace)))
    });
    let low = "disk low: the disk of state is nearly full: 1 B free, 0 % of 1.0 kB; make room, or give it another disk";
    assert_eq!(messages(&bad), [low, "landfall: the lake is gone"]);
    assert_eq!(messages(&fine), [low, "landfall fine: it works again"]);
    assert_eq!(fine[1].about(), (AlertKind::Landfall, "lake"));
}

#[test]
fn a_secret_of_a_channel_that_expires_is_told_until_it_is_renewed_or_gone() {
    let said = with("", |tx, workspace| {
        let file = workspace.root.join("chat");
        let look = || own::expiring(tx, workspace, &own::secrets(workspace), at(0));
        let mut said = messages(&look()?);
        for end in ["2024-05-05", "2025-01-01", "2024-05-01"] {
            std::fs::write(&file, format!("https://chat.example.com/hook?se={end}&sig=SECRET\n")).unwrap();
            let verdicts = look()?;
            own::tell(tx, workspace, &verdicts[..1], at(0))?;
            said.extend(messages(&verdicts));
        }
        std::fs::remove_file(file).unwrap();
        said.extend(messages(&look()?));
        Ok(said)
    });
    let expected = [
        "credentials: the credential channels.chat url expires on 2024-05-05 00:00 UTC: renew it before",
        "credentials fine: it expires on 2025-01-01 00:00 UTC",
        "credentials: the credential channels.chat url expired on 2024-05-01 00:00 UTC: renew it",
        "credentials fine: it is not used any more, or its end is not known",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_the_workspace_says_of_a_kind_holds_for_its_own_alerts() {
    let open = with("", |tx, workspace| {
        let bad = |kind| Verdict::Bad(Finding::new(kind, "x", Severity::Critical, "bad".to_owned(), ""));
        assert!(own::tell(tx, workspace, &[bad(AlertKind::DiskLow), bad(AlertKind::ClockJump)], at(0))?);
        assert!(!own::tell(tx, workspace, &[bad(AlertKind::DiskLow)], at(1))?, "nothing is written twice");
        alerts::open(tx, Some(WORKSPACE))
    });
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!((open[0].finding.kind, open[0].finding.severity), (AlertKind::DiskLow, Severity::Info));
}
