//! How the rows of one run differ from those its model was trained on: measured by the score stage, kept in the lake,
//! judged by the engine, shown by the console, the report and the command line.

use serde::{Deserialize, Serialize};

use super::Instant;

/// Stability indices below this are too small to matter, however sure they are.
pub const EFFECT: f64 = 0.1;

/// What was measured of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Version of the model that scored the rows: they are compared with its training rows.
    pub version: i64,
    /// The run.
    pub run: i64,
    /// Rows predicted by the run.
    pub rows: u64,
    /// Rows looked at where order matters (Kolmogorov-Smirnov, Wasserstein): the same or fewer, evenly spaced.
    pub sampled: u64,
    /// Rows trained on.
    pub reference: u64,
    /// First and last event time of the rows.
    pub from: Option<Instant>,
    /// See `from`.
    pub to: Option<Instant>,
    /// The features, what weighs most first.
    pub features: Vec<Moved>,
    /// The predictions, against those on the holdout.
    pub score: Option<Moved>,
    /// All features at once.
    pub classifier: Option<Classifier>,
    /// How well the predictions are expected to do, before their outcomes are known.
    pub estimates: Vec<Estimate>,
}

impl Account {
    /// Every text in it that comes from data.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let moved = self.features.iter_mut().chain(&mut self.score).flat_map(|one| {
            let bins = one.bins.iter_mut().map(|bin| &mut bin.name);
            let levels = one.new_levels.iter_mut().chain(&mut one.vanished).map(|(name, _)| name);
            std::iter::once(&mut one.name).chain(bins).chain(levels)
        });
        let shares = self.classifier.iter_mut().flat_map(|of| of.features.iter_mut().map(|(name, _)| name));
        moved.chain(shares)
    }
}

/// How far one feature (or the predictions) moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The feature; `prediction` for the predictions.
    pub name: String,
    /// Its share of the model's gain, 0 to 1; 1 for the predictions.
    pub importance: f64,
    /// Share of rows without a value: of the training rows, of the run's.
    pub missing: (f64, f64),
    /// Share of the run's values below the smallest or above the largest one trained on (numbers).
    pub out_of_range: Option<f64>,
    /// Share of the run's values whose level training never saw (texts).
    pub new_share: Option<f64>,
    /// The most frequent of these levels, with their rows.
    pub new_levels: Vec<(String, u64)>,
    /// Levels of which at least five rows were to be expected and none came, with the rows expected.
    pub vanished: Vec<(String, u64)>,
    /// Population stability index on ten bins of equal share of the training rows (or the most frequent levels and the
    /// others), and missing values.
    pub psi: Measured,
    /// Probability of such an index or a larger one when rows are drawn as chunks of the training rows are.
    pub p: f64,
    /// Jensen-Shannon distance in bits on the same bins, 0 to 1.
    pub js: Measured,
    /// Kolmogorov-Smirnov D (numbers).
    pub ks: Option<Measured>,
    /// Its probability by chance for independent rows.
    pub ks_p: Option<f64>,
    /// Wasserstein-1 in standard deviations of the training rows (numbers).
    pub wasserstein: Option<Measured>,
    /// Pearson's χ² on the bins, those with fewer than five expected rows pooled: statistic, degrees of freedom, p.
    pub chi2: Option<(f64, u32, f64)>,
    /// Cramér's V of the same table, 0 to 1.
    pub cramer_v: Option<f64>,
    /// Rows of the chunks of training rows that the limits come from, and how many chunks; 0 of too few rows.
    pub chunk: (u64, u32),
    /// The bins: missing values last.
    pub bins: Vec<Bin>,
}

/// A distance and what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The distance.
    pub value: f64,
    /// What chunks of the training rows of about as many rows stay below: mean plus three standard deviations, and for
    /// the stability index no less than what chance alone reaches once in a thousand times.
    pub limit: Option<f64>,
}

/// Share of rows in a bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// `≤ 12.5`, a level, `other`, `missing`.
    pub name: String,
    /// Of the training rows.
    pub reference: f64,
    /// Of the run's.
    pub batch: f64,
}

impl Moved {
    /// The stability index over its limit (no less than [`EFFECT`]): beyond 1 it moved.
    pub fn drift(&self) -> f64 {
        self.psi.value / self.psi.limit.unwrap_or(0.0).max(EFFECT)
    }

    /// Importance times drift: what to look at first.
    pub fn weight(&self) -> f64 {
        self.importance * self.drift()
    }
}

/// Whether a small model can tell the run's rows from the training rows, all features at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    /// Area under the ROC curve out of fold: 0.5 when the rows cannot be told apart.
    pub auc: f64,
    /// Its 95 % interval (DeLong).
    pub low: f64,
    /// See `low`.
    pub high: f64,
    /// Training rows and rows of the run it was fitted on.
    pub rows: (u64, u64),
    /// Share of its gain by feature, most first: what it tells the rows apart by.
    pub features: Vec<(String, f64)>,
}

/// What a metric is expected to be, from the predictions alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The metric.
    pub metric: String,
    /// The day it is about; absent for the whole run.
    pub day: Option<String>,
    /// What is expected.
    pub value: f64,
    /// What chunks of the holdout of about as many rows gave: mean less and plus three standard deviations.
    pub band: Option<(f64, f64)>,
    /// Rows.
    pub rows: u64,
}

/// The largest p-value called significant by Benjamini and Hochberg (1995) at false discovery rate `q`; `None` when
/// none is.
pub fn discovery_limit(p: &[f64], q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = p.iter().copied().filter(|p| !p.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let tests = sorted.len() as f64;
    (1_u32..).zip(&sorted).filter(|(rank, p)| **p <= q * f64::from(*rank) / tests).map(|(_, p)| *p).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discoveries_are_those_of_benjamini_and_hochberg() {
        // The example of their paper: fifteen comparisons, four rejected at 0.05.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(discovery_limit(&p, 0.05), Some(0.0095));
        assert_eq!(discovery_limit(&[0.2, f64::NAN, 0.9], 0.05), None);
        assert_eq!(discovery_limit(&[0.04, 0.03], 0.05), Some(0.04), "a larger rank lifts a smaller one");
        assert_eq!(discovery_limit(&[], 0.05), None);
    }
}
