//! Alerts, or the sign of life, do not reach their receiver.

use crate::config::rules::DeliveryRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// One channel.
#[derive(Debug, Clone, Default)]
pub struct Look<'a> {
    /// Its name: the alert's object.
    pub channel: &'a str,
    /// Notices that failed for good since it last delivered one.
    pub failed: usize,
    /// Notices that wait and were tried as often as the rule says: how many, and since when the oldest.
    pub waiting: (usize, Option<Instant>),
    /// When it last delivered one.
    pub delivered: Option<Instant>,
    /// What was last said when it did not, sanitised and without secrets.
    pub said: Option<&'a str>,
}

/// Judges a channel: bad when a notice failed for good, or waits for too long after too many attempts.
pub fn judge(look: &Look<'_>, now: Instant, rule: &DeliveryRule) -> Verdict {
    let (waiting, oldest) = look.waiting;
    let stuck = oldest.is_some_and(|since| (now - since).to_std().is_ok_and(|age| age > rule.after));
    if look.failed == 0 && !stuck {
        let reason = match look.delivered {
            Some(at) => format!("it delivered at {}", at.format("%Y-%m-%d %H:%M UTC")),
            None => "nothing waits for it".to_owned(),
        };
        return Verdict::Fine { kind: AlertKind::Delivery, object: look.channel.to_owned(), reason };
    }
    let mut what = Vec::new();
    if look.failed > 0 {
        what.push(format!("{} failed", format::counted(look.failed as u64, "notice")));
    }
    if let Some(since) = oldest.filter(|_| stuck) {
        let since = since.format("%Y-%m-%d %H:%M UTC");
        let notices = if waiting == 1 { "1 notice waits".to_owned() } else { format!("{waiting} notices wait") };
        what.push(format!("{notices} since {since}"));
    }
    Verdict::Bad(failing(look.channel, &what.join(", "), look.said, rule))
}

/// The finding about a channel, or the heartbeat, that does not get through.
pub fn failing(channel: &str, what: &str, said: Option<&str>, rule: &DeliveryRule) -> Finding {
    let last = said.map(|said| format!("; last: {said}")).unwrap_or_default();
    let message = format!("{channel} does not get through: {what}{last}");
    let rule = format!(
        "failed for good, or tried {} times and waiting for more than {}",
        rule.attempts,
        format::duration(rule.after.as_secs_f64())
    );
    Finding {
        evidence: Evidence { lines: said.map(str::to_owned).into_iter().collect(), ..Evidence::default() },
        ..Finding::new(AlertKind::Delivery, channel, Severity::Critical, message, &rule)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::config::rules::DeliveryRule;
    use crate::domain::alert::Verdict;

    #[test]
    fn what_failed_and_what_is_stuck_is_told_and_a_short_wait_is_not() {
        let now = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let idle = Look { channel: "ops", said: Some("550 no such user"), ..Look::default() };
        let waits = |minutes| (2, Some(now - Duration::minutes(minutes)));
        for (look, expected) in [
            (idle.clone(), None),
            (Look { waiting: waits(14), ..idle.clone() }, None),
            (
                Look { waiting: waits(16), ..idle.clone() },
                Some("ops does not get through: 2 notices wait since 2024-05-01 05:44 UTC; last: 550 no such user"),
            ),
            (
                Look { failed: 1, ..idle.clone() },
                Some("ops does not get through: 1 notice failed; last: 550 no such user"),
            ),
            (
                Look { failed: 3, waiting: waits(60), said: None, ..idle.clone() },
                Some("ops does not get through: 3 notices failed, 2 notices wait since 2024-05-01 05:00 UTC"),
            ),
        ] {
            match judge(&look, now, &DeliveryRule::default()) {
                Verdict::Bad(finding) => assert_eq!(Some(finding.message.as_str()), expected),
                Verdict::Fine { .. } => assert_eq!(None, expected, "{look:?}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
