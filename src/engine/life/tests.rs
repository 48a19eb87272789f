//! The life of alerts in a real store: what is recorded, what is told, what a quiet engine writes.

use chrono::{Duration, TimeZone, Utc};
use tempfile::TempDir;

use super::{Look, apply, settle};
use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertKind, AlertState, Finding, Severity, Verdict};
use crate::domain::wire::Command;
use crate::engine::answers::answer;
use crate::store::alerts::{self, AlertRow};
use crate::store::{Result, Store, Transaction, events, mutes, pipelines, standings, triage};

const PIPELINE: &str = include_str!("../../../config/examples/ten-lines/pipelines/rentals.toml");

struct World {
    workspace: Workspace,
    store: Store,
    now: Instant,
    _folder: TempDir,
}

impl World {
    /// A workspace with a pipeline `rentals`, and these further tables in its file.
    fn with(tables: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
        std::fs::create_dir(folder.path().join("pipelines")).unwrap();
        std::fs::write(folder.path().join("pipelines/rentals.toml"), format!("{PIPELINE}\n{tables}")).unwrap();
        let workspace = crate::config::load(folder.path()).unwrap();
        let store = Store::open(folder.path()).unwrap();
        Self { workspace, store, now: Utc.with_ymd_and_hms(2024, 5, 1, 8, 0, 0).unwrap(), _folder: folder }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Workspace, Instant) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (workspace, now) = (self.workspace.clone(), self.now);
        self.store.write(move |tx| work(tx, &workspace, now)).await
    }

    async fn look(&self, verdict: Verdict, timer: bool) -> bool {
        let look = move |tx: &Transaction<'_>, workspace: &Workspace, now| {
            apply(tx, workspace, &Look { pipeline: "rentals", verdicts: &[verdict], run: None, timer }, now)
        };
        self.write(look).await.unwrap()
    }

    async fn wait(&mut self, wait: Duration) {
        self.now += wait;
        self.write(settle).await.unwrap();
    }

    async fn answer(&self, command: Command) -> std::result::Result<String, String> {
        let answered = self.write(move |tx, workspace, now| answer(tx, workspace, "ana", &command, now)).await;
        answered.map_err(|error| error.to_string())
    }

    async fn alert(&self, id: i64) -> AlertRow {
        self.store.read(move |c| alerts::get(c, id)).await.unwrap().unwrap()
    }

    async fn state(&self, id: i64) -> AlertState {
        self.alert(id).await.state
    }

    /// When alert `id` was told that it fires, and when anything was last told of it.
    async fn told(&self, id: i64) -> (Option<Instant>, Option<Instant>) {
        let alert = self.alert(id).await;
        (alert.told, alert.notified)
    }
}

fn bad(kind: AlertKind, object: &str, severity: Severity, message: &str) -> Verdict {
    Verdict::Bad(Finding::new(kind, object, severity, message.into(), "a rule"))
}

fn fine(kind: AlertKind, object: &str, reason: &str) -> Verdict {
    Verdict::Fine { kind, object: object.into(), reason: reason.into() }
}

fn late() -> Verdict {
    bad(AlertKind::Staleness, "arrival", Severity::Warning, "no file since yesterday")
}

fn in_time() -> Verdict {
    fine(AlertKind::Staleness, "arrival", "a file came")
}

#[tokio::test]
async fn what_is_held_fires_by_itself_and_what_is_over_before_is_told_to_nobody() {
    let mut world = World::with("[alerts.staleness]\nhold = \"10m\"");
    world.look(late(), true).await;
    world.wait(Duration::minutes(9)).await;
    assert_eq!((world.state(1).await, world.told(1).await), (AlertState::Pending, (None, None)));
    world.look(in_time(), true).await;
    assert_eq!((world.state(1).await, world.told(1).await), (AlertState::Resolved, (None, None)));
    world.look(late(), true).await;
    world.wait(Duration::minutes(10)).await;
    assert_eq!((world.state(2).await, world.told(2).await.0), (AlertState::Firing, Some(world.now)));
}

#[tokio::test]
async fn what_another_alert_explains_is_shown_and_told_only_when_that_one_is_over() {
    let mut world = World::with("");
    let blind = bad(AlertKind::Landfall, "landing", Severity::Critical, "the landing cannot be listed");
    world.look(late(), true).await;
    world.look(blind, false).await;
    assert_eq!(world.alert(1).await.inhibited_by, Some(2), "raised before its explanation");
    let seen = fine(AlertKind::Landfall, "landing", "it works again");
    world.look(seen, false).await;
    assert_eq!(world.alert(1).await.inhibited_by, None);
    let first = world.told(1).await;
    world.look(in_time(), true).await;

    let blind = bad(AlertKind::Landfall, "landing", Severity::Critical, "the landing cannot be listed");
    world.wait(Duration::minutes(5)).await;
    world.look(blind, false).await;
    world.look(late(), true).await;
    assert_eq!((world.alert(4).await.inhibited_by, world.told(4).await), (Some(3), (None, None)));
    world.wait(Duration::days(3)).await;
    assert_eq!(world.told(4).await, (None, None), "repeated though it was explained");
    world.look(fine(AlertKind::Landfall, "landing", "it works again"), false).await;
    assert_eq!(world.told(4).await.0, Some(world.now), "still so, and nothing explains it any more");
    assert_eq!(first.0, first.1, "what had been told before is not told twice");
}

#[tokio::test]
async fn a_mute_holds_for_later_episodes_and_ends_by_itself() {
    let mut world = World::with("");
    world.look(late(), true).await;
    let until = world.now + Duration::hours(4);
    let mute = |reason: &str, until| Command::Mute { alert: 1, until, reason: reason.into() };
    for (reason, until, refusal) in [
        (" ", until, "a mute needs a reason"),
        ("holiday", world.now, "a mute must end in the future, not at 2024-05-01 08:00 UTC"),
        ("holiday", until + Duration::days(30), "a mute lasts 30 days at most: until 2024-05-31 08:00 UTC"),
    ] {
        assert_eq!(world.answer(mute(reason, until)).await, Err(refusal.into()));
    }
    assert_eq!(world.state(1).await, AlertState::Firing, "a refused mute did something");
    assert_eq!(world.answer(mute("holiday", until)).await.unwrap(), "alert 1 is muted until 2024-05-01 12:00 UTC");
    world.look(in_time(), true).await;
    world.wait(Duration::hours(1)).await;
    world.look(late(), true).await;
    assert_eq!((world.state(2).await, world.told(2).await), (AlertState::Muted, (None, None)));
    world.wait(Duration::hours(3)).await;
    assert_eq!((world.state(2).await, world.told(2).await.0), (AlertState::Firing, Some(world.now)));
    assert_eq!(world.store.read(mutes::list).await.unwrap(), []);
    assert_eq!(world.answer(Command::Unmute { alert: 2 }).await, Err("alert 2 is not muted".into()));
    let again = Command::Mute { alert: 2, until: world.now + Duration::hours(1), reason: "still".into() };
    world.answer(again).await.unwrap();
    world.wait(Duration::minutes(1)).await;
    world.answer(Command::Unmute { alert: 2 }).await.unwrap();
    assert_eq!((world.state(2).await, world.told(2).await.0), (AlertState::Firing, Some(world.now)));
}

#[tokio::test]
async fn what_is_called_normal_shapes_the_baseline_and_does_not_come_back_before_it_was_fine() {
    let world = World::with("");
    let big = || bad(AlertKind::FileSize, "a.csv", Severity::Warning, "a.csv is 4x its usual size");
    world.look(big(), false).await;
    world.look(late(), true).await;
    let objects = |kind| world.store.read(move |c| alerts::abnormal(c, "rentals", kind));
    assert_eq!(objects(AlertKind::FileSize).await.unwrap(), ["a.csv"]);
    for alert in [1, 2] {
        let normal = Command::MarkNormal { alert, note: Some("a larger fleet".into()) };
        assert!(world.answer(normal.clone()).await.unwrap().contains("counts as usual"));
        assert_eq!(world.answer(normal).await, Err(format!("alert {alert} was called normal before")));
        assert_eq!(
            (world.state(alert).await, world.alert(alert).await.alarm),
            (AlertState::Resolved, Some(Alarm::False))
        );
    }
    assert!(objects(AlertKind::FileSize).await.unwrap().is_empty());
    assert!(!world.look(late(), true).await, "raised again half a second later");
    world.look(in_time(), true).await;
    assert!(world.look(late(), true).await);
    let judge = |alert, alarm| Command::Judge { alert, alarm, note: None };
    world.answer(judge(3, Alarm::True)).await.unwrap();
    world.look(big(), false).await;
    assert!(world.look(bad(AlertKind::FileSize, "b.csv", Severity::Info, "b.csv is empty"), false).await);
    let precision = world.store.read(|c| triage::precision(c, Some("rentals"))).await.unwrap();
    let answers: Vec<_> = precision.iter().map(|rule| (rule.kind, rule.right, rule.wrong, rule.unanswered())).collect();
    assert_eq!(answers, [(AlertKind::FileSize, 0, 1, 1), (AlertKind::Staleness, 1, 1, 0)]);
    assert_eq!(world.store.read(|c| triage::precision(c, Some("bikes"))).await.unwrap(), []);
}

#[tokio::test]
async fn every_answer_is_kept_with_who_when_and_why() {
    let mut world = World::with("");
    world.look(late(), true).await;
    world.wait(Duration::minutes(1)).await;
    let note = Some(" looking\x1b[2J ".to_owned());
    world.answer(Command::Acknowledge { alert: 1, note: note.clone() }).await.unwrap();
    world.answer(Command::Unacknowledge { alert: 1 }).await.unwrap();
    assert!(world.answer(Command::Unacknowledge { alert: 1 }).await.unwrap_err().contains("not acknowledged"));
    world.answer(Command::Judge { alert: 1, alarm: Alarm::True, note }).await.unwrap();
    world.answer(Command::Resolve { alert: 1, note: None }).await.unwrap();
    for gone in [Command::Resolve { alert: 1, note: None }, Command::Acknowledge { alert: 1, note: None }] {
        assert!(world.answer(gone).await.unwrap_err().contains("is resolved and cannot become"));
    }
    assert_eq!(world.answer(Command::Unmute { alert: 9 }).await, Err("there is no alert 9".into()));
    let history = world.store.read(|c| alerts::history(c, 1)).await.unwrap();
    let by_ana: Vec<String> = history
        .into_iter()
        .filter(|(at, _, who, _)| who == "ana" && *at == world.now)
        .map(|(_, state, _, note)| format!("{state}: {note}"))
        .collect();
    assert_eq!(
        by_ana,
        [
            "acknowledged: looking\\x1b[2J",
            "firing: the acknowledgement was taken back",
            "firing: a true alarm: looking\\x1b[2J",
            "resolved: "
        ]
    );
    let told = world.store.read(|c| events::list(c, None, 99)).await.unwrap();
    let operations = told.into_iter().filter(|event| event.subject == "operator").count();
    assert_eq!(operations, 4, "refused answers are no operations");
}

#[tokio::test]
async fn a_rule_that_is_switched_off_raises_nothing_and_closes_what_it_raised() {
    let mut world = World::with("");
    world.look(late(), true).await;
    world.workspace.pipelines[0].alerts =
        World::with("[alerts.staleness]\nenabled = false").workspace.pipelines[0].alerts.clone();
    world.wait(Duration::seconds(1)).await;
    let history = world.store.read(|c| alerts::history(c, 1)).await.unwrap();
    assert_eq!(history.last().unwrap().3, "its rule was switched off");
    assert!(!world.look(late(), true).await);
    assert_eq!(world.store.read(|c| standings::list(c, None)).await.unwrap(), []);
}

#[tokio::test]
async fn a_pipeline_that_is_removed_takes_its_alerts_with_it() {
    let mut world = World::with("");
    world.write(|tx, _, _| pipelines::upsert(tx, "rentals", "R", "0", "", &[])).await.unwrap();
    world.look(late(), true).await;
    world.workspace.pipelines.clear();
    world.write(super::retire).await.unwrap();
    assert_eq!(world.state(1).await, AlertState::Resolved);
}

#[tokio::test]
async fn an_alert_that_nobody_answers_is_escalated_once_and_repeated() {
    let mut world = World::with("[alerts.staleness]\nseverity = \"critical\"");
    world.look(late(), true).await;
    let began = world.now;
    let mut told = Vec::new();
    for _ in 0..60 {
        world.wait(Duration::minutes(10)).await;
        told.extend(world.told(1).await.1.filter(|at| *at == world.now).map(|at| (at - began).num_minutes()));
    }
    assert_eq!(told, [30, 270, 510]);
    assert_eq!(world.alert(1).await.escalated, Some(began + Duration::minutes(30)));
}

#[tokio::test]
async fn what_comes_and_goes_is_told_once_and_its_end_when_an_hour_was_calm() {
    let mut world = World::with("");
    for _ in 0..6 {
        world.look(late(), true).await;
        world.wait(Duration::minutes(1)).await;
        world.look(in_time(), true).await;
        world.wait(Duration::minutes(1)).await;
    }
    let mut told = Vec::new();
    for id in 1..=6 {
        let alert = world.alert(id).await;
        told.push((alert.flapping.is_some(), alert.notified.is_some()));
    }
    let (once, flaps, silent) = ((false, true), (true, true), (true, false));
    assert_eq!(told, [once, once, flaps, silent, silent, silent], "(comes and goes, was told)");
    let before = world.told(3).await.1;
    world.wait(Duration::minutes(58)).await;
    assert_eq!(world.told(3).await.1, before);
    world.wait(Duration::minutes(2)).await;
    assert_eq!((world.told(3).await.1, world.alert(6).await.flapping), (Some(world.now), None));
    world.look(late(), true).await;
    assert_eq!(world.told(7).await.0, Some(world.now), "after a calm hour it is news again");
}

#[tokio::test]
async fn a_timer_that_has_nothing_new_to_say_writes_nothing() {
    let mut world = World::with("");
    let learning = || Verdict::Learning { kind: AlertKind::LongRun, object: "train".into(), have: 3, need: 10 };
    let blind = || Verdict::CannotCheck { kind: AlertKind::Contract, object: "out".into(), reason: "no file".into() };
    for verdict in [in_time(), learning(), blind(), bad(AlertKind::DiskLow, "lake", Severity::Warning, "3 % free")] {
        world.look(verdict, true).await;
    }
    world.wait(Duration::minutes(2)).await;
    let written = |tx: &Transaction<'_>, _: &Workspace, _| Ok(tx.total_changes());
    let before = world.write(written).await.unwrap();
    for tick in 0..120_i64 {
        world.now += Duration::milliseconds(400);
        let reason = format!("last file {tick} s ago");
        let full = bad(AlertKind::DiskLow, "lake", Severity::Warning, "3 % free");
        for verdict in [fine(AlertKind::Staleness, "arrival", &reason), learning(), blind(), full] {
            assert!(!world.look(verdict, true).await);
        }
        world.wait(Duration::zero()).await;
    }
    assert_eq!(world.write(written).await.unwrap(), before);
    world.look(Verdict::Learning { kind: AlertKind::LongRun, object: "train".into(), have: 4, need: 10 }, true).await;
    assert_eq!(world.write(written).await.unwrap(), before + 1);
}

#[tokio::test]
async fn standings_do_not_grow_with_the_number_of_files() {
    let world = World::with("");
    for n in 0..50 {
        world.look(fine(AlertKind::FileSize, &format!("{n}.csv"), "usual"), false).await;
    }
    let look = |tx: &Transaction<'_>, workspace: &Workspace, now| {
        let odd = bad(AlertKind::FileSize, "b.csv", Severity::Info, "b.csv is empty");
        let verdicts = [fine(AlertKind::FileSize, "a.csv", "usual"), odd, fine(AlertKind::FileSize, "c.csv", "usual")];
        apply(tx, workspace, &Look { pipeline: "rentals", verdicts: &verdicts, run: None, timer: false }, now)
    };
    world.write(look).await.unwrap();
    let rows = world.store.read(|c| standings::list(c, None)).await.unwrap();
    let said: Vec<_> = rows.iter().map(|row| (row.verdict.as_str(), row.reason.as_str())).collect();
    assert_eq!(said, [("bad", "b.csv is empty")], "of one look the gravest word");
}

#[tokio::test]
async fn a_recovering_alert_that_is_seen_again_is_not_told_again() {
    let mut world = World::with("");
    let drift = |day| bad(AlertKind::ResultsDrift, "positives", Severity::Warning, day);
    let usual = || fine(AlertKind::ResultsDrift, "positives", "as in the past");
    world.look(drift("day 1"), false).await;
    let told = world.told(1).await;
    world.wait(Duration::hours(1)).await;
    world.look(usual(), false).await;
    let alert = world.alert(1).await;
    assert_eq!((alert.state, alert.clean, alert.needed), (AlertState::Recovering, 1, 2));
    world.look(drift("day 3"), false).await;
    assert_eq!((world.state(1).await, world.alert(1).await.clean), (AlertState::Firing, 0));
    assert_eq!(world.told(1).await, told);
    world.look(usual(), false).await;
    world.look(usual(), false).await;
    assert_eq!(world.state(1).await, AlertState::Resolved);
    assert_eq!(world.told(1).await.1, Some(world.now), "its end is told");
}
