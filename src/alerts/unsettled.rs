//! A file that keeps changing, or has no end, for too long.

use std::time::Duration;

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::text::one_line;
use crate::domain::{Instant, format};

/// A file that has not settled.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name.
    pub key: &'a str,
    /// When it was first seen.
    pub first_seen: Instant,
    /// What it waits for, from the ledger.
    pub reason: &'a str,
    /// Longer than this is too long.
    pub after: Duration,
    /// After this it goes to quarantine.
    pub settle_max: Duration,
}

/// Judges it; `None` while there is time.
pub fn judge(look: &Look<'_>, now: Instant) -> Option<Verdict> {
    let waited = (now - look.first_seen).to_std().unwrap_or_default();
    if waited <= look.after {
        return None;
    }
    let name = one_line(look.key);
    let long = |wait: Duration| format::duration(wait.as_secs_f64());
    let message = format!(
        "{name} has not settled for more than {} ({}); after {} it goes to quarantine",
        long(look.after),
        one_line(look.reason),
        long(look.settle_max)
    );
    let rule = format!("not settled within {}", long(look.after));
    Some(Verdict::Bad(Finding {
        observed: Some(waited.as_secs_f64()),
        expected: Some((0.0, look.after.as_secs_f64())),
        unit: "s".to_owned(),
        evidence: Evidence { files: vec![name.clone()], ..Evidence::default() },
        ..Finding::new(AlertKind::Unsettled, &name, Severity::Warning, message, &rule)
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeZone, Utc};

    use super::{Look, judge};
    use crate::domain::alert::Verdict;

    #[test]
    fn it_is_told_between_the_rules_time_and_quarantine() {
        let first_seen = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let minutes = |n: u64| Duration::from_secs(n * 60);
        let look = Look {
            key: "a\u{1b}.csv",
            first_seen,
            reason: "still growing",
            after: minutes(30),
            settle_max: minutes(60),
        };
        assert_eq!(judge(&look, first_seen + minutes(30)), None);
        assert_eq!(judge(&look, first_seen - minutes(5)), None, "a clock set back");
        let Some(Verdict::Bad(finding)) = judge(&look, first_seen + minutes(31)) else { panic!("nothing said") };
        let sentence = "a\\x1b.csv has not settled for more than 30m (still growing); after 1h it goes to quarantine";
        assert_eq!(finding.message, sentence);
        assert_eq!(finding.object, "a\\x1b.csv");
    }
}
