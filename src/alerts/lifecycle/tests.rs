use chrono::{Duration, TimeZone, Utc};
use proptest::prelude::{Just, Strategy, any, prop_oneof};

use super::{Open, Transition, transitions};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Evidence, Finding, Severity, Verdict, fingerprint};

const KIND: AlertKind = AlertKind::FileSize;

fn now() -> Instant {
    Utc.with_ymd_and_hms(2013, 3, 9, 12, 0, 0).unwrap()
}

fn bad(object: &str, severity: Severity, message: &str) -> Verdict {
    Verdict::Bad(Finding {
        kind: KIND,
        object: object.into(),
        severity,
        message: message.into(),
        observed: None,
        expected: None,
        unit: String::new(),
        rule: String::new(),
        evidence: Evidence::default(),
    })
}

fn fine(object: &str) -> Verdict {
    Verdict::Fine { kind: KIND, object: object.into(), reason: "as usual".into() }
}

fn learning(object: &str) -> Verdict {
    Verdict::Learning { kind: KIND, object: object.into(), have: 1, need: 3 }
}

fn open(id: i64, object: &str, state: AlertState) -> Open {
    Open {
        id,
        fingerprint: fingerprint("flights", KIND, object),
        state,
        severity: Severity::Warning,
        message: "big".into(),
        muted_until: (state == AlertState::Muted).then(|| now() + Duration::hours(1)),
    }
}

/// One word for what a look leads to.
fn word(open: &[Open], verdicts: &[Verdict], at: Instant) -> Vec<&'static str> {
    transitions("flights", open, verdicts, at)
        .iter()
        .map(|t| match t {
            Transition::Raise { .. } => "raise",
            Transition::Refresh { .. } => "refresh",
            Transition::Fire { .. } => "fire",
            Transition::Resolve { .. } => "resolve",
        })
        .collect()
}

#[test]
fn every_state_meets_every_verdict() {
    use AlertState::{Acknowledged, Firing, Muted, Pending, Resolved};
    let same = || bad("a", Severity::Warning, "big");
    let other = || bad("a", Severity::Warning, "bigger");
    let graver = || bad("a", Severity::Critical, "huge");
    type Case = (Option<AlertState>, [(&'static str, fn() -> Verdict, &'static str); 5]);
    let table: [Case; 6] = [
        (
            None,
            [
                ("same", same, "raise"),
                ("other", other, "raise"),
                ("graver", graver, "raise"),
                ("fine", || fine("a"), ""),
                ("learning", || learning("a"), ""),
            ],
        ),
        (
            Some(Pending),
            [
                ("same", same, "fire"),
                ("other", other, "fire"),
                ("graver", graver, "fire"),
                ("fine", || fine("a"), "resolve"),
                ("learning", || learning("a"), ""),
            ],
        ),
        (
            Some(Firing),
            [
                ("same", same, ""),
                ("other", other, "refresh"),
                ("graver", graver, "refresh"),
                ("fine", || fine("a"), "resolve"),
                ("learning", || learning("a"), ""),
            ],
        ),
        (
            Some(Acknowledged),
            [
                ("same", same, ""),
                ("other", other, "refresh"),
                ("graver", graver, "fire"),
                ("fine", || fine("a"), "resolve"),
                ("learning", || learning("a"), ""),
            ],
        ),
        (
            Some(Muted),
            [
                ("same", same, ""),
                ("other", other, "refresh"),
                ("graver", graver, "refresh"),
                ("fine", || fine("a"), "resolve"),
                ("learning", || learning("a"), ""),
            ],
        ),
        (
            Some(Resolved),
            [
                ("same", same, "raise"),
                ("other", other, "raise"),
                ("graver", graver, "raise"),
                ("fine", || fine("a"), ""),
                ("learning", || learning("a"), ""),
            ],
        ),
    ];
    for (state, row) in table {
        let standing: Vec<Open> = state.map(|s| open(7, "a", s)).into_iter().collect();
        for (name, verdict, expected) in row {
            let got = word(&standing, &[verdict()], now());
            let expected: Vec<&str> = Some(expected).filter(|e| !e.is_empty()).into_iter().collect();
            assert_eq!(got, expected, "{state:?} meets {name}");
        }
    }
}

#[test]
fn a_mute_always_ends() {
    let muted = [open(7, "a", AlertState::Muted)];
    let after = now() + Duration::hours(2);
    assert!(word(&muted, &[], now()).is_empty());
    assert_eq!(word(&muted, &[], after), ["fire"]);
    assert_eq!(word(&muted, &[bad("a", Severity::Warning, "big")], after), ["fire"]);
    assert_eq!(word(&muted, &[fine("a")], after), ["resolve"]);
}

#[test]
fn bad_outweighs_fine_and_the_gravest_is_told() {
    let verdicts = [
        bad("a", Severity::Warning, "big"),
        fine("a"),
        bad("a", Severity::Critical, "huge"),
        bad("a", Severity::Warning, "large"),
    ];
    let told = transitions("flights", &[], &verdicts, now());
    assert!(matches!(told.as_slice(), [Transition::Raise { finding, .. }] if finding.message == "huge"), "{told:?}");
}

#[test]
fn a_second_row_of_the_same_object_is_closed() {
    let twice = [open(7, "a", AlertState::Firing), open(8, "a", AlertState::Firing)];
    let told = transitions("flights", &twice, &[], now());
    assert_eq!(told, [Transition::Resolve { id: 8, reason: "the same as alert 7".into() }]);
}

/// The table of alerts as the engine keeps it: applies transitions, refusing what the state machine forbids.
#[derive(Debug, Default)]
struct Table(Vec<Open>);

impl Table {
    fn apply(&mut self, transition: Transition) {
        match transition {
            Transition::Raise { fingerprint, finding } => {
                let id = self.0.len() as i64;
                let (state, severity, message) = (AlertState::Firing, finding.severity, finding.message);
                self.0.push(Open { id, fingerprint, state, severity, message, muted_until: None });
            }
            Transition::Refresh { id, finding } => self.see(id, Some(finding)),
            Transition::Fire { id, finding, .. } => {
                self.step(id, AlertState::Firing);
                self.see(id, finding);
            }
            Transition::Resolve { id, .. } => self.step(id, AlertState::Resolved),
        }
    }

    fn see(&mut self, id: i64, finding: Option<Finding>) {
        if let Some(finding) = finding {
            (self.0[id as usize].severity, self.0[id as usize].message) = (finding.severity, finding.message);
        }
    }

    fn step(&mut self, id: i64, next: AlertState) {
        let alert = &mut self.0[id as usize];
        assert!(alert.state.may_become(next), "{} may not become {next}", alert.state);
        alert.state = next;
    }
}

#[derive(Debug, Clone)]
enum Step {
    Look(Vec<Verdict>),
    Answer(usize, AlertState),
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let object = prop_oneof![Just("a"), Just("b")];
    let severity = prop_oneof![Just(Severity::Info), Just(Severity::Warning), Just(Severity::Critical)];
    (object, severity, any::<bool>(), 0..5).prop_map(|(object, severity, which, kind)| match kind {
        0 => learning(object),
        1 | 2 => fine(object),
        _ => bad(object, severity, if which { "big" } else { "bigger" }),
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => proptest::collection::vec(verdict(), 0..4).prop_map(Step::Look),
        1 => (0..6usize, prop_oneof![Just(AlertState::Acknowledged), Just(AlertState::Muted), Just(AlertState::Resolved)])
            .prop_map(|(which, state)| Step::Answer(which, state)),
    ]
}

proptest::proptest! {
    #[test]
    fn any_course_of_events_keeps_the_table_whole(steps in proptest::collection::vec(step(), 0..30)) {
        let mut table = Table::default();
        let mut at = now();
        for step in steps {
            at += Duration::minutes(20);
            match step {
                Step::Answer(which, state) => {
                    if let Some(alert) = table.0.get_mut(which).filter(|a| a.state.may_become(state)) {
                        alert.state = state;
                        alert.muted_until = (state == AlertState::Muted).then(|| at + Duration::hours(1));
                    }
                }
                Step::Look(verdicts) => {
                    for transition in transitions("flights", &table.0, &verdicts, at) {
                        table.apply(transition);
                    }
                    // The same look again has nothing more to say.
                    let again = transitions("flights", &table.0, &verdicts, at);
                    assert_eq!(again, [], "not idempotent");
                    for object in ["a", "b"] {
                        let print = fingerprint("flights", KIND, object);
                        let standing = table.0.iter().filter(|a| a.fingerprint == print && a.state.is_open()).count();
                        let is_bad = verdicts.iter().any(|v| matches!(v, Verdict::Bad(f) if f.object == object));
                        let is_fine = verdicts.iter().any(|v| matches!(v, Verdict::Fine { object: o, .. } if o == object));
                        assert!(standing <= 1);
                        assert!(!is_bad || standing == 1);
                        assert!(is_bad || !is_fine || standing == 0);
                    }
                }
            }
        }
    }
}
