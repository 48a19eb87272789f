//! What no model should answer, and what no model was taught.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;

/// Levels of one category in a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// The column.
    pub column: String,
    /// Rows with a value.
    pub rows: u64,
    /// Share of them whose level training never saw.
    pub share: f64,
    /// The most frequent of these with their rows.
    pub names: Vec<(String, u64)>,
}

/// Judges the predictions of a run: `invalid` of `made` are no numbers, or no probabilities where they should be.
pub fn judge_values(invalid: u64, made: u64) -> Verdict {
    let (kind, object) = (AlertKind::ResultsDrift, "prediction values".to_owned());
    if invalid == 0 {
        let reason = format!("{} are valid", format::counted(made, "prediction"));
        return Verdict::Fine { kind, object, reason };
    }
    let message = format!("{} of {} are no valid numbers", format::count(invalid), format::counted(made, "prediction"));
    Verdict::Bad(Finding {
        observed: Some(invalid as f64),
        expected: Some((0.0, 0.0)),
        unit: "rows".to_owned(),
        ..Finding::new(kind, &object, Severity::Critical, message, "every prediction is finite, a probability 0 to 1")
    })
}

/// Judges one category: bad when more than `share` of the rows have a level that training never saw.
pub fn judge_levels(levels: &Levels, share: f64) -> Verdict {
    let (kind, object) = (AlertKind::ResultsDrift, format!("new values in {}", levels.column));
    if levels.share <= share {
        let reason = format!("{} of the rows have a value that training never saw", format::share(levels.share));
        return Verdict::Fine { kind, object, reason };
    }
    let named: Vec<String> =
        levels.names.iter().map(|(name, rows)| format!("{name} ({})", format::count(*rows))).collect();
    let message = format!(
        "{} of {} have a value in {} that the model was never shown: {}",
        format::share(levels.share),
        format::counted(levels.rows, "row"),
        levels.column,
        named.join(", ")
    );
    Verdict::Bad(Finding {
        observed: Some(levels.share),
        expected: Some((0.0, share)),
        unit: "share".to_owned(),
        evidence: Evidence { columns: vec![levels.column.clone()], lines: named, ..Evidence::default() },
        ..Finding::new(
            kind,
            &object,
            Severity::Warning,
            message,
            &format!("at most {} of the rows have a value that training never saw", format::share(share)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_prediction_that_is_no_number_is_critical() {
        assert!(matches!(judge_values(0, 1_900), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = judge_values(1, 1_900) else { panic!("silent") };
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(finding.message, "1 of 1,900 predictions are no valid numbers");
    }

    #[test]
    fn many_rows_of_unknown_values_warn_and_name_them() {
        let levels = |share| Levels {
            column: "carrier".to_owned(),
            rows: 1_000,
            share,
            names: vec![("XX".to_owned(), 90), ("YY".to_owned(), 10)],
        };
        assert!(matches!(judge_levels(&levels(0.05), 0.05), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = judge_levels(&levels(0.1), 0.05) else { panic!("silent") };
        assert_eq!(
            finding.message,
            "10.0 % of 1,000 rows have a value in carrier that the model was never shown: XX (90), YY (10)"
        );
        assert_eq!(finding.evidence.columns, ["carrier"]);
    }
}
