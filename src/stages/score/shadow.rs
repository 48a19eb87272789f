//! The version that served before, predicting along: what it would have said of the rows that are judged now.

use std::collections::HashMap;

use super::book::{Book, Entry};
use super::figures::About;
use super::{Batch, Events, Shadow};
use crate::learn::LearnError;
use crate::learn::frame::{Wanted, from_table};
use crate::learn::judge::{figures, losses};
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
    match entries(book, judged, place, batch, champion, shadow) {
        Ok(pairs) => figures_of(&pairs, batch, events),
        Err(error) => events.info(format!("version {} is not scored in shadow: {error}", shadow.version)),
    }
}

/// The champion's entries and the shadow's of the same rows, in order of time.
fn entries(
    book: &Book,
    judged: &[usize],
    place: &Place,
    batch: Batch,
    champion: i64,
    shadow: &Shadow,
) -> Result<Vec<(Entry, Entry)>, LearnError> {
    let seen = shadow.bundle.manifest.content.serving.to.unwrap_or(i64::MIN);
    let comparable = |entry: &Entry| entry.version == champion && entry.actual.is_some() && entry.time > seen;
    let rows: Vec<usize> = judged.iter().copied().filter(|&row| comparable(&book.entries[row])).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let features = shadow.bundle.serving.preprocess.plan();
    let wanted = Wanted {
        features: &features,
        time: &batch.plan.time,
        target: Some(&batch.plan.target),
        beyond: &shadow.beyond,
    };
    let mut said: HashMap<usize, f64> = HashMap::new();
    for part in batch.rows.iter().filter(|part| part.rows > 0) {
        let table = place.read_table(&part.path, None)?;
        let predictions = shadow.bundle.serving.predict(&from_table(&table, wanted)?)?;
        for (key, prediction) in book.keys(&table)?.iter().zip(predictions) {
            if let Some(row) = book.find(key) {
                said.insert(row, prediction);
            }
        }
    }
    let threshold = shadow.bundle.manifest.content.threshold;
    let mut pairs: Vec<(Entry, Entry)> = rows
        .into_iter()
        .filter_map(|row| {
            let (ours, prediction) = (book.entries[row], *said.get(&row)?);
            let theirs = Entry { prediction, class: prediction >= threshold, version: shadow.version, ..ours };
            Some((ours, theirs))
        })
        .collect();
    pairs.sort_by_key(|(entry, _)| (entry.time, entry.source));
    Ok(pairs)
}

fn figures_of(pairs: &[(Entry, Entry)], batch: Batch, events: &Events) {
    if pairs.is_empty() {
        return;
    }
    let plan = batch.plan;
    let shadow: Vec<Entry> = pairs.iter().map(|(_, theirs)| *theirs).collect();
    let actual: Vec<f64> = shadow.iter().filter_map(|entry| entry.actual).collect();
    let of = |entries: Vec<f64>| mean(losses(plan.task, &actual, &entries));
    let theirs: Vec<f64> = shadow.iter().map(|entry| entry.prediction).collect();
    let ours: Vec<f64> = pairs.iter().map(|(ours, _)| ours.prediction).collect();
    let about = About::new("shadow", &shadow, None);
    for (name, value) in figures(plan.task, plan.threshold, &actual, &theirs) {
        events.metric(about.metric(name, value));
    }
    events.metric(about.metric("rows", shadow.len() as f64));
    let increase = of(ours).zip(of(theirs)).map(|(ours, theirs)| ours / theirs - 1.0);
    if let Some(increase) = increase.filter(|increase| increase.is_finite()) {
        events.metric(about.metric("loss_increase", increase));
    }
}
