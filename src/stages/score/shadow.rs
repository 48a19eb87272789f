//! The version that served before, predicting along: what it would have said of the rows that are judged now.

use std::collections::HashMap;

use super::book::{Book, Entry};
use super::figures::{About, probabilities};
use super::{Batch, Events, Shadow};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::classes::align;
use crate::learn::frame::{Wanted, from_table};
use crate::learn::judge::{Measure, figures, losses};
use crate::learn::metrics::mean;
use crate::learn::place::Place;

/// Says how the shadow would have done on the rows of `judged` that the champion predicted and the shadow cannot have
/// been trained on, and by what share the champion's loss on them is larger (`loss_increase`). Nothing without such
/// rows. A shadow that can no longer read the batch costs its figures, not the run.
pub fn say(
    book: &Book,
    judged: &[usize],
    place: &Place,
    batch: Batch,
    champion: i64,
    shadow: &Shadow,
    events: &Events,
) {
    let seen = shadow.bundle.manifest.content.serving.to.unwrap_or(i64::MIN);
    let comparable = |entry: &Entry| entry.version == champion && entry.actual.is_some() && entry.time > seen;
    let mut rows: Vec<usize> = judged.iter().copied().filter(|&row| comparable(&book.entries[row])).collect();
    if rows.is_empty() {
        return;
    }
    match predictions(book, place, batch, shadow) {
        Ok(said) => {
            rows.retain(|row| said.contains_key(row));
            rows.sort_by_key(|&row| (book.entries[row].time, book.entries[row].source));
            let theirs: Vec<f64> = rows.iter().flat_map(|row| &said[row]).copied().collect();
            figures_of(book, &rows, &theirs, batch, shadow.version, events);
        }
        Err(error) => events.info(format!("version {} is not scored in shadow: {error}", shadow.version)),
    }
}

/// What the shadow predicts for the rows of the batch that are in the book: one number, or one for each of the book's
/// classes.
fn predictions(
    book: &Book,
    place: &Place,
    batch: Batch,
    shadow: &Shadow,
) -> Result<HashMap<usize, Vec<f64>>, LearnError> {
    let Shadow { bundle, beyond, .. } = shadow;
    let (features, content) = (bundle.serving.preprocess.plan(), &bundle.manifest.content);
    let classes = batch.plan.task == Task::Multiclass;
    let wanted =
        Wanted { target: Some(&batch.plan.target), classes, beyond, ..Wanted::unlabelled(&features, &batch.plan.time) };
    let mut said = HashMap::new();
    for part in batch.rows.iter().filter(|part| part.rows > 0) {
        let table = place.read_table(&part.path, None)?;
        let mut all = bundle.serving.predict(&from_table(&table, wanted)?)?;
        if classes {
            all = align(&all, &content.classes, &book.classes);
        }
        let width = if classes { book.classes.len().max(1) } else { 1 };
        for (key, own) in book.keys(&table)?.iter().zip(all.chunks_exact(width)) {
            if let Some(row) = book.find(key) {
                said.insert(row, own.to_vec());
            }
        }
    }
    Ok(said)
}

fn figures_of(book: &Book, rows: &[usize], theirs: &[f64], batch: Batch, version: i64, events: &Events) {
    if rows.is_empty() {
        return;
    }
    let plan = batch.plan;
    let entries: Vec<Entry> = rows.iter().map(|&row| Entry { version, ..book.entries[row] }).collect();
    let actual: Vec<f64> = entries.iter().filter_map(|entry| entry.actual).collect();
    let ours = match plan.task {
        Task::Multiclass => probabilities(book, rows, |given| &given.model),
        _ => entries.iter().map(|entry| entry.prediction).collect(),
    };
    let about = About::new("shadow", &entries, None);
    for (name, value) in figures(Measure::of(plan), &actual, theirs) {
        events.metric(about.metric(name, value));
    }
    events.metric(about.metric("rows", rows.len() as f64));
    let loss = |predictions: &[f64]| mean(losses(Measure::of(plan), &actual, predictions));
    let increase = loss(&ours).zip(loss(theirs)).map(|(ours, theirs)| ours / theirs - 1.0);
    if let Some(increase) = increase.filter(|increase| increase.is_finite()) {
        events.metric(about.metric("loss_increase", increase));
    }
}
