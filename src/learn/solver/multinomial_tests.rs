use serde::Deserialize;

use super::tests::Rows;
use super::{multinomial, softmax};

const STORED: &str = include_str!("../../../tests/reference/multiclass.json");

#[derive(Deserialize)]
struct Stored {
    fits: Vec<Fit>,
}

#[derive(Deserialize)]
struct Fit {
    name: String,
    classes: usize,
    x: Vec<Vec<f64>>,
    y: Vec<usize>,
    strength: f64,
    intercepts: Vec<f64>,
    weights: Vec<Vec<f64>>,
}

#[test]
fn logistic_regression_of_several_classes_has_the_coefficients_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert_eq!(stored.fits.len(), 15);
    for fit in stored.fits {
        let lines = multinomial(&Rows::of(&fit.x), &fit.y, fit.classes, fit.strength).unwrap();
        // Intercepts are free to move all together.
        let shift = fit.intercepts.iter().sum::<f64>() / fit.classes as f64;
        for (line, (intercept, weights)) in lines.iter().zip(fit.intercepts.iter().zip(&fit.weights)) {
            let ours = line.weights.iter().chain([&line.intercept]);
            for (ours, theirs) in ours.zip(weights.iter().copied().chain([intercept - shift])) {
                let tolerance = 1e-6 * theirs.abs().max(1.0);
                assert!((ours - theirs).abs() <= tolerance, "{} {}: {ours}, not {theirs}", fit.name, fit.strength);
            }
        }
    }
}

#[test]
fn a_class_without_rows_is_only_improbable() {
    let x: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i % 2)]).collect();
    let y: Vec<usize> = (0..20).map(|i| i % 2).collect();
    let lines = multinomial(&Rows::of(&x), &y, 3, 1.0).unwrap();
    let mut scores: Vec<f64> = lines.iter().map(|line| line.at(&[1.0])).collect();
    softmax(&mut scores);
    assert!(scores[1] > 0.8 && scores[2] < 0.01, "{scores:?}");
}

#[test]
fn large_scores_do_not_overflow() {
    let mut scores = [1_000.0, 1_000.0, -1_000.0];
    assert!((softmax(&mut scores) - (1_000.0 + 2.0_f64.ln())).abs() < 1e-9);
    assert_eq!(scores, [0.5, 0.5, 0.0]);
}
