//! What the figures of a story amount to: what is usual, what is judged, how a metric moved.

use chrono::NaiveDate;

use crate::domain::format;
use crate::domain::plan::Task;
use crate::domain::quantile::quantile;
use crate::domain::story::{Story, StoryDay};

/// Days that "usual" looks back over.
pub const WINDOW: usize = 28;
/// Fewer days than this say nothing of what is usual.
pub const MIN_DAYS: usize = 7;

/// The range most days lie in: 10th, 50th and 90th percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// 10th percentile.
    pub low: f64,
    /// Median.
    pub middle: f64,
    /// 90th percentile.
    pub high: f64,
}

/// What is usual among `values`, if there are enough.
pub fn usual(values: &[f64]) -> Option<Usual> {
    if values.len() < MIN_DAYS {
        return None;
    }
    Some(Usual { low: quantile(values, 0.1)?, middle: quantile(values, 0.5)?, high: quantile(values, 0.9)? })
}

/// The days whose outcome is known at least in part, oldest first.
pub fn judged(days: &[StoryDay]) -> impl DoubleEndedIterator<Item = &StoryDay> {
    days.iter().filter(|d| d.actual.is_some() && d.predicted.is_some())
}

/// The last `n` values of a figure over the judged days, oldest first.
pub fn last(days: &[StoryDay], n: usize, figure: impl Fn(&StoryDay) -> Option<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = judged(days).rev().filter_map(figure).filter(|v| v.is_finite()).take(n).collect();
    values.reverse();
    values
}

/// The usual mean prediction of a day before this run: over the last judged days, or over all but the newest when
/// there are no outcomes yet.
pub fn usual_prediction(story: &Story) -> Option<Usual> {
    let values = last(&story.days, WINDOW, |d| d.predicted);
    if values.len() >= MIN_DAYS {
        return usual(&values);
    }
    let (_, earlier) = story.days.split_last()?;
    let values: Vec<f64> = earlier.iter().rev().filter_map(|d| d.predicted).take(WINDOW).collect();
    usual(&values)
}

/// A mean prediction or outcome: a share where classes are predicted, a plain figure otherwise.
pub fn level(task: Task, value: f64) -> String {
    if task.of_classes() { format::share(value) } else { format::figure(value) }
}

/// A difference of two levels with its sign, in percentage points where classes are predicted.
pub fn difference(task: Task, value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    if task.of_classes() {
        format!("{sign}{:.1}", value.abs() * 100.0)
    } else {
        format!("{sign}{}", format::figure(value.abs()))
    }
}

/// Name of the headline metric, and whether more is better.
pub fn headline(task: Task) -> (&'static str, bool) {
    if task.of_classes() { ("AUC", true) } else { ("RMSE", false) }
}

/// Name of the loss.
pub fn loss(task: Task) -> &'static str {
    if task.of_classes() { "log loss" } else { "RMSE" }
}

/// A day as people say it: `Sat 9 March 2013`. What is not a date stays as it is.
pub fn spoken(day: &str) -> String {
    day.parse::<NaiveDate>().map_or_else(|_| day.to_owned(), |d| d.format("%a %-d %B %Y").to_string())
}

/// A day in a table: `2013-03-09 Sat`.
pub fn dated(day: &str) -> String {
    day.parse::<NaiveDate>().map_or_else(|_| day.to_owned(), |d| d.format("%Y-%m-%d %a").to_string())
}
