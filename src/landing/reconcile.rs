//! Comparing a listing with the ledger: which entries are new, changed, gone, or have stood still long enough.
//!
//! Pure: the engine lists, calls [`compare`] for every file and writes what follows page by page, and opens the files
//! that are due ([`super::inspect`]). What is gone it knows when it has seen the last page.

use std::time::Duration;

use crate::domain::Instant;
use crate::domain::file::{FileState, Listed};
use crate::store::ledger::Known;

/// What a comparison leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A name or version the ledger does not know.
    Enter(Listed),
    /// A version that was still settling has changed: it is the same version, still growing.
    Regrow {
        /// Its ledger id.
        id: i64,
        /// As it is now.
        listed: Listed,
    },
    /// A newer version has come before this one was run.
    Supersede {
        /// Its ledger id.
        id: i64,
    },
    /// Unchanged for the settling time: open it and see whether it is whole.
    Inspect {
        /// Its ledger id.
        id: i64,
        /// It has not settled within the longest time that is granted.
        overdue: bool,
    },
    /// Seen again but not yet for long enough.
    Wait {
        /// Its ledger id.
        id: i64,
    },
    /// A version that had vanished is back.
    Return {
        /// Its ledger id.
        id: i64,
    },
}

/// Compares a listed file with the newest version of its name that is `known`. `elsewhere`: that one was seen in another
/// landing, and is another version, whatever it looks like.
///
/// A file is complete when its version token is the same at two looks or more that span `settle`; after `settle_max`
/// without that (or without the end of a whole file) the inspection is told so.
pub fn compare(
    known: Option<&Known>,
    elsewhere: bool,
    listed: Listed,
    now: Instant,
    settle: Duration,
    settle_max: Duration,
) -> Vec<Step> {
    match known {
        None => vec![Step::Enter(listed)],
        Some(row) if row.token == listed.token.0 && !elsewhere => {
            same_version(row, now, settle, settle_max).into_iter().collect()
        }
        Some(row) => other_version(row, listed),
    }
}

fn same_version(row: &Known, now: Instant, settle: Duration, settle_max: Duration) -> Option<Step> {
    match row.state {
        FileState::Seen | FileState::Settling => {
            let still = (now - row.unchanged_since).to_std().unwrap_or_default();
            let waited = (now - row.first_seen).to_std().unwrap_or_default();
            if still >= settle {
                Some(Step::Inspect { id: row.id, overdue: waited >= settle_max })
            } else {
                Some(Step::Wait { id: row.id })
            }
        }
        FileState::Vanished => Some(Step::Return { id: row.id }),
        _ => None,
    }
}

fn other_version(row: &Known, file: Listed) -> Vec<Step> {
    match row.state {
        FileState::Seen | FileState::Settling => vec![Step::Regrow { id: row.id, listed: file }],
        FileState::Ready | FileState::Held | FileState::Quarantined | FileState::Duplicate | FileState::Ignored => {
            vec![Step::Supersede { id: row.id }, Step::Enter(file)]
        }
        // A claimed version's worker will notice; a committed one stays what was published until the new one is.
        FileState::Claimed
        | FileState::Committed
        | FileState::Archived
        | FileState::Vanished
        | FileState::Superseded => vec![Step::Enter(file)],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeZone, Utc};

    use super::{Step, compare};
    use crate::domain::Instant;
    use crate::domain::file::{FileState, Listed, VersionToken};
    use crate::store::ledger::Known;

    const SETTLE: Duration = Duration::from_secs(5);
    const MAX: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Instant {
        Utc.timestamp_opt(1_000_000 + seconds, 0).unwrap()
    }

    fn listed(key: &str, token: &str) -> Listed {
        Listed { key: key.into(), bytes: 1, modified: at(0), token: VersionToken(token.into()) }
    }

    fn row(token: &str, state: FileState) -> Known {
        Known { id: 7, source: "landing".into(), token: token.into(), first_seen: at(0), unchanged_since: at(0), state }
    }

    fn step(known: Known, now: i64, seen: Listed) -> Vec<Step> {
        compare(Some(&known), false, seen, at(now), SETTLE, MAX)
    }

    #[test]
    fn a_file_settles_only_after_standing_still() {
        let file = || listed("a", "1");
        assert_eq!(compare(None, false, file(), at(0), SETTLE, MAX), [Step::Enter(file())]);
        assert_eq!(step(row("1", FileState::Seen), 4, file()), [Step::Wait { id: 7 }]);
        let inspect = |overdue| [Step::Inspect { id: 7, overdue }];
        assert_eq!(step(row("1", FileState::Seen), 5, file()), inspect(false));
        assert_eq!(step(row("1", FileState::Settling), 60, file()), inspect(true));
    }

    #[test]
    fn growth_before_settling_is_the_same_version_and_after_it_another() {
        let grown = listed("a", "2");
        let entered = Step::Enter(grown.clone());
        assert_eq!(
            step(row("1", FileState::Settling), 9, grown.clone()),
            [Step::Regrow { id: 7, listed: grown.clone() }]
        );
        assert_eq!(step(row("1", FileState::Ready), 9, grown.clone()), [Step::Supersede { id: 7 }, entered.clone()]);
        assert_eq!(step(row("1", FileState::Committed), 9, grown), [entered]);
    }

    #[test]
    fn the_same_version_in_another_landing_is_another_one() {
        let seen = |there, state| compare(Some(&row("1", state)), there, listed("a", "1"), at(9), SETTLE, MAX);
        assert_eq!(seen(false, FileState::Committed), []);
        assert_eq!(seen(true, FileState::Committed), [Step::Enter(listed("a", "1"))]);
        assert_eq!(seen(true, FileState::Held), [Step::Supersede { id: 7 }, Step::Enter(listed("a", "1"))]);
    }

    #[test]
    fn what_had_vanished_returns_and_what_was_run_is_left_alone() {
        assert_eq!(step(row("1", FileState::Vanished), 9, listed("a", "1")), [Step::Return { id: 7 }]);
        assert_eq!(step(row("1", FileState::Committed), 9, listed("a", "1")), []);
    }
}
