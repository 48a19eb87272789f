use chrono::Duration;

use super::{firing, now};
use crate::alerts::lifecycle::tell::{tell, tell_acknowledged, tell_end};
use crate::config::rules::LifeRules;
use crate::domain::alert::{AlertState, Occasion, Severity};
use crate::store::alerts::AlertRow;

fn told(alert: &AlertRow, changes: u32) -> Option<Occasion> {
    tell(alert, changes, &LifeRules::default(), now())
}

fn critical(told_minutes_ago: i64) -> AlertRow {
    let then = Some(now() - Duration::minutes(told_minutes_ago));
    let mut alert = AlertRow { told: then, notified: then, ..firing() };
    alert.finding.severity = Severity::Critical;
    alert
}

#[test]
fn what_fires_is_told_once() {
    let fresh = AlertRow { told: None, notified: None, ..firing() };
    assert_eq!((told(&fresh, 1), told(&firing(), 1)), (Some(Occasion::Fired), None));
    for state in AlertState::ALL.iter().filter(|state| **state != AlertState::Firing) {
        assert_eq!(told(&AlertRow { state: *state, ..fresh.clone() }, 1), None, "{state}");
    }
    assert_eq!(told(&AlertRow { inhibited_by: Some(3), ..fresh }, 1), None, "explained by another");
}

#[test]
fn what_nobody_answers_is_repeated_and_if_critical_escalated_once() {
    assert_eq!((told(&critical(29), 1), told(&critical(30), 1)), (None, Some(Occasion::Escalated)));
    let escalated = |minutes| AlertRow { escalated: Some(now()), ..critical(minutes) };
    assert_eq!((told(&escalated(239), 1), told(&escalated(240), 1)), (None, Some(Occasion::Repeated)));
    let warning = |hours| AlertRow { notified: Some(now() - Duration::hours(hours)), ..firing() };
    assert_eq!((told(&warning(23), 1), told(&warning(24), 1)), (None, Some(Occasion::Repeated)));
    let answered = AlertRow { state: AlertState::Acknowledged, ..critical(9999) };
    assert_eq!(told(&answered, 1), None);
    let ahead = AlertRow { told: Some(now() + Duration::hours(9)), ..critical(0) };
    assert_eq!(told(&ahead, 1), None, "a clock that was put back escalates nothing");
}

#[test]
fn what_comes_and_goes_is_told_once_as_flapping() {
    let fresh = AlertRow { told: None, notified: None, ..firing() };
    assert_eq!((told(&fresh, 4), told(&fresh, 5)), (Some(Occasion::Fired), Some(Occasion::Flapping)));
    let flapping = AlertRow { flapping: Some(now()), ..fresh };
    assert_eq!(told(&flapping, 9), None);
    let life = LifeRules::default();
    assert_eq!(tell_end(&firing(), 4, &life), Some(Occasion::Resolved));
    assert_eq!(tell_end(&firing(), 6, &life), Some(Occasion::Flapping));
    assert_eq!(tell_end(&AlertRow { flapping: Some(now()), ..firing() }, 6, &life), None);
}

#[test]
fn only_who_was_told_of_an_alert_hears_of_its_answer_and_its_end() {
    let untold = AlertRow { told: None, notified: None, ..firing() };
    assert_eq!((tell_end(&untold, 1, &LifeRules::default()), tell_acknowledged(&untold)), (None, None));
    assert_eq!(tell_acknowledged(&firing()), Some(Occasion::Acknowledged));
}
