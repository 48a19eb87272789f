use chrono::Duration;

use super::{finding, firing, now, policy, row};
use crate::alerts::lifecycle::Step;
use crate::alerts::lifecycle::due::due;
use crate::alerts::lifecycle::inhibit::explanations;
use crate::alerts::lifecycle::look::{Known, Seen, digest, follow};
use crate::config::AlertRules;
use crate::config::rules::Policy;
use crate::domain::alert::{AlertKind, AlertState, Severity, Verdict};
use crate::store::alerts::AlertRow;

const KIND: AlertKind = AlertKind::FileSize;

fn bad(severity: Severity, message: &str) -> Seen {
    Seen::Bad(finding(KIND, "a", severity, message))
}

fn fine() -> Seen {
    Seen::Fine("as usual".into())
}

fn known<'a>(newest: Option<&'a AlertRow>, policy: &'a Policy) -> Known<'a> {
    Known { newest, muted: false, policy, timer: false, now: now() }
}

/// One word for each step.
fn words(steps: &[Step]) -> String {
    let word = |step: &Step| match step {
        Step::Raise { state, .. } => format!("raise {state}"),
        Step::Refresh { .. } => "refresh".into(),
        Step::Clean { clean, .. } => format!("clean {clean}"),
        Step::Move { to, anew, .. } => format!("{to}{}", if *anew { " anew" } else { "" }),
        Step::Graver { .. } => "graver".into(),
    };
    steps.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_state_meets_every_sight() {
    use AlertState::{Acknowledged, Firing, Muted, Pending, Recovering, Resolved};
    let (once, twice) = (policy(0, 1), policy(0, 2));
    let table = [
        // state, what it came from, bad as before, bad in other words, graver, fine (1 clean look), fine (of 2)
        (Pending, None, "", "refresh", "refresh", "resolved", "resolved"),
        (Firing, None, "", "refresh", "refresh, graver", "resolved", "recovering, clean 1"),
        (Acknowledged, None, "", "refresh", "refresh, firing anew", "resolved", "recovering, clean 1"),
        (Muted, None, "", "refresh", "refresh", "resolved", "recovering, clean 1"),
        (Recovering, Some(Firing), "firing", "refresh, firing", "refresh, firing anew", "resolved", "clean 1"),
        (
            Recovering,
            Some(Acknowledged),
            "acknowledged",
            "refresh, acknowledged",
            "refresh, firing anew",
            "resolved",
            "clean 1",
        ),
        (Recovering, Some(Muted), "firing anew", "refresh, firing anew", "refresh, firing anew", "resolved", "clean 1"),
        (Resolved, None, "raise firing", "raise firing", "raise firing", "", ""),
    ];
    for (state, before, same, reworded, graver, over, recovering) in table {
        let alert = AlertRow { state, before, ..firing() };
        let meets = |seen: Seen, policy: &Policy| words(&follow(&seen, &known(Some(&alert), policy)));
        assert_eq!(meets(bad(Severity::Warning, "big"), &once), same, "{state} seen as before");
        assert_eq!(meets(bad(Severity::Warning, "bigger"), &once), reworded, "{state} seen in other words");
        assert_eq!(meets(bad(Severity::Critical, "huge"), &once), graver, "{state} seen graver");
        assert_eq!(meets(fine(), &once), over, "{state} seen fine");
        assert_eq!(meets(fine(), &twice), recovering, "{state} seen fine, once of twice");
    }
}

#[test]
fn nothing_becomes_an_alert_in_the_state_that_policy_and_mutes_say() {
    let (at_once, held) = (policy(0, 1), policy(5, 1));
    let seen = bad(Severity::Warning, "big");
    assert_eq!(words(&follow(&seen, &known(None, &at_once))), "raise firing");
    assert_eq!(words(&follow(&seen, &known(None, &held))), "raise pending");
    assert_eq!(words(&follow(&seen, &Known { muted: true, ..known(None, &held) })), "raise muted");
    assert_eq!(words(&follow(&fine(), &known(None, &at_once))), "");
}

#[test]
fn an_open_alert_keeps_its_gravest_severity() {
    let alert = AlertRow { finding: finding(KIND, "a", Severity::Critical, "huge"), ..firing() };
    let steps = follow(&bad(Severity::Info, "smaller"), &known(Some(&alert), &policy(0, 1)));
    let [Step::Refresh { finding, .. }] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!((finding.severity, finding.message.as_str()), (Severity::Critical, "smaller"));
}

#[test]
fn looks_of_a_timer_count_once_a_minute() {
    let policy = policy(0, 3);
    let seconds = |ago: i64| AlertRow {
        state: AlertState::Recovering,
        before: Some(AlertState::Firing),
        clean: 1,
        updated: now() - Duration::seconds(ago),
        ..firing()
    };
    let look = |alert: &AlertRow, timer| words(&follow(&fine(), &Known { timer, ..known(Some(alert), &policy) }));
    assert_eq!((look(&seconds(59), true), look(&seconds(60), true)), (String::new(), "clean 2".into()));
    assert_eq!(look(&seconds(0), false), "clean 2", "what happens counts whenever it happens");
    let fresh = AlertRow { updated: now(), ..firing() };
    let reworded = Known { timer: true, ..known(Some(&fresh), &policy) };
    assert_eq!(words(&follow(&bad(Severity::Warning, "late by 2 s"), &reworded)), "");
    assert_eq!(words(&follow(&bad(Severity::Critical, "late by 2 s"), &reworded)), "refresh, graver");
}

#[test]
fn what_an_operator_closed_is_raised_again_only_when_it_is_graver_or_new() {
    let policy = policy(0, 1);
    let closed = AlertRow {
        state: AlertState::Resolved,
        ended: Some(now()),
        who: Some("ana".into()),
        normal: Some(now()),
        ..firing()
    };
    let by_timer = Known { timer: true, ..known(Some(&closed), &policy) };
    assert_eq!(words(&follow(&bad(Severity::Warning, "bigger"), &by_timer)), "", "the same trouble lasts");
    assert_eq!(words(&follow(&bad(Severity::Critical, "huge"), &by_timer)), "raise firing");
    let by_event = known(Some(&closed), &policy);
    assert_eq!(words(&follow(&bad(Severity::Warning, "big"), &by_event)), "", "the same, word by word");
    assert_eq!(words(&follow(&bad(Severity::Warning, "run 8"), &by_event)), "raise firing", "something new");
    assert_eq!(words(&follow(&fine(), &by_timer)), "clean 1");
    let fine_since = AlertRow { clean: 1, ..closed.clone() };
    let after = Known { timer: true, ..known(Some(&fine_since), &policy) };
    assert_eq!(words(&follow(&bad(Severity::Warning, "big"), &after)), "raise firing", "it had been fine");
    let by_itself = AlertRow { who: Some("landfall".into()), ..closed };
    let again = Known { timer: true, ..known(Some(&by_itself), &policy) };
    assert_eq!(words(&follow(&bad(Severity::Warning, "big"), &again)), "raise firing");
}

#[test]
fn time_fires_what_was_held_ends_mutes_and_closes_what_is_switched_off() {
    let held =
        |minutes: i64| AlertRow { state: AlertState::Pending, raised: now() - Duration::minutes(minutes), ..firing() };
    let step = |alert: &AlertRow, policy: &Policy| words(&due(alert, policy, now()).into_iter().collect::<Vec<_>>());
    assert_eq!((step(&held(4), &policy(5, 1)), step(&held(5), &policy(5, 1))), ("".into(), "firing anew".into()));
    let muted = |until| AlertRow { state: AlertState::Muted, muted_until: until, ..firing() };
    assert_eq!(step(&muted(Some(now() + Duration::seconds(1))), &policy(0, 1)), "");
    assert_eq!(step(&muted(Some(now())), &policy(0, 1)), "firing anew");
    assert_eq!(step(&muted(None), &policy(0, 1)), "firing anew");
    let off = Policy { enabled: false, ..policy(0, 1) };
    let steps = due(&firing(), &off, now());
    assert!(
        matches!(&steps, Some(Step::Move { to: AlertState::Resolved, reason, .. })
        if reason == "its rule was switched off"),
        "{steps:?}"
    );
}

#[test]
fn bad_outweighs_fine_the_gravest_is_taken_and_the_configuration_has_the_last_word() {
    let fine = Verdict::Fine { kind: KIND, object: "a".into(), reason: "as usual".into() };
    let bad = |severity, message: &str| Verdict::Bad(finding(KIND, "a", severity, message));
    let verdicts =
        [bad(Severity::Warning, "big"), fine, bad(Severity::Critical, "huge"), bad(Severity::Warning, "large")];
    let mut rules = AlertRules::default();
    let message = |rules: &AlertRules| match digest(rules, &verdicts).into_values().next() {
        Some(Seen::Bad(finding)) => Some((finding.message, finding.severity)),
        _ => None,
    };
    assert_eq!(message(&rules), Some(("huge".into(), Severity::Critical)));
    rules.policies.insert(KIND, Policy { severity: Some(Severity::Info), ..Policy::of(KIND) });
    assert_eq!(message(&rules), Some(("big".into(), Severity::Info)), "all are the same to it: the first");
    rules.policies.insert(KIND, Policy { enabled: false, ..Policy::of(KIND) });
    assert_eq!(message(&rules), None);
}

#[test]
fn what_explains_what() {
    use AlertKind::*;
    let alert = |id, kind, object: &str, columns: &[&str], run| {
        let mut finding = finding(kind, object, Severity::Warning, "odd");
        finding.evidence.columns = columns.iter().map(|column| (*column).to_owned()).collect();
        AlertRow { run, ..row(id, finding, AlertState::Firing) }
    };
    let cases = [
        (alert(1, Landfall, "landing", &[], None), alert(2, Staleness, "arrival", &[], None), true),
        (alert(1, Landfall, "configuration", &[], None), alert(2, Staleness, "arrival", &[], None), false),
        (alert(1, Silence, "engine", &[], None), alert(2, Staleness, "arrival", &[], None), true),
        (alert(1, Staleness, "arrival", &[], None), alert(2, Staleness, "output", &[], None), true),
        (alert(1, Staleness, "output", &[], None), alert(2, Staleness, "arrival", &[], None), false),
        (alert(1, Staleness, "arrival", &[], None), alert(2, ResultsDrift, "rows", &[], None), true),
        (alert(1, Staleness, "output", &[], None), alert(2, ResultsDrift, "rows", &[], None), false),
        (alert(1, RunFailed, "flights", &[], Some(3)), alert(2, LongRun, "train", &[], Some(3)), true),
        (alert(1, RunFailed, "flights", &[], Some(3)), alert(2, LongRun, "train", &[], Some(4)), false),
        (alert(1, RunFailed, "flights", &[], Some(3)), alert(2, PublishFailed, "flights", &[], Some(3)), true),
        (alert(1, RunFailed, "flights", &[], Some(3)), alert(2, Staleness, "output", &[], None), true),
        (alert(1, RunFailed, "flights", &[], Some(3)), alert(2, Staleness, "arrival", &[], None), false),
        (alert(1, SchemaChange, "f.csv", &["late"], None), alert(2, NullRate, "late", &[], None), true),
        (alert(1, SchemaChange, "f.csv", &["late"], None), alert(2, NullRate, "origin", &[], None), false),
        (alert(1, SchemaChange, "f.csv", &["late"], None), alert(2, ResultsDrift, "positives", &["late"], None), true),
        (alert(1, FileSize, "f.csv", &[], None), alert(2, NullRate, "late", &[], None), false),
    ];
    for (cause, effect, explained) in cases {
        let found = explanations(&[effect.clone(), cause.clone()]);
        assert_eq!(found.get(&2) == Some(&1), explained, "{cause:?} and {effect:?}");
        assert!(!explained || !found.contains_key(&1), "{effect:?} explains its cause");
        let elsewhere = AlertRow { pipeline: "bikes".into(), ..cause.clone() };
        assert_eq!(explanations(&[effect.clone(), elsewhere]).get(&2), None, "another pipeline's");
        let pending = AlertRow { state: AlertState::Pending, ..cause };
        assert_eq!(explanations(&[effect, pending]).get(&2), None, "not even sure itself");
    }
}
