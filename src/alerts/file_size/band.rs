//! What is usual for one figure of a file.
//!
//! y = ln(value) against the [baseline](crate::alerts::baseline) of comparable files. Abnormal when |residual| exceeds so
//! many robust standard deviations *and* the factor lies outside 0.6 to 1.7, or when the factor alone is beyond the
//! ratio limit. The two together keep a very regular feed from alarming over a few per cent and a very irregular one
//! from hiding a tenfold file.

use chrono::NaiveDateTime;

use super::measure::{Mark, Metric, SeenFile};
use crate::alerts::baseline::{Baseline, Point, baseline, usable};
use crate::config::rules::{Direction, FileSizeRule};

/// Below so many comparable files nothing is judged but bounds and emptiness.
pub const MIN_RATIO: usize = 3;
/// From so many on the spread is known well enough for the rule of standard deviations.
const MIN_SIGMA: usize = 28;
/// The smallest spread believed, in ln(value): 2 %.
const FLOOR: f64 = 0.02;
/// Factors within this range are never abnormal by the rule of standard deviations.
pub const HARMLESS: (f64, f64) = (0.6, 1.7);
/// Tails heavier than this are not those of normal noise: more standard deviations are allowed.
const HEAVY: f64 = 3.8;
/// So many.
const HEAVY_SIGMAS: f64 = 6.5;

/// What is usual for a figure, and how far from it is still so.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// The middle, in the figure's unit.
    pub usual: f64,
    /// Factors of the middle that are usual.
    pub factors: (f64, f64),
    /// A factor beyond this is critical.
    pub limit: f64,
    /// The rule, for a person.
    pub rule: String,
}

impl Band {
    /// Lower and upper end in the figure's unit. An open upper end is drawn where it would be critical.
    pub fn ends(&self) -> (f64, f64) {
        let high = if self.factors.1.is_finite() { self.factors.1 } else { self.limit };
        (self.usual * self.factors.0, self.usual * high)
    }

    /// The band of `metric` at `at` by comparable files, or how many there are.
    ///
    /// # Errors
    /// Fewer than [`MIN_RATIO`].
    pub fn of(metric: Metric, at: NaiveDateTime, history: &[SeenFile<'_>], rule: &FileSizeRule) -> Result<Self, usize> {
        let points = usable(&points(metric, history), |value| if value > 0.0 { value.ln() } else { f64::NAN });
        match baseline(&points, at).filter(|usual| usual.n >= MIN_RATIO) {
            Some(usual) => Ok(Self::around(&usual, metric, rule)),
            None => Err(points.len()),
        }
    }

    fn around(usual: &Baseline, metric: Metric, rule: &FileSizeRule) -> Self {
        // Before the first weekend has been seen, a weekend's file must not look like a mishap.
        let unknown_rhythm = if usual.rhythm { 0.0 } else { 4.0 * usual.spread };
        let limit = rule.ratio.max(1.0).max(unknown_rhythm.exp());
        let spread = usual.spread.max(FLOOR);
        let (mut low, mut high, rule_said);
        if usual.n < MIN_SIGMA {
            (low, high) = (1.0 / limit, limit);
            rule_said = format!("a factor beyond {limit:.1} of the median of {} files", usual.n);
        } else {
            let (sigmas, heavy) = sigmas(usual, rule);
            let reach = (sigmas * spread).exp();
            low = HARMLESS.0.min(1.0 / reach).max(1.0 / limit);
            high = HARMLESS.1.max(reach).min(limit);
            rule_said = format!(
                "more than {sigmas} robust standard deviations{heavy} and a factor beyond {} to {}, or a factor beyond \
                 {limit:.1}; {} comparable files, spread {spread:.3} in ln({})",
                HARMLESS.0,
                HARMLESS.1,
                usual.n,
                metric.unit()
            );
        }
        match rule.direction {
            Direction::Up if metric.is_directed() => low = 0.0,
            Direction::Down if metric.is_directed() => high = f64::INFINITY,
            _ => {}
        }
        Self { usual: usual.centre.exp(), factors: (low, high), limit, rule: rule_said }
    }
}

fn sigmas(usual: &Baseline, rule: &FileSizeRule) -> (f64, &'static str) {
    let chosen = rule.sensitivity.sigmas();
    match rule.sigmas {
        Some(declared) => (declared, ""),
        None if usual.tails.is_some_and(|tails| tails > HEAVY) => {
            (chosen.max(HEAVY_SIGMAS), " (raised: this feed has heavy tails)")
        }
        None => (chosen, ""),
    }
}

fn points(metric: Metric, history: &[SeenFile<'_>]) -> Vec<Point> {
    let point =
        |file: &SeenFile<'_>| Some(Point { at: file.at, value: metric.of(file)?, alerted: file.mark == Mark::Alerted });
    history.iter().filter_map(point).collect()
}
