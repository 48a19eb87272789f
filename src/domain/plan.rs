//! Typed plans: what cleaning, training and publishing mean, before any engine executes them.
//!
//! `config` makes them from what a person wrote, `stages` compiles them. They are plain data, so a plan can be
//! shown, compared between two runs, and hashed.

mod learners;

use serde::{Deserialize, Serialize};

use super::expr::{Expr, Literal};

pub use super::feature::FeaturePlan;
pub use super::form::{Budget, CsvForm, Evolution, FileFormat};
pub use learners::{
    Algorithm, BoostingPlan, Calling, LOWER, LearningPlan, LinearPlan, Loss, OTHER, PROBABILITY, SearchPlan, Task,
    UPPER, probability_of,
};

/// The logical type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// 64-bit signed integer.
    Integer,
    /// 64-bit float.
    Float,
    /// True or false.
    Boolean,
    /// A calendar date.
    Date,
    /// An instant in UTC, microseconds.
    Datetime,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May be learned from: known when the prediction is made.
    Feature,
    /// What is predicted. Null until the outcome is known.
    Target,
    /// The event time: orders the history, partitions the lake, splits train from test.
    Time,
    /// Part of a row's identity and nothing else: a later row with the same key (see [`CleanPlan::key`]) replaces an
    /// earlier one.
    Id,
    /// Read (expressions may use it) but dropped before the history.
    Ignore,
    /// Kept in the history but never learned from: it is known only after the event (a leak).
    Never,
    /// The instant at which a row's target became known: nothing is trained on, as of an instant, whose outcome came
    /// later. Never learned from.
    LabelTime,
}

/// What happens to a value that does not parse, lies outside its range or is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInvalid {
    /// The row goes to the rejects.
    Reject,
    /// The value becomes null (and is imputed like one).
    Null,
}

/// How nulls of a feature are filled. Fitted on training rows only and stored in the model's bundle, so that
/// training and serving never disagree; the history keeps the null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    /// Left missing: boosting handles it natively, linear models get the median and an indicator.
    Leave,
    /// The training rows' median (numbers).
    Median,
    /// The training rows' mean (numbers).
    Mean,
    /// The training rows' most frequent value.
    Mode,
    /// This value, already in the clean stage.
    Constant(Literal),
    /// A null rejects the row, in the clean stage.
    Reject,
}

/// One column of a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnPlan {
    /// Name in the history.
    pub name: String,
    /// Header in the landed file; equal to `name` unless renamed. Unused for a derived column.
    pub source: String,
    /// Its type.
    pub ty: ColumnType,
    /// What it is for.
    pub role: Role,
    /// Part of a row's identity: always so for role `Id`, and for a time or a feature that says `key = true` (a
    /// flight is known by its scheduled hour and its carrier, and both are more than a name).
    #[serde(default)]
    pub in_key: bool,
    /// Smallest and largest valid value, inclusive; either side may be open.
    pub min: Option<f64>,
    /// See `min`.
    pub max: Option<f64>,
    /// The only valid texts, if given.
    pub allowed: Option<Vec<String>>,
    /// What happens to an invalid value.
    pub on_invalid: OnInvalid,
    /// What happens to a null.
    pub impute: Impute,
    /// The header may be missing from a file (its values are then null). A missing required header is another
    /// schema, and the file is quarantined.
    pub optional: bool,
    /// Derived from other columns instead of read.
    pub expression: Option<Expr>,
    /// strptime format of a date or time, when not ISO 8601.
    pub format: Option<String>,
}

/// How finely the history is cut into files: a batch rewrites only the partitions whose rows it touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partition {
    /// One part a day.
    Day,
    /// One part a month.
    Month,
    /// One part a year.
    Year,
}

/// What the clean stage does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanPlan {
    /// How files are read.
    pub format: FileFormat,
    /// All columns, in the order of the configuration; exactly one has role `Time`.
    pub columns: Vec<ColumnPlan>,
    /// Share of a batch's rows that may be rejected before the stage fails (0.05 = 5 %).
    pub max_reject_ratio: f64,
    /// Share above which the stage warns.
    pub warn_reject_ratio: f64,
    /// How the history is cut.
    pub partition: Partition,
    /// How much of a file is unpacked.
    #[serde(default)]
    pub budget: Budget,
    /// What becomes of columns that are not of the plan.
    #[serde(default)]
    pub evolution: Evolution,
}

impl CleanPlan {
    /// Names of the columns that identify a row, in order: the ids and every other column that is `in_key`; empty when
    /// rows have no identity.
    pub fn key(&self) -> Vec<&str> {
        self.columns.iter().filter(|c| c.in_key || c.role == Role::Id).map(|c| c.name.as_str()).collect()
    }

    /// Name of the event time column, if the plan has one (a validated plan does).
    pub fn time(&self) -> Option<&str> {
        self.columns.iter().find(|c| c.role == Role::Time).map(|c| c.name.as_str())
    }

    /// The plan for rows that are only to be predicted from the columns `inputs`: what no feature is made of may be
    /// missing, as outcomes are, and rows are not refused for it.
    pub fn to_predict(&self, inputs: &[&str]) -> Self {
        let mut needed = inputs.to_vec();
        let mut next = 0;
        while let Some(&name) = needed.get(next) {
            let column = self.columns.iter().find(|column| column.name == name);
            for read in column.and_then(|column| column.expression.as_ref()).map(Expr::columns).unwrap_or_default() {
                if !needed.contains(&read) {
                    needed.push(read);
                }
            }
            next += 1;
        }
        let mut plan = self.clone();
        for column in plan.columns.iter_mut().filter(|column| !needed.contains(&column.name.as_str())) {
            column.optional = true;
            column.on_invalid = OnInvalid::Null;
            column.impute = Impute::Leave;
        }
        plan
    }

    /// Columns that are written to the history: all but the ignored.
    pub fn kept(&self) -> impl Iterator<Item = &ColumnPlan> {
        self.columns.iter().filter(|c| c.role != Role::Ignore)
    }

    /// Names of all columns of the history: those that are written to it, then those that Landfall adds.
    pub fn stored(&self) -> impl Iterator<Item = &str> {
        self.kept().map(|column| column.name.as_str()).chain([system::FILE, system::LINE])
    }
}

/// Columns that Landfall itself adds to every row of the history.
pub mod system {
    /// Ledger id of the file version a row came from (i64). Of two rows with one key the later file wins, then the
    /// later line: the order of arrival, whatever the order of processing.
    pub const FILE: &str = "_file";
    /// 1-based record number inside its file, the header not counted (i64).
    pub const LINE: &str = "_line";
    /// What a file had beside the columns of the plan, as a JSON object (text); only where the landing rescues it.
    pub const RESCUED: &str = "_rescued";
}

/// Which rows of the labelled history are trained on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All of them.
    #[default]
    All,
    /// Those of the last so many days.
    Days(f64),
    /// The newest so many.
    Rows(u64),
    /// Each with a weight that halves every so many days; what is held out, and newer, weighs 1.
    HalfLife(f64),
}

impl Window {
    /// `the last 28 days`.
    pub fn words(self) -> String {
        match self {
            Self::All => "everything before".to_owned(),
            Self::Days(days) => format!("the last {days} days"),
            Self::Rows(rows) => format!("the newest {rows} rows"),
            Self::HalfLife(days) => format!("half weight after {days} days"),
        }
    }
}

/// When a challenger replaces the champion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionPlan {
    /// A challenger must not be worse than the champion by more than this share of its loss (0.02 = 2 %), judged by
    /// the upper end of the confidence interval of the paired loss difference.
    pub tolerance: f64,
    /// Fewer holdout rows than this: provisional, the champion stays.
    pub min_rows: u64,
    /// Fewer rows than this in either class: provisional, the champion stays.
    pub min_per_class: u64,
    /// After so many batches in a row in which the champion was worse than the version before it, that one serves
    /// again; never when absent.
    #[serde(default)]
    pub rollback_after: Option<u32>,
}

/// What the train and score stages need to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelPlan {
    /// What is predicted.
    pub task: Task,
    /// Name of the target column.
    pub target: String,
    /// Name of the event time column.
    pub time: String,
    /// Names of the columns that identify a row.
    pub key: Vec<String>,
    /// The features, in order: name, type, impute rule.
    pub features: Vec<FeaturePlan>,
    /// Who competes (the baseline always does).
    pub algorithms: Vec<Algorithm>,
    /// The linear model's settings.
    pub linear: LinearPlan,
    /// Boosting's settings.
    pub boosting: BoostingPlan,
    /// Length of the holdout at the end of the labelled history, in days.
    pub holdout_days: f64,
    /// Days until the outcome of a row is known: what is judged is not trained on rows that were younger at the cut.
    #[serde(default)]
    pub label_delay_days: f64,
    /// Which rows are trained on.
    #[serde(default)]
    pub window: Window,
    /// Whether the winner is fitted once more on all labelled rows (holdout included) before it serves.
    pub refit: bool,
    /// The rule of promotion.
    pub promotion: PromotionPlan,
    /// Probability at and above which a row is called positive (binary).
    pub threshold: f64,
    /// How learning is helped along.
    #[serde(default)]
    pub learning: LearningPlan,
}
