//! A file that came again with other content after it had been used.

use crate::config::rules::OverwrittenRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::file::FileState;
use crate::domain::{Instant, format};

/// A new version of a file that a run had committed.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name, sanitised.
    pub file: &'a str,
    /// Where the new version is.
    pub state: FileState,
    /// When it was first seen.
    pub seen: Instant,
    /// The run that has it or took it.
    pub run: Option<i64>,
    /// Size of the new version and of the one before, in bytes.
    pub bytes: (u64, u64),
    /// Rows of the two, where they are known.
    pub rows: (Option<u64>, Option<u64>),
    /// The run that had used the version before.
    pub used_by: Option<i64>,
}

/// Judges it: bad until its rows are in the lake and the rule's time is over.
pub fn judge(look: &Look<'_>, now: Instant, rule: &OverwrittenRule) -> Verdict {
    let done = look.state.is_in_the_lake();
    let age = (now - look.seen).to_std().unwrap_or_default();
    if done && age >= rule.keep {
        let reason = match look.run {
            Some(run) => format!("run {run} took the new version, {} ago", format::duration(age.as_secs_f64())),
            None => "the new version has been run".to_owned(),
        };
        return Verdict::Fine { kind: AlertKind::Overwritten, object: look.file.to_owned(), reason };
    }
    let used = look.used_by.map_or_else(|| "it had been used".to_owned(), |run| format!("run {run} had used it"));
    let (now_bytes, before_bytes) = look.bytes;
    let size = match look.rows {
        (Some(rows), Some(before)) => {
            format!("{} where there were {}", format::counted(rows, "row"), format::count(before))
        }
        _ => format!("{} where there were {}", format::bytes(now_bytes), format::bytes(before_bytes)),
    };
    let next = match (look.state, look.run) {
        (FileState::Committed | FileState::Archived, Some(run)) => {
            format!("run {run} replaced what was published from it")
        }
        (FileState::Quarantined, _) => "it cannot be used: what was published from the old one stays".to_owned(),
        _ => "what was published from it is out of date until the next run".to_owned(),
    };
    let message = format!("{} was overwritten after {used}: {size}; {next}", look.file);
    let rule = format!("stands until the new version is run, and {} longer", format::duration(rule.keep.as_secs_f64()));
    Verdict::Bad(Finding {
        evidence: Evidence { files: vec![look.file.to_owned()], ..Evidence::default() },
        ..Finding::new(AlertKind::Overwritten, look.file, Severity::Warning, message, &rule)
    })
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::config::rules::OverwrittenRule;
    use crate::domain::alert::Verdict;
    use crate::domain::file::FileState;

    fn look(state: FileState, rows: (Option<u64>, Option<u64>), hours: i64) -> Verdict {
        let seen = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let run = (state != FileState::Ready).then_some(9);
        let look = Look { file: "a.csv", state, seen, run, bytes: (2_000, 1_000), rows, used_by: Some(7) };
        judge(&look, seen + Duration::hours(hours), &OverwrittenRule::default())
    }

    #[test]
    fn it_stands_until_it_was_run_and_a_day_longer() {
        for (state, rows, hours, end) in [
            (
                FileState::Ready,
                (None, Some(24)),
                90,
                "2.0 kB where there were 1.0 kB; what was published from it is out of date until the next run",
            ),
            (
                FileState::Committed,
                (Some(48), Some(24)),
                1,
                "48 rows where there were 24; run 9 replaced what was published from it",
            ),
            (
                FileState::Quarantined,
                (None, Some(24)),
                90,
                "it cannot be used: what was published from the old one stays",
            ),
        ] {
            let Verdict::Bad(finding) = look(state, rows, hours) else { panic!("{state} is fine") };
            assert!(
                finding.message.starts_with("a.csv was overwritten after run 7 had used it: "),
                "{}",
                finding.message
            );
            assert!(finding.message.ends_with(end), "{}", finding.message);
        }
        assert!(matches!(look(FileState::Committed, (None, None), 24), Verdict::Fine { .. }));
    }
}
