//! The rows a run predicted against those the version was made of.

use super::domain::classify;
use super::errors::{self, Predicted};
use super::feature::SAMPLED;
use super::reference::Reference;
use super::spread::nearest;
use super::{compare, expect};
use crate::domain::drift::{Account, Estimate};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::bundle::Bundle;
use crate::learn::frame::{Column, Frame, day};
use crate::learn::judge::outputs;
use crate::learn::metrics::Figure;
use crate::learn::preprocess::Unseen;

/// Days with estimates of their own, the newest ones.
const DAYS: usize = 60;

/// Rows just predicted.
pub struct Fresh<'a> {
    /// The run that did.
    pub run: i64,
    /// The rows with the features of the version, in any order.
    pub frame: &'a Frame,
    /// The prediction for each, or one for each of several classes.
    pub predictions: &'a [f64],
    /// Levels that training never saw.
    pub unseen: &'a [Unseen],
}

impl Fresh<'_> {
    /// Predictions a row.
    fn width(&self) -> usize {
        outputs(self.frame.len(), self.predictions)
    }

    /// The prediction of each row, or the probability of the class that is called.
    fn shown(&self) -> impl Iterator<Item = f64> {
        self.predictions.chunks_exact(self.width()).filter_map(|row| row.iter().copied().reduce(f64::max))
    }
}

/// How the rows differ from those the version in `bundle` was made of. `None` when it keeps nothing of them: it was made
/// before that was kept.
///
/// # Errors
/// [`LearnError::Input`] when the rows do not have the version's features, [`LearnError::Internal`] when a small model
/// cannot be fitted.
pub fn account(bundle: &Bundle, fresh: &Fresh) -> Result<Option<Account>, LearnError> {
    let (reference, stamp) = (&bundle.reference, &bundle.manifest.stamp);
    if reference.features.is_empty() && reference.score.is_none() {
        return Ok(None);
    }
    let importance = bundle.serving.model.importance(&bundle.serving.preprocess);
    let share = |name: &str| importance.iter().find(|(other, _)| other == name).map_or(0.0, |(_, share)| *share);
    let unseen = |name: &str| fresh.unseen.iter().find(|new| new.feature == name);
    let pairs = reference.features.iter().zip(&fresh.frame.columns);
    let mut features: Vec<_> = pairs
        .filter_map(|(feature, column)| compare(feature, column, share(&feature.name), unseen(&feature.name)))
        .collect();
    features.sort_by(|a, b| b.weight().total_cmp(&a.weight()).then_with(|| b.drift().total_cmp(&a.drift())));
    let scores = Column::Number(fresh.shown().map(|p| p as f32).collect());
    let instant = |time: Option<&i64>| time.and_then(|t| chrono::DateTime::from_timestamp_micros(*t));
    let rows = fresh.frame.len();
    Ok(Some(Account {
        version: stamp.version,
        run: fresh.run,
        rows: rows as u64,
        sampled: rows.div_ceil(rows.div_ceil(SAMPLED).max(1)) as u64,
        reference: reference.rows,
        from: instant(fresh.frame.time.iter().min()),
        to: instant(fresh.frame.time.iter().max()),
        features,
        score: reference.score.as_ref().and_then(|score| compare(score, &scores, 1.0, None)),
        classifier: classify(&reference.sample, fresh.frame, &bundle.serving.preprocess, bundle.manifest.content.seed)?,
        estimates: estimates(bundle, fresh)?,
    }))
}

/// What metrics are expected to be: over all rows, and day by day.
fn estimates(bundle: &Bundle, fresh: &Fresh) -> Result<Vec<Estimate>, LearnError> {
    let content = &bundle.manifest.content;
    let rows: Vec<usize> = (0..fresh.frame.len()).collect();
    let expected = match (content.task, &bundle.reference.errors) {
        (Task::Binary | Task::Multiclass, _) => (Vec::new(), Vec::new()),
        (Task::Regression, None) => return Ok(Vec::new()),
        (Task::Regression, Some(models)) => models.expect(Predicted {
            preprocess: &bundle.judged.preprocess,
            frame: fresh.frame,
            rows: &rows,
            predictions: fresh.predictions,
        })?,
    };
    let width = fresh.width();
    let pick = |values: &[f64], of: &[usize]| -> Vec<f64> {
        of.iter().flat_map(|row| values[row * width..][..width].iter().copied()).collect()
    };
    let mut likely = fresh.predictions.to_vec();
    if let Some(calibrator) = &bundle.reference.calibrator {
        calibrator.apply(&mut likely, width);
    }
    let figures = |of: &[usize]| match content.task {
        Task::Binary => expect::binary(&pick(fresh.predictions, of), &pick(&likely, of), content.threshold),
        Task::Multiclass => expect::classes(&pick(fresh.predictions, of), &pick(&likely, of), width),
        Task::Regression => errors::figures(&pick(&expected.0, of), &pick(&expected.1, of)),
    };
    let mut days: Vec<(String, Vec<usize>)> = Vec::new();
    let mut order = rows.clone();
    order.sort_by_key(|row| (fresh.frame.time[*row], fresh.frame.source[*row]));
    for row in order {
        let name = day(fresh.frame.time[row]);
        match days.last_mut() {
            Some((last, of)) if *last == name => of.push(row),
            _ => days.push((name, vec![row])),
        }
    }
    days.drain(..days.len().saturating_sub(DAYS));
    let spans = std::iter::once((None, rows)).chain(days.into_iter().map(|(day, of)| (Some(day), of)));
    Ok(spans.flat_map(|(day, of)| said(&bundle.reference, day, of.len() as u64, figures(&of))).collect())
}

/// Figures of so many rows with the band of chunks of about as many.
fn said(reference: &Reference, day: Option<String>, rows: u64, figures: Vec<Figure>) -> Vec<Estimate> {
    let band = |name: &str| {
        let of: Vec<_> = reference.expected.iter().filter(|usual| usual.metric == name).collect();
        let spread = nearest(&of, |usual| usual.rows, rows)?.spread;
        // None of the metrics can be below zero, and of these none above one.
        let most = if ["auc", "accuracy", "f1"].contains(&name) { 1.0 } else { f64::INFINITY };
        Some(((2.0 * spread.mean - spread.limit()).max(0.0), spread.limit().min(most)))
    };
    figures
        .into_iter()
        .map(|(name, value)| {
            let (metric, day, band) = (name.to_owned(), day.clone(), band(name));
            Estimate { metric, day, value, band, rows, actual: None, known: None }
        })
        .collect()
}
