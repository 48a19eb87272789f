use serde::Deserialize;

use super::*;

const STORED: &str = include_str!("../../../tests/reference/multiclass.json");

#[derive(Deserialize)]
struct Stored {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    truth: Vec<usize>,
    p: Vec<f64>,
    log_loss: f64,
    brier: Option<f64>,
    accuracy: f64,
    balanced_accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    f1_weighted: f64,
    precision_weighted: f64,
    recall_weighted: f64,
    mcc: f64,
    kappa: Option<f64>,
    top2: Option<f64>,
    auc: Option<f64>,
    auc_weighted: Option<f64>,
    auc_ovo: Option<f64>,
    auc_ovo_weighted: Option<f64>,
    auc_micro: Option<f64>,
    precision_micro: f64,
    recall_micro: f64,
    f1_micro: f64,
    confusion: Vec<Vec<u64>>,
}

fn close(case: &str, what: &str, ours: Option<f64>, theirs: impl Into<Option<f64>>) {
    let theirs = theirs.into();
    let equal = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(equal, "{what} of {case}: {ours:?}, scikit-learn has {theirs:?}");
}

#[test]
fn figures_of_several_classes_are_those_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.cases.len() >= 8);
    for case in stored.cases {
        let (name, k, truth, p) = (case.name.as_str(), case.classes, case.truth.as_slice(), case.p.as_slice());
        let calls: Vec<usize> = crate::learn::classes::called(p, k).into_iter().map(|(class, _)| class).collect();
        let matrix = Matrix::of(truth, &calls, k);
        assert_eq!(matrix.counts, case.confusion, "{name}");
        close(name, "log loss", class_log_loss(truth, p, k), case.log_loss);
        close(name, "accuracy", matrix.accuracy(), case.accuracy);
        close(name, "balanced accuracy", matrix.balanced_accuracy(), case.balanced_accuracy);
        close(name, "macro precision", matrix.macro_mean(|c| c.precision), case.precision);
        close(name, "macro recall", matrix.macro_mean(|c| c.recall), case.recall);
        close(name, "macro F1", matrix.macro_mean(|c| c.f1), case.f1);
        close(name, "weighted precision", matrix.weighted_mean(|c| c.precision), case.precision_weighted);
        close(name, "weighted recall", matrix.weighted_mean(|c| c.recall), case.recall_weighted);
        close(name, "weighted F1", matrix.weighted_mean(|c| c.f1), case.f1_weighted);
        close(name, "MCC", Some(matrix.matthews()), case.mcc);
        close(name, "kappa", matrix.kappa(), case.kappa);
        close(name, "AUC of pairs", ovo_auc(truth, p, k).map(|(plain, _)| plain), case.auc_ovo);
        close(name, "weighted AUC of pairs", ovo_auc(truth, p, k).map(|(_, weighted)| weighted), case.auc_ovo_weighted);
        for micro in [case.precision_micro, case.recall_micro, case.f1_micro] {
            close(name, "what accuracy is called when it is averaged over rows", matrix.accuracy(), micro);
        }
        if case.brier.is_some() {
            close(name, "Brier score", class_brier(truth, p, k), case.brier);
            close(name, "top 2", top_k(truth, p, k, 2), case.top2);
        }
        if case.auc.is_some() {
            close(name, "micro AUC", micro_auc(truth, p, k), case.auc_micro);
            close(name, "AUC", ovr_auc(truth, p, k).map(|(plain, _)| plain), case.auc);
            close(name, "weighted AUC", ovr_auc(truth, p, k).map(|(_, weighted)| weighted), case.auc_weighted);
        }
    }
}

#[test]
fn classes_that_do_not_occur_have_no_curve_and_nothing_is_undefined() {
    assert_eq!(class_aucs(&[0, 0], &[0.5, 0.5, 0.4, 0.6], 2), [(None, 2), (None, 0)]);
    assert_eq!(ovr_auc(&[0, 0], &[0.5, 0.5, 0.4, 0.6], 2), None);
    let over_two = ovr_auc(&[0, 1], &[0.8, 0.1, 0.1, 0.2, 0.7, 0.1], 3);
    assert_eq!(over_two, Some((1.0, 1.0)));
    assert_eq!(class_log_loss(&[], &[], 3), None);
    assert_eq!(multiclass_summary(&[], &[], 3), vec![]);
    assert_eq!(ovo_auc(&[3], &[0.5, 0.4, 0.1], 3), None, "a class that nobody knows");
    assert_eq!(row_class_loss(7, &[1.0]), -f64::EPSILON.ln());
}
