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
    /// What it was, once half of the outcomes are known: for who shows it, never kept with the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<f64>,
    /// Share of the rows whose outcome is known by now: like `actual`, never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<f64>,
}

/// What one run said of its features, as detectors and charts over many runs need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The run.
    pub run: i64,
    /// When it committed.
    pub at: Instant,
    /// Rows it predicted.
    pub rows: u64,
    /// Its features.
    pub features: Vec<Input>,
    /// AUC between its rows and the training rows, and the lower end of its interval.
    pub auc: Option<(f64, f64)>,
}

/// A feature in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Its name, sanitised.
    pub name: String,
    /// Stability index against the training rows.
    pub psi: f64,
    /// What chunks of the training rows stay below.
    pub limit: f64,
    /// Probability of the index by chance.
    pub p: f64,
    /// Share of the model's gain.
    pub importance: f64,
}

impl Input {
    /// See [`Moved::drift`].
    pub fn drift(&self) -> f64 {
        self.psi / self.limit.max(EFFECT)
    }
}

/// What a metric was expected to be on a day, and what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// `2013-03-01`
    pub day: String,
    /// Expected before the outcomes were known.
    pub value: f64,
    /// What chunks of the holdout gave.
    pub band: Option<(f64, f64)>,
    /// What it was, once half of the outcomes were known.
    pub actual: Option<f64>,
}

/// Of days whose outcomes are known and that were expected within a band: how many lay in it, and how many there are.
pub fn kept(days: &[Expected]) -> (usize, usize) {
    let judged = days.iter().filter_map(|day| day.band.zip(day.actual));
    let inside = judged.clone().filter(|((low, high), was)| (low..=high).contains(&was)).count();
    (inside, judged.count())
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
#[allow(missing_docs, reason = "fixtures of other tests")]
pub mod tests {
    use super::*;

    fn moved(name: &str, importance: f64, psi: f64, limit: f64) -> Moved {
        let far = psi > limit.max(EFFECT);
        let shares = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.08];
        let now = if far { [0.31, 0.22, 0.14, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.01] } else { shares };
        let edges =
            ["≤ -2.92", "≤ 0.06", "≤ 1.94", "≤ 3.02", "≤ 4.44", "≤ 5.98", "≤ 7.52", "≤ 9.14", "≤ 11.9", "> 11.9"];
        let bin = |(n, name): (usize, &&str)| Bin { name: (*name).into(), reference: shares[n], batch: now[n] };
        let missing = Bin { name: "missing".into(), reference: 0.02, batch: 0.01 };
        let measured = |value, limit| Measured { value, limit: Some(limit) };
        Moved {
            name: name.into(),
            importance,
            missing: (0.02, 0.01),
            out_of_range: Some(if far { 0.042 } else { 0.0 }),
            new_share: None,
            new_levels: Vec::new(),
            vanished: Vec::new(),
            psi: measured(psi, limit),
            p: if far { 3e-9 } else { 0.41 },
            js: measured(0.5 * psi.sqrt(), 0.34),
            ks: Some(measured(0.3 * psi.sqrt(), 0.31)),
            ks_p: Some(if far { 1e-12 } else { 0.2 }),
            wasserstein: Some(measured(0.8 * psi, 0.42)),
            chi2: Some((410.0 * psi, 10, if far { 1e-30 } else { 0.3 })),
            cramer_v: Some(0.12 * psi),
            chunk: (1_024, 20),
            bins: edges.iter().enumerate().map(bin).chain([missing]).collect(),
        }
    }

    /// A cold day of the flights: the temperature moved, a destination is new.
    pub fn account() -> Account {
        let mut dest = moved("dest", 0.08, 0.12, 0.2);
        dest.new_levels = vec![("ANC".into(), 3)];
        dest.vanished = vec![("BZN".into(), 6)];
        (dest.new_share, dest.out_of_range, dest.ks, dest.ks_p, dest.wasserstein) =
            (Some(0.003), None, None, None, None);
        let levels = [("ATL", 0.06, 0.05), ("CLT", 0.05, 0.05), ("ORD", 0.05, 0.06), ("other", 0.84, 0.84)];
        let bin = |(name, reference, batch): (&str, f64, f64)| Bin { name: name.into(), reference, batch };
        dest.bins = levels.into_iter().map(bin).collect();
        let day = |at: &str| at.parse().ok();
        let estimate = |metric: &str, value: f64, band: (f64, f64)| Estimate {
            metric: metric.into(),
            day: Some("2013-03-08".into()),
            value,
            band: Some(band),
            rows: 979,
            actual: None,
            known: None,
        };
        let whole =
            Estimate { day: None, actual: Some(0.688), known: Some(0.83), ..estimate("auc", 0.694, (0.66, 0.75)) };
        Account {
            version: 41,
            run: 128,
            rows: 979,
            sampled: 979,
            reference: 48_211,
            from: day("2013-03-08T05:00:00Z"),
            to: day("2013-03-08T23:59:00Z"),
            features: vec![
                moved("temp", 0.14, 0.93, 0.31),
                moved("sched_dep_hour", 0.41, 0.02, 0.05),
                dest,
                moved("visib", 0.05, 0.3, 1.1),
                moved("wind_speed", 0.11, 0.04, 0.6),
            ],
            score: Some(moved("prediction", 1.0, 0.18, 0.26)),
            classifier: Some(Classifier {
                auc: 0.81,
                low: 0.79,
                high: 0.83,
                rows: (1_000, 979),
                features: vec![("temp".into(), 0.61), ("visib".into(), 0.22), ("dest".into(), 0.05)],
            }),
            estimates: vec![
                whole,
                Estimate { day: None, known: Some(0.1), ..estimate("log_loss", 0.512, (0.41, 0.55)) },
                estimate("auc", 0.694, (0.66, 0.75)),
            ],
        }
    }

    /// Thirty runs of these features; the temperature was far once before.
    pub fn looks() -> Vec<Look> {
        let start: Instant = chrono::DateTime::from_timestamp_millis(1_360_195_200_000).unwrap_or_default();
        let one = |run: i64| {
            let day = start + chrono::Duration::days(run);
            let far = run == 22 || run == 29;
            let input = |one: &Moved, psi: f64| Input {
                name: one.name.clone(),
                psi,
                limit: one.psi.limit.unwrap_or(0.0),
                p: 0.4,
                importance: one.importance,
            };
            let psi = |one: &Moved| one.psi.value * if one.name == "temp" && !far { 0.2 } else { 1.0 };
            let features = account().features.iter().map(|one| input(one, psi(one))).collect();
            Look { run: 99 + run, at: day, rows: 950, features, auc: Some((0.72 + 0.003 * run as f64, 0.7)) }
        };
        (0..30).map(one).collect()
    }

    /// The AUC of thirty days; outcomes of the last two are not known yet.
    pub fn expected() -> Vec<Expected> {
        let one = |n: usize| Expected {
            day: (chrono::NaiveDate::from_ymd_opt(2013, 2, 7).unwrap() + chrono::Days::new(n as u64)).to_string(),
            value: 0.70 + 0.004 * (n % 7) as f64,
            band: Some((0.66, 0.75)),
            actual: (n < 28).then_some(0.69 + 0.006 * ((n * 5) % 11) as f64),
        };
        (0..30).map(one).collect()
    }

    #[test]
    fn days_that_came_true_are_those_within_their_band() {
        let day = |band, actual| Expected { day: String::new(), value: 0.5, band, actual };
        let band = Some((0.4, 0.6));
        let days = [day(band, Some(0.4)), day(band, Some(0.61)), day(band, None), day(None, Some(0.5))];
        assert_eq!((kept(&days), kept(&[])), ((1, 2), (0, 0)));
    }

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
