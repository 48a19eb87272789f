//! Newton's method for one line with an L2 penalty, whatever the loss of a row.

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

/// Loss of a row as its line's value changes: the loss, its slope and its curvature, which is not negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtRow {
    pub(super) loss: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

/// Minimises `Σ loss(row, b + x·w) + ½ strength ‖w‖²` from `start`, by steps with the exact Hessian and step halving;
/// the intercept is free.
///
/// # Errors
/// Those of `design`; [`LearnError::Internal`] when a step cannot be solved.
pub(super) fn newton(
    design: &dyn Design,
    loss: impl Fn(usize, f64) -> AtRow,
    start: Line,
    strength: f64,
) -> Result<Line, LearnError> {
    let rows = design.rows();
    let of = |rows| Problem { design, rows, loss: &loss, strength };
    let mut line = start;
    if rows > 2 * FIRST {
        line = of(rows - FIRST..rows).descend(line)?;
    }
    of(0..rows).descend(line)
}

/// What is minimised.
struct Problem<'a, F> {
    design: &'a dyn Design,
    rows: Range<usize>,
    loss: &'a F,
    strength: f64,
}

/// Loss, gradient and Hessian at a line; the intercept is the last component.
struct Look {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl<F: Fn(usize, f64) -> AtRow> Problem<'_, F> {
    fn descend(&self, mut line: Line) -> Result<Line, LearnError> {
        let flat = FLAT * self.rows.len().max(1) as f64;
        let mut look = self.look(&line)?;
        for _ in 0..STEPS {
            if look.gradient.iter().all(|g| g.abs() <= flat) {
                break;
            }
            let step = solve(std::mem::take(&mut look.hessian), &look.gradient)
                .ok_or_else(|| LearnError::Internal("a step of the regression has no solution".to_owned()))?;
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
        let (mut slopes, mut curvatures) = (Vec::new(), Vec::new());
        self.design.blocks(self.rows.clone(), &mut |block, values| {
            slopes.clear();
            curvatures.clear();
            for (at, row) in block.enumerate() {
                let AtRow { loss: own, slope, curvature } =
                    (self.loss)(row, line.at(&values[at * width..(at + 1) * width]));
                loss += own;
                slopes.push(slope);
                curvatures.push(curvature);
            }
            add_rows(&mut gradient[..width], values, &slopes);
            gradient[width] += slopes.iter().sum::<f64>();
            add_products(&mut hessian, n, values, width, &curvatures);
            let last = &mut hessian[width * n..];
            add_rows(&mut last[..width], values, &curvatures);
            last[width] += curvatures.iter().sum::<f64>();
        })?;
        Ok(Look { loss, gradient, hessian })
    }
}
