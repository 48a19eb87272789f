//! What the predictions were worth: prequential figures.

use super::book::{Book, Day, Entry};
use crate::domain::Instant;
use crate::domain::metric::{Metric, Split};
use crate::domain::plan::{ModelPlan, Task};
use crate::learn::judge::figures;
use crate::learn::metrics::{Figure, mean, quantile, skill};

/// Figures of one day: how well its judged rows were predicted, and what was predicted for all of its rows.
/// `rows` counts the predicted rows and `labelled` is the share of them that is judged.
pub fn of_day(book: &Book, day: Day, plan: &ModelPlan) -> Vec<Metric> {
    let entries: Vec<Entry> = book.rows(day).into_iter().map(|row| book.entries[row]).collect();
    let judged: Vec<Entry> = entries.iter().filter(|e| e.judged_run.is_some()).copied().collect();
    let mut metrics = of(&judged, plan, Some(day), false);
    let predictions: Vec<f64> = entries.iter().map(|e| e.prediction).collect();
    let average = if plan.task == Task::Binary { "predicted_rate" } else { "predicted_mean" };
    let over_all = [
        ("rows", Some(entries.len() as f64)),
        ("labelled", mean(entries.iter().map(|e| if e.judged_run.is_some() { 1.0 } else { 0.0 }))),
        (average, mean(predictions.iter().copied())),
        ("predicted_p05", quantile(&predictions, 0.05)),
        ("predicted_p50", quantile(&predictions, 0.50)),
        ("predicted_p95", quantile(&predictions, 0.95)),
    ];
    let about = About::new("champion", &entries, Some(day));
    metrics.extend(over_all.into_iter().filter_map(|(name, value)| Some(about.metric(name, value?))));
    metrics
}

/// Figures over `rows` of the book, those judged in this run, whatever their day. None of no rows.
pub fn of_run(book: &Book, rows: &[usize], plan: &ModelPlan) -> Vec<Metric> {
    let mut judged: Vec<Entry> = rows.iter().map(|&row| book.entries[row]).collect();
    if judged.is_empty() {
        return Vec::new();
    }
    judged.sort_by_key(|e| (e.time, e.source));
    let mut metrics = of(&judged, plan, None, true);
    metrics.push(About::new("champion", &judged, None).metric("rows", judged.len() as f64));
    metrics
}

/// The mean prediction of the rows that this run predicted and whose outcome is open: `predicted_open`.
pub fn of_open(book: &Book, run: i64) -> Option<Metric> {
    let mut open: Vec<Entry> = book.entries.iter().filter(|e| e.run == run && e.actual.is_none()).copied().collect();
    open.sort_by_key(|e| (e.time, e.source));
    let average = mean(open.iter().map(|e| e.prediction))?;
    Some(About::new("champion", &open, None).metric("predicted_open", average))
}

fn of(judged: &[Entry], plan: &ModelPlan, day: Option<Day>, predicted: bool) -> Vec<Metric> {
    let actual: Vec<f64> = judged.iter().filter_map(|e| e.actual).collect();
    let figures_of = |get: fn(&Entry) -> f64| -> Vec<Figure> {
        figures(plan.task, plan.threshold, &actual, &judged.iter().map(get).collect::<Vec<_>>())
    };
    let (champion, baseline) = (figures_of(|e| e.prediction), figures_of(|e| e.baseline));
    let loss = if plan.task == Task::Binary { "log_loss" } else { "rmse" };
    let of_baseline: Vec<Figure> = baseline.into_iter().filter(|(name, _)| *name == loss).collect();
    let about = About::new("champion", judged, day);
    let mut metrics: Vec<Metric> = champion
        .iter()
        .filter(|(name, _)| predicted || !name.starts_with("predicted_"))
        .map(|(name, value)| about.metric(name, *value))
        .collect();
    let ours = champion.iter().find(|(name, _)| *name == loss);
    if let (Some((_, ours)), Some((_, theirs))) = (ours, of_baseline.first()) {
        // Skill is about the loss that is learned: of an RMSE, its square.
        let power = if plan.task == Task::Binary { 1 } else { 2 };
        metrics.extend(skill(ours.powi(power), theirs.powi(power)).map(|value| about.metric("skill", value)));
    }
    let about = About { who: "baseline", ..about };
    metrics.extend(of_baseline.into_iter().map(|(name, value)| about.metric(name, value)));
    metrics
}

/// What all figures of a set of rows have in common.
pub struct About {
    who: &'static str,
    model: Option<i64>,
    n: u64,
    day: Option<Day>,
    from: Option<Instant>,
    to: Option<Instant>,
}

impl About {
    /// `entries` in order of time. The version is named when a single one predicted them all.
    pub fn new(who: &'static str, entries: &[Entry], day: Option<Day>) -> Self {
        let first = entries.first();
        let one = entries.iter().all(|e| Some(e.version) == first.map(|f| f.version));
        let instant = |entry: Option<&Entry>| entry.and_then(|e| chrono::DateTime::from_timestamp_micros(e.time));
        Self {
            who,
            model: first.filter(|_| one).map(|f| f.version),
            n: entries.len() as u64,
            day,
            from: instant(first),
            to: instant(entries.last()),
        }
    }

    /// A figure of them.
    pub fn metric(&self, name: &str, value: f64) -> Metric {
        Metric {
            name: name.to_owned(),
            value,
            n: self.n,
            split: Split::Prequential,
            who: self.who.to_owned(),
            model: self.model,
            day: self.day.map(Day::name),
            column: None,
            from: self.from,
            to: self.to,
        }
    }
}
