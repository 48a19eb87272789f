//! What the report tells: gathered by the engine from the store, drawn by the report stage.

use serde::{Deserialize, Serialize};

use super::Instant;
use super::alert::{Alarm, AlertState, Severity};
use super::diagnosis::Diagnosis;
use super::drift::{Account, Expected, Look};
use super::model::ModelCard;
use super::plan::Task;
use super::why::Why;

/// Everything one report says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Heading.
    pub title: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// The run it is about.
    pub run: i64,
    /// When that run started.
    pub started: Instant,
    /// Why it ran, in plain words.
    pub trigger: String,
    /// Hash of the pipeline's configuration.
    pub config_hash: String,
    /// What is predicted.
    pub target: String,
    /// How.
    pub task: Task,
    /// Files of the batch: (name, bytes, rows, rejected, state, reason).
    pub files: Vec<StoryFile>,
    /// What the stages took.
    pub stages: Vec<StoryStage>,
    /// One entry an event day, oldest first, at most the last 400.
    pub days: Vec<StoryDay>,
    /// One entry a model version, oldest first, at most the last 100.
    pub models: Vec<StoryModel>,
    /// The version that serves.
    pub champion: Option<ModelCard>,
    /// What the last training decided.
    pub challenger: Option<ModelCard>,
    /// A version and what it does well and badly: the champion, or the challenger where that is not known of it.
    #[serde(default)]
    pub diagnosis: Option<(i64, Diagnosis)>,
    /// How the rows that this run predicted differ from those the model was trained on.
    #[serde(default)]
    pub drift: Option<Account>,
    /// The features of the newest runs, oldest first.
    #[serde(default)]
    pub inputs: Vec<Look>,
    /// A figure by day, expected before the outcomes were known, and what it was.
    #[serde(default)]
    pub expected: Option<(String, Vec<Expected>)>,
    /// Why rows were rejected in this batch: (column, reason, rows), most frequent first.
    pub rejects: Vec<(String, String, u64)>,
    /// Alerts that stand, and those of this run.
    pub alerts: Vec<StoryAlert>,
    /// Standing alerts beyond those listed.
    #[serde(default)]
    pub alerts_left: u64,
    /// How right each rule was that ever fired.
    #[serde(default)]
    pub precision: Vec<StoryPrecision>,
    /// Unlabelled rows predicted by this run, and their mean prediction.
    pub predicted: Option<(u64, f64)>,
    /// What the newest runs predicted, oldest first, as far as it is judged by now.
    #[serde(default)]
    pub runs: Vec<StoryRun>,
    /// Why the worst predictions that this run judged were made, the worst first.
    #[serde(default)]
    pub worst: Vec<Why>,
}

/// The predictions of one run, whatever day they are of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryRun {
    /// The run that predicted.
    pub run: i64,
    /// Rows it predicted.
    pub rows: u64,
    /// Share of them whose outcome is known by now.
    pub labelled: f64,
    /// The headline metric over these.
    pub headline: Option<f64>,
    /// The loss over these.
    pub loss: Option<f64>,
}

/// A file of the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryFile {
    /// Name in the landing.
    pub key: String,
    /// Size.
    pub bytes: u64,
    /// Rows read.
    pub rows: Option<u64>,
    /// Rows rejected.
    pub rejected: Option<u64>,
    /// State in the ledger.
    pub state: String,
    /// Why it is in that state.
    pub reason: String,
}

/// A stage of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryStage {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// Seconds it took.
    pub seconds: Option<f64>,
    /// Seconds it usually takes: the median of its last successes, when there are at least ten.
    #[serde(default)]
    pub usual_seconds: Option<f64>,
    /// Peak resident memory in bytes.
    pub peak_memory: Option<u64>,
    /// Its one-line summary.
    pub summary: String,
}

/// One day of predictions. All figures are about the rows whose event time lies on that day.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StoryDay {
    /// `2013-03-01`.
    pub day: String,
    /// Rows predicted.
    pub rows: u64,
    /// Mean prediction (a probability for binary tasks).
    pub predicted: Option<f64>,
    /// Mean outcome of the rows whose outcome is known.
    pub actual: Option<f64>,
    /// Share of the predicted rows whose outcome is known.
    pub labelled: Option<f64>,
    /// The headline metric (AUC or RMSE), prequential.
    pub headline: Option<f64>,
    /// The loss (log loss or RMSE), prequential.
    pub loss: Option<f64>,
    /// Share of the outcomes that lay between the bounds given with the predictions.
    #[serde(default)]
    pub coverage: Option<f64>,
    /// Mean distance of these bounds.
    #[serde(default)]
    pub width: Option<f64>,
}

/// One model version in the history of versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryModel {
    /// Its number.
    pub version: i64,
    /// When it was made.
    pub made: Instant,
    /// Who won.
    pub algorithm: String,
    /// `promoted`, `kept`, …
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// Headline metric on the holdout: challenger, champion, baseline.
    pub headline: (Option<f64>, Option<f64>, Option<f64>),
    /// Loss on the holdout: challenger, champion, baseline.
    pub loss: (Option<f64>, Option<f64>, Option<f64>),
}

/// An alert in the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryAlert {
    /// When it was raised.
    pub raised: Instant,
    /// How grave.
    pub severity: Severity,
    /// Where it is.
    pub state: AlertState,
    /// What it is about.
    pub kind: String,
    /// One sentence.
    pub message: String,
    /// Whether it was raised in this run.
    #[serde(default)]
    pub here: bool,
    /// Whether another alert explains it.
    #[serde(default)]
    pub inhibited: bool,
    /// The operator who answered it.
    #[serde(default)]
    pub who: Option<String>,
    /// What they said.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it was right to raise it, if somebody said.
    #[serde(default)]
    pub alarm: Option<Alarm>,
    /// When its mute ends.
    #[serde(default)]
    pub muted_until: Option<Instant>,
    /// When it was over.
    #[serde(default)]
    pub ended: Option<Instant>,
}

/// How right a rule was, by what operators said of its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryPrecision {
    /// The rule.
    pub kind: String,
    /// Alerts that fired.
    pub fired: u64,
    /// Of those: called a true alarm.
    pub right: u64,
    /// Of those: called a false alarm.
    pub wrong: u64,
}
