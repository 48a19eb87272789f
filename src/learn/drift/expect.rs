//! What metrics are to be expected of predictions before their outcomes are known.
//!
//! Confidence-based estimation (as NannyML's CBPE): where probabilities are calibrated, a row predicted with p is
//! positive with probability p, and every metric has an expected value. It holds while only the mix of rows changes
//! (covariate shift); that the world answers differently (concept drift) it cannot see.

use crate::learn::metrics::{Figure, Sum, mean};

/// Expected `auc`, `log_loss`, `accuracy` and `f1` of calibrated probabilities of the positive class, when rows at and
/// above `threshold` are called positive. What is not defined is left out.
pub fn binary(p: &[f64], threshold: f64) -> Vec<Figure> {
    if p.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Vec::new();
    }
    let (mut tp, mut fp, mut fn_, mut tn) = (Sum::default(), Sum::default(), Sum::default(), Sum::default());
    for &p in p {
        let (hit, miss) = if p >= threshold { (&mut tp, &mut fp) } else { (&mut fn_, &mut tn) };
        hit.add(p);
        miss.add(1.0 - p);
    }
    let [tp, fp, fn_, tn] = [tp, fp, fn_, tn].map(|sum| sum.value());
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    [
        ("auc", auc(p)),
        ("log_loss", mean(p.iter().map(|p| entropy(&[*p, 1.0 - *p])))),
        ("accuracy", share(tp + tn, p.len() as f64)),
        ("f1", share(2.0 * tp, 2.0 * tp + fp + fn_)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// Expected `accuracy` and `log_loss` of calibrated probabilities of several classes, a row each.
pub fn classes<'a>(rows: impl Iterator<Item = &'a [f64]> + Clone) -> Vec<Figure> {
    let accuracy = mean(rows.clone().map(|row| row.iter().copied().fold(0.0, f64::max)));
    let loss = mean(rows.map(entropy));
    [("accuracy", accuracy), ("log_loss", loss)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// -Σ p ln p: the expected log loss of a row.
fn entropy(shares: &[f64]) -> f64 {
    shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The chance that a row that turns out positive scores above one that turns out negative: every row is both, weighted
/// with p and 1 - p. Ties count half.
fn auc(p: &[f64]) -> Option<f64> {
    let mut sorted = p.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut positives, mut negatives, mut won) = (Sum::default(), Sum::default(), Sum::default());
    for group in sorted.chunk_by(|a, b| a == b) {
        let (yes, no) = (group[0] * group.len() as f64, (1.0 - group[0]) * group.len() as f64);
        won.add(no * (positives.value() + yes / 2.0));
        positives.add(yes);
        negatives.add(no);
    }
    let pairs = positives.value() * negatives.value();
    (pairs > 0.0).then(|| won.value() / pairs)
}
