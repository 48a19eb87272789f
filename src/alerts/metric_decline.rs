//! The quality of the predictions, judged by their outcomes, declines.
//!
//! A judged day is compared with the judged days before it (mean of NannyML's reference chunks made robust: median and
//! k(n) pooled robust standard deviations, see [`daily`](super::results_drift::daily)), and only on the worse side. The last judged
//! week is compared with the loss the champion had in its own validation: a slow decline moves the trailing window
//! along, never the validation.

use chrono::NaiveTime;

use super::results_drift::daily::{Measure, Scale, Side};
use crate::config::MetricDeclineRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::format;
use crate::domain::plan::Task;
use crate::domain::story::StoryDay;
use crate::domain::text::one_line;

/// Judged days of a week.
const WEEK: usize = 7;
/// Standard errors of the week's mean by which it must exceed the limit. Seven days give six degrees of freedom:
/// Student's t exceeds 4.0 with a probability of 0.0036 on this side.
const STANDARD_ERRORS: f64 = 4.0;

/// The daily figures watched for a task, each on its worse side.
pub fn measures(task: Task) -> Vec<Measure> {
    let kind = AlertKind::MetricDecline;
    match task {
        Task::Binary | Task::Multiclass => vec![
            Measure { name: "auc", label: "the AUC", scale: Scale::Share, bad: Side::Below, kind },
            Measure { name: "log_loss", label: "the log loss", scale: Scale::Loss, bad: Side::Above, kind },
        ],
        Task::Regression => {
            vec![Measure { name: "rmse", label: "the RMSE", scale: Scale::Loss, bad: Side::Above, kind }]
        }
    }
}

/// What the champion promised: its version and its judged twin's loss on the holdout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Its version.
    pub version: i64,
    /// Log loss (classes) or RMSE (regression).
    pub loss: f64,
}

/// Whether a run ended with going back to the version before, and why.
pub fn judge_rollback(back: Option<&str>) -> Verdict {
    let (kind, object) = (AlertKind::MetricDecline, "rollback".to_owned());
    let Some(reason) = back else {
        return Verdict::Fine { kind, object, reason: "the champion still serves".to_owned() };
    };
    let rule = "so many batches in a row in which the champion was worse than the version before it";
    Verdict::Bad(Finding::new(kind, &object, Severity::Warning, one_line(reason), rule))
}

/// Judges the last judged week against the champion's validation. `days` oldest first.
pub fn judge_week(task: Task, days: &[StoryDay], promise: Option<Promise>, rule: &MetricDeclineRule) -> Verdict {
    let label = if task.of_classes() { "log loss" } else { "RMSE" };
    let (kind, object) = (AlertKind::MetricDecline, format!("{label} of a week"));
    let judged: Vec<(&StoryDay, f64, f64)> = days
        .iter()
        .filter_map(|day| {
            let rows = (day.rows as f64 * day.labelled.unwrap_or(0.0)).round();
            (rows > 0.0).then_some((day, day.loss.filter(|loss| loss.is_finite())?, rows))
        })
        .collect();
    if judged.len() < WEEK {
        return Verdict::Learning { kind, object, have: judged.len(), need: WEEK };
    }
    let Some(Promise { version, loss: promised }) = promise.filter(|promise| promise.loss > 0.0) else {
        let reason = "the serving model has no validation loss to be held against".to_owned();
        return Verdict::CannotCheck { kind, object, reason };
    };
    let week = &judged[judged.len() - WEEK..];
    let (mean, error) = pooled(task, week);
    // Errors add up as squares: an RMSE is compared as the mean square it stands for.
    let square = |loss: f64| if task.of_classes() { loss } else { loss * loss };
    let back = |loss: f64| if task.of_classes() { loss } else { loss.max(0.0).sqrt() };
    let limit = square(promised * (1.0 + rule.margin));
    let last = &week[WEEK - 1].0.day;
    let told = format!(
        "{label} of the week to {last} is {}, in the validation of version {version} it was {}",
        format::figure(back(mean)),
        format::figure(promised)
    );
    if mean <= limit || mean - square(promised) <= STANDARD_ERRORS * error {
        return Verdict::Fine { kind, object, reason: told };
    }
    Verdict::Bad(Finding {
        kind,
        severity: if mean > square(promised * (1.0 + 2.0 * rule.margin)) {
            Severity::Critical
        } else {
            Severity::Warning
        },
        message: format!("the {told}"),
        observed: Some(back(mean)),
        expected: Some((0.0, back(limit.max(square(promised) + STANDARD_ERRORS * error)))),
        unit: task.loss().to_owned(),
        rule: format!(
            "the last {WEEK} judged days are worse than the validation by more than {:.0} % and {STANDARD_ERRORS} \
             standard errors of their mean",
            100.0 * rule.margin
        ),
        evidence: Evidence { history: history(&judged, promised, rule), ..Evidence::default() },
        object,
    })
}

/// Mean loss over the rows of the days (of an RMSE its square), and the standard error that the days' spread gives it.
fn pooled(task: Task, week: &[(&StoryDay, f64, f64)]) -> (f64, f64) {
    let value = |loss: f64| if task.of_classes() { loss } else { loss * loss };
    let rows: f64 = week.iter().map(|(_, _, rows)| rows).sum();
    let mean = week.iter().map(|(_, loss, n)| value(*loss) * n).sum::<f64>() / rows;
    let spread: f64 = week.iter().map(|(_, loss, n)| (n * (value(*loss) - mean)).powi(2)).sum();
    let days = week.len() as f64;
    (mean, (spread * days / (days - 1.0)).sqrt() / rows)
}

fn history(judged: &[(&StoryDay, f64, f64)], promised: f64, rule: &MetricDeclineRule) -> Vec<Sample> {
    let newest = judged.len().saturating_sub(Evidence::LONGEST);
    let band = Some((0.0, promised * (1.0 + rule.margin)));
    judged[newest..]
        .iter()
        .filter_map(|(day, loss, _)| {
            let at = day.day.parse::<chrono::NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc();
            Some(Sample { at, value: *loss, band })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(losses: &[f64]) -> Vec<StoryDay> {
        let day = |(n, loss): (usize, &f64)| StoryDay {
            day: format!("2024-01-{:02}", n + 1),
            rows: 1_000,
            labelled: Some(0.9),
            loss: Some(*loss),
            ..StoryDay::default()
        };
        losses.iter().enumerate().map(day).collect()
    }

    fn week(losses: &[f64], promised: f64) -> Verdict {
        let promise = Some(Promise { version: 4, loss: promised });
        judge_week(Task::Binary, &days(losses), promise, &MetricDeclineRule::default())
    }

    #[test]
    fn a_week_far_above_the_validation_is_a_decline() {
        let Verdict::Bad(finding) = week(&[0.48, 0.66, 0.64, 0.67, 0.65, 0.63, 0.66, 0.65], 0.5) else { panic!() };
        assert_eq!(
            finding.message,
            "the log loss of the week to 2024-01-08 is 0.651, in the validation of version 4 it was 0.500"
        );
        assert_eq!((finding.severity, finding.evidence.history.len()), (Severity::Warning, 8));
        assert!(matches!(week(&[0.8; 7], 0.5), Verdict::Bad(Finding { severity: Severity::Critical, .. })));
    }

    #[test]
    fn one_bad_day_is_no_bad_week_and_within_the_margin_nothing_is() {
        assert!(matches!(week(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2.0], 0.5), Verdict::Fine { .. }));
        assert!(matches!(week(&[0.6; 7], 0.5), Verdict::Fine { .. }));
        assert!(matches!(week(&[0.3; 7], 0.5), Verdict::Fine { .. }));
    }

    #[test]
    fn six_judged_days_are_too_few_and_without_a_promise_nothing_can_be_said() {
        assert!(matches!(week(&[0.9; 6], 0.5), Verdict::Learning { have: 6, need: 7, .. }));
        let rule = MetricDeclineRule::default();
        let verdict = judge_week(Task::Binary, &days(&[0.9; 7]), None, &rule);
        assert!(matches!(verdict, Verdict::CannotCheck { .. }));
        let mut unjudged = days(&[0.9; 7]);
        unjudged[3].labelled = Some(0.0);
        assert!(matches!(judge_week(Task::Binary, &unjudged, None, &rule), Verdict::Learning { .. }));
    }

    #[test]
    fn errors_of_numbers_are_pooled_as_squares() {
        let promise = Some(Promise { version: 1, loss: 10.0 });
        let rule = MetricDeclineRule::default();
        let losses = [12.0, 13.0, 12.5, 13.5, 12.0, 14.0, 13.0];
        let Verdict::Bad(finding) = judge_week(Task::Regression, &days(&losses), promise, &rule) else { panic!() };
        let square: f64 = losses.iter().map(|l| l * l).sum::<f64>() / 7.0;
        assert!((finding.observed.unwrap() - square.sqrt()).abs() < 1e-9);
        assert_eq!((finding.object.as_str(), finding.unit.as_str()), ("RMSE of a week", "rmse"));
    }
}
