//! The figures a set of judged predictions is reported by.

use super::*;
use crate::learn::classes::called;
use crate::learn::slope::calibration_slope;

/// Number of intervals of the calibration error that is reported.
const BINS: usize = 10;
/// Of more classes no pairs are looked at.
const MOST_PAIRED: usize = 20;

/// A figure by its name in [`crate::domain::metric::Metric`].
pub type Figure = (&'static str, f64);

/// The figures of probabilities against a truth of two classes that are shown of every day, as far as they are defined.
pub fn binary(truth: &[bool], p: &[f64], threshold: f64) -> Vec<Figure> {
    let calls = Confusion::of(truth, p, threshold);
    let some = calls.total() > 0;
    defined([
        ("log_loss", log_loss(truth, p)),
        ("auc", auc(truth, p)),
        ("average_precision", average_precision(truth, p)),
        ("brier", brier(truth, p)),
        ("accuracy", calls.accuracy()),
        ("precision", some.then(|| calls.precision())),
        ("recall", some.then(|| calls.recall())),
        ("f1", some.then(|| calls.f1())),
        ("ece", expected_calibration_error(truth, p, BINS)),
        ("positive_rate", mean(truth.iter().map(|&t| f64::from(u8::from(t))))),
        ("predicted_rate", mean(p.iter().copied())),
    ])
}

/// Those of probabilities of several classes (rows x classes, row by row). Averages over the classes are
/// plain ones ("macro") unless named otherwise; `predicted_mean` is the mean probability of the class called.
pub fn multiclass(truth: &[usize], p: &[f64], classes: usize) -> Vec<Figure> {
    let called = called(p, classes);
    let calls: Vec<usize> = called.iter().map(|(class, _)| *class).collect();
    let right: Vec<bool> = truth.iter().zip(&calls).map(|(truth, call)| truth == call).collect();
    let confidence: Vec<f64> = called.iter().map(|(_, p)| *p).collect();
    let matrix = Matrix::of(truth, &calls, classes);
    let areas = ovr_auc(truth, p, classes);
    defined([
        ("log_loss", class_log_loss(truth, p, classes)),
        ("auc", areas.map(|(plain, _)| plain)),
        ("auc_weighted", areas.map(|(_, weighted)| weighted)),
        ("brier", class_brier(truth, p, classes)),
        ("accuracy", matrix.accuracy()),
        ("balanced_accuracy", matrix.balanced_accuracy()),
        ("precision", matrix.macro_mean(|class| class.precision)),
        ("recall", matrix.macro_mean(|class| class.recall)),
        ("f1", matrix.macro_mean(|class| class.f1)),
        ("f1_weighted", matrix.weighted_mean(|class| class.f1)),
        ("mcc", matrix.accuracy().map(|_| matrix.matthews())),
        ("kappa", matrix.kappa()),
        ("top2", top_k(truth, p, classes, 2)),
        ("ece", expected_calibration_error(&right, &confidence, BINS)),
        ("predicted_mean", mean(confidence.iter().copied())),
    ])
}

/// Those of numbers against numbers.
pub fn regression(truth: &[f64], p: &[f64]) -> Vec<Figure> {
    defined([
        ("rmse", rmse(truth, p)),
        ("mae", mae(truth, p)),
        ("r2", r2(truth, p)),
        ("bias", bias(truth, p)),
        ("predicted_mean", mean(p.iter().copied())),
    ])
}

/// What is to be known beside [`binary`] of a model or a run.
pub fn binary_further(truth: &[bool], p: &[f64], threshold: f64) -> Vec<Figure> {
    let calls = Confusion::of(truth, p, threshold);
    let line = calibration_slope(truth, p);
    let [one, five, ten] = [0.01, 0.05, 0.1].map(|share| top(truth, p, share));
    defined([
        ("balanced_accuracy", calls.balanced_accuracy()),
        ("mcc", (calls.total() > 0).then(|| calls.matthews())),
        ("calibration_slope", line.map(|line| line.slope)),
        ("calibration_intercept", line.map(|line| line.intercept)),
        ("recall_top1", one.map(|(recall, _)| recall)),
        ("recall_top5", five.map(|(recall, _)| recall)),
        ("recall_top10", ten.map(|(recall, _)| recall)),
        ("lift_top1", one.map(|(_, lift)| lift)),
        ("lift_top5", five.map(|(_, lift)| lift)),
        ("lift_top10", ten.map(|(_, lift)| lift)),
    ])
}

/// What is to be known beside [`multiclass`] of a model or a run.
pub fn multiclass_further(truth: &[usize], p: &[f64], classes: usize) -> Vec<Figure> {
    let calls: Vec<usize> = called(p, classes).into_iter().map(|(class, _)| class).collect();
    let matrix = Matrix::of(truth, &calls, classes);
    // The areas of pairs cost a sort for each pair.
    let pairs = (classes <= MOST_PAIRED).then(|| ovo_auc(truth, p, classes)).flatten();
    defined([
        ("auc_ovo", pairs.map(|(plain, _)| plain)),
        ("auc_ovo_weighted", pairs.map(|(_, weighted)| weighted)),
        ("auc_micro", micro_auc(truth, p, classes)),
        ("precision_weighted", matrix.weighted_mean(|class| class.precision)),
        ("recall_weighted", matrix.weighted_mean(|class| class.recall)),
    ])
}

/// What is to be known beside [`regression`] of a model or a run.
pub fn regression_further(truth: &[f64], p: &[f64]) -> Vec<Figure> {
    defined([
        ("mse", mse(truth, p)),
        ("median_error", median_absolute_error(truth, p)),
        ("max_error", max_error(truth, p)),
        ("mape", mape(truth, p)),
        ("wape", wape(truth, p)),
        ("msle", msle(truth, p)),
        ("explained_variance", explained_variance(truth, p)),
    ])
}

fn defined<const N: usize>(figures: [(&'static str, Option<f64>); N]) -> Vec<Figure> {
    figures.into_iter().filter_map(|(name, value)| Some((name, value.filter(|v| v.is_finite())?))).collect()
}
