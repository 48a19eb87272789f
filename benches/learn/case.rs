//! What is measured, and what a measurement says.

use serde::{Deserialize, Serialize};

/// One thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Least squares with an L2 penalty: minutes late.
    Ridge,
    /// Least squares with half of the penalty on absolute values: minutes late.
    ElasticNet,
    /// Logistic regression: more than 15 minutes late.
    Logistic,
    /// Multinomial logistic regression: early, on time, late or very late.
    Multinomial,
    /// Boosting with 100 trees: minutes late.
    BoostedNumbers,
    /// Boosting with 100 trees: more than 15 minutes late.
    BoostedChances,
    /// All that a run does to diagnose a boosted model, on 100,000 rows that it has not seen.
    Diagnosis,
    /// Landfall's comparison of 100,000 made rows of 20 columns with as many that a model was made of.
    Drift,
}

/// What one process measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Rows trained on.
    pub train: u64,
    /// Rows predicted (diagnosed).
    pub test: u64,
    /// Seconds of the fit.
    pub fit: f64,
    /// Seconds of the prediction (diagnosis).
    pub predict: f64,
    /// Processor seconds of the fit.
    pub fit_cpu: f64,
    /// Processor seconds of the prediction.
    pub predict_cpu: f64,
    /// Most resident memory of the process, bytes.
    pub peak: u64,
    /// Log loss or root mean squared error on the test rows.
    pub loss: f64,
    /// Area under the ROC curve, or R².
    pub rank: f64,
    /// Seconds of the parts of a diagnosis.
    pub parts: Vec<(String, f64)>,
}

impl Case {
    /// Every case.
    pub const ALL: [Self; 8] = [
        Self::Ridge,
        Self::ElasticNet,
        Self::Logistic,
        Self::Multinomial,
        Self::BoostedNumbers,
        Self::BoostedChances,
        Self::Diagnosis,
        Self::Drift,
    ];

    /// Its name on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ridge => "ridge",
            Self::ElasticNet => "elastic-net",
            Self::Logistic => "logistic",
            Self::Multinomial => "multinomial",
            Self::BoostedNumbers => "boosted-numbers",
            Self::BoostedChances => "boosted-chances",
            Self::Diagnosis => "diagnosis",
            Self::Drift => "drift",
        }
    }

    /// The case of this name.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|case| case.name() == name).unwrap_or_else(|| panic!("no case {name:?}"))
    }

    /// Whether the yardstick does it too.
    pub fn has_rival(self) -> bool {
        !matches!(self, Self::Diagnosis | Self::Drift)
    }

    /// Whether the target is read as a number.
    pub fn of_numbers(self) -> bool {
        matches!(self, Self::Ridge | Self::ElasticNet | Self::Multinomial | Self::BoostedNumbers)
    }
}

impl Measured {
    /// The least time and memory of several processes that did the same; `None` of none.
    pub fn best(all: &[Self]) -> Option<Self> {
        let least = |of: fn(&Self) -> f64| all.iter().map(of).fold(f64::INFINITY, f64::min);
        let first = all.first()?.clone();
        let peak = all.iter().map(|one| one.peak).min()?;
        Some(Self {
            fit: least(|m| m.fit),
            predict: least(|m| m.predict),
            fit_cpu: least(|m| m.fit_cpu),
            predict_cpu: least(|m| m.predict_cpu),
            peak,
            ..first
        })
    }
}
