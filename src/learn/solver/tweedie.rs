//! Regression of amounts that are not negative, with a logarithmic link: Poisson, Tweedie, gamma.

use super::newton::{AtRow, newton};
use super::{Design, Line, Weights};
use crate::learn::LearnError;

/// Minimises half the Tweedie deviance of `exp(b + x·w)`, summed over the rows (each times its weight), with a penalty
/// of `½ strength ‖w‖²` on the weights. It is scikit-learn's `TweedieRegressor` with `alpha = strength / rows`, and its
/// `PoissonRegressor` for a power of 1. The intercept is free. `power` is from 1 (variance grows with the mean: counts)
/// over 1.5 (many zeros and amounts) to 2 (gamma).
///
/// # Errors
/// Those of `design`; [`LearnError::Input`] when a target is negative (for a power of 2: not positive), or all are 0.
pub fn tweedie(
    design: &dyn Design,
    target: &[f64],
    weights: Weights,
    power: f64,
    strength: f64,
) -> Result<Line, LearnError> {
    let refused = |text: &str| Err(LearnError::Input(text.to_owned()));
    if target.iter().any(|&y| y < 0.0 || !y.is_finite()) {
        return refused("a logarithmic link needs a target that is never negative");
    }
    if power >= 2.0 && target.contains(&0.0) {
        return refused("a gamma regression needs a target above 0");
    }
    let mean = weights.mean(target);
    if mean <= 0.0 {
        return refused("a logarithmic link needs a target that is not always 0");
    }
    let row = |row: usize, eta: f64| {
        let (y, weight) = (target[row], weights.of(row));
        let (low, high) = (((1.0 - power) * eta).exp(), ((2.0 - power) * eta).exp());
        // Up to what depends on y alone: d/d eta is (mu - y) / mu^(power - 1) for every power.
        let loss = match power {
            1.0 => high - y * eta,
            2.0 => y * low + eta,
            p => high / (2.0 - p) - y * low / (1.0 - p),
        };
        AtRow {
            loss: weight * loss,
            slope: weight * (high - y * low),
            curvature: weight * ((2.0 - power) * high + (power - 1.0) * y * low),
        }
    };
    newton(design, row, Line { intercept: mean.ln(), weights: vec![0.0; design.width()] }, strength)
}
