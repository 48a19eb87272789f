//! How many files came in a day, against the same kind of day before.
//!
//! The rule is that of standard deviations alone, and the spread is at least that of a count of rare events
//! (1 / sqrt(median) in ln): of a feed of one file a day two are nothing, of one of 24 a day eight are too few. A day
//! without any file is [staleness](crate::alerts::staleness).

use chrono::NaiveDate;

use crate::alerts::baseline::{Point, baseline, usable};
use crate::config::rules::{Direction, FileSizeRule};
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::format;

/// The alert's object.
pub const OBJECT: &str = "files a day";
/// Days needed.
const MIN_DAYS: usize = 14;

/// Whole days, oldest first, the last of which is judged.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// (day, number of new files that came on it), days without any left out.
    pub days: &'a [(NaiveDate, u64)],
    /// The rule.
    pub rule: &'a FileSizeRule,
}

/// Judges the newest day. `None` without one.
pub fn judge(look: &Look<'_>) -> Option<Verdict> {
    let ((day, count), past) = look.days.split_last()?;
    let (kind, object) = (AlertKind::FileSize, OBJECT.to_owned());
    let at = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN);
    let history: Vec<Point> =
        past.iter().map(|(day, n)| Point { at: at(*day), value: *n as f64, alerted: false }).collect();
    let points = usable(&history, f64::ln);
    let usual = baseline(&points, at(*day)).filter(|usual| usual.n >= MIN_DAYS);
    let Some(usual) = usual else {
        return Some(Verdict::Learning { kind, object, have: points.len().min(MIN_DAYS - 1), need: MIN_DAYS });
    };
    let sigmas = look.rule.sigmas.unwrap_or(look.rule.sensitivity.sigmas());
    let spread = usual.spread.max((-0.5 * usual.centre).exp());
    let (centre, reach) = (usual.centre.exp(), (sigmas * spread).exp());
    let (low, high) = (centre / reach, centre * reach);
    let fine = match look.rule.direction {
        Direction::Both => (low..=high).contains(&(*count as f64)),
        Direction::Up => *count as f64 <= high,
        Direction::Down => *count as f64 >= low,
    };
    let said = format!("{} came on {day}, usually {}", format::counted(*count, "new file"), format::figure(centre));
    if fine {
        return Some(Verdict::Fine { kind, object, reason: said });
    }
    let sample = |(day, n): &(NaiveDate, u64)| Sample { at: at(*day).and_utc(), value: *n as f64, band: None };
    let first = past.len().saturating_sub(Evidence::LONGEST - 1);
    let now = Sample { band: Some((low, high)), ..sample(&(*day, *count)) };
    Some(Verdict::Bad(Finding {
        observed: Some(*count as f64),
        expected: Some((low, high)),
        unit: "files".to_owned(),
        evidence: Evidence { history: past[first..].iter().map(sample).chain([now]).collect(), ..Evidence::default() },
        ..Finding::new(
            kind,
            OBJECT,
            Severity::Warning,
            said,
            &format!("more than {sigmas} standard deviations of {spread:.2} in ln(files); {} comparable days", usual.n),
        )
    }))
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};

    use super::{Look, judge};
    use crate::config::rules::FileSizeRule;
    use crate::domain::alert::Verdict;

    fn look(usual: u64, days: u64, last: u64) -> Verdict {
        let day = |n: u64| NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(n);
        let mut counts: Vec<(NaiveDate, u64)> = (0..days).map(|n| (day(n), usual)).collect();
        counts.push((day(days), last));
        judge(&Look { days: &counts, rule: &FileSizeRule::default() }).unwrap()
    }

    #[test]
    fn a_third_of_a_dense_feed_is_missed_and_a_second_file_of_a_day_is_nothing() {
        let Verdict::Bad(finding) = look(24, 28, 8) else { panic!("not missed") };
        assert_eq!(finding.message, "8 new files came on 2024-01-29, usually 24.0");
        assert!(matches!(look(24, 28, 20), Verdict::Fine { .. }));
        for n in 1..=12 {
            assert!(matches!(look(1, 28, n), Verdict::Fine { .. }), "{n}");
        }
        assert!(matches!(look(24, 10, 1), Verdict::Learning { have: 10, need: 14, .. }));
    }
}
