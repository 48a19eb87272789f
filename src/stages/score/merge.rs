//! A batch's rows into the book.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::{DataFrame, IdxCa};

use super::book::{Book, Day, Entry, Given, put};
use super::{Batch, Model, Rows, count};
use crate::domain::job::Job;
use crate::domain::plan::Task;
use crate::domain::text::one_line;
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::drift::Gathered;
use crate::learn::frame::{Frame, Wanted, from_table};
use crate::learn::judge::outputs;
use crate::learn::place::Place;
use crate::learn::preprocess::Unseen;

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// What a merge did.
#[derive(Debug, Default)]
pub struct Merged {
    /// Rows predicted now.
    pub predicted: usize,
    /// Rows of the book judged now, in order.
    pub judged: Vec<usize>,
    /// Rows left out because the model may have been trained on them.
    pub unproven: usize,
    /// Days that changed, in order.
    pub days: Vec<Day>,
    /// Levels of the batch that the model was never shown.
    pub unseen: Vec<Unseen>,
    /// The rows predicted now with the model's features, and the prediction of each, or one for each of several classes.
    pub fresh: (Gathered, Vec<f64>),
}

impl Merged {
    /// One line for the screen.
    pub fn summary(&self, version: i64) -> String {
        let predicted = count(self.predicted);
        format!("{predicted} rows predicted by version {version}, {} outcomes judged", count(self.judged.len()))
    }
}

/// A row of the batch that is new to the book.
struct Fresh {
    /// Its row in the table.
    row: usize,
    key: String,
    actual: Option<f64>,
}

pub fn merge(
    book: &mut Book,
    job: &Job,
    place: &Place,
    batch: Batch,
    model: Model,
    rows: Rows,
) -> Result<Merged, LearnError> {
    let features = model.bundle.serving.preprocess.plan();
    let Batch { plan, beyond, .. } = batch;
    let classes = plan.task == Task::Multiclass;
    let wanted = Wanted { target: Some(&plan.target), classes, beyond, ..Wanted::unlabelled(&features, &plan.time) };
    let mut merged = Merged::default();
    let mut days = BTreeSet::new();
    for part in batch.rows.iter().filter(|part| part.rows > 0) {
        let table = place.read_table(&part.path, None)?;
        let frame = from_table(&table, wanted)?;
        if rows == Rows::All {
            merged.unseen.extend(model.bundle.serving.preprocess.unseen(&frame));
        }
        merge_part(book, job, model, rows, (&table, &frame), &mut merged, &mut days)?;
    }
    merged.judged.sort_unstable();
    merged.judged.dedup();
    merged.days = days.into_iter().collect();
    Ok(merged)
}

fn merge_part(
    book: &mut Book,
    job: &Job,
    model: Model,
    rows: Rows,
    (table, frame): (&DataFrame, &Frame),
    merged: &mut Merged,
    days: &mut BTreeSet<Day>,
) -> Result<(), LearnError> {
    let keys = book.keys(table)?;
    // Outcomes of several classes are told by the book's numbers of them.
    let outcome: Vec<f64> = frame.classes.iter().map(|name| book.class(&one_line(name)) as f64).collect();
    let seen = model.bundle.manifest.content.serving.to.unwrap_or(i64::MIN);
    let mut fresh: Vec<Fresh> = Vec::new();
    let mut fresh_by_key: HashMap<&str, usize> = HashMap::new();
    for row in in_order_of_arrival(frame) {
        let actual = Some(frame.target[row]).filter(|y| !y.is_nan());
        let actual = actual.map(|y| outcome.get(y as usize).copied().unwrap_or(y));
        if let Some(known) = book.find(&keys[row]) {
            if settle(&mut book.entries[known], actual, job.run) {
                merged.judged.push(known);
                days.insert(Day::of(book.entries[known].time));
            }
        } else if let Some(&at) = fresh_by_key.get(keys[row].as_str()) {
            // The key's later row: what it knows wins, an outcome once known stays.
            let actual = actual.or(fresh[at].actual);
            fresh[at] = Fresh { row, key: keys[row].clone(), actual };
        } else {
            fresh_by_key.insert(&keys[row], fresh.len());
            fresh.push(Fresh { row, key: keys[row].clone(), actual });
        }
    }
    let before = fresh.len();
    fresh.retain(|new| match (new.actual, rows) {
        (Some(_), Rows::Waiting) => false,
        (Some(_), Rows::All) => frame.time[new.row] > seen,
        // Of a history that lands at once, a row that is still without outcome when later ones have theirs will
        // hardly get one (a cancelled flight): only the newest rows are waiting.
        (None, Rows::Waiting) => frame.time[new.row] > seen.saturating_sub(MICROSECONDS_PER_DAY),
        (None, Rows::All) => true,
    });
    merged.unproven += if rows == Rows::All { before - fresh.len() } else { 0 };
    fresh.sort_by_key(|new| (frame.time[new.row], frame.source[new.row]));
    let first = book.entries.len();
    merged.fresh.1.extend(predict(book, job, model, table, frame, &fresh)?);
    merged.fresh.0.add(frame, &fresh.iter().map(|new| new.row).collect::<Vec<_>>());
    for (at, new) in fresh.iter().enumerate() {
        days.insert(Day::of(frame.time[new.row]));
        if new.actual.is_some() {
            merged.judged.push(first + at);
        }
    }
    merged.predicted += fresh.len();
    Ok(())
}

/// Writes an outcome beside a prediction; whether that changed anything.
fn settle(entry: &mut Entry, actual: Option<f64>, run: i64) -> bool {
    let changed = actual.is_some() && actual != entry.actual;
    if changed {
        entry.actual = actual;
        entry.judged_run = Some(run);
    }
    changed
}

fn predict(
    book: &mut Book,
    job: &Job,
    model: Model,
    table: &DataFrame,
    frame: &Frame,
    fresh: &[Fresh],
) -> Result<Vec<f64>, LearnError> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let content = &model.bundle.manifest.content;
    // Scoring all rows costs less than cutting the few out.
    let mut predictions = model.bundle.serving.predict(frame)?;
    let width = outputs(frame.len(), &predictions);
    let bounds = model.bundle.serving.bounds(frame, 0..frame.len(), &predictions)?;
    let made = fresh.iter().flat_map(|new| predictions[new.row * width..][..width].iter().copied()).collect();
    if content.task == Task::Multiclass {
        let places: Vec<usize> = content.classes.iter().map(|name| book.class(name)).collect();
        let (all, classes) = (predictions, places.len());
        book.given.extend(fresh.iter().map(|new| {
            let mut given = Given::default();
            for ((&at, p), baseline) in places.iter().zip(&all[new.row * classes..]).zip(&content.baselines) {
                put(&mut given.model, at, *p);
                put(&mut given.baseline, at, *baseline);
            }
            given
        }));
        predictions = called(&all, classes).into_iter().map(|(_, p)| p).collect();
    }
    let entries: Vec<Entry> = fresh
        .iter()
        .map(|new| Entry {
            time: frame.time[new.row],
            source: frame.source[new.row],
            prediction: predictions[new.row],
            bounds: bounds.get(new.row).copied(),
            baseline: content.baseline,
            class: predictions[new.row] >= content.threshold,
            version: model.version,
            run: job.run,
            at: job.now.timestamp_micros(),
            actual: new.actual,
            judged_run: new.actual.map(|_| job.run),
        })
        .collect();
    let order = IdxCa::from_vec("".into(), fresh.iter().map(|new| new.row as u32).collect());
    let rows = table.take(&order).map_err(|e| LearnError::internal("cannot select rows", e))?;
    let keys: Vec<String> = fresh.iter().map(|new| new.key.clone()).collect();
    book.append(&rows, &keys, entries)?;
    Ok(made)
}

fn in_order_of_arrival(frame: &Frame) -> Vec<usize> {
    let mut order: Vec<usize> = (0..frame.len()).collect();
    order.sort_by_key(|&row| frame.source[row]);
    order
}
