//! Too many rows of a run were rejected.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;

/// The rows of one run.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Name of the pipeline: the alert's object.
    pub pipeline: &'a str,
    /// The run.
    pub run: i64,
    /// Its files with rejected rows, worst first: (sanitised name, rows, rejected rows).
    pub files: &'a [(String, u64, u64)],
    /// Rows read in the run.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// The shares that warn and that fail the run.
    pub limits: (f64, f64),
    /// The commonest reasons, as sanitised lines.
    pub reasons: &'a [String],
}

/// Judges a run; `None` when it read no row.
pub fn judge(look: &Look<'_>) -> Option<Verdict> {
    let (warn, fail) = look.limits;
    if look.rows == 0 {
        return None;
    }
    let ratio = look.rejected as f64 / look.rows as f64;
    let (run, rejected, rows) = (look.run, format::count(look.rejected), format::counted(look.rows, "row"));
    let share = format::share(ratio);
    // A limit for failing below that for warning warns as well.
    let limit = warn.min(fail);
    if ratio <= limit {
        let reason = format!("run {run} rejected {rejected} of {rows} ({share})");
        return Some(Verdict::Fine { kind: AlertKind::RejectRatio, object: look.pipeline.to_owned(), reason });
    }
    let (severity, consequence) = match ratio > fail {
        true => (Severity::Critical, format!("more than {} fails the run", format::share(fail))),
        false => (Severity::Warning, format!("warned from {}", format::share(warn))),
    };
    let worst = look.reasons.first().map(|reason| format!("; {reason}")).unwrap_or_default();
    let message = format!("run {run} rejected {rejected} of {rows} ({share}, {consequence}){worst}");
    let rule = "warn_reject_ratio and max_reject_ratio of the clean stage; over with a run below them";
    Some(Verdict::Bad(Finding {
        observed: Some(ratio),
        expected: Some((0.0, limit)),
        unit: "share".to_owned(),
        evidence: Evidence {
            files: look.files.iter().take(Evidence::MOST).map(|(file, ..)| file.clone()).collect(),
            lines: look
                .files
                .iter()
                .take(3)
                .map(|(file, rows, rejected)| format!("{file}: {rejected} of {}", format::counted(*rows, "row")))
                .chain(look.reasons.iter().cloned())
                .take(Evidence::MOST)
                .collect(),
            ..Evidence::default()
        },
        ..Finding::new(AlertKind::RejectRatio, look.pipeline, severity, message, rule)
    }))
}

#[cfg(test)]
mod tests {
    use super::{Look, judge};
    use crate::domain::alert::{Severity, Verdict};

    fn look(rejected: u64) -> Option<Verdict> {
        let files = [("a.csv".to_owned(), 600, rejected)];
        let reasons = ["x: not a number (8)".to_owned()];
        let limits = (0.01, 0.05);
        judge(&Look { pipeline: "p", run: 7, files: &files, rows: 1000, rejected, limits, reasons: &reasons })
    }

    #[test]
    fn the_plans_own_limits_decide() {
        assert!(matches!(look(10), Some(Verdict::Fine { reason, .. }) if reason.contains("10 of 1,000 rows (1.0 %)")));
        let Some(Verdict::Bad(warned)) = look(11) else { panic!("not warned") };
        assert_eq!(warned.severity, Severity::Warning);
        assert_eq!(warned.message, "run 7 rejected 11 of 1,000 rows (1.1 %, warned from 1.0 %); x: not a number (8)");
        assert_eq!(warned.evidence.lines, ["a.csv: 11 of 600 rows", "x: not a number (8)"]);
        let Some(Verdict::Bad(failed)) = look(51) else { panic!("not failed") };
        assert_eq!(failed.severity, Severity::Critical);
        assert!(failed.message.contains("(5.1 %, more than 5.0 % fails the run)"), "{}", failed.message);
    }

    #[test]
    fn without_rows_there_is_no_share() {
        let limits = (0.01, 0.05);
        let nothing = Look { pipeline: "p", run: 7, files: &[], rows: 0, rejected: 0, limits, reasons: &[] };
        assert_eq!(judge(&nothing), None);
    }
}
