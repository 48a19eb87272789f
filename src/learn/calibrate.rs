//! Probabilities that mean what they say: a correction learned from predictions that were made ahead of their outcomes.

use serde::{Deserialize, Serialize};

use super::LearnError;
use super::isotonic::{self, interpolate};
use super::judge::{Measure, losses};
use super::metrics::mean;
use super::slope::{Slope, calibration_slope};
use super::solver::{Design, Weights, logistic, softmax};
use crate::domain::model::Calibration;
use crate::domain::plan::Task;

/// Probabilities are kept this far from 0 and 1, where the log-odds end.
const EDGE: f64 = 1e-9;
/// A slope or sharpness outside of these is no correction any more.
const SANE: (f64, f64) = (0.1, 10.0);
/// Penalty that keeps the slope finite when the classes are separable.
const PENALTY: f64 = 1e-6;
/// Predictions made ahead must be of so many rows, and (binary) so many of either class, to correct anything by.
pub const LEAST: (usize, usize) = (200, 30);
/// Newton steps for the sharpness.
const STEPS: usize = 50;

/// What is done to the probabilities of a model. The order of binary predictions stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Calibrator {
    /// Binary: log-odds are stretched and moved (Platt 1999).
    Platt {
        /// Factor of the log-odds; below 1 predictions were too sure.
        slope: f64,
        /// What is added to them.
        intercept: f64,
    },
    /// Binary: a rising line through points (Zadrozny and Elkan 2002).
    Isotonic {
        /// Predicted probabilities, ascending.
        from: Vec<f64>,
        /// What they become.
        to: Vec<f64>,
    },
    /// Several classes: probabilities to this power, made to sum to 1 again (temperature scaling, Guo et al. 2017).
    Sharpness {
        /// The power; below 1 predictions were too sure.
        power: f64,
    },
}

impl Calibrator {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Platt { .. } => "Platt",
            Self::Isotonic { .. } => "isotonic",
            Self::Sharpness { .. } => "temperature",
        }
    }

    /// Corrects predictions in place, `outputs` a row.
    pub fn apply(&self, predictions: &mut [f64], outputs: usize) {
        match self {
            Self::Platt { slope, intercept } => {
                predictions.iter_mut().for_each(|p| *p = 1.0 / (1.0 + (-(slope * odds(*p) + intercept)).exp()));
            }
            Self::Isotonic { from, to } => predictions.iter_mut().for_each(|p| *p = interpolate(from, to, *p)),
            Self::Sharpness { power } => {
                for row in predictions.chunks_exact_mut(outputs.max(1)) {
                    row.iter_mut().for_each(|p| *p = power * p.max(EDGE).ln());
                    softmax(row);
                }
            }
        }
    }

    /// The same correction of contributions that sum to log-odds, `width` a row, the base value last. An isotonic one
    /// has no such form: contributions then explain the uncorrected prediction.
    pub fn apply_to_contributions(&self, parts: &mut [f64], width: usize) {
        let (factor, shift) = match self {
            Self::Platt { slope, intercept } => (*slope, *intercept),
            Self::Sharpness { power } => (*power, 0.0),
            Self::Isotonic { .. } => return,
        };
        parts.iter_mut().for_each(|part| *part *= factor);
        parts.iter_mut().skip(width.saturating_sub(1)).step_by(width.max(1)).for_each(|base| *base += shift);
    }
}

/// Predictions made ahead of their outcomes.
#[derive(Debug, Clone, Default)]
pub struct Ahead {
    /// Outcomes; see [`super::frame::Frame::target`].
    pub target: Vec<f64>,
    /// Predictions, `outputs` a row.
    pub predictions: Vec<f64>,
}

/// How a correction is learned; `None` where there is none.
type Way = fn(&Ahead) -> Result<Option<Calibrator>, LearnError>;

/// The correction that helps most, and what it does: learned from each of two halves and tried on the other it must
/// lower the log loss of both, or there is none. It is then learned from both.
///
/// # Errors
/// Those of the solver.
pub fn choose(
    task: Task,
    [first, second]: [&Ahead; 2],
    outputs: usize,
) -> Result<Option<(Calibrator, Calibration)>, LearnError> {
    let together = Ahead {
        target: [first.target.as_slice(), &second.target].concat(),
        predictions: [first.predictions.as_slice(), &second.predictions].concat(),
    };
    let loss = |target: &[f64], p: &[f64]| mean(losses(Measure::of_classes(task), target, p)).unwrap_or(f64::INFINITY);
    let ways: &[Way] = match task {
        Task::Binary => &[platt, isotonic],
        Task::Multiclass => &[sharpness],
        Task::Regression => return Ok(None),
    };
    let mut best: Option<(f64, Calibrator, Vec<f64>)> = None;
    for learn in ways {
        let (Some(from_second), Some(from_first), Some(from_both)) = (learn(second)?, learn(first)?, learn(&together)?)
        else {
            continue;
        };
        let [mut p, mut q] = [first.predictions.clone(), second.predictions.clone()];
        from_second.apply(&mut p, outputs);
        from_first.apply(&mut q, outputs);
        let helps = |of: &Ahead, p: &[f64]| loss(&of.target, p) < loss(&of.target, &of.predictions);
        let helped = helps(first, &p) && helps(second, &q);
        p.extend(q);
        let after = loss(&together.target, &p);
        if helped && best.as_ref().is_none_or(|(least, ..)| after < *least) {
            best = Some((after, from_both, p));
        }
    }
    Ok(best.map(|(after, calibrator, corrected)| {
        let truth: Vec<bool> = together.target.iter().map(|&y| y >= 0.5).collect();
        let slope = |p: &[f64]| (task == Task::Binary).then(|| calibration_slope(&truth, p))?.map(|of| of.slope);
        let told = Calibration {
            method: calibrator.name().to_owned(),
            rows: together.target.len() as u64,
            loss: (loss(&together.target, &together.predictions), after),
            slope: slope(&together.predictions).zip(slope(&corrected)),
        };
        (calibrator, told)
    }))
}

/// The correction with the fewest parameters, learned from `ahead`: of log-odds (binary), of the sharpness (several
/// classes). `None` of numbers, of less than [`LEAST`], and where the solver finds none.
pub fn learned(task: Task, ahead: &Ahead) -> Option<Calibrator> {
    let rows_of = |class: f64| ahead.target.iter().filter(|y| **y == class).count();
    match task {
        _ if ahead.target.len() < LEAST.0 => None,
        Task::Binary if rows_of(0.0).min(rows_of(1.0)) >= LEAST.1 => platt(ahead).ok()?,
        Task::Multiclass => sharpness(ahead).ok()?,
        _ => None,
    }
}

fn odds(p: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    (p / (1.0 - p)).ln()
}

struct Column(Vec<f64>);

impl Design for Column {
    fn width(&self) -> usize {
        1
    }

    fn rows(&self) -> usize {
        self.0.len()
    }

    fn blocks(
        &self,
        rows: std::ops::Range<usize>,
        take: &mut dyn FnMut(std::ops::Range<usize>, &[f64]),
    ) -> Result<(), LearnError> {
        take(rows.clone(), &self.0[rows]);
        Ok(())
    }
}

fn platt(ahead: &Ahead) -> Result<Option<Calibrator>, LearnError> {
    let truth: Vec<bool> = ahead.target.iter().map(|&y| y >= 0.5).collect();
    if truth.iter().all(|y| *y) || !truth.contains(&true) {
        return Ok(None);
    }
    let line =
        logistic(&Column(ahead.predictions.iter().map(|p| odds(*p)).collect()), &truth, Weights::default(), PENALTY)?;
    let slope = line.weights.first().copied().unwrap_or(f64::NAN);
    let sane = (SANE.0..=SANE.1).contains(&slope) && line.intercept.is_finite();
    Ok(sane.then_some(Calibrator::Platt { slope, intercept: line.intercept }))
}

fn isotonic(ahead: &Ahead) -> Result<Option<Calibrator>, LearnError> {
    let (from, mut to) = isotonic::fit(&ahead.predictions, &ahead.target);
    // Never certain: a probability of 0 that then happens would cost more than all others together.
    let least = 1.0 / (ahead.target.len() as f64 + 2.0);
    to.iter_mut().for_each(|p| *p = p.clamp(least, 1.0 - least));
    Ok((from.len() > 2).then_some(Calibrator::Isotonic { from, to }))
}

fn sharpness(ahead: &Ahead) -> Result<Option<Calibrator>, LearnError> {
    Ok(sharpness_slope(&ahead.target, &ahead.predictions).map(|line| Calibrator::Sharpness { power: line.slope }))
}

/// What is to several classes what the calibration slope is to two: the power to which their probabilities, made to sum
/// to 1 again, have the least log loss; 1 is right, below it they are too sure. By Newton's method (the loss is convex in
/// it), the standard error from its curvature. `predictions` are rows x classes, row by row. `None` where no power between
/// 0.1 and 10 is best.
pub fn sharpness_slope(target: &[f64], predictions: &[f64]) -> Option<Slope> {
    let classes = super::judge::outputs(target.len(), predictions);
    let logs: Vec<f64> = predictions.iter().map(|p| p.max(EDGE).ln()).collect();
    let (mut power, mut error) = (1.0_f64, f64::INFINITY);
    for _ in 0..STEPS {
        let (mut gradient, mut curvature) = (0.0, 0.0);
        for (row, &y) in logs.chunks_exact(classes).zip(target) {
            let mut p: Vec<f64> = row.iter().map(|log| power * log).collect();
            softmax(&mut p);
            let expected: f64 = p.iter().zip(row).map(|(p, log)| p * log).sum();
            let square: f64 = p.iter().zip(row).map(|(p, log)| p * log * log).sum();
            gradient += expected - row.get(y as usize).copied().unwrap_or(expected);
            curvature += square - expected * expected;
        }
        if curvature.is_nan() || curvature <= 0.0 {
            return None;
        }
        error = 1.0 / curvature.sqrt();
        let next = (power - gradient / curvature).clamp(power / 2.0, power * 2.0);
        let done = (next - power).abs() <= 1e-12 * power;
        power = next;
        if done || !(SANE.0..=SANE.1).contains(&power) {
            break;
        }
    }
    (SANE.0..=SANE.1).contains(&power).then_some(Slope { slope: power, intercept: 0.0, error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::random::Random;

    /// Outcomes of these log-odds, predictions of log-odds `sure` times as large.
    fn ahead(rows: usize, sure: f64, seed: u64) -> Ahead {
        let mut random = Random::seeded(seed);
        let mut ahead = Ahead::default();
        for _ in 0..rows {
            let odds = 4.0 * random.unit() - 2.5;
            ahead.target.push(f64::from(u8::from(random.unit() < 1.0 / (1.0 + (-odds).exp()))));
            ahead.predictions.push(1.0 / (1.0 + (-sure * odds).exp()));
        }
        ahead
    }

    #[test]
    fn predictions_too_sure_of_themselves_are_drawn_to_the_middle() {
        let halves = [&ahead(4_000, 1.5, 1), &ahead(4_000, 1.5, 2)];
        let (calibrator, told) = choose(Task::Binary, halves, 1).unwrap().unwrap();
        assert_eq!((calibrator.name(), told.method.as_str(), told.rows), ("Platt", "Platt", 8_000));
        let Calibrator::Platt { slope, .. } = calibrator else { panic!("{calibrator:?}") };
        assert!((slope - 1.0 / 1.5).abs() < 0.05, "{slope}");
        let (before, after) = told.slope.unwrap();
        assert!(told.loss.1 < told.loss.0 && (before - 0.667).abs() < 0.05 && (after - 1.0).abs() < 0.06, "{told:?}");
    }

    #[test]
    fn what_is_right_or_too_little_to_tell_is_left_alone() {
        assert_eq!(choose(Task::Binary, [&ahead(300, 1.0, 3), &ahead(300, 1.0, 5)], 1).unwrap(), None);
        let one_class = Ahead { target: vec![0.0; 50], predictions: vec![0.2; 50] };
        assert_eq!(choose(Task::Binary, [&one_class, &one_class], 1).unwrap(), None);
        assert_eq!(choose(Task::Binary, [&Ahead::default(), &Ahead::default()], 1).unwrap(), None);
        assert_eq!(choose(Task::Regression, [&one_class, &one_class], 1).unwrap(), None);
    }

    #[test]
    fn a_bent_relation_is_mended_point_by_point() {
        let bent = |seed| {
            let mut ahead = ahead(6_000, 1.0, seed);
            ahead.predictions.iter_mut().for_each(|p| *p = if *p < 0.3 { 0.5 * *p } else { 0.35 + 0.3 * *p });
            ahead
        };
        let (calibrator, told) = choose(Task::Binary, [&bent(1), &bent(2)], 1).unwrap().unwrap();
        assert_eq!(calibrator.name(), "isotonic");
        assert!(told.loss.1 < told.loss.0);
        let mut p = [0.0, 0.1, 0.5, 1.0];
        calibrator.apply(&mut p, 1);
        assert!(p.is_sorted() && p[0] > 0.0 && p[3] < 1.0, "{p:?}");
    }

    #[test]
    fn several_classes_keep_their_order_and_sum() {
        let mut random = Random::seeded(4);
        let mut draw = || {
            let mut ahead = Ahead::default();
            for _ in 0..3_000 {
                let mut p: Vec<f64> = (0..3).map(|_| 2.0 * random.unit()).collect();
                let scores = p.clone();
                softmax(&mut p);
                let at = random.unit();
                ahead.target.push(if at < p[0] {
                    0.0
                } else if at < p[0] + p[1] {
                    1.0
                } else {
                    2.0
                });
                p = scores.iter().map(|score| 2.0 * score).collect();
                softmax(&mut p);
                ahead.predictions.extend(p);
            }
            ahead
        };
        let sharp = draw();
        let found = sharpness_slope(&sharp.target, &sharp.predictions).unwrap();
        let off = (found.slope - 0.5).abs() / found.error;
        assert!(
            off < 3.0 && (0.005..0.05).contains(&found.error),
            "the power that undoes it, and its error: {found:?}"
        );
        assert_eq!(sharpness_slope(&[0.0, 1.0], &[0.5, 0.5, 0.5, 0.5]), None, "which knows nothing");
        let (calibrator, _) = choose(Task::Multiclass, [&draw(), &draw()], 3).unwrap().unwrap();
        let Calibrator::Sharpness { power } = calibrator else { panic!("{calibrator:?}") };
        assert!((power - 0.5).abs() < 0.1, "{power}");
        let mut p = [0.7, 0.2, 0.1];
        calibrator.apply(&mut p, 3);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12 && p[0] < 0.7 && p[0] > p[1] && p[1] > p[2], "{p:?}");
    }

    #[test]
    fn contributions_sum_to_the_corrected_log_odds() {
        let calibrator = Calibrator::Platt { slope: 0.5, intercept: 0.3 };
        let mut parts = [0.4, -0.2, 1.0, 0.0, 0.1, 1.0];
        let mut p: Vec<f64> = parts.chunks(3).map(|row| 1.0 / (1.0 + (-row.iter().sum::<f64>()).exp())).collect();
        calibrator.apply(&mut p, 1);
        calibrator.apply_to_contributions(&mut parts, 3);
        for (row, p) in parts.chunks(3).zip(p) {
            assert!((row.iter().sum::<f64>() - odds(p)).abs() < 1e-12);
        }
    }
}
