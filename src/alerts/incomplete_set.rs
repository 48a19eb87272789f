//! Of the files that come together some are missing.

use std::collections::BTreeMap;

use glob::Pattern;

use crate::config::rules::IncompleteRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// A file that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name, sanitised.
    pub file: String,
    /// The set it belongs to, as it is called: `2024-05-01`.
    pub set: String,
    /// When it was first seen.
    pub first_seen: Instant,
}

/// Judges every set that has a file: bad when it is incomplete and its first file came longer ago than the grace; not
/// judged while there is time, nor without a word on what a set is.
pub fn judge(members: &[Member], now: Instant, rule: &IncompleteRule) -> Vec<Verdict> {
    if rule.expect.is_empty() && rule.files_per_set.is_none() {
        return Vec::new();
    }
    let mut sets: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in members {
        sets.entry(&member.set).or_default().push(member);
    }
    sets.into_iter().filter_map(|(set, files)| one(set, &files, now, rule)).collect()
}

fn one(set: &str, files: &[&Member], now: Instant, rule: &IncompleteRule) -> Option<Verdict> {
    let missing: Vec<&str> = rule
        .expect
        .iter()
        .filter(|expected| !files.iter().any(|member| matches(expected, &member.file)))
        .map(String::as_str)
        .collect();
    let named = rule.expect.len() as u64;
    let (have, need) = match rule.files_per_set {
        Some(need) => (files.len() as u64, need.max(named)),
        None => (named - missing.len() as u64, named),
    };
    if missing.is_empty() && have >= need {
        let reason = format!("all {} of {set} are there", format::counted(need, "file"));
        return Some(Verdict::Fine { kind: AlertKind::IncompleteSet, object: set.to_owned(), reason });
    }
    let first = files.iter().map(|member| member.first_seen).min()?;
    if (now - first).to_std().unwrap_or_default() <= rule.grace {
        return None;
    }
    let who = match missing.as_slice() {
        [] => String::new(),
        [one] => format!(": {one} is missing"),
        several => format!(": {} are missing", several.join(", ")),
    };
    let have = have.min(need);
    let message = format!("{have} of {need} files of {set} are there{who}");
    let grace = format::duration(rule.grace.as_secs_f64());
    Some(Verdict::Bad(Finding {
        observed: Some(have as f64),
        expected: Some((need as f64, need as f64)),
        unit: "files".to_owned(),
        evidence: Evidence {
            files: files.iter().take(Evidence::MOST).map(|member| member.file.clone()).collect(),
            lines: missing.iter().take(Evidence::MOST).map(|missing| format!("missing: {missing}")).collect(),
            ..Evidence::default()
        },
        ..Finding::new(
            AlertKind::IncompleteSet,
            set,
            Severity::Warning,
            message,
            &format!("complete within {grace} of its first file"),
        )
    }))
}

/// Whether a file is the one that a pattern means: a word without wildcards is a part of the name.
fn matches(expected: &str, file: &str) -> bool {
    if expected.contains(['*', '?', '[']) {
        Pattern::new(expected).is_ok_and(|pattern| pattern.matches(file))
    } else {
        file.contains(expected)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Member, judge};
    use crate::config::rules::IncompleteRule;
    use crate::domain::Instant;
    use crate::domain::alert::{Finding, Verdict};

    fn at(minutes: i64) -> Instant {
        Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap() + Duration::minutes(minutes)
    }

    fn members(files: &[(&str, i64)]) -> Vec<Member> {
        let member = |(file, minutes): &(&str, i64)| {
            let set = if file.contains("02") { "2024-05-02" } else { "2024-05-01" };
            Member { file: (*file).to_owned(), set: set.to_owned(), first_seen: at(*minutes) }
        };
        files.iter().map(member).collect()
    }

    fn regions() -> IncompleteRule {
        let expect = ["north", "south", "east*", "west"].map(String::from).to_vec();
        IncompleteRule { expect, ..IncompleteRule::default() }
    }

    /// The one set that is judged, which must be bad.
    fn bad(verdicts: Vec<Verdict>) -> Finding {
        match verdicts.as_slice() {
            [Verdict::Bad(finding)] => finding.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_missing_member_is_named_once_the_grace_is_over() {
        let three = members(&[("north_01.csv", 0), ("south_01.csv", 5), ("east_01.csv", 9)]);
        assert_eq!(judge(&three, at(60), &regions()), []);
        let finding = bad(judge(&three, at(61), &regions()));
        assert_eq!(finding.message, "3 of 4 files of 2024-05-01 are there: west is missing");
        assert_eq!((finding.object.as_str(), finding.observed), ("2024-05-01", Some(3.0)));
        let four = [three, members(&[("west_01.csv", 100)])].concat();
        assert!(matches!(judge(&four, at(200), &regions()).as_slice(), [Verdict::Fine { .. }]));
    }

    #[test]
    fn every_set_is_judged_by_itself() {
        let files = members(&[("north_02.csv", 0), ("north_01.csv", 90), ("west_02.csv", 91)]);
        let finding = bad(judge(&files, at(100), &regions()));
        assert_eq!(finding.message, "2 of 4 files of 2024-05-02 are there: south, east* are missing");
    }

    #[test]
    fn a_number_of_files_is_enough_of_a_rule_and_more_are_no_worry() {
        let rule = IncompleteRule { files_per_set: Some(2), ..IncompleteRule::default() };
        let one = members(&[("a.csv", 0)]);
        let finding = bad(judge(&one, at(61), &rule));
        assert_eq!(finding.message, "1 of 2 files of 2024-05-01 are there");
        let three = members(&[("a.csv", 0), ("b.csv", 0), ("c.csv", 0)]);
        assert!(matches!(judge(&three, at(61), &rule).as_slice(), [Verdict::Fine { .. }]));
        assert_eq!(judge(&one, at(61), &IncompleteRule::default()), []);
    }

    #[test]
    fn one_file_may_not_stand_for_two_names_and_a_number() {
        let rule = IncompleteRule { files_per_set: Some(3), ..regions() };
        let files = members(&[("east_north_south_west.csv", 0)]);
        let finding = bad(judge(&files, at(61), &rule));
        assert_eq!(finding.message, "1 of 4 files of 2024-05-01 are there");
    }
}
