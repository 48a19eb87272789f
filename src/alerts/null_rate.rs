//! A column has many more nulls than usual.
//!
//! Shares are compared on the arcsine scale, asin(sqrt(p)), where the sampling error is 1 / (2 sqrt(rows)) whatever p
//! is. Only more nulls are bad, only by an effect that matters, and only beyond k(n) robust standard deviations of past
//! batches; where some batches have many by nature, beyond what the second largest of
//! them had.

use super::results_drift::daily::short_history;
use crate::config::NullRateRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::quantile::{median, robust_sd};
use crate::domain::{Instant, format};

/// Batches needed before anything is said.
const MIN_BATCHES: usize = 7;
/// Batches looked back at.
const WINDOW: usize = 56;
/// Rows a batch must have before its share says anything.
const MIN_ROWS: u64 = 30;
/// The smallest spread believed, on the arcsine scale.
const FLOOR: f64 = 0.02;

/// A column in one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// When the batch was cleaned.
    pub at: Instant,
    /// Share of its rows without a value.
    pub value: f64,
    /// Its rows.
    pub rows: u64,
}

/// Judges a column in the newest batch against the batches before, oldest first.
pub fn judge(column: &str, newest: Share, history: &[Share], rule: &NullRateRule) -> Verdict {
    let (kind, object) = (AlertKind::NullRate, column.to_owned());
    if newest.rows < MIN_ROWS {
        return Verdict::Learning { kind, object, have: newest.rows as usize, need: MIN_ROWS as usize };
    }
    let past: Vec<&Share> = history.iter().filter(|share| share.rows >= MIN_ROWS).collect();
    let past = &past[past.len().saturating_sub(WINDOW)..];
    let scale = |share: f64| share.clamp(0.0, 1.0).sqrt().asin();
    let points: Vec<f64> = past.iter().map(|share| scale(share.value)).collect();
    let Some(centre) = median(&points).filter(|_| points.len() >= MIN_BATCHES) else {
        return Verdict::Learning { kind, object, have: points.len(), need: MIN_BATCHES };
    };
    let residuals: Vec<f64> = points.iter().map(|y| y - centre).collect();
    let sampling = 0.5 / (newest.rows as f64).sqrt();
    let spread = robust_sd(&residuals).unwrap_or(0.0).max(FLOOR).max(sampling);
    let k = rule.sigmas * short_history(points.len());
    let mut largest = points.clone();
    largest.sort_by(|a, b| b.total_cmp(a));
    let unsteady = largest.get(1).unwrap_or(&centre) + k * FLOOR.max(sampling);
    let reach = (centre + k * spread).max(unsteady).min(std::f64::consts::FRAC_PI_2);
    let usual = centre.sin().powi(2);
    let limit = reach.sin().powi(2).max(usual + rule.effect);
    if newest.value < limit {
        let reason =
            format!("{} of {column} is null, usual up to {}", format::share(newest.value), format::share(limit));
        return Verdict::Fine { kind, object, reason };
    }
    let emptied = newest.value >= 1.0 && usual < 0.5;
    let told = past.iter().skip(past.len().saturating_sub(Evidence::LONGEST - 1));
    let sample = |share: &Share, band| Sample { at: share.at, value: share.value, band };
    let history = told.map(|share| sample(share, None)).chain([sample(&newest, Some((0.0, limit.min(1.0))))]).collect();
    Verdict::Bad(Finding {
        observed: Some(newest.value),
        expected: Some((0.0, limit.min(1.0))),
        unit: "share".to_owned(),
        evidence: Evidence { history, columns: vec![column.to_owned()], ..Evidence::default() },
        ..Finding::new(
            kind,
            column,
            if emptied { Severity::Critical } else { Severity::Warning },
            format!(
                "{} of {column} is null in {}, usual {} (up to {})",
                format::share(newest.value),
                format::counted(newest.rows, "row"),
                format::share(usual),
                format::share(limit.min(1.0))
            ),
            &format!(
                "more nulls than usual by at least {} and by {} robust standard deviations of {} batches before",
                format::share(rule.effect),
                rule.sigmas,
                points.len()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(value: f64, rows: u64) -> Share {
        Share { at: chrono::DateTime::UNIX_EPOCH, value, rows }
    }

    fn after(past: &[f64], value: f64, rows: u64) -> Verdict {
        let history: Vec<Share> = past.iter().map(|value| share(*value, 2_000)).collect();
        judge("visib", share(value, rows), &history, &NullRateRule::default())
    }

    #[test]
    fn a_column_without_nulls_that_gets_some_fires_and_a_few_do_not() {
        assert!(matches!(after(&[0.0; 30], 0.04, 2_000), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = after(&[0.0; 30], 0.12, 2_000) else { panic!("silent") };
        assert_eq!(finding.message, "12.0 % of visib is null in 2,000 rows, usual 0.0 % (up to 5.0 %)");
        assert_eq!((finding.severity, finding.evidence.columns), (Severity::Warning, vec!["visib".to_owned()]));
        assert_eq!(finding.evidence.history.len(), 31);
    }

    #[test]
    fn an_emptied_column_is_critical_unless_it_was_mostly_empty_before() {
        let critical = |v| matches!(v, Verdict::Bad(Finding { severity: Severity::Critical, .. }));
        assert!(critical(after(&[0.01; 30], 1.0, 2_000)));
        assert!(!critical(after(&[0.6; 30], 1.0, 2_000)));
        assert!(matches!(after(&[1.0; 30], 1.0, 2_000), Verdict::Fine { .. }));
    }

    #[test]
    fn a_column_that_is_often_half_empty_may_be_and_fewer_nulls_are_never_bad() {
        let unsteady: Vec<f64> = (0..30).map(|n| [0.1, 0.3, 0.5][n % 3]).collect();
        assert!(matches!(after(&unsteady, 0.6, 2_000), Verdict::Fine { .. }));
        assert!(matches!(after(&[0.5; 30], 0.0, 2_000), Verdict::Fine { .. }));
    }

    #[test]
    fn few_rows_and_few_batches_say_nothing() {
        assert!(matches!(after(&[0.0; 30], 0.5, 20), Verdict::Learning { have: 20, need: 30, .. }));
        assert!(matches!(after(&[0.0; 6], 0.5, 2_000), Verdict::Learning { have: 6, need: 7, .. }));
    }
}
