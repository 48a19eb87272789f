//! Any course of events, over a table of alerts in memory that takes the steps as the engine does.

use std::collections::BTreeMap;

use chrono::Duration;
use proptest::prelude::*;

use super::{finding, now, policy, row};
use crate::alerts::lifecycle::Step;
use crate::alerts::lifecycle::due::due;
use crate::alerts::lifecycle::inhibit::explanations;
use crate::alerts::lifecycle::look::{Known, Seen, follow};
use crate::alerts::lifecycle::tell::{HOUR, tell, tell_end};
use crate::config::rules::{LifeRules, Policy};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Occasion, Severity};
use crate::store::alerts::AlertRow;

/// The first explains the second.
const OBJECTS: [(AlertKind, &str); 3] =
    [(AlertKind::SchemaChange, "late"), (AlertKind::NullRate, "late"), (AlertKind::FileSize, "a.csv")];

#[derive(Debug, Clone)]
enum Event {
    Bad(usize, Severity, &'static str, bool),
    Fine(usize, bool),
    Wait(i64),
    Answer(usize, AlertState),
    Mute(usize, i64),
    Unmute(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let object = 0..OBJECTS.len();
    let severity = prop_oneof![Just(Severity::Info), Just(Severity::Warning), Just(Severity::Critical)];
    let message = prop_oneof![Just("odd"), Just("odder")];
    let answer = prop_oneof![Just(AlertState::Acknowledged), Just(AlertState::Firing), Just(AlertState::Resolved)];
    prop_oneof![
        4 => (object.clone(), severity, message, any::<bool>()).prop_map(|(o, s, m, t)| Event::Bad(o, s, m, t)),
        3 => (object.clone(), any::<bool>()).prop_map(|(o, t)| Event::Fine(o, t)),
        3 => prop_oneof![0..3_i64, 10..50_i64, 200..2000_i64].prop_map(Event::Wait),
        2 => (object.clone(), answer).prop_map(|(o, state)| Event::Answer(o, state)),
        1 => (object.clone(), 1..300_i64).prop_map(|(o, minutes)| Event::Mute(o, minutes)),
        1 => object.prop_map(Event::Unmute),
    ]
}

struct World {
    rows: Vec<AlertRow>,
    mutes: BTreeMap<String, Instant>,
    told: Vec<(Instant, i64, Occasion)>,
    policy: Policy,
    life: LifeRules,
    now: Instant,
}

impl World {
    fn row(&mut self, id: i64) -> &mut AlertRow {
        &mut self.rows[id as usize]
    }

    fn newest(&self, print: &str) -> Option<AlertRow> {
        self.rows.iter().rev().find(|row| row.fingerprint() == print).cloned().map(|row| self.seen(row))
    }

    /// A row as the store shows it, with its mute.
    fn seen(&self, row: AlertRow) -> AlertRow {
        let muted_until = self.mutes.get(&row.fingerprint()).copied();
        AlertRow { muted_until, ..row }
    }

    fn is_muted(&self, print: &str) -> bool {
        self.mutes.get(print).is_some_and(|until| *until > self.now)
    }

    fn changes(&self, print: &str) -> (u32, Option<Instant>) {
        let of = self.rows.iter().filter(|row| row.fingerprint() == print && row.fired.is_some());
        let changes: Vec<Instant> = of.flat_map(|row| [row.fired, row.ended]).flatten().collect();
        let recent = changes.iter().filter(|at| **at >= self.now - HOUR).count();
        (recent as u32, changes.into_iter().max())
    }

    fn look(&mut self, (kind, object): (AlertKind, &str), seen: &Seen, timer: bool) {
        let print = crate::domain::alert::fingerprint("flights", kind, object);
        let newest = self.newest(&print);
        let policy = self.policy.clone();
        let muted = self.is_muted(&print);
        let known = Known { newest: newest.as_ref(), muted, policy: &policy, timer, now: self.now };
        for step in follow(seen, &known) {
            self.take(step, newest.as_ref());
        }
        if timer {
            let newest = self.newest(&print);
            let again = follow(seen, &Known { newest: newest.as_ref(), ..known });
            assert_eq!(again, [], "the same look of a timer has more to say at once");
        }
    }

    fn take(&mut self, step: Step, newest: Option<&AlertRow>) {
        let at = self.now;
        match step {
            Step::Raise { finding, state } => {
                let fresh = row(self.rows.len() as i64, finding, state);
                let fired = (state == AlertState::Firing).then_some(at);
                let flapping = newest.and_then(|last| last.flapping);
                self.rows.push(AlertRow {
                    raised: at,
                    updated: at,
                    fired,
                    told: None,
                    notified: None,
                    flapping,
                    ..fresh
                });
            }
            Step::Refresh { id, finding } => (self.row(id).finding, self.row(id).updated) = (finding, at),
            Step::Clean { id, clean, .. } => (self.row(id).clean, self.row(id).updated) = (clean, at),
            Step::Graver { id, .. } => {
                assert_eq!(self.row(id).state, AlertState::Firing);
                self.row(id).told = None;
            }
            Step::Move { id, to, anew, .. } => {
                self.go(id, to, "landfall");
                if anew {
                    self.row(id).told = None;
                }
            }
        }
    }

    fn go(&mut self, id: i64, to: AlertState, who: &str) {
        let at = self.now;
        let alert = self.row(id);
        assert!(alert.state.may_become(to), "{} may not become {to}", alert.state);
        alert.before = (to == AlertState::Recovering).then_some(alert.state);
        if to != AlertState::Recovering && (who == "landfall" || !to.is_open()) {
            alert.clean = 0;
        }
        (alert.state, alert.updated) = (to, at);
        if to == AlertState::Firing {
            alert.fired.get_or_insert(at);
        }
        if who != "landfall" || to == AlertState::Resolved {
            alert.who = Some(who.into());
        }
        if to == AlertState::Resolved {
            alert.ended = Some(at);
            let alert = alert.clone();
            if let Some(occasion) = tell_end(&alert, self.changes(&alert.fingerprint()).0, &self.life) {
                self.say(id, occasion);
            }
        }
    }

    fn say(&mut self, id: i64, occasion: Occasion) {
        let (at, print) = (self.now, self.row(id).fingerprint());
        let earlier: Vec<Occasion> = self.told.iter().filter(|t| t.1 == id).map(|t| t.2).collect();
        let muted = self.is_muted(&print);
        let alert = self.row(id);
        let was_told = earlier.iter().any(|o| matches!(o, Occasion::Fired | Occasion::Flapping));
        match occasion {
            Occasion::Resolved => {
                assert!(alert.state == AlertState::Resolved && was_told, "an end is told to nobody who knew");
                assert!(!earlier.contains(&Occasion::Resolved), "an end is told twice");
            }
            Occasion::Flapping if alert.state == AlertState::Resolved => assert!(was_told),
            _ => {
                assert_eq!(alert.state, AlertState::Firing, "{occasion} of what does not fire");
                assert_eq!(alert.inhibited_by, None, "{occasion} of what another one explains");
                assert!(!muted, "{occasion} of what is muted");
                assert_eq!(matches!(occasion, Occasion::Fired | Occasion::Flapping), alert.told.is_none());
            }
        }
        if occasion == Occasion::Escalated {
            assert!(alert.finding.severity == Severity::Critical && alert.escalated.is_none());
            alert.escalated = Some(at);
        }
        if matches!(occasion, Occasion::Fired | Occasion::Flapping) {
            alert.told = Some(at);
        }
        if occasion == Occasion::Flapping {
            alert.flapping = Some(at);
        }
        alert.notified = Some(at);
        self.told.push((at, id, occasion));
    }

    /// What the engine does after every change and on its tick.
    fn settle(&mut self) {
        let at = self.now;
        self.mutes.retain(|_, until| *until > at);
        for alert in self.open() {
            if let Some(step) = due(&alert, &self.policy, at) {
                self.take(step, None);
            }
        }
        for alert in self.rows.clone().into_iter().filter(|row| row.flapping.is_some()) {
            if self.changes(&alert.fingerprint()).1.is_none_or(|last| at - last >= HOUR) {
                self.row(alert.id).flapping = None;
                if !alert.state.is_open() && alert.notified.is_some() {
                    self.say(alert.id, Occasion::Resolved);
                }
            }
        }
        let explained = explanations(&self.open());
        for alert in self.open() {
            self.row(alert.id).inhibited_by = explained.get(&alert.id).copied();
        }
        for alert in self.open() {
            let changes = self.changes(&alert.fingerprint()).0;
            if let Some(occasion) = tell(&alert, changes, &self.life, at) {
                self.say(alert.id, occasion);
            }
        }
    }

    fn open(&self) -> Vec<AlertRow> {
        self.rows.iter().filter(|row| row.state.is_open()).cloned().map(|row| self.seen(row)).collect()
    }

    fn happen(&mut self, event: &Event) {
        let print =
            |object: &usize| crate::domain::alert::fingerprint("flights", OBJECTS[*object].0, OBJECTS[*object].1);
        match event {
            Event::Bad(object, severity, message, timer) => {
                let (kind, name) = OBJECTS[*object];
                let mut finding = finding(kind, name, *severity, message);
                finding.evidence.columns = vec!["late".into()];
                self.look(OBJECTS[*object], &Seen::Bad(finding), *timer);
            }
            Event::Fine(object, timer) => self.look(OBJECTS[*object], &Seen::Fine("as usual".into()), *timer),
            Event::Wait(minutes) => self.now += Duration::minutes(*minutes),
            Event::Answer(object, state) => {
                if let Some(alert) = self.newest(&print(object)) {
                    let back = *state == AlertState::Firing && alert.state != AlertState::Acknowledged;
                    let muted = *state == AlertState::Firing && self.is_muted(&print(object));
                    if alert.state.may_become(*state) && !back {
                        self.go(alert.id, if muted { AlertState::Muted } else { *state }, "ana");
                    }
                }
            }
            Event::Mute(object, minutes) => {
                self.mutes.insert(print(object), self.now + Duration::minutes(*minutes));
                let open = self.newest(&print(object)).filter(|row| row.state.is_open());
                if let Some(alert) = open.filter(|row| row.state != AlertState::Muted) {
                    self.go(alert.id, AlertState::Muted, "ana");
                }
            }
            Event::Unmute(object) => {
                let muted = self.mutes.remove(&print(object)).and(self.newest(&print(object)));
                if let Some(alert) = muted.filter(|row| row.state == AlertState::Muted) {
                    self.go(alert.id, AlertState::Firing, "ana");
                    self.row(alert.id).told = None;
                }
            }
        }
        self.settle();
    }
}

fn world(hold: u64, recover: u32) -> World {
    World {
        rows: Vec::new(),
        mutes: BTreeMap::new(),
        told: Vec::new(),
        policy: policy(hold, recover),
        life: LifeRules::default(),
        now: now(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_course_of_events_is_told_rightly(
        events in prop::collection::vec(event(), 0..60),
        hold in prop_oneof![Just(0_u64), Just(15)],
        recover in 1..4_u32,
    ) {
        let mut world = world(hold, recover);
        for event in &events {
            world.happen(event);
            for (kind, object) in OBJECTS {
                let print = crate::domain::alert::fingerprint("flights", kind, object);
                let open = world.open().into_iter().filter(|row| row.fingerprint() == print).count();
                prop_assert!(open <= 1, "{open} of {print} are open");
            }
            for alert in world.open() {
                let silent = alert.inhibited_by.is_some() || alert.flapping.is_some();
                prop_assert!(alert.state != AlertState::Firing || silent || alert.told.is_some(), "never told: {:?}", alert);
                prop_assert!(alert.state != AlertState::Muted || alert.muted_until.is_some(), "muted for ever");
            }
        }
        // Left alone for long enough, everybody who was told of something that is over knows that it is.
        world.happen(&Event::Wait(61));
        for alert in world.rows.iter().filter(|row| !row.state.is_open() && row.notified.is_some()) {
            let ends = world.told.iter().filter(|told| told.1 == alert.id && told.2 == Occasion::Resolved).count();
            prop_assert_eq!(ends, 1, "{:?}", alert);
        }
    }

    /// However it comes and goes: in no hour more is told of it than the limit, the word that it flaps, and an end.
    #[test]
    fn what_comes_and_goes_is_told_seldom(gaps in prop::collection::vec(0..9_i64, 10..60)) {
        let mut world = world(0, 1);
        for (n, gap) in gaps.iter().enumerate() {
            world.happen(&Event::Wait(*gap));
            world.happen(&if n % 2 == 0 { Event::Bad(2, Severity::Warning, "odd", false) } else { Event::Fine(2, false) });
        }
        for (from, ..) in &world.told {
            let within = world.told.iter().filter(|(at, ..)| at >= from && *at - from < HOUR).count();
            prop_assert!(within <= world.life.flapping_changes as usize + 2, "{:?}", world.told);
        }
    }
}
