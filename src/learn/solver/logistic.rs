//! Logistic regression with an L2 penalty, by Newton's method.

use std::ops::Range;

use super::cholesky::solve;
use super::products::{add_products, add_rows};
use super::{Design, Line, dot};
use crate::learn::LearnError;

/// Most Newton steps. From the newest rows' answer two or three are enough; separable classes take a dozen.
const STEPS: usize = 100;
/// Flat when no component of the gradient exceeds this part of the rows.
const FLAT: f64 = 1e-10;
/// The first steps are taken on so many of the newest rows: their answer is near, and much cheaper.
const FIRST: usize = 50_000;

/// Minimises `Σ ln(1 + exp(-s·(b + x·w))) + ½ strength ‖w‖²`, s = ±1 (scikit-learn's `LogisticRegression` with
/// `C = 1 / strength`; the intercept is free). The positive class is where `truth` is true.
///
/// Newton's method with the exact Hessian and step halving; the loss is strictly convex for `strength` above 0, so the
/// answer is the only one.
///
/// # Errors
/// Those of `design`; [`LearnError::Internal`] when a step cannot be solved.
pub fn logistic(design: &dyn Design, truth: &[bool], strength: f64) -> Result<Line, LearnError> {
    let rows = design.rows();
    let positives = truth.iter().filter(|&&y| y).count() as f64;
    // One more of each class, so that the start is finite even for a single class.
    let start = ((positives + 1.0) / (rows as f64 - positives + 1.0)).ln();
    let mut line = Line { intercept: start, weights: vec![0.0; design.width()] };
    let of = |rows| Problem { design, rows, truth, strength };
    if rows > 2 * FIRST {
        line = of(rows - FIRST..rows).descend(line)?;
    }
    of(0..rows).descend(line)
}

/// What is minimised.
struct Problem<'a> {
    design: &'a dyn Design,
    rows: Range<usize>,
    truth: &'a [bool],
    strength: f64,
}

/// Loss, gradient and Hessian at a line; the intercept is the last component.
struct Look {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Problem<'_> {
    fn descend(&self, mut line: Line) -> Result<Line, LearnError> {
        let flat = FLAT * self.rows.len().max(1) as f64;
        let mut look = self.look(&line)?;
        for _ in 0..STEPS {
            if look.gradient.iter().all(|g| g.abs() <= flat) {
                break;
            }
            let step = solve(std::mem::take(&mut look.hessian), &look.gradient)
                .ok_or_else(|| LearnError::Internal("a step of logistic regression has no solution".to_owned()))?;
            let Some(better) = self.halved(&line, &step, &look)? else { break };
            (line, look) = better;
        }
        Ok(line)
    }

    /// The first of the full step, half of it, … that lowers the loss by a part of what a parabola promises (Armijo's
    /// rule); `None` when only rounding is left to gain.
    fn halved(&self, line: &Line, step: &[f64], from: &Look) -> Result<Option<(Line, Look)>, LearnError> {
        let promised = dot(step, &from.gradient);
        let mut share = 1.0;
        while promised * share > 1e-15 * from.loss.abs() {
            let mut next = line.clone();
            let (weights, intercept) = step.split_at(line.weights.len());
            next.weights.iter_mut().zip(weights).for_each(|(weight, step)| *weight -= share * step);
            next.intercept -= share * intercept.iter().sum::<f64>();
            let at = self.look(&next)?;
            if at.loss <= from.loss - 1e-4 * share * promised {
                return Ok(Some((next, at)));
            }
            share /= 2.0;
        }
        Ok(None)
    }

    fn look(&self, line: &Line) -> Result<Look, LearnError> {
        let width = line.weights.len();
        let n = width + 1;
        let mut loss = 0.5 * self.strength * dot(&line.weights, &line.weights);
        let mut gradient: Vec<f64> = line.weights.iter().map(|w| self.strength * w).chain([0.0]).collect();
        let mut hessian = vec![0.0; n * n];
        (0..width).for_each(|i| hessian[i * n + i] = self.strength);
        let (mut errors, mut curvatures) = (Vec::new(), Vec::new());
        self.design.blocks(self.rows.clone(), &mut |block, values| {
            errors.clear();
            curvatures.clear();
            for (at, &positive) in self.truth[block].iter().enumerate() {
                let margin = line.at(&values[at * width..(at + 1) * width]);
                // ln(1 + exp(-|m|)) and 1 / (1 + exp(-|m|)) neither overflow nor lose their digits.
                let small = (-margin.abs()).exp();
                let likely = 1.0 / (1.0 + small);
                let p = if margin >= 0.0 { likely } else { small * likely };
                loss += small.ln_1p() + if (margin >= 0.0) == positive { 0.0 } else { margin.abs() };
                errors.push(p - f64::from(u8::from(positive)));
                curvatures.push(small * likely * likely);
            }
            add_rows(&mut gradient[..width], values, &errors);
            gradient[width] += errors.iter().sum::<f64>();
            add_products(&mut hessian, n, values, width, &curvatures);
            let last = &mut hessian[width * n..];
            add_rows(&mut last[..width], values, &curvatures);
            last[width] += curvatures.iter().sum::<f64>();
        })?;
        Ok(Look { loss, gradient, hessian })
    }
}
