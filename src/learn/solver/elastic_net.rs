//! Least squares with an elastic-net penalty, from the Gram matrix alone.

use super::cholesky::solve;
use super::{Gram, Line, dot};
use crate::learn::LearnError;

/// How weights are kept small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalty {
    /// Of the summed loss: scikit-learn's `alpha` of `Ridge`, and rows times `alpha` of `ElasticNet`.
    pub strength: f64,
    /// Share of the absolute values: 0 is ridge, 1 the lasso.
    pub l1_ratio: f64,
}

/// Most sweeps of coordinate descent. Each costs `columns²`, whatever the rows.
const SWEEPS: usize = 100_000;
/// Done when no weight moves by more than this part of the largest one.
const PRECISION: f64 = 1e-12;

/// Minimises `½ Σ (y - b - x·w)² + strength · (l1_ratio · ‖w‖₁ + ½ (1 - l1_ratio) ‖w‖²)`.
///
/// Ridge and ordinary least squares are solved by Cholesky; with a share of absolute values by cyclic coordinate
/// descent on the Gram matrix (Friedman, Hastie and Tibshirani 2010, "covariance updates").
///
/// # Errors
/// [`LearnError::Input`] when columns depend on each other and nothing is penalised.
pub fn elastic_net(gram: &Gram, penalty: Penalty) -> Result<Line, LearnError> {
    let weights =
        if penalty.strength * penalty.l1_ratio > 0.0 { descend(gram, penalty) } else { ridge(gram, penalty)? };
    Ok(Line { intercept: gram.target_mean - dot(&weights, &gram.mean), weights })
}

fn ridge(gram: &Gram, penalty: Penalty) -> Result<Vec<f64>, LearnError> {
    let width = gram.mean.len();
    let mut matrix = gram.products.clone();
    for i in 0..width {
        matrix[i * width + i] += penalty.strength;
    }
    solve(matrix, &gram.with_target).ok_or_else(|| {
        let text = "columns of the linear model depend on each other: give it a penalty above 0";
        LearnError::Input(text.to_owned())
    })
}

fn descend(gram: &Gram, penalty: Penalty) -> Vec<f64> {
    let width = gram.mean.len();
    let (l1, l2) = (penalty.strength * penalty.l1_ratio, penalty.strength * (1.0 - penalty.l1_ratio));
    let mut weights = vec![0.0; width];
    // products · weights, kept up to date.
    let mut fitted = vec![0.0; width];
    for _ in 0..SWEEPS {
        let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
        for j in 0..width {
            let row = &gram.products[j * width..(j + 1) * width];
            let curvature = row[j] + l2;
            // A column without spread says nothing.
            if curvature <= 0.0 {
                continue;
            }
            let pull = gram.with_target[j] - fitted[j] + row[j] * weights[j];
            let next = pull.signum() * (pull.abs() - l1).max(0.0) / curvature;
            let step = next - weights[j];
            if step != 0.0 {
                weights[j] = next;
                fitted.iter_mut().zip(row).for_each(|(fitted, x)| *fitted += step * x);
            }
            moved = moved.max(step.abs());
            largest = largest.max(next.abs());
        }
        if moved <= PRECISION * largest {
            break;
        }
    }
    weights
}
