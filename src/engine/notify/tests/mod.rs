//! Alerts in a real store, through the outbox and a real conversation with a mail server, by a clock of the test.

mod pager;
mod postbox;

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use tempfile::TempDir;
use tokio::sync::broadcast;

use super::{Sender, announce, redeliver};
use crate::config;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Occasion, Severity};
use crate::domain::clock::{Clock, ManualClock};
use crate::engine::context::{Context, WorkerProgram};
use crate::lake::Lake;
use crate::store::outbox::OutboxRow;
use crate::store::{Store, alerts, deliveries, outbox, pipelines};
use postbox::Postbox;

const PIPELINE: &str = "[landing]\npath = \"landing\"\n[columns]\nt = \"date\"\nx = \"float\"\n[stages.clean]\n";

/// A workspace with two pipelines and these channels, its store and a clock.
struct Desk {
    _folder: TempDir,
    context: Arc<Context>,
    clock: Arc<ManualClock>,
}

impl Desk {
    async fn with(landfall: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("landfall.toml", &format!("name = \"desk\"\n{landfall}"));
        write("pipelines/flights.toml", PIPELINE);
        let workspace = config::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        std::fs::create_dir_all(workspace.state()).unwrap();
        let store = Store::open(&workspace.state()).unwrap();
        let lake = Lake::open(&workspace.lake).unwrap();
        let clock = Arc::new(ManualClock::at(Utc.timestamp_opt(1_700_000_000, 0).unwrap()));
        let (events, _) = broadcast::channel(64);
        let worker = WorkerProgram(Vec::new());
        let by: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let context = Arc::new(Context::new(workspace, store, lake, by, worker, events));
        context
            .write(|tx, _| {
                ["flights", "bikes"].iter().try_for_each(|name| pipelines::upsert(tx, name, name, "0", "", &[]))
            })
            .await
            .unwrap();
        Self { _folder: folder, context, clock }
    }

    /// Raises alerts about these objects and announces them, each pipeline a group.
    async fn raise(&self, pipelines: &[&str], kind: AlertKind, severity: Severity) -> Vec<i64> {
        let names: Vec<String> = pipelines.iter().map(|name| (*name).to_owned()).collect();
        let workspace = self.context.workspace();
        self.context
            .write(move |tx, now| {
                names
                    .iter()
                    .map(|name| {
                        let finding = Finding::new(kind, name, severity, format!("{name} is odd"), "a rule");
                        let id = alerts::raise(tx, name, &finding, AlertState::Firing, None, now)?;
                        announce(tx, &workspace, id, Occasion::Fired, now)?;
                        Ok(id)
                    })
                    .collect()
            })
            .await
            .unwrap()
    }

    async fn tell(&self, alert: i64, state: Option<AlertState>, occasion: Occasion) {
        let workspace = self.context.workspace();
        self.context
            .write(move |tx, now| {
                if let Some(state) = state {
                    alerts::set_state(tx, alert, state, "somebody", "seen to", now)?;
                }
                announce(tx, &workspace, alert, occasion, now)
            })
            .await
            .unwrap();
    }

    async fn rows(&self) -> Vec<OutboxRow> {
        let mut rows = self.context.store.read(|c| outbox::list(c, 5000)).await.unwrap();
        rows.reverse();
        rows
    }

    /// (channel, occasion, state) of everything queued, oldest first.
    async fn outbox(&self) -> Vec<(String, String, String)> {
        let rows = self.rows().await;
        rows.into_iter().map(|row| (row.channel, row.occasion.to_string(), row.state)).collect()
    }

    /// Starts a sender, and ends it when all it has to do at this instant is done.
    async fn send(&self) {
        let sender = Sender::start(Arc::clone(&self.context));
        let mut changes = self.context.events.subscribe();
        let now = self.now();
        loop {
            let busy = self.rows().await.iter().any(|row| row.state == "waiting" && row.due <= now);
            if !busy {
                break;
            }
            changes.recv().await.unwrap();
        }
        sender.task.abort();
    }

    async fn outcomes(&self) -> Vec<(String, String)> {
        let mut attempts = self.context.store.read(|c| deliveries::list(c, 100)).await.unwrap();
        attempts.reverse();
        attempts.into_iter().map(|attempt| (attempt.outcome, attempt.detail)).collect()
    }

    fn now(&self) -> Instant {
        self.context.now()
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }
}

fn triple(channel: &str, occasion: &str, state: &str) -> (String, String, String) {
    (channel.into(), occasion.into(), state.into())
}

#[tokio::test]
async fn an_alert_is_told_answered_and_ended_to_the_same_people() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "")).await;
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    assert_eq!(desk.rows().await[0].due, desk.now() + Duration::seconds(30), "others of its group may come");
    desk.pass(30);
    desk.send().await;
    desk.tell(alert, Some(AlertState::Acknowledged), Occasion::Acknowledged).await;
    desk.send().await;
    desk.tell(alert, Some(AlertState::Resolved), Occasion::Resolved).await;
    desk.send().await;
    let expected = [
        "[critical] flights: flights is odd",
        "[acknowledged] flights: flights is odd",
        "[resolved] flights: flights is odd",
    ];
    assert_eq!(postbox.subjects(), expected);
    let header = |name: &str| -> Vec<String> {
        let line = |mail: &String| mail.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
        postbox.mails().iter().map(line).collect()
    };
    let (ids, threads) = (header("Message-ID: "), header("References: "));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    assert!(threads[0] == threads[1] && threads[1] == threads[2], "{threads:?}");
    assert!(postbox.mails()[1].contains("acknowledged by somebody: seen to"), "{}", postbox.mails()[1]);
}

#[tokio::test]
async fn what_is_over_within_the_group_wait_is_told_to_nobody() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "")).await;
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    desk.pass(20);
    desk.tell(alert, Some(AlertState::Resolved), Occasion::Resolved).await;
    desk.send().await;
    desk.pass(60);
    desk.send().await;
    assert!(postbox.mails().is_empty());
    assert_eq!(desk.outbox().await, [triple("mail", "fired", "dropped"), triple("mail", "resolved", "dropped")]);
}

#[tokio::test]
async fn only_who_was_told_of_an_alert_is_told_of_its_end() {
    let postbox = Postbox::open();
    let channels =
        [postbox.channel("boss", ""), postbox.channel("mail", ""), postbox.channel("quiet", "occasions = [\"fired\"]")];
    let routes = "[[routes]]\nseverity = \"critical\"\nchannels = [\"mail\", \"quiet\"]\nescalate_to = [\"boss\"]\n";
    let desk = Desk::with(&format!("{}{routes}", channels.concat())).await;
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    desk.raise(&["bikes"], AlertKind::FileSize, Severity::Warning).await;
    desk.tell(alert, Some(AlertState::Resolved), Occasion::Resolved).await;
    let told = [
        triple("mail", "fired", "waiting"),
        triple("quiet", "fired", "waiting"),
        triple("mail", "resolved", "waiting"),
    ];
    assert_eq!(desk.outbox().await, told);
    let alert = desk.raise(&["flights"], AlertKind::Staleness, Severity::Critical).await[0];
    desk.tell(alert, None, Occasion::Escalated).await;
    let escalated: Vec<_> = desk.outbox().await.into_iter().filter(|row| row.1 == "escalated").collect();
    assert_eq!(escalated, [triple("boss", "escalated", "waiting"), triple("mail", "escalated", "waiting")]);
}

#[tokio::test]
async fn that_a_channel_does_not_deliver_is_told_through_the_others() {
    let postbox = Postbox::open();
    let desk = Desk::with(&(postbox.channel("bikes", "") + &postbox.channel("mail", ""))).await;
    desk.raise(&["bikes"], AlertKind::Delivery, Severity::Critical).await;
    assert_eq!(desk.outbox().await, [triple("mail", "fired", "waiting")]);
}

#[tokio::test]
async fn what_is_announced_twice_in_one_transition_is_queued_once() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "")).await;
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    desk.tell(alert, None, Occasion::Fired).await;
    assert_eq!(desk.outbox().await.len(), 1);
    desk.pass(1);
    desk.tell(alert, None, Occasion::Fired).await;
    assert_eq!(desk.outbox().await.len(), 2, "it fires again, later");
}

#[tokio::test]
async fn a_storm_of_a_thousand_is_one_mail() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "")).await;
    let names: Vec<String> = (0..1000).map(|n| format!("flights{n}")).collect();
    let also: Vec<String> = names.clone();
    desk.context
        .write(move |tx, _| also.iter().try_for_each(|name| pipelines::upsert(tx, name, name, "0", "", &[])))
        .await
        .unwrap();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    desk.raise(&names, AlertKind::Staleness, Severity::Warning).await;
    desk.pass(30);
    desk.send().await;
    assert_eq!(postbox.subjects(), ["[digest, warning] desk: 1,000 alerts, first flights0 is odd"]);
    assert!(postbox.mails()[0].contains("and 980 more"));
    let states = desk.outbox().await;
    assert_eq!(states.iter().filter(|row| row.2 == "merged").count(), 999);
    assert_eq!(states.iter().filter(|row| row.2 == "delivered").count(), 1);
}

#[tokio::test]
async fn what_does_not_get_through_is_tried_for_a_day_and_then_given_up() {
    let postbox = Postbox::open();
    postbox.answers("451 later");
    let desk = Desk::with(&postbox.channel("mail", "wait = \"0s\"")).await;
    desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await;
    let began = desk.now();
    let mut waits = Vec::new();
    loop {
        desk.send().await;
        let row = desk.rows().await.remove(0);
        if row.state != "waiting" {
            assert_eq!(row.state, "failed");
            break;
        }
        waits.push((row.due - desk.now()).num_seconds());
        desk.pass((row.due - desk.now()).num_seconds() + 1);
    }
    assert!((8..=11).contains(&waits[0]) && waits[3] > waits[2] && waits.iter().all(|wait| *wait <= 990), "{waits:?}");
    let tried = desk.now() - began;
    assert!(tried > Duration::hours(23) && tried <= Duration::hours(24) + Duration::minutes(1), "{tried}");
    assert_eq!(desk.outcomes().await[0], ("retry".into(), "localhost: transient error (451): later".into()));
    postbox.answers("250 taken");
    let before = postbox.mails().len();
    redeliver(&desk.context, "somebody", Some("mail".into())).await.unwrap();
    desk.send().await;
    assert_eq!((postbox.mails().len() - before, desk.outbox().await), (1, vec![triple("mail", "fired", "delivered")]));
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again() {
    let postbox = Postbox::open();
    postbox.answers("550 not here");
    let desk = Desk::with(&postbox.channel("mail", "wait = \"0s\"")).await;
    desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await;
    desk.send().await;
    assert_eq!(desk.outbox().await, [triple("mail", "fired", "failed")]);
    assert_eq!(desk.outcomes().await, [("refused".into(), "localhost: permanent error (550): not here".into())]);
}

#[tokio::test]
async fn an_engine_that_leaves_sends_what_was_not_tried_yet() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "")).await;
    let sender = Sender::start(Arc::clone(&desk.context));
    desk.raise(&["flights", "bikes"], AlertKind::FileSize, Severity::Critical).await;
    sender.leave().await;
    assert_eq!(postbox.subjects().len(), 2);
}

#[tokio::test]
async fn what_waits_for_a_channel_that_is_gone_is_given_up() {
    let postbox = Postbox::open();
    let desk = Desk::with(&postbox.channel("mail", "wait = \"0s\"")).await;
    desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await;
    let mut workspace = (*desk.context.workspace()).clone();
    workspace.channels.clear();
    desk.context.set_workspace(workspace);
    desk.send().await;
    assert_eq!((desk.outbox().await, postbox.mails().len()), (vec![triple("mail", "fired", "failed")], 0));
}
