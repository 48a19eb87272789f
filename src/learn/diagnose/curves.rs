//! How classes are told apart, and how far numbers are off.

use crate::domain::diagnosis::{Bin, CURVES, Classes, OneClass, Residuals, Several};
use crate::learn::metrics::{self, Confusion, Matrix, mean, quantile};

/// Most points of a curve: more than a screen or a page can show.
const POINTS: usize = 101;
/// Bins of equal width of the calibration curve.
const BINS: usize = 10;
/// Bins of the histogram of residuals.
const HISTOGRAM: usize = 24;

pub(super) fn classes(target: &[f64], predictions: &[f64], threshold: f64) -> Classes {
    let truth: Vec<bool> = target.iter().map(|&y| y >= 0.5).collect();
    let matrix = Confusion::of(&truth, predictions, threshold);
    Classes {
        threshold,
        confusion: [matrix.true_negative, matrix.false_positive, matrix.false_negative, matrix.true_positive],
        auc: metrics::auc(&truth, predictions),
        average_precision: metrics::average_precision(&truth, predictions),
        roc: thinned(metrics::roc(&truth, predictions)),
        precision_recall: thinned(metrics::precision_recall(&truth, predictions)),
        calibration: bins(&truth, predictions),
    }
}

pub(super) fn several(names: &[String], truth: &[usize], p: &[f64], calls: &[(usize, f64)]) -> Several {
    let called: Vec<usize> = calls.iter().map(|(class, _)| *class).collect();
    let confidence: Vec<f64> = calls.iter().map(|(_, p)| *p).collect();
    let right: Vec<bool> = truth.iter().zip(&called).map(|(truth, call)| truth == call).collect();
    let matrix = Matrix::of(truth, &called, names.len());
    let areas = metrics::class_aucs(truth, p, names.len());
    let found = matrix.by_class();
    let mut frequent: Vec<usize> = (0..names.len()).collect();
    frequent.sort_by_key(|&class| std::cmp::Reverse(found[class].rows));
    let one = |(at, (auc, _)): (usize, (Option<f64>, u64))| {
        let is: Vec<bool> = truth.iter().map(|class| *class == at).collect();
        let score: Vec<f64> = p.iter().skip(at).step_by(names.len()).copied().collect();
        let drawn = frequent.iter().take(CURVES).any(|class| *class == at);
        let kept = |curve: Vec<(f64, f64)>| if drawn { thinned(curve) } else { Vec::new() };
        OneClass {
            name: names[at].clone(),
            rows: found[at].rows,
            precision: found[at].precision,
            recall: found[at].recall,
            auc,
            average_precision: metrics::average_precision(&is, &score),
            roc: kept(metrics::roc(&is, &score)),
            precision_recall: kept(metrics::precision_recall(&is, &score)),
        }
    };
    Several {
        classes: areas.into_iter().enumerate().map(one).collect(),
        calibration: bins(&right, &confidence),
        confusion: matrix.counts,
    }
}

fn bins(truth: &[bool], predictions: &[f64]) -> Vec<Bin> {
    metrics::calibration(truth, predictions, BINS)
        .into_iter()
        .map(|bin| Bin { rows: bin.n, predicted: bin.predicted, actual: bin.observed })
        .collect()
}

/// Points evenly spaced along the curve's horizontal axis, the first and the last among them.
fn thinned(curve: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if curve.len() <= POINTS {
        return curve;
    }
    let last = curve.len() - 1;
    let mut chosen: Vec<usize> = (0..POINTS)
        .map(|i| curve.partition_point(|point| point.0 < i as f64 / (POINTS - 1) as f64).min(last))
        .chain([0, last])
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into_iter().map(|at| curve[at]).collect()
}

/// `None` of no rows.
pub(super) fn residuals(target: &[f64], predictions: &[f64]) -> Option<Residuals> {
    let residuals: Vec<f64> = target.iter().zip(predictions).map(|(y, p)| y - p).collect();
    let mut quantiles = [0.0; 7];
    for (slot, q) in quantiles.iter_mut().zip([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
        *slot = quantile(&residuals, q)?;
    }
    let mut order: Vec<usize> = (0..predictions.len()).collect();
    order.sort_by(|&a, &b| predictions[a].total_cmp(&predictions[b]));
    let average = |rows: &[usize], of: &[f64]| mean(rows.iter().map(|&row| of[row])).unwrap_or(f64::NAN);
    let size = order.len().div_ceil(10).max(1);
    let by_prediction = order.chunks(size).map(|rows| Bin {
        rows: rows.len() as u64,
        predicted: average(rows, predictions),
        actual: average(rows, target),
    });
    Some(Residuals {
        histogram: histogram(&residuals, quantiles[0], quantiles[6]),
        by_prediction: by_prediction.collect(),
        quantiles,
    })
}

fn histogram(values: &[f64], low: f64, high: f64) -> Vec<(f64, f64, u64)> {
    let width = (high - low) / HISTOGRAM as f64;
    if width <= 0.0 || !width.is_finite() {
        return vec![(low, high, values.len() as u64)];
    }
    let mut counts = [0_u64; HISTOGRAM];
    for value in values {
        // A float beyond the ends becomes the nearest index.
        counts[(((value - low) / width) as usize).min(HISTOGRAM - 1)] += 1;
    }
    let edge = |i: usize| low + width * i as f64;
    counts.iter().enumerate().map(|(i, &rows)| (edge(i), edge(i + 1), rows)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_classes_are_drawn_against_the_rest() {
        // Class n has n + 1 rows, and its probability tells it from the rest in all of them but for class 7.
        let names: Vec<String> = (0..8).map(|n| format!("class {n}")).collect();
        let truth: Vec<usize> = (0..8).flat_map(|class| vec![class; class + 1]).collect();
        let p: Vec<f64> = truth
            .iter()
            .flat_map(|is| (0..8).map(move |n| if n == 7 { 0.1 } else { f64::from(u8::from(n == *is)) }))
            .collect();
        let calls: Vec<(usize, f64)> = truth.iter().map(|class| (*class, 1.0)).collect();
        let several = several(&names, &truth, &p, &calls);
        let drawn: Vec<&str> = several.curved().iter().map(|class| class.name.as_str()).collect();
        assert_eq!(drawn, ["class 7", "class 6", "class 5", "class 4", "class 3", "class 2"]);
        let (sure, blind) = (&several.classes[6], &several.classes[7]);
        assert_eq!(
            (sure.average_precision, sure.roc.as_slice()),
            (Some(1.0), &[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)][..])
        );
        assert_eq!((blind.auc, blind.roc.as_slice()), (Some(0.5), &[(0.0, 0.0), (1.0, 1.0)][..]));
        assert!((blind.average_precision.unwrap() - 8.0 / 36.0).abs() < 1e-12);
        assert!(several.classes[1].roc.is_empty() && several.classes[1].average_precision == Some(1.0));
    }
}
