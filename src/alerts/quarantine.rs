//! A file that could not be used.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::file::FileState;
use crate::domain::text::one_line;

/// Judges a file by its place in the ledger: bad while it lies in quarantine, fine once it has left it.
pub fn judge(key: &str, state: FileState, reason: &str) -> Verdict {
    if state != FileState::Quarantined {
        return Verdict::Fine {
            kind: AlertKind::Quarantine,
            object: key.to_owned(),
            reason: format!("the file is {state}"),
        };
    }
    Verdict::Bad(Finding {
        kind: AlertKind::Quarantine,
        object: key.to_owned(),
        severity: Severity::Warning,
        message: format!("{} could not be used and lies in quarantine: {}", one_line(key), one_line(reason)),
        observed: None,
        expected: None,
        unit: String::new(),
        rule: "a file that cannot be used waits in quarantine for an answer".to_owned(),
        evidence: Evidence::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::domain::alert::Verdict;
    use crate::domain::file::FileState;

    #[test]
    fn quarantine_is_bad_and_every_other_state_ends_it() {
        for state in FileState::ALL {
            match judge("a.csv", *state, "gzip ends early") {
                Verdict::Bad(finding) => {
                    assert_eq!(*state, FileState::Quarantined);
                    assert_eq!(finding.message, "a.csv could not be used and lies in quarantine: gzip ends early");
                }
                Verdict::Fine { object, .. } => assert_eq!(object, "a.csv"),
                Verdict::Learning { .. } | Verdict::CannotCheck { .. } => panic!("nothing to learn"),
            }
        }
    }
}
