//! Preprocessing that is fitted on training rows, stored in the bundle, and applied to every row the model ever sees.
//!
//! Training and serving cannot disagree because both go through the same fitted [`Preprocess`]. Two views of a row
//! are made from it: one for trees (numbers with NaN for missing, categories as ranks) and one for linear models
//! (standardised, nothing missing). Only what stands for a target differs between rows that are learned from and new
//! ones: the former are shown their level's mean target without themselves and their neighbours in time, otherwise a level
//! seen once would give its row's target away.

mod apply;
mod fit;
mod folds;
mod number;
mod unseen;
mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::plan::FeaturePlan;
use folds::Folds;
pub use unseen::Unseen;
pub use words::Told;

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
    /// What rows that are learned from are shown; not kept in the bundle.
    #[serde(skip)]
    folds: Folds,
}

/// Fitted preprocessing of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// What it is and how its values are prepared.
    #[serde(flatten)]
    pub plan: FeaturePlan,
    /// Training rows without a value.
    pub missing: u64,
    /// Bounds that numbers are drawn to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<(f64, f64)>,
    /// How values become numbers.
    pub coding: Coding,
    /// What is taken off a value in the linear view, and what the rest is divided by: mean and standard deviation (divisor
    /// n) over the training rows unless the plan scales otherwise. A divisor of 0 means that the column says nothing, and
    /// its linear view is 0. Of a category's mean targets with several classes, see [`Coding::Category`].
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
    /// Trees see a level's rank by frequency or its mean target; linear models a column for each level, its mean target
    /// (one column for each of several classes), or its rank.
    Category {
        /// The levels, most frequent first, equally frequent ones in alphabetical order.
        levels: Vec<Level>,
        /// The level taken instead of a missing or unknown one; absent: trees see that it is missing, linear models
        /// the overall mean target.
        fill: Option<u32>,
        /// The overall mean target.
        overall: Means,
        /// What linear models see.
        #[serde(default)]
        linear: Form,
        /// What trees see: rank or target.
        #[serde(default = "Form::of_trees")]
        trees: Form,
    },
}

/// What stands for a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A column for each level that is frequent enough, 1 where it is and 0 elsewhere, less the level's share.
    OneHot,
    /// The rank by frequency.
    Rank,
    /// The mean target.
    #[default]
    Target,
}

impl Form {
    fn of_trees() -> Self {
        Self::Rank
    }
}

/// A mean target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Means {
    /// Of a number, or the share of the positive class.
    One(f64),
    /// The share of each of several classes.
    Each(Vec<f64>),
}

impl Means {
    /// One number, or one a class.
    pub fn as_slice(&self) -> &[f64] {
        match self {
            Self::One(mean) => std::slice::from_ref(mean),
            Self::Each(means) => means,
        }
    }
}

/// A level of a category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Its text.
    pub name: String,
    /// Training rows with it.
    pub rows: u64,
    /// Its mean target over the training rows, drawn towards the overall mean by [`SHRINKAGE`].
    pub effect: Means,
}

impl Preprocess {
    /// What to read for it.
    pub fn plan(&self) -> Vec<FeaturePlan> {
        self.features.iter().map(|feature| feature.plan.clone()).collect()
    }
}
