use serde::Deserialize;

use super::tests::Rows;
use super::{Weights, tweedie};
use crate::learn::LearnError;

const STORED: &str = include_str!("../../../tests/reference/learners.json");

#[derive(Deserialize)]
struct Stored {
    amounts: Vec<Fit>,
}

#[derive(Deserialize)]
struct Fit {
    name: String,
    power: f64,
    strength: f64,
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    row_weights: Vec<f64>,
    intercept: f64,
    weights: Vec<f64>,
}

#[test]
fn poisson_tweedie_and_gamma_have_the_coefficients_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert_eq!(stored.amounts.len(), 48);
    for fit in stored.amounts {
        let line = tweedie(&Rows::of(&fit.x), &fit.y, Weights(&fit.row_weights), fit.power, fit.strength).unwrap();
        let pairs = line.weights.iter().zip(&fit.weights).chain([(&line.intercept, &fit.intercept)]);
        for (ours, theirs) in pairs {
            let tolerance = 1e-6 * theirs.abs().max(1.0);
            let what = format!("{}, power {}, {}", fit.name, fit.power, fit.strength);
            assert!((ours - theirs).abs() <= tolerance, "{what}: {ours} instead of {theirs}");
        }
    }
}

#[test]
fn targets_that_a_logarithm_does_not_know_are_refused() {
    let rows = Rows::of(&[vec![0.0], vec![1.0]]);
    let refused = |y: [f64; 2], power| match tweedie(&rows, &y, Weights::default(), power, 1.0) {
        Err(LearnError::Input(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(refused([1.0, -1.0], 1.0).contains("never negative"));
    assert!(refused([1.0, f64::INFINITY], 1.0).contains("never negative"));
    assert!(refused([0.0, 0.0], 1.5).contains("not always 0"));
    assert!(refused([0.0, 1.0], 2.0).contains("above 0"));
}
