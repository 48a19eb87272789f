//! What metrics are to be expected of predictions before their outcomes are known, and what they came to on known ones.
//!
//! Confidence-based estimation (as NannyML's CBPE): a row that is positive with probability q, called by the model's own
//! p, gives every metric an expected value. q is p as the holdout corrects it. It holds while only the mix of rows
//! changes (covariate shift); that the world answers differently (concept drift) it cannot see.

use crate::learn::classes::called;
use crate::learn::metrics::{
    Confusion, Figure, Sum, auc, class_log_loss, log_loss, mean, row_class_loss, row_log_loss, sum,
};

/// Expected `auc`, `log_loss`, `accuracy` and `f1` of predicted probabilities `p` of the positive class, when rows at and
/// above `threshold` are called positive, and are so with probability `q` (which has the order of `p`). What is not
/// defined is left out.
pub fn binary(p: &[f64], q: &[f64], threshold: f64) -> Vec<Figure> {
    if p.iter().chain(q).any(|p| !(0.0..=1.0).contains(p)) {
        return Vec::new();
    }
    let (mut tp, mut fp, mut fn_, mut tn) = (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    for (&p, &q) in p.iter().zip(q) {
        let (hit, miss) = if p >= threshold { (&mut tp, &mut fp) } else { (&mut fn_, &mut tn) };
        hit.add(q);
        miss.add(1.0 - q);
    }
    let [tp, fp, fn_, tn] = [tp, fp, fn_, tn].map(|sum| sum.value());
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let loss = |(&p, &q): (&f64, &f64)| q * row_log_loss(true, p) + (1.0 - q) * row_log_loss(false, p);
    defined([
        ("auc", expected_auc(p, q)),
        ("log_loss", mean(p.iter().zip(q).map(loss))),
        ("accuracy", share(tp + tn, p.len() as f64)),
        ("f1", share(2.0 * tp, 2.0 * tp + fp + fn_)),
    ])
}

/// What [`binary`] expects, of rows whose outcomes are known.
pub fn binary_outcome(truth: &[bool], p: &[f64], threshold: f64) -> Vec<Figure> {
    let calls = Confusion::of(truth, p, threshold);
    defined([
        ("auc", auc(truth, p)),
        ("log_loss", log_loss(truth, p)),
        ("accuracy", calls.accuracy()),
        ("f1", truth.contains(&true).then(|| calls.f1())),
    ])
}

/// Expected `accuracy` and `log_loss` of predicted probabilities `p` of several classes (rows x classes, row by row),
/// when a row is of each of them with probability `q`.
pub fn classes(p: &[f64], q: &[f64], classes: usize) -> Vec<Figure> {
    let rows = || p.chunks_exact(classes.max(1)).zip(q.chunks_exact(classes.max(1)));
    let right = called(p, classes).into_iter().zip(rows()).map(|((call, _), (_, q))| q[call]);
    let loss = |(p, q): (&[f64], &[f64])| sum(q.iter().enumerate().map(|(class, q)| q * row_class_loss(class, p)));
    defined([("accuracy", mean(right)), ("log_loss", mean(rows().map(loss)))])
}

/// What [`classes`] expects, of rows whose classes are known.
pub fn class_outcome(truth: &[usize], p: &[f64], classes: usize) -> Vec<Figure> {
    let right = called(p, classes).into_iter().zip(truth).map(|((call, _), truth)| f64::from(u8::from(call == *truth)));
    defined([("accuracy", mean(right)), ("log_loss", class_log_loss(truth, p, classes))])
}

/// The chance that a row that turns out positive scores above one that turns out negative: every row is both, weighted
/// with q and 1 - q. Ties count half.
fn expected_auc(p: &[f64], q: &[f64]) -> Option<f64> {
    let mut sorted: Vec<(f64, f64)> = p.iter().copied().zip(q.iter().copied()).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut positives, mut negatives, mut won) = (Sum::default(), Sum::default(), Sum::default());
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let yes = sum(group.iter().map(|(_, q)| *q));
        let no = group.len() as f64 - yes;
        won.add(no * (positives.value() + yes / 2.0));
        positives.add(yes);
        negatives.add(no);
    }
    let pairs = positives.value() * negatives.value();
    (pairs > 0.0).then(|| won.value() / pairs)
}

fn defined<const N: usize>(figures: [(&'static str, Option<f64>); N]) -> Vec<Figure> {
    figures.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
