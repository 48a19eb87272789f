//! Logistic regression of several classes with an L2 penalty, by Newton's method.

use std::ops::Range;

use super::cholesky::solve;
use super::products::{add_products, add_rows};
use super::{Design, Line, dot};
use crate::learn::LearnError;

/// Most Newton steps.
const STEPS: usize = 100;
/// Flat when no component of the gradient exceeds this part of the rows.
const FLAT: f64 = 1e-10;
/// The first steps are taken on so many of the newest rows: their answer is near, and much cheaper.
const FIRST: usize = 20_000;
/// Curvature added to the intercepts: they are free to move all together, which no row can tell. It is too small to
/// move the answer, whose gradient is the exact one.
const RIDGE: f64 = 1e-9;

/// Minimises `Σ -ln softmax(B + x·W)[truth] + ½ strength ‖W‖²` over one line a class (scikit-learn's
/// `LogisticRegression` with `C = 1 / strength`; intercepts are free and returned with mean 0). `truth` holds indices
/// below `classes`.
///
/// Newton's method with the exact Hessian and step halving: `(columns + 1) · classes` unknowns, few steps, each one
/// pass over the rows.
///
/// # Errors
/// Those of `design`; [`LearnError::Internal`] when a step cannot be solved.
pub fn multinomial(
    design: &dyn Design,
    truth: &[usize],
    classes: usize,
    strength: f64,
) -> Result<Vec<Line>, LearnError> {
    let rows = design.rows();
    let mut counts = vec![1.0_f64; classes];
    truth.iter().for_each(|&class| counts[class] += 1.0);
    let centre = counts.iter().map(|n| n.ln()).sum::<f64>() / classes.max(1) as f64;
    // One more row of each class, so that the start is finite even for one that does not occur.
    let n = design.width() + 1;
    let mut point = vec![0.0; classes * n];
    (0..classes).for_each(|class| point[class * n + n - 1] = counts[class].ln() - centre);
    let of = |rows| Problem { design, rows, truth, classes, strength };
    if rows > 2 * FIRST {
        point = of(rows - FIRST..rows).descend(point)?;
    }
    point = of(0..rows).descend(point)?;
    let shift = (0..classes).map(|class| point[class * n + n - 1]).sum::<f64>() / classes.max(1) as f64;
    let line = |of: &[f64]| Line { intercept: of[n - 1] - shift, weights: of[..n - 1].to_vec() };
    Ok(point.chunks_exact(n).map(line).collect())
}

/// Probabilities from the scores of each class, in place; the largest score is taken off first, so nothing overflows.
/// Gives the logarithm of the sum of all exponentials.
pub fn softmax(scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    largest + sum.ln()
}

/// What is minimised; a point holds the weights and the intercept of one class after another.
struct Problem<'a> {
    design: &'a dyn Design,
    rows: Range<usize>,
    truth: &'a [usize],
    classes: usize,
    strength: f64,
}

/// Loss, gradient and Hessian (lower half) at a point.
struct Look {
    loss: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Problem<'_> {
    fn descend(&self, mut point: Vec<f64>) -> Result<Vec<f64>, LearnError> {
        let flat = FLAT * self.rows.len().max(1) as f64;
        let mut look = self.look(&point)?;
        for _ in 0..STEPS {
            if look.gradient.iter().all(|g| g.abs() <= flat) {
                break;
            }
            let step = solve(std::mem::take(&mut look.hessian), &look.gradient)
                .ok_or_else(|| LearnError::Internal("a step of logistic regression has no solution".to_owned()))?;
            let Some(better) = self.halved(&point, &step, &look)? else { break };
            (point, look) = better;
        }
        Ok(point)
    }

    /// The first of the full step, half of it, … that lowers the loss by a part of what a parabola promises (Armijo's
    /// rule); `None` when only rounding is left to gain.
    fn halved(&self, point: &[f64], step: &[f64], from: &Look) -> Result<Option<(Vec<f64>, Look)>, LearnError> {
        let promised = dot(step, &from.gradient);
        let mut share = 1.0;
        while promised * share > 1e-15 * from.loss.abs() {
            let next: Vec<f64> = point.iter().zip(step).map(|(point, step)| point - share * step).collect();
            let at = self.look(&next)?;
            if at.loss <= from.loss - 1e-4 * share * promised {
                return Ok(Some((next, at)));
            }
            share /= 2.0;
        }
        Ok(None)
    }

    fn look(&self, point: &[f64]) -> Result<Look, LearnError> {
        let (k, width) = (self.classes, self.design.width());
        let n = width + 1;
        let size = k * n;
        let penalised = |at: usize| at % n < width;
        let squares: f64 = (0..size).filter(|&at| penalised(at)).map(|at| point[at] * point[at]).sum();
        let mut loss = 0.5 * self.strength * squares;
        let mut gradient: Vec<f64> =
            (0..size).map(|at| if penalised(at) { self.strength * point[at] } else { 0.0 }).collect();
        // The pairs of classes (upper ≥ lower) one after another, each a symmetric `n x n` whose lower half is filled.
        let mut blocks = vec![0.0; k * (k + 1) / 2 * n * n];
        let (mut p, mut with_one, mut factors) = (Vec::new(), Vec::new(), Vec::new());
        self.design.blocks(self.rows.clone(), &mut |block, values| {
            let truth = &self.truth[block];
            p.clear();
            with_one.clear();
            for (at, &class) in truth.iter().enumerate() {
                let row = with_one.len();
                with_one.extend_from_slice(&values[at * width..(at + 1) * width]);
                with_one.push(1.0);
                p.extend(point.chunks_exact(n).map(|line| dot(line, &with_one[row..])));
                let own = p[at * k + class];
                loss += softmax(&mut p[at * k..]) - own;
            }
            let mut pair = blocks.chunks_exact_mut(n * n);
            for a in 0..k {
                factors.clear();
                factors.extend(truth.iter().zip(p.chunks_exact(k)).map(|(&y, p)| p[a] - f64::from(u8::from(a == y))));
                add_rows(&mut gradient[a * n..(a + 1) * n], &with_one, &factors);
                for b in 0..=a {
                    let Some(pair) = pair.next() else { break };
                    let same = f64::from(u8::from(a == b));
                    factors.clear();
                    factors.extend(p.chunks_exact(k).map(|p| p[a] * (same - p[b])));
                    add_products(pair, n, &with_one, n, &factors);
                }
            }
        })?;
        Ok(Look { loss, gradient, hessian: self.assemble(&blocks, n) })
    }

    /// The lower half of the Hessian, row by row, from the blocks of pairs of classes.
    fn assemble(&self, blocks: &[f64], n: usize) -> Vec<f64> {
        let size = self.classes * n;
        let mut hessian = vec![0.0; size * size];
        let pairs = (0..self.classes).flat_map(|a| (0..=a).map(move |b| (a, b)));
        for ((a, b), block) in pairs.zip(blocks.chunks_exact(n * n)) {
            for i in 0..n {
                for j in 0..n {
                    hessian[(a * n + i) * size + b * n + j] = block[i.max(j) * n + i.min(j)];
                }
            }
        }
        let largest = (0..size).map(|at| hessian[at * size + at]).fold(0.0, f64::max);
        for at in 0..size {
            hessian[at * size + at] += if at % n < n - 1 { self.strength } else { RIDGE * largest.max(1.0) };
        }
        hessian
    }
}
