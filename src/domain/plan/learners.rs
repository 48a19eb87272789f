//! What is learned and by whom: tasks, learners, their settings.

use serde::{Deserialize, Serialize};

/// What kind of prediction it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A number.
    Regression,
    /// A probability of the positive class (target 1 / true).
    Binary,
    /// A probability of each of several classes.
    Multiclass,
}

impl Task {
    /// Whether classes are predicted: predictions are probabilities then, and the loss is log loss.
    pub fn of_classes(self) -> bool {
        self != Self::Regression
    }

    /// The figure a day or a version is known by, as it is named in the store.
    pub fn headline(self) -> &'static str {
        if self.of_classes() { "auc" } else { "rmse" }
    }

    /// The figure that tells the loss.
    pub fn loss(self) -> &'static str {
        if self.of_classes() { "log_loss" } else { "rmse" }
    }

    /// The figures of the mean prediction and the mean outcome. Of several classes: the mean probability of the class
    /// called, and the share of calls that were right.
    pub fn levels(self) -> (&'static str, &'static str) {
        match self {
            Self::Regression => ("predicted_mean", "actual_mean"),
            Self::Binary => ("predicted_rate", "positive_rate"),
            Self::Multiclass => ("predicted_mean", "accuracy"),
        }
    }
}

/// Column of predictions with the probability of a class.
pub fn probability_of(class: &str) -> String {
    format!("{PROBABILITY}{class}")
}

/// Column of predictions with the bound below which an outcome seldom lies.
pub const LOWER: &str = "lower";

/// Column of predictions with the bound above which an outcome seldom lies.
pub const UPPER: &str = "upper";

/// How the columns of the probabilities of several classes begin.
pub const PROBABILITY: &str = "probability_";

/// The class that takes in those with too few rows to be learned.
pub const OTHER: &str = "__other__";

/// A learner that may compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// The training rows' mean (regression) or positive share (binary). Always trained, as the yardstick.
    Baseline,
    /// Logistic regression (classes) or penalised least squares (regression) on standardised columns.
    Linear,
    /// hessboost: gradient-boosted trees.
    Boosting,
    /// The mean (or the share of each class) of the last day.
    LastValue,
    /// The mean (or the share of each class) of each hour of a season.
    Seasonal,
    /// Gaussian naive Bayes (classes).
    NaiveBayes,
    /// Least squares without a penalty (regression).
    Ols,
    /// Least squares with a penalty on squared weights (regression).
    Ridge,
    /// Least squares with a penalty on absolute weights (regression).
    Lasso,
    /// Least squares with half of either penalty (regression).
    ElasticNet,
    /// Poisson regression: counts (regression).
    Poisson,
    /// Tweedie regression: amounts, many of them 0 (regression).
    Tweedie,
}

impl Algorithm {
    /// All of them with their names in configurations, on screen and in the store.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("baseline", Self::Baseline),
        ("linear", Self::Linear),
        ("boosting", Self::Boosting),
        ("last_value", Self::LastValue),
        ("seasonal", Self::Seasonal),
        ("naive_bayes", Self::NaiveBayes),
        ("ols", Self::Ols),
        ("ridge", Self::Ridge),
        ("lasso", Self::Lasso),
        ("elastic_net", Self::ElasticNet),
        ("poisson", Self::Poisson),
        ("tweedie", Self::Tweedie),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, algorithm)| *algorithm == self).map_or("", |(name, _)| name)
    }

    /// Whether it goes by no feature, but by the outcomes and their time alone.
    pub fn is_naive(self) -> bool {
        matches!(self, Self::Baseline | Self::LastValue | Self::Seasonal)
    }

    /// Whether it can do this task.
    pub fn does(self, task: Task) -> bool {
        match self {
            Self::Baseline | Self::Linear | Self::Boosting | Self::LastValue | Self::Seasonal => true,
            Self::NaiveBayes => task.of_classes(),
            Self::Ols | Self::Ridge | Self::Lasso | Self::ElasticNet | Self::Poisson | Self::Tweedie => {
                task == Task::Regression
            }
        }
    }
}

/// What boosting of numbers makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Squared errors: predicts the mean.
    #[default]
    Squared,
    /// Absolute errors: predicts the median.
    Absolute,
    /// Squared errors near 0, absolute ones beyond a unit (pseudo-Huber).
    Huber,
    /// Predicts a quantile; see [`BoostingPlan::quantile`].
    Quantile,
    /// Counts, by a logarithmic link.
    Poisson,
    /// Amounts of which many are 0, by a logarithmic link.
    Tweedie,
}

impl Loss {
    /// What it is called on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Squared => "squared error",
            Self::Absolute => "absolute error",
            Self::Huber => "pseudo-Huber error",
            Self::Quantile => "quantile loss",
            Self::Poisson => "Poisson deviance",
            Self::Tweedie => "Tweedie deviance",
        }
    }
}

/// How the best settings are searched, on the end of the training rows and never on the holdout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchPlan {
    /// Each trial on few rows first, the better third of them on twice as many, and so on; otherwise all on all rows.
    pub halving: bool,
    /// Settings tried for each algorithm, those of the configuration first, the others drawn by the seed.
    pub trials: u32,
}

/// Where a probability begins to count as positive (binary).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calling {
    /// At the threshold that is given.
    #[default]
    Given,
    /// Where F1 is greatest.
    F1,
    /// Where wrong calls cost least.
    Cost {
        /// Of a positive row that is not called.
        miss: f64,
        /// Of a negative row that is called.
        false_alarm: f64,
    },
}

/// How learning is helped along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LearningPlan {
    /// A small leaderboard decides who enters the contest.
    pub auto: bool,
    /// Search for settings.
    pub search: Option<SearchPlan>,
    /// Seconds after which no further trial begins.
    pub budget_seconds: f64,
    /// Whether probabilities are corrected where that helps.
    pub calibrate: bool,
    /// Column with the weight of each training row.
    pub weight: Option<String>,
    /// Length of a season of [`Algorithm::Seasonal`].
    pub season_days: f64,
    /// Power of the variance of Tweedie regression and boosting, between 1 and 2.
    pub power: f64,
    /// Share of the outcomes that is to lie between the bounds given with each prediction (regression); no bounds when
    /// absent.
    #[serde(skip_serializing_if = "is_default")]
    pub interval: Option<f64>,
    /// Every so many versions boosting is fitted anew; those between add rounds to the champion. 1: always anew.
    pub refit_every: u32,
    /// Column with the instant at which a row's outcome became known.
    #[serde(skip_serializing_if = "is_default")]
    pub label_time: Option<String>,
    /// Where a probability begins to count as positive (binary).
    #[serde(skip_serializing_if = "is_default")]
    pub calling: Calling,
}

impl Default for LearningPlan {
    fn default() -> Self {
        Self {
            auto: false,
            search: None,
            budget_seconds: 600.0,
            calibrate: false,
            weight: None,
            season_days: 7.0,
            power: 1.5,
            interval: None,
            refit_every: 1,
            label_time: None,
            calling: Calling::Given,
        }
    }
}

/// Settings of the linear model: logistic regression for a binary task, least squares otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearPlan {
    /// Penalty on the weights of standardised columns, of the loss summed over the rows: scikit-learn's `alpha` of
    /// `Ridge`, and `1 / C` of `LogisticRegression`.
    pub penalty: f64,
    /// Share of the penalty that is on absolute values (0 ridge, 1 lasso); regression only.
    pub l1_ratio: f64,
}

/// Settings of gradient boosting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostingPlan {
    /// Most rounds.
    pub max_rounds: u32,
    /// Shrinkage of each tree.
    pub learning_rate: f64,
    /// Leaves of a tree.
    pub max_leaves: u32,
    /// Depth of a tree (0 = unlimited).
    pub max_depth: u32,
    /// Smallest sum of hessian in a leaf.
    pub min_child_weight: f64,
    /// L2 penalty on leaf values.
    pub lambda: f64,
    /// Stop after this many rounds without a better validation loss.
    pub early_stop: u32,
    /// What is made small (regression).
    #[serde(default, skip_serializing_if = "is_default")]
    pub loss: Loss,
    /// The quantile that [`Loss::Quantile`] predicts; 0 for other losses.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quantile: f64,
    /// Features that may only raise the prediction as they grow (true), or only lower it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub monotone: Vec<(String, bool)>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
