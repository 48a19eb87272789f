use proptest::prelude::*;
use serde::Deserialize;

use super::*;

const STORED: &str = include_str!("../../../tests/reference/metrics.json");

#[derive(Deserialize)]
struct Stored {
    binary: Vec<Binary>,
    regression: Vec<Regression>,
}

#[derive(Deserialize)]
struct Binary {
    name: String,
    truth: Vec<u8>,
    p: Vec<f64>,
    threshold: f64,
    auc: Option<f64>,
    average_precision: Option<f64>,
    log_loss: f64,
    brier: f64,
    accuracy: f64,
    balanced_accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    mcc: f64,
    confusion: [u64; 4],
    ece: f64,
    curve_share: Vec<f64>,
    curve_mean: Vec<f64>,
    roc: Vec<(f64, f64)>,
    precision_recall: Vec<(f64, f64)>,
    top: std::collections::BTreeMap<String, Option<(f64, f64)>>,
}

#[derive(Deserialize)]
struct Regression {
    name: String,
    truth: Vec<f64>,
    p: Vec<f64>,
    rmse: f64,
    mae: f64,
    median_ae: f64,
    max_error: f64,
    r2: Option<f64>,
    mse: f64,
    mape: f64,
    msle: Option<f64>,
    explained_variance: f64,
    wape: Option<f64>,
    bias: f64,
    p05: f64,
    p50: f64,
    p95: f64,
}

fn close(case: &str, what: &str, ours: impl Into<Option<f64>>, theirs: impl Into<Option<f64>>) {
    let (ours, theirs) = (ours.into(), theirs.into());
    let equal = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(equal, "{what} of {case}: {ours:?}, scikit-learn has {theirs:?}");
}

#[test]
fn binary_figures_are_those_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.binary.len() >= 10);
    for case in stored.binary {
        let truth: Vec<bool> = case.truth.iter().map(|&t| t == 1).collect();
        let (name, p) = (case.name.as_str(), case.p.as_slice());
        let confusion = Confusion::of(&truth, p, case.threshold);
        close(name, "auc", auc(&truth, p), case.auc);
        close(name, "average precision", average_precision(&truth, p), case.average_precision);
        close(name, "log loss", log_loss(&truth, p), case.log_loss);
        close(name, "Brier score", brier(&truth, p), case.brier);
        close(name, "accuracy", accuracy(&truth, p, case.threshold), case.accuracy);
        close(name, "balanced accuracy", confusion.balanced_accuracy(), case.balanced_accuracy);
        close(name, "precision", confusion.precision(), case.precision);
        close(name, "recall", confusion.recall(), case.recall);
        close(name, "F1", confusion.f1(), case.f1);
        close(name, "MCC", confusion.matthews(), case.mcc);
        close(name, "ECE", expected_calibration_error(&truth, p, 10), case.ece);
        let [tn, fp, fn_, tp] = case.confusion;
        let counts = Confusion { true_negative: tn, false_positive: fp, false_negative: fn_, true_positive: tp };
        assert_eq!(confusion, counts, "{name}");
        let curves = [("ROC", roc(&truth, p), case.roc), ("PR", precision_recall(&truth, p), case.precision_recall)];
        for (what, ours, theirs) in curves {
            assert_eq!(ours.len(), theirs.len(), "{what} of {name}");
            for (ours, theirs) in ours.into_iter().zip(theirs) {
                close(name, what, ours.0, theirs.0);
                close(name, what, ours.1, theirs.1);
            }
        }
        for (share, theirs) in case.top {
            let ours = top(&truth, p, share.parse().unwrap());
            close(name, "recall at the top", ours.map(|(recall, _)| recall), theirs.map(|(recall, _)| recall));
            close(name, "lift at the top", ours.map(|(_, lift)| lift), theirs.map(|(_, lift)| lift));
        }
        if !case.curve_share.is_empty() {
            let curve = calibration(&truth, p, 10);
            assert_eq!(curve.len(), case.curve_share.len(), "{name}");
            for (bin, (share, mean)) in curve.iter().zip(case.curve_share.iter().zip(&case.curve_mean)) {
                close(name, "observed share of a bin", bin.observed, *share);
                close(name, "mean probability of a bin", bin.predicted, *mean);
            }
        }
    }
}

#[test]
fn regression_figures_are_those_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.regression.len() >= 9);
    for case in stored.regression {
        let (name, y, p) = (case.name.as_str(), case.truth.as_slice(), case.p.as_slice());
        close(name, "RMSE", rmse(y, p), case.rmse);
        close(name, "MAE", mae(y, p), case.mae);
        close(name, "median absolute error", median_absolute_error(y, p), case.median_ae);
        close(name, "largest error", max_error(y, p), case.max_error);
        close(name, "R2", r2(y, p), case.r2);
        close(name, "MSE", mse(y, p), case.mse);
        close(name, "MAPE", mape(y, p), case.mape);
        close(name, "MSLE", msle(y, p), case.msle);
        close(name, "explained variance", explained_variance(y, p), case.explained_variance);
        close(name, "WAPE", wape(y, p), case.wape);
        close(name, "bias", bias(y, p), case.bias);
        close(name, "p05", quantile(p, 0.05), case.p05);
        close(name, "p50", quantile(p, 0.5), case.p50);
        close(name, "p95", quantile(p, 0.95), case.p95);
    }
}

#[test]
fn nothing_is_undefined_not_zero() {
    assert_eq!(log_loss(&[], &[]), None);
    assert_eq!(auc(&[], &[]), None);
    assert_eq!(auc(&[true, false], &[f64::NAN, 0.5]), None);
    assert_eq!(expected_calibration_error(&[], &[], 10), None);
    assert_eq!(Confusion::default().balanced_accuracy(), None);
    assert_eq!(rmse(&[], &[]), None);
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(quantile(&[1.0, f64::NAN], 0.5), None);
    assert_eq!(binary_summary(&[], &[], 0.5), vec![]);
    assert_eq!(binary_further(&[], &[], 0.5), vec![]);
    assert_eq!(multiclass_further(&[], &[], 3), vec![]);
    assert_eq!(regression_further(&[], &[]), vec![]);
    assert_eq!(skill(1.0, 0.0), None);
}

#[test]
fn a_season_repeated_is_the_scale_of_a_series_and_of_nothing_else() {
    // Hours with one left out; a season of three hours.
    let (hour, y) = (3_600_000_000, [1.0, 5.0, 2.0, 4.0, 3.0, 8.0]);
    let time = [0, 1, 2, 3, 5, 6].map(|at| at * hour);
    // 3 after 0, 5 after 2, 6 after 3.
    assert_eq!(seasonal_scale(&time, &y, 3 * hour), Some((3.0 + 1.0 + 4.0) / 3.0));
    assert_eq!(seasonal_scale(&time, &y, 7 * hour), None, "no row has one a season before");
    assert_eq!(seasonal_scale(&time, &y, 0), None);
    assert_eq!(seasonal_scale(&[0, hour, hour, 2 * hour], &y[..4], hour), None, "two series, or more");
}

#[test]
fn skill_is_one_for_no_loss_and_zero_for_the_baselines() {
    assert_eq!(skill(0.0, 0.5), Some(1.0));
    assert_eq!(skill(0.5, 0.5), Some(0.0));
    assert_eq!(skill(1.0, 0.5), Some(-1.0));
}

#[test]
fn a_large_number_does_not_swallow_the_small_ones() {
    let values = [1e16, 1.0, -1e16, 1.0];
    assert_eq!(sum(values), 2.0);
    assert_eq!(sum([f64::INFINITY, 1.0]), f64::INFINITY);
}

fn rows() -> impl Strategy<Value = Vec<(bool, f64)>> {
    // Few distinct scores, so that ties are the rule.
    prop::collection::vec((any::<bool>(), (0_u8..20).prop_map(|s| f64::from(s) / 20.0)), 2..60)
}

proptest! {
    #[test]
    fn auc_depends_on_the_order_of_scores_only(rows in rows()) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
        let stretched: Vec<f64> = score.iter().map(|s| (3.0 * s).exp() - 7.0).collect();
        prop_assert_eq!(auc(&truth, &score), auc(&truth, &stretched));
        prop_assert_eq!(average_precision(&truth, &score), average_precision(&truth, &stretched));
    }

    #[test]
    fn turning_the_classes_round_mirrors_the_auc(rows in rows()) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
        let turned: Vec<bool> = truth.iter().map(|t| !t).collect();
        if let (Some(a), Some(b)) = (auc(&truth, &score), auc(&turned, &score)) {
            prop_assert!((a + b - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_auc_is_the_share_of_pairs_won(rows in rows()) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (i, _) in truth.iter().enumerate().filter(|(_, t)| **t) {
            for (j, _) in truth.iter().enumerate().filter(|(_, t)| !**t) {
                pairs += 1.0;
                won += match score[i].total_cmp(&score[j]) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
        match auc(&truth, &score) {
            Some(auc) => prop_assert!((auc - won / pairs).abs() < 1e-12),
            None => prop_assert_eq!(pairs, 0.0),
        }
    }

    #[test]
    fn figures_do_not_depend_on_the_order_of_rows(rows in rows()) {
        let (truth, p): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
        let (back_truth, back_p): (Vec<bool>, Vec<f64>) = rows.iter().rev().copied().unzip();
        let (a, b) = (binary_summary(&truth, &p, 0.5), binary_summary(&back_truth, &back_p, 0.5));
        prop_assert_eq!(a.len(), b.len());
        for ((name, a), (_, b)) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() < 1e-12, "{}", name);
        }
    }

    #[test]
    fn a_constant_shift_is_all_bias(values in prop::collection::vec(-1e6_f64..1e6, 2..40), shift in -100.0_f64..100.0) {
        let shifted: Vec<f64> = values.iter().map(|v| v + shift).collect();
        prop_assert!((bias(&values, &shifted).unwrap() - shift).abs() < 1e-6);
        prop_assert!((rmse(&values, &shifted).unwrap() - shift.abs()).abs() < 1e-6);
    }
}

#[derive(Deserialize)]
struct Losses {
    cases: Vec<LossCase>,
}

#[derive(Deserialize)]
struct LossCase {
    name: String,
    truth: Vec<f64>,
    p: Vec<f64>,
    pinball: std::collections::BTreeMap<String, f64>,
    deviance: std::collections::BTreeMap<String, f64>,
}

#[test]
fn quantile_losses_and_deviances_are_those_of_scikit_learn() {
    let stored: Losses = serde_json::from_str(include_str!("../../../tests/reference/losses.json")).unwrap();
    assert_eq!(stored.cases.len(), 5);
    for case in stored.cases {
        let rows = || case.truth.iter().zip(&case.p);
        let near = |what: &str, ours: f64, theirs: f64| {
            assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{}, {what}: {ours} {theirs}", case.name);
        };
        for (quantile, theirs) in &case.pinball {
            let quantile: f64 = quantile.parse().unwrap();
            near("pinball", mean(rows().map(|(&y, &p)| row_pinball(y, p, quantile))).unwrap(), *theirs);
        }
        for (power, theirs) in &case.deviance {
            let power: f64 = power.parse().unwrap();
            near("deviance", mean(rows().map(|(&y, &p)| row_deviance(y, p, power))).unwrap(), *theirs);
        }
    }
    assert!((row_pseudo_huber(1.0, 4.0) - (10.0_f64.sqrt() - 1.0)).abs() < 1e-12);
    assert!(row_deviance(0.0, 0.0, 1.5).is_finite() && row_deviance(3.0, -1.0, 1.0).is_finite());
}
