//! A file that could not be used.

use crate::config::rules::QuarantineRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::file::FileState;
use crate::domain::text::one_line;
use crate::domain::{Instant, format};

/// A file's place in the ledger.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name.
    pub key: &'a str,
    /// Where it is.
    pub state: FileState,
    /// Why.
    pub reason: &'a str,
    /// Since when.
    pub since: Instant,
    /// What is different in its columns, when that was found.
    pub change: Option<&'a str>,
}

/// Judges a file: bad while it lies in quarantine, critical once it has been forgotten there, fine once it has left.
pub fn judge(look: &Look<'_>, now: Instant, rule: &QuarantineRule) -> Verdict {
    let object = one_line(look.key);
    if look.state != FileState::Quarantined {
        let reason = format!("the file is {}", look.state);
        return Verdict::Fine { kind: AlertKind::Quarantine, object, reason };
    }
    let mut message = format!("{object} could not be used and lies in quarantine: {}", one_line(look.reason));
    if let Some(change) = look.change {
        message.push_str(&format!("; {change}"));
    }
    let forgotten = (now - look.since).to_std().is_ok_and(|age| age > rule.remind_after);
    let limit = format::duration(rule.remind_after.as_secs_f64());
    if forgotten {
        message.push_str(&format!("; nobody has seen to it for more than {limit}"));
    }
    Verdict::Bad(Finding {
        evidence: Evidence { files: vec![object.clone()], ..Evidence::default() },
        ..Finding::new(
            AlertKind::Quarantine,
            &object,
            if forgotten { Severity::Critical } else { Severity::Warning },
            message,
            &format!("a file that cannot be used waits in quarantine for an answer; critical after {limit}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::config::rules::QuarantineRule;
    use crate::domain::alert::{Severity, Verdict};
    use crate::domain::file::FileState;

    fn look(state: FileState, change: Option<&str>, hours: i64) -> Verdict {
        let since = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let look = Look { key: "a.csv", state, reason: "gzip ends early", since, change };
        judge(&look, since + Duration::hours(hours), &QuarantineRule::default())
    }

    #[test]
    fn quarantine_is_bad_and_every_other_state_ends_it() {
        for state in FileState::ALL {
            match look(*state, None, 1) {
                Verdict::Bad(finding) => {
                    assert_eq!(*state, FileState::Quarantined);
                    assert_eq!(finding.message, "a.csv could not be used and lies in quarantine: gzip ends early");
                    assert_eq!(finding.severity, Severity::Warning);
                }
                Verdict::Fine { object, .. } => assert_eq!(object, "a.csv"),
                Verdict::Learning { .. } | Verdict::CannotCheck { .. } => panic!("nothing to learn"),
            }
        }
    }

    #[test]
    fn a_forgotten_file_is_critical_and_its_sentence_does_not_change_with_every_look() {
        let Verdict::Bad(day) = look(FileState::Quarantined, None, 25) else { panic!("fine") };
        let Verdict::Bad(week) = look(FileState::Quarantined, None, 170) else { panic!("fine") };
        assert_eq!((day.severity, &day.message), (Severity::Critical, &week.message));
        assert!(day.message.ends_with("; nobody has seen to it for more than 1d"), "{}", day.message);
    }

    #[test]
    fn what_changed_in_its_columns_is_said() {
        let Verdict::Bad(finding) = look(FileState::Quarantined, Some("column `x` is gone"), 1) else { panic!("fine") };
        assert!(finding.message.ends_with("gzip ends early; column `x` is gone"), "{}", finding.message);
    }
}
