//! Judging predictions on the holdout, and the difference between two models with its uncertainty.

use std::ops::Range;

use super::drift::chi_square_tail;
use super::frame::{DAY, Frame};
use super::metrics::{self, Figure, mean};
use super::random::Random;
use crate::domain::plan::{Algorithm, Loss, ModelPlan, Task};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 1_000;

/// With fewer days than this, spans of rows stand for days.
const LEAST_DAYS: usize = 5;

/// Spans of rows that stand for days.
const SPANS: usize = 20;

/// By what predictions are judged: of classes by log loss, of numbers by what boosting makes small.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What is predicted.
    pub task: Task,
    /// Probability at and above which a row is called positive (binary).
    pub threshold: f64,
    loss: Loss,
    quantile: f64,
    power: f64,
}

impl Measure {
    /// That of a plan. Where boosting does not compete, it is squared errors.
    pub fn of(plan: &ModelPlan) -> Self {
        let boosts = plan.learning.auto || plan.algorithms.contains(&Algorithm::Boosting);
        Self {
            task: plan.task,
            threshold: plan.threshold,
            loss: if boosts { plan.boosting.loss } else { Loss::Squared },
            quantile: plan.boosting.quantile,
            power: plan.learning.power,
        }
    }

    /// That of a task of classes.
    pub fn of_classes(task: Task) -> Self {
        Self { task, threshold: 0.5, loss: Loss::Squared, quantile: 0.0, power: 0.0 }
    }

    /// The loss of numbers.
    pub fn loss(self) -> Loss {
        self.loss
    }

    /// What the loss is called on screen.
    pub fn name(self) -> &'static str {
        if self.task.of_classes() { "log loss" } else { self.loss.name() }
    }

    /// The loss of a row of numbers.
    fn number(self, y: f64, p: f64) -> f64 {
        match self.loss {
            Loss::Squared => metrics::row_squared_error(y, p),
            Loss::Absolute => (y - p).abs(),
            Loss::Huber => metrics::row_pseudo_huber(y, p),
            Loss::Quantile => metrics::row_pinball(y, p, self.quantile),
            Loss::Poisson => metrics::row_deviance(y, p, 1.0),
            Loss::Tweedie => metrics::row_deviance(y, p, self.power),
        }
    }
}

/// How one model did on some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Loss of each row; see [`Measure`].
    pub losses: Vec<f64>,
    /// Their mean; `None` of no rows.
    pub loss: Option<f64>,
    /// All figures that are defined.
    pub figures: Vec<Figure>,
}

/// Judges `predictions` for `rows` of `frame`: one a row, or one for each of several classes, row by row.
pub fn judge(measure: Measure, frame: &Frame, rows: Range<usize>, predictions: &[f64]) -> Judgement {
    let target = &frame.target[rows];
    let losses = losses(measure, target, predictions);
    Judgement { loss: mean(losses.iter().copied()), losses, figures: all_figures(measure, target, predictions) }
}

/// Loss of each row.
pub fn losses(measure: Measure, target: &[f64], predictions: &[f64]) -> Vec<f64> {
    let rows = target.iter().zip(predictions);
    match measure.task {
        Task::Binary => rows.map(|(&y, &p)| metrics::row_log_loss(y >= 0.5, p)).collect(),
        Task::Regression => rows.map(|(&y, &p)| measure.number(y, p)).collect(),
        Task::Multiclass => {
            let rows = target.iter().zip(predictions.chunks_exact(outputs(target.len(), predictions)));
            rows.map(|(&y, p)| metrics::row_class_loss(y as usize, p)).collect()
        }
    }
}

/// Predictions a row: one, or one for each of several classes.
pub fn outputs(rows: usize, predictions: &[f64]) -> usize {
    (predictions.len() / rows.max(1)).max(1)
}

/// [`figures`], and what is too much to be shown of every day.
pub fn all_figures(measure: Measure, target: &[f64], predictions: &[f64]) -> Vec<Figure> {
    let mut all = figures(measure, target, predictions);
    all.extend(match measure.task {
        Task::Binary => metrics::binary_further(&positive(target), predictions, measure.threshold),
        Task::Regression => metrics::regression_further(target, predictions),
        Task::Multiclass => {
            metrics::multiclass_further(&indices(target), predictions, outputs(target.len(), predictions))
        }
    });
    all
}

fn positive(target: &[f64]) -> Vec<bool> {
    target.iter().map(|&y| y >= 0.5).collect()
}

fn indices(target: &[f64]) -> Vec<usize> {
    target.iter().map(|&y| y as usize).collect()
}

/// The figures of `predictions` that are shown of every day, as far as they are defined.
pub fn figures(measure: Measure, target: &[f64], predictions: &[f64]) -> Vec<Figure> {
    match measure.task {
        Task::Binary => metrics::binary_summary(&positive(target), predictions, measure.threshold),
        Task::Regression => {
            let mut figures = metrics::regression_summary(target, predictions);
            let own = mean(losses(measure, target, predictions)).filter(|own| own.is_finite());
            figures.extend(own.filter(|_| measure.loss != Loss::Squared).map(|own| ("own_loss", own)));
            figures
        }
        Task::Multiclass => {
            metrics::multiclass_summary(&indices(target), predictions, outputs(target.len(), predictions))
        }
    }
}

/// Mean difference of two models' losses over the same rows (first minus second: negative is better for the first)
/// with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The mean difference.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Rows compared.
    pub rows: usize,
    /// Probability of a difference at least as large if there were none, by the test of Diebold and Mariano; a
    /// cross-check of the interval. `None` where the days do not vary.
    pub p: Option<f64>,
}

/// Compares two models by the losses of the same rows, whose event times are `time` (ascending).
///
/// Rows of one day share their weather, so they do not count as independent: the interval comes from a circular
/// moving-block bootstrap (Politis and Romano 1992) over days with blocks of `days^(1/3)` days, and is the 2.5th to
/// 97.5th percentile of the resampled means. Losses are first summed by day, so a resample costs nothing. A history of
/// fewer than five days is cut into twenty spans of rows that stand for days. `None` of fewer than two rows.
pub fn compare(time: &[i64], first: &[f64], second: &[f64], seed: u64) -> Option<Difference> {
    let rows = time.len().min(first.len()).min(second.len());
    if rows < 2 {
        return None;
    }
    let differences: Vec<f64> = (0..rows).map(|i| first[i] - second[i]).collect();
    let groups = by_day(&time[..rows], &differences);
    let groups = if groups.len() < LEAST_DAYS { by_span(&differences) } else { groups };
    let mut means = resample(&groups, seed);
    means.sort_unstable_by(f64::total_cmp);
    Some(Difference {
        mean: mean(differences)?,
        low: metrics::quantile(&means, 0.025)?,
        high: metrics::quantile(&means, 0.975)?,
        rows,
        p: diebold_mariano(&groups),
    })
}

/// The two-sided p-value of Diebold and Mariano (1995): the mean over all rows against its long-run standard error by
/// Newey and West (1987) over the groups (sum, rows), with Bartlett weights up to lag `groups^(1/3)`. Groups are of
/// unequal size, so it is the sums' deviations from their share that are taken.
fn diebold_mariano(groups: &[(f64, usize)]) -> Option<f64> {
    let rows = groups.iter().map(|(_, rows)| *rows as f64).sum::<f64>();
    let average = metrics::sum(groups.iter().map(|(sum, _)| *sum)) / rows;
    let off: Vec<f64> = groups.iter().map(|(sum, rows)| sum - average * *rows as f64).collect();
    let lags = (groups.len() as f64).cbrt().floor() as usize;
    let at_lag = |lag: usize| metrics::sum(off.iter().zip(off.iter().skip(lag)).map(|(a, b)| a * b));
    let weighed = |lag: usize| 2.0 * (1.0 - lag as f64 / (lags as f64 + 1.0)) * at_lag(lag);
    let variance = at_lag(0) + metrics::sum((1..=lags).map(weighed));
    let statistic = (average * rows).powi(2) / variance;
    (variance > 0.0).then(|| chi_square_tail(statistic, 1))?
}

fn by_day(time: &[i64], differences: &[f64]) -> Vec<(f64, usize)> {
    let mut groups = Vec::new();
    let mut start = 0;
    for day in time.chunk_by(|a, b| a.div_euclid(DAY) == b.div_euclid(DAY)) {
        let rows = start..start + day.len();
        groups.push((metrics::sum(differences[rows].iter().copied()), day.len()));
        start += day.len();
    }
    groups
}

fn by_span(differences: &[f64]) -> Vec<(f64, usize)> {
    let size = differences.len().div_ceil(SPANS);
    differences.chunks(size).map(|rows| (metrics::sum(rows.iter().copied()), rows.len())).collect()
}

fn resample(groups: &[(f64, usize)], seed: u64) -> Vec<f64> {
    let block = (groups.len() as f64).cbrt().round().max(1.0) as usize;
    let mut random = Random::seeded(seed);
    (0..RESAMPLES)
        .map(|_| {
            let (mut sum, mut rows, mut taken) = (0.0, 0, 0);
            while taken < groups.len() {
                let start = random.below(groups.len());
                for step in 0..block.min(groups.len() - taken) {
                    let (group_sum, group_rows) = groups[(start + step) % groups.len()];
                    sum += group_sum;
                    rows += group_rows;
                }
                taken += block;
            }
            sum / rows as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `days` days of 50 rows, hourly.
    fn time(days: i64) -> Vec<i64> {
        (0..days * 50).map(|i| i / 50 * DAY + i % 50).collect()
    }

    #[test]
    fn the_same_model_differs_by_nothing() {
        let losses = vec![0.5; 500];
        let difference = compare(&time(10), &losses, &losses, 1).unwrap();
        assert_eq!(difference, Difference { mean: 0.0, low: 0.0, high: 0.0, rows: 500, p: None });
    }

    #[test]
    fn a_clear_difference_excludes_zero_and_noise_does_not() {
        let mut random = Random::seeded(3);
        let worse: Vec<f64> = (0..1_000).map(|_| 0.6 + 0.2 * random.unit()).collect();
        let better: Vec<f64> = (0..1_000).map(|_| 0.5 + 0.2 * random.unit()).collect();
        let also_worse: Vec<f64> = (0..1_000).map(|_| 0.6 + 0.2 * random.unit()).collect();
        let clear = compare(&time(20), &better, &worse, 7).unwrap();
        assert!(clear.high < 0.0 && clear.low < clear.mean && clear.mean < clear.high, "{clear:?}");
        let noise = compare(&time(20), &also_worse, &worse, 7).unwrap();
        assert!(noise.low < 0.0 && noise.high > 0.0, "{noise:?}");
    }

    #[test]
    fn a_bad_day_widens_the_interval_more_than_its_rows_spread_out() {
        let day = |day: usize| if day == 4 { 1.0 } else { 0.0 };
        let together: Vec<f64> = (0..500).map(|i| day(i / 50)).collect();
        let spread: Vec<f64> = (0..500).map(|i| day(i % 10)).collect();
        let zero = vec![0.0; 500];
        let width = |losses: &[f64]| compare(&time(10), losses, &zero, 5).map(|d| d.high - d.low).unwrap();
        assert!(width(&together) > 0.1);
        assert!(width(&spread) < 1e-12);
    }

    #[test]
    fn the_interval_is_that_of_its_seed() {
        let mut random = Random::seeded(11);
        let a: Vec<f64> = (0..500).map(|_| random.unit()).collect();
        let b = vec![0.5; 500];
        assert_eq!(compare(&time(10), &a, &b, 1), compare(&time(10), &a, &b, 1));
        assert_ne!(compare(&time(10), &a, &b, 1), compare(&time(10), &a, &b, 2));
    }

    #[test]
    fn few_days_are_compared_by_spans_and_one_row_not_at_all() {
        let losses: Vec<f64> = (0..100).map(|i| f64::from(i % 7)).collect();
        let difference = compare(&time(2), &losses, &vec![0.0; 100], 1).unwrap();
        assert!(difference.low < difference.mean && difference.mean < difference.high);
        assert_eq!(compare(&[0], &[1.0], &[2.0], 1), None);
    }

    #[derive(serde::Deserialize)]
    struct Stored {
        comparisons: Vec<Comparison>,
    }

    #[derive(serde::Deserialize)]
    struct Comparison {
        days: Vec<i64>,
        differences: Vec<f64>,
        mean: f64,
        deviation: f64,
        p: f64,
    }

    #[test]
    fn interval_and_test_are_those_of_numpy_and_scipy() {
        let stored: Stored = serde_json::from_str(include_str!("../../tests/reference/promotion.json")).unwrap();
        for case in stored.comparisons {
            let time: Vec<i64> = case.days.iter().map(|day| day * DAY).collect();
            let ours = compare(&time, &case.differences, &vec![0.0; time.len()], 1).unwrap();
            assert!((ours.mean - case.mean).abs() < 1e-9, "{ours:?}");
            assert!((ours.p.unwrap() - case.p).abs() < 1e-9, "{ours:?}, {}", case.p);
            // The spread of all possible resamples is known exactly; a thousand of them come near to it.
            let width = (ours.high - ours.low) / (2.0 * 1.96 * case.deviation);
            assert!((0.9..1.1).contains(&width), "{width}");
        }
    }
}
