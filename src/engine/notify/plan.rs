//! What to send to one channel now: what waits in, messages out. Pure.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::domain::Instant;
use crate::domain::alert::{AlertState, Occasion};
use crate::store::outbox::{OutboxRow, Waiting};

/// What a channel allows.
pub(super) struct Limits<'a> {
    /// Most messages in a minute.
    pub per_minute: u32,
    /// Whether every alert is told by itself.
    pub one_each: bool,
    /// When it was tried within the last minute, oldest first.
    pub recent: &'a [Instant],
    /// Whether the engine leaves: then nothing that was not tried yet waits any longer.
    pub leaving: bool,
}

/// What is to be done with what waits.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Over before it was told: never to be sent.
    pub drop: Vec<i64>,
    /// One message each, in this order.
    pub send: Vec<Batch>,
    /// If nothing can be sent now: when to look again, unless something new comes.
    pub wake: Option<Instant>,
}

/// Notices that go as one message.
#[derive(Debug, PartialEq)]
pub(super) struct Batch {
    /// Why.
    pub occasion: Occasion,
    /// The notices, oldest first.
    pub rows: Vec<OutboxRow>,
}

/// What notices that go as one message have in common; the alert, where each is told by itself.
type Group = (String, Occasion, Option<i64>);

/// Plans for one channel. A notice is due at its instant, or with another one of its group and occasion that is; the
/// notices of one alert keep their order. More messages than the minute has room for become one digest.
pub(super) fn plan(waiting: &[Waiting], limits: &Limits<'_>, now: Instant) -> Plan {
    let (over, standing): (Vec<&Waiting>, Vec<&Waiting>) = {
        let unheard = unheard(waiting);
        waiting.iter().partition(|notice| is_over(notice, &unheard))
    };
    let drop = over.iter().map(|notice| notice.row.id).collect();
    let due = |row: &OutboxRow| row.due <= now || (limits.leaving && row.attempts == 0);
    let group =
        |row: &OutboxRow| -> Group { (row.grouping.clone(), row.occasion, row.alert.filter(|_| limits.one_each)) };
    let going: BTreeSet<_> = standing.iter().filter(|n| due(&n.row)).map(|n| group(&n.row)).collect();
    let mut kept_back = BTreeSet::new();
    let mut batches: Vec<(Group, Batch)> = Vec::new();
    let mut wake: Option<Instant> = None;
    for Waiting { row, .. } in standing {
        let goes = due(row) || (row.attempts == 0 && going.contains(&group(row)));
        if !goes || row.alert.is_some_and(|alert| kept_back.contains(&alert)) {
            kept_back.extend(row.alert);
            if row.due > now {
                wake = Some(wake.map_or(row.due, |wake| wake.min(row.due)));
            }
            continue;
        }
        match batches.iter_mut().find(|(known, _)| *known == group(row)) {
            Some((_, batch)) => batch.rows.push(row.clone()),
            None => batches.push((group(row), Batch { occasion: row.occasion, rows: vec![row.clone()] })),
        }
    }
    let mut send: Vec<Batch> = batches.into_iter().map(|(_, batch)| batch).collect();
    // An end is never told before its beginning.
    send.sort_by_key(|batch| (batch.occasion == Occasion::Resolved, batch.rows.first().map(|row| row.id)));
    let minute = Duration::minutes(1);
    let recent: Vec<Instant> = limits.recent.iter().copied().filter(|at| *at + minute > now).collect();
    let room = (limits.per_minute as usize).saturating_sub(recent.len());
    if send.len() > room {
        if room == 0 {
            return Plan { drop, send: Vec::new(), wake: recent.first().map(|first| *first + minute) };
        }
        let mut rows: Vec<OutboxRow> = send.into_iter().flat_map(|batch| batch.rows).collect();
        rows.sort_by_key(|row| row.id);
        send = vec![Batch { occasion: Occasion::Digest, rows }];
    }
    Plan { drop, wake: wake.filter(|_| send.is_empty()), send }
}

/// Alerts that were over before the channel heard of them.
fn unheard(waiting: &[Waiting]) -> BTreeSet<i64> {
    let quick = |notice: &&Waiting| {
        let row = &notice.row;
        let first = row.occasion == Occasion::Fired && row.attempts == 0 && !notice.told;
        first && notice.alert_ended.is_some_and(|ended| ended <= row.due)
    };
    waiting.iter().filter(quick).filter_map(|notice| notice.row.alert).collect()
}

/// Whether a notice need not be told any more: its alert was over before anybody heard of it, or asks for no answer now.
fn is_over(notice: &Waiting, unheard: &BTreeSet<i64>) -> bool {
    let row = &notice.row;
    let calls = matches!(row.occasion, Occasion::Repeated | Occasion::Escalated);
    let fires = row.occasion == Occasion::Fired;
    match notice.alert_state {
        _ if row.alert.is_some_and(|alert| unheard.contains(&alert)) => true,
        Some(AlertState::Muted) => calls || fires,
        Some(AlertState::Resolved) => calls || (fires && row.attempts == 0 && notice.told),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};
    use proptest::prelude::*;

    use super::{Limits, Plan, plan};
    use crate::domain::Instant;
    use crate::domain::alert::{AlertState, Occasion};
    use crate::store::outbox::{OutboxRow, Waiting};

    fn at(seconds: i64) -> Instant {
        Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap()
    }

    fn waiting(id: i64, alert: i64, occasion: Occasion, grouping: &str, due: i64) -> Waiting {
        let row = OutboxRow {
            id,
            channel: "mail".into(),
            key: format!("{alert}/{occasion}"),
            alert: Some(alert),
            occasion,
            grouping: grouping.into(),
            state: "waiting".into(),
            created: at(0),
            due: at(due),
            expires: at(86_400),
            attempts: 0,
            ended: None,
        };
        Waiting { row, alert_state: Some(AlertState::Firing), alert_ended: None, told: false }
    }

    fn resolved(notice: Waiting, ended: i64) -> Waiting {
        Waiting { alert_state: Some(AlertState::Resolved), alert_ended: Some(at(ended)), ..notice }
    }

    fn limits() -> Limits<'static> {
        Limits { per_minute: 20, one_each: false, recent: &[], leaving: false }
    }

    /// (occasion, ids) of every message.
    fn messages(plan: &Plan) -> Vec<(Occasion, Vec<i64>)> {
        plan.send.iter().map(|batch| (batch.occasion, batch.rows.iter().map(|row| row.id).collect())).collect()
    }

    #[test]
    fn what_is_over_before_it_was_told_is_never_told() {
        let quick = |ended| {
            [
                resolved(waiting(1, 7, Occasion::Fired, "p", 30), ended),
                resolved(waiting(2, 7, Occasion::Resolved, "p", 20), ended),
            ]
        };
        let over = plan(&quick(20), &limits(), at(20));
        assert_eq!((over.drop, over.send.len(), over.wake), (vec![1, 2], 0, None));
        // Too late for that: it has been due, and is told with its end.
        let late = plan(&quick(40), &limits(), at(40));
        assert_eq!(messages(&late), [(Occasion::Fired, vec![1]), (Occasion::Resolved, vec![2])]);
        // An attempt may have arrived.
        let mut tried = quick(20);
        tried[0].row.attempts = 1;
        let tried = plan(&tried, &limits(), at(20));
        assert_eq!((tried.drop.len(), tried.send.len(), tried.wake), (0, 0, Some(at(30))));
        // Whoever heard of it before hears of its end.
        let heard = quick(20).map(|notice| Waiting { told: true, ..notice });
        let heard = plan(&heard, &limits(), at(20));
        assert_eq!((heard.drop.as_slice(), messages(&heard)), (&[1][..], vec![(Occasion::Resolved, vec![2])]));
    }

    #[test]
    fn a_group_that_waits_together_goes_as_one() {
        let notices = [
            waiting(1, 7, Occasion::Fired, "p run 1", 30),
            waiting(2, 8, Occasion::Fired, "p run 1", 45),
            waiting(3, 9, Occasion::Fired, "p run 2", 50),
        ];
        assert_eq!(plan(&notices, &limits(), at(29)).wake, Some(at(30)));
        assert_eq!(messages(&plan(&notices, &limits(), at(30))), [(Occasion::Fired, vec![1, 2])]);
        let each = Limits { one_each: true, ..limits() };
        assert_eq!(messages(&plan(&notices, &each, at(30))), [(Occasion::Fired, vec![1])]);
        let leaving = Limits { leaving: true, ..limits() };
        assert_eq!(plan(&notices, &leaving, at(0)).send.len(), 2);
    }

    #[test]
    fn a_storm_of_a_thousand_is_one_digest() {
        let storm: Vec<Waiting> =
            (1..=1000).map(|n| waiting(n, n, Occasion::Fired, &format!("p run {n}"), 0)).collect();
        let planned = plan(&storm, &limits(), at(0));
        assert_eq!((planned.send.len(), planned.send[0].occasion), (1, Occasion::Digest));
        assert_eq!(planned.send[0].rows.len(), 1000);
        let full: Vec<Instant> = (1..=20).map(|n| at(-n)).rev().collect();
        let full = Limits { recent: &full, ..limits() };
        let planned = plan(&storm, &full, at(0));
        assert_eq!((planned.send.len(), planned.wake), (0, Some(at(40))), "the minute is used up");
    }

    #[test]
    fn nobody_is_called_about_what_is_muted_or_over() {
        let muted = Waiting { alert_state: Some(AlertState::Muted), ..waiting(1, 7, Occasion::Repeated, "p", 0) };
        assert_eq!(plan(&[muted], &limits(), at(0)).drop, [1]);
        let over = resolved(waiting(2, 8, Occasion::Escalated, "p", 0), -5);
        assert_eq!(plan(&[over], &limits(), at(0)).drop, [2]);
    }

    prop_compose! {
        fn any_waiting()(
            notices in prop::collection::vec((1_i64..6, 0_usize..6, 0_u8..3, -90_i64..90, 0_u32..3, any::<bool>(), 0_u8..4), 0..40)
        ) -> Vec<Waiting> {
            notices.into_iter().enumerate().map(|(id, (alert, occasion, group, due, attempts, told, state))| {
                let notice = waiting(id as i64 + 1, alert, Occasion::ALL[occasion], &format!("g{group}"), due);
                let row = OutboxRow { attempts, ..notice.row };
                let alert_state = [AlertState::Firing, AlertState::Acknowledged, AlertState::Muted, AlertState::Resolved];
                let alert_state = Some(alert_state[state as usize]);
                let alert_ended = (state == 3).then(|| at(due - 10));
                Waiting { row, alert_state, alert_ended, told }
            }).collect()
        }
    }

    proptest! {
        /// Whatever waits is sent, dropped for a reason or looked at again; nothing twice, and no alert out of order.
        #[test]
        fn nothing_that_waits_is_forgotten(waiting in any_waiting(), per_minute in 1_u32..4, one_each in any::<bool>(),
                                           tried in prop::collection::vec(-59_i64..0, 0..4)) {
            let mut recent: Vec<Instant> = tried.iter().map(|s| at(*s)).collect();
            recent.sort();
            let limits = Limits { per_minute, one_each, recent: &recent, leaving: false };
            let planned = plan(&waiting, &limits, at(0));
            let mut seen = planned.drop.clone();
            seen.extend(planned.send.iter().flat_map(|batch| batch.rows.iter().map(|row| row.id)));
            let all = seen.len();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), all);
            let left = waiting.len() - all;
            prop_assert!(planned.send.len() + recent.len() <= per_minute as usize || planned.send.is_empty());
            if planned.send.is_empty() {
                prop_assert_eq!(planned.wake.is_some(), left > 0);
                prop_assert!(planned.wake.is_none_or(|wake| wake > at(0)));
            }
            for notice in waiting.iter().filter(|n| !seen.contains(&n.row.id)) {
                let later = |n: &&Waiting| n.row.alert == notice.row.alert && n.row.id > notice.row.id;
                for other in waiting.iter().filter(later) {
                    prop_assert!(planned.drop.contains(&other.row.id) || !seen.contains(&other.row.id));
                }
            }
            // Time passes: in the end nothing is left.
            let quiet = Limits { recent: &[], ..limits };
            let (later, mut rest) = (at(10_000), waiting);
            while !rest.is_empty() {
                let planned = plan(&rest, &quiet, later + Duration::seconds(1));
                let before = rest.len();
                rest.retain(|n| !planned.drop.contains(&n.row.id)
                    && !planned.send.iter().any(|batch| batch.rows.iter().any(|row| row.id == n.row.id)));
                prop_assert!(rest.len() < before);
            }
        }
    }
}
