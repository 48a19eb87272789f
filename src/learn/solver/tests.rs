use std::ops::Range;

use proptest::prelude::*;
use serde::Deserialize;

use super::{Design, Gram, LearnError, Line, Penalty, elastic_net, logistic};

const STORED: &str = include_str!("../../../tests/reference/linear.json");

#[derive(Deserialize)]
struct Stored {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    label: Vec<u8>,
    fits: Vec<Fit>,
    logistic: Vec<Fit>,
}

#[derive(Deserialize)]
struct Fit {
    strength: f64,
    #[serde(default)]
    l1_ratio: f64,
    intercept: f64,
    weights: Vec<f64>,
}

/// Rows in memory, handed out in blocks of three.
pub(super) struct Rows {
    width: usize,
    values: Vec<f64>,
}

impl Rows {
    pub(super) fn of(rows: &[Vec<f64>]) -> Self {
        Self { width: rows.first().map_or(0, Vec::len), values: rows.concat() }
    }
}

impl Design for Rows {
    fn width(&self) -> usize {
        self.width
    }

    fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    fn blocks(&self, rows: Range<usize>, take: &mut dyn FnMut(Range<usize>, &[f64])) -> Result<(), LearnError> {
        for start in rows.clone().step_by(3) {
            let block = start..(start + 3).min(rows.end);
            take(block.clone(), &self.values[block.start * self.width..block.end * self.width]);
        }
        Ok(())
    }
}

/// Compared as predictions on the rows: of columns that depend on each other the weights are free, the line is not.
fn meets(case: &Case, line: &Line, stored: &Fit, precision: f64, what: &str) {
    let reference = Line { intercept: stored.intercept, weights: stored.weights.clone() };
    let all = case.x.iter().map(|row| (line.at(row), reference.at(row)));
    let weights = line.weights.iter().copied().zip(stored.weights.iter().copied());
    for (ours, theirs) in all.chain(weights) {
        let tolerance = precision * theirs.abs().max(1.0);
        assert!((ours - theirs).abs() <= tolerance, "{} {what}: {ours} instead of {theirs}", case.name);
    }
}

#[test]
fn least_squares_has_the_coefficients_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    let mut fits = 0;
    for case in &stored.cases {
        let gram = Gram::of(&Rows::of(&case.x), &case.y).unwrap();
        for fit in &case.fits {
            let line = elastic_net(&gram, Penalty { strength: fit.strength, l1_ratio: fit.l1_ratio }).unwrap();
            let precision = if fit.l1_ratio > 0.0 { 1e-6 } else { 1e-9 };
            meets(case, &line, fit, precision, &format!("{} {}", fit.strength, fit.l1_ratio));
            fits += 1;
        }
    }
    assert!(fits > 40, "{fits}");
}

#[test]
fn logistic_regression_has_the_coefficients_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    let mut fits = 0;
    for case in &stored.cases {
        let truth: Vec<bool> = case.label.iter().map(|&y| y == 1).collect();
        for fit in &case.logistic {
            let line = logistic(&Rows::of(&case.x), &truth, fit.strength).unwrap();
            meets(case, &line, fit, 1e-6, &format!("logistic {}", fit.strength));
            fits += 1;
        }
    }
    assert!(fits >= 15, "{fits}");
}

#[test]
fn columns_that_depend_on_each_other_need_a_penalty_and_say_so() {
    let rows: Vec<Vec<f64>> = (0..20).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
    let y: Vec<f64> = (0..20).map(f64::from).collect();
    let gram = Gram::of(&Rows::of(&rows), &y).unwrap();
    let without = elastic_net(&gram, Penalty { strength: 0.0, l1_ratio: 0.0 });
    assert!(without.unwrap_err().to_string().contains("depend on each other"));
    let with = elastic_net(&gram, Penalty { strength: 1e-3, l1_ratio: 0.0 }).unwrap();
    assert!((with.at(&[7.0, 14.0]) - 7.0).abs() < 1e-3);
}

#[test]
fn a_class_alone_and_classes_far_apart_have_finite_answers() {
    let rows: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i)]).collect();
    let alone = logistic(&Rows::of(&rows), &[true; 40], 1.0).unwrap();
    assert!(alone.at(&[20.0]).is_finite() && alone.at(&[20.0]) > 5.0);
    let apart: Vec<bool> = (0..40).map(|i| i >= 20).collect();
    let line = logistic(&Rows::of(&rows), &apart, 1e-6).unwrap();
    assert!(line.at(&[19.0]) < 0.0 && line.at(&[20.0]) > 0.0 && line.weights[0].is_finite());
}

proptest! {
    #[test]
    fn whatever_the_rows_the_answer_is_finite_and_where_the_loss_is_flat(
        rows in prop::collection::vec((prop::collection::vec(-1e3..1e3_f64, 3), any::<bool>()), 1..40),
        strength in 1e-3..1e3_f64,
    ) {
        let (x, truth): (Vec<Vec<f64>>, Vec<bool>) = rows.into_iter().unzip();
        let y: Vec<f64> = x.iter().map(|row| row[0] - row[1]).collect();
        let design = Rows::of(&x);
        let gram = Gram::of(&design, &y).unwrap();
        for l1_ratio in [0.0, 0.5] {
            let line = elastic_net(&gram, Penalty { strength, l1_ratio }).unwrap();
            prop_assert!(line.intercept.is_finite() && line.weights.iter().all(|w| w.is_finite()));
        }
        let line = logistic(&design, &truth, strength).unwrap();
        let slope = |of: &dyn Fn(&[f64]) -> f64| -> f64 {
            x.iter().zip(&truth).map(|(row, &y)| {
                let p = 1.0 / (1.0 + (-line.at(row)).exp());
                (p - f64::from(u8::from(y))) * of(row)
            }).sum()
        };
        // A single class has no best intercept: the loss only gets flatter.
        let both = truth.iter().any(|&y| y) && truth.iter().any(|&y| !y);
        for j in 0..3 {
            let flat = slope(&|row| row[j]) + strength * line.weights[j];
            let scale: f64 = x.iter().map(|row| row[j].abs()).sum::<f64>() + 1.0;
            prop_assert!(!both || flat.abs() < 1e-6 * scale, "{flat} of {scale}");
        }
        prop_assert!(line.intercept.is_finite() && line.weights.iter().all(|w| w.is_finite()));
    }
}
