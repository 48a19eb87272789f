//! What the predictions were worth: prequential figures.

use super::book::{Book, Day, Entry, Given};
use crate::domain::Instant;
use crate::domain::metric::{Metric, Split};
use crate::domain::plan::{ModelPlan, OTHER, Task};
use crate::learn::interval::coverage;
use crate::learn::judge::{Measure, all_figures, figures};
use crate::learn::metrics::{Figure, mean, quantile, skill};

/// Figures of one day: how well its judged rows were predicted, and what was predicted for all of its rows.
/// `rows` counts the predicted rows and `labelled` is the share of them that is judged.
pub fn of_day(book: &Book, day: Day, plan: &ModelPlan) -> Vec<Metric> {
    let rows = book.rows(day);
    let entries: Vec<Entry> = rows.iter().map(|&row| book.entries[row]).collect();
    let judged: Vec<usize> = rows.into_iter().filter(|&row| book.entries[row].judged_run.is_some()).collect();
    let mut metrics = of(book, &judged, plan, Some(day), false);
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
    if rows.is_empty() {
        return Vec::new();
    }
    let mut judged = rows.to_vec();
    judged.sort_by_key(|&row| (book.entries[row].time, book.entries[row].source));
    let mut metrics = of(book, &judged, plan, None, true);
    let entries: Vec<Entry> = judged.iter().map(|&row| book.entries[row]).collect();
    metrics.push(About::new("champion", &entries, None).metric("rows", judged.len() as f64));
    metrics
}

/// What is known by now of the predictions of `run`: the figures of its judged rows, how many rows it predicted, and the
/// share of them that is judged (`labelled`). Nothing of a run that predicted nothing in the book.
pub fn of_predictions(book: &Book, run: i64, plan: &ModelPlan) -> Vec<Metric> {
    let mut rows: Vec<usize> = (0..book.entries.len()).filter(|&row| book.entries[row].run == run).collect();
    rows.sort_by_key(|&row| (book.entries[row].time, book.entries[row].source));
    let entries: Vec<Entry> = rows.iter().map(|&row| book.entries[row]).collect();
    let Some(labelled) = mean(entries.iter().map(|e| f64::from(u8::from(e.actual.is_some())))) else {
        return Vec::new();
    };
    rows.retain(|&row| book.entries[row].actual.is_some());
    let about = About::new("champion", &entries, None);
    let mut metrics = of(book, &rows, plan, None, false);
    metrics.extend([about.metric("rows", entries.len() as f64), about.metric("labelled", labelled)]);
    metrics.iter_mut().for_each(|metric| metric.of_run = Some(run));
    metrics
}

/// The mean prediction of the rows that this run predicted and whose outcome is open: `predicted_open`.
pub fn of_open(book: &Book, run: i64) -> Option<Metric> {
    let mut open: Vec<Entry> = book.entries.iter().filter(|e| e.run == run && e.actual.is_none()).copied().collect();
    open.sort_by_key(|e| (e.time, e.source));
    let average = mean(open.iter().map(|e| e.prediction))?;
    Some(About::new("champion", &open, None).metric("predicted_open", average))
}

fn of(book: &Book, rows: &[usize], plan: &ModelPlan, day: Option<Day>, predicted: bool) -> Vec<Metric> {
    let judged: &[Entry] = &rows.iter().map(|&row| book.entries[row]).collect::<Vec<_>>();
    let actual: Vec<f64> = judged.iter().filter_map(|e| e.actual).collect();
    let figures = if day.is_some() { figures } else { all_figures };
    let figures_of = |predictions: Vec<f64>| figures(Measure::of(plan), &actual, &predictions);
    let (champion, baseline) = match plan.task {
        Task::Multiclass => (
            figures_of(probabilities(book, rows, |given| &given.model)),
            figures_of(probabilities(book, rows, |given| &given.baseline)),
        ),
        _ => (
            figures_of(judged.iter().map(|e| e.prediction).collect()),
            figures_of(judged.iter().map(|e| e.baseline).collect()),
        ),
    };
    let loss = plan.task.loss();
    let of_baseline: Vec<Figure> = baseline.into_iter().filter(|(name, _)| [loss, "own_loss"].contains(name)).collect();
    let about = About::new("champion", judged, day);
    let mut metrics: Vec<Metric> = champion
        .iter()
        .filter(|(name, _)| predicted || !name.starts_with("predicted_"))
        .map(|(name, value)| about.metric(name, *value))
        .collect();
    // Skill is about the loss that is learned: of an RMSE, its square.
    let learned = |figures: &[Figure]| {
        let find = |wanted: &str| figures.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        find("own_loss").or_else(|| find(loss).map(|value| if plan.task.of_classes() { value } else { value * value }))
    };
    if let (Some(ours), Some(theirs)) = (learned(&champion), learned(&of_baseline)) {
        metrics.extend(skill(ours, theirs).map(|value| about.metric("skill", value)));
    }
    let bounded = judged.iter().filter_map(|e| e.actual.zip(e.bounds));
    let (truth, bounds): (Vec<f64>, Vec<(f64, f64)>) = bounded.unzip();
    if let Some((covered, width)) = coverage(&truth, &bounds) {
        let about = About { n: truth.len() as u64, ..about };
        metrics.extend([about.metric("coverage", covered), about.metric("interval_width", width)]);
    }
    let about = About { who: "baseline", ..about };
    metrics.extend(of_baseline.into_iter().map(|(name, value)| about.metric(name, value)));
    metrics
}

/// Probabilities of all classes of the book for judged `rows`, row by row: 0 for a class that the version did not know,
/// unless it happened; then what it gave to the others together.
pub fn probabilities(book: &Book, rows: &[usize], get: fn(&Given) -> &Vec<f64>) -> Vec<f64> {
    let other = book.classes.iter().position(|name| name == OTHER);
    let of_row = |&row: &usize| {
        let given = get(&book.given[row]);
        let known = |at: usize| given.get(at).copied().filter(|p| !p.is_nan());
        let happened = book.entries[row].actual.map(|at| at as usize);
        let fallback = |at: usize| other.filter(|_| happened == Some(at)).and_then(known).unwrap_or(0.0);
        (0..book.classes.len()).map(|at| known(at).unwrap_or_else(|| fallback(at))).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of_row).collect()
}

/// What all figures of a set of rows have in common.
#[derive(Clone, Copy)]
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
            of_run: None,
        }
    }
}
