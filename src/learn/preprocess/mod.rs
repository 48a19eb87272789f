//! Preprocessing that is fitted on training rows, stored in the bundle, and applied to every row the model ever sees.
//!
//! Training and serving cannot disagree because both go through the same fitted [`Preprocess`]. Two views of a row
//! are made from it: one for trees (numbers with NaN for missing, categories as ranks) and one for linear models
//! (standardised, nothing missing).

mod apply;
mod fit;
mod unseen;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::plan::FeaturePlan;
pub use unseen::Unseen;

/// Weight of the overall mean, in rows, when a category's mean target is estimated: a level seen this many times
/// lies half way between its own mean and the overall one.
pub const SHRINKAGE: f64 = 20.0;

/// Fitted preprocessing of all features, in the plan's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preprocess {
    /// Rows it was fitted on.
    pub rows: u64,
    /// The features.
    pub features: Vec<Feature>,
}

/// Fitted preprocessing of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// What it is and how its values are prepared.
    #[serde(flatten)]
    pub plan: FeaturePlan,
    /// Training rows without a value.
    pub missing: u64,
    /// How values become numbers.
    pub coding: Coding,
    /// Mean and standard deviation (divisor n) of the linear view over the training rows. A deviation of 0 means the
    /// column says nothing, and its linear view is 0.
    pub mean: f64,
    /// See `mean`.
    pub deviation: f64,
}

/// How values become numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Coding {
    /// A number is itself.
    Number {
        /// What trees see instead of a missing value; absent: they see that it is missing.
        fill: Option<f64>,
        /// What linear models see instead of a missing value (`fill`, or the median).
        centre: f64,
    },
    /// Trees see the rank of a level by frequency, linear models its mean target.
    Category {
        /// The levels, most frequent first, equally frequent ones in alphabetical order.
        levels: Vec<Level>,
        /// The level taken instead of a missing or unknown one; absent: trees see that it is missing, linear models
        /// the overall mean target.
        fill: Option<u32>,
        /// The overall mean target.
        overall: f64,
    },
}

/// A level of a category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Its text.
    pub name: String,
    /// Training rows with it.
    pub rows: u64,
    /// Its mean target over the training rows, drawn towards the overall mean by [`SHRINKAGE`].
    pub effect: f64,
}

impl Preprocess {
    /// What to read for it.
    pub fn plan(&self) -> Vec<FeaturePlan> {
        self.features.iter().map(|feature| feature.plan.clone()).collect()
    }
}
