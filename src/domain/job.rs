//! What the engine tells a worker (one job on stdin) and what a worker tells the engine (JSON lines on stdout).

use serde::{Deserialize, Serialize};

use super::Instant;
use super::alert::FactAlert;
use super::backtest::Backtest;
use super::dataset::{Artifact, Part};
use super::location::Location;
use super::metric::Metric;
use super::model::ModelCard;
use super::plan::{CleanPlan, ModelPlan, Window};
use super::story::Story;
use super::why::Why;

/// One attempt at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Run it belongs to.
    pub run: i64,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage.
    pub stage: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The instant that counts as now in everything the stage writes.
    pub now: Instant,
    /// Seed of everything random.
    pub seed: u64,
    /// The lake.
    pub lake: Location,
    /// Folder in the lake that only this attempt writes: `.staging/<run>/<stage>-<attempt>`.
    pub staging: String,
    /// What to do.
    pub work: Work,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one job lives at a time")]
pub enum Work {
    /// See [`CleanJob`].
    Clean(CleanJob),
    /// See [`ScoreJob`].
    Score(ScoreJob),
    /// See [`TrainJob`].
    Train(TrainJob),
    /// See [`BacktestJob`].
    Backtest(BacktestJob),
    /// See [`PublishJob`].
    Publish(PublishJob),
    /// See [`ReportJob`].
    Report(ReportJob),
    /// See [`CommandJob`].
    Command(CommandJob),
    /// See [`WhyJob`].
    Why(WhyJob),
}

/// A file version of the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its ledger id.
    pub id: i64,
    /// Its name in the landing.
    pub key: String,
    /// Where it is: an absolute path.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The version the ledger claimed; a file that is no longer this version must not be used.
    pub token: String,
    /// Records it must have, when its manifest says so.
    #[serde(default)]
    pub promised: Option<u64>,
}

/// Clean the batch and merge it into the history.
///
/// Artifacts: `Clean` parts for every partition touched (they replace the live ones), one `Batch` part, one
/// `Rejects` part when rows were rejected. Files that cannot be read are answered with `WorkerEvent::Quarantine`
/// and the rest of the batch goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanJob {
    /// How.
    pub plan: CleanPlan,
    /// The batch, in ledger order.
    pub files: Vec<InputFile>,
    /// Live `Clean` parts.
    pub history: Vec<Part>,
}

/// A model version to load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRef {
    /// Its number.
    pub version: i64,
    /// Folder of its bundle, relative to the lake.
    pub bundle: String,
}

/// Score the batch with the champion as it stands, and judge old predictions whose outcome has come.
///
/// Artifacts: one `Predictions` part per event day touched (replacing the live one). Metrics: per day,
/// `Split::Prequential`. Without a champion it says so and writes nothing; train then predicts the waiting rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreJob {
    /// What is predicted from what.
    pub plan: ModelPlan,
    /// The batch's cleaned rows (`Batch` parts).
    pub batch: Vec<Part>,
    /// Who serves.
    pub champion: Option<ModelRef>,
    /// Who served before: predicts along in shadow.
    #[serde(default)]
    pub shadow: Option<ModelRef>,
    /// Live `Predictions` parts of the days the batch touches.
    pub predictions: Vec<Part>,
    /// Live `Predictions` parts of the four weeks before: what the new ones are compared with.
    #[serde(default)]
    pub trailing: Vec<Part>,
    /// `Clean` parts as they will be when this run commits: what features that look back look at.
    #[serde(default)]
    pub history: Vec<Part>,
    /// The workspace's folder, which tables that features look values up in are relative to.
    #[serde(default)]
    pub workspace: String,
}

/// Train challengers on the labelled history, judge them, decide.
///
/// Artifacts: the bundle of the best challenger as `Model` parts; after a first promotion (no champion before) also
/// `Predictions` for the batch's rows without outcome. Event: `WorkerEvent::Model`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainJob {
    /// What is predicted from what, and how.
    pub plan: ModelPlan,
    /// `Clean` parts as they will be when this run commits.
    pub history: Vec<Part>,
    /// The batch's cleaned rows.
    pub batch: Vec<Part>,
    /// Who serves.
    pub champion: Option<ModelRef>,
    /// Number of the version to be made.
    pub version: i64,
    /// Live `Predictions` parts of the days the batch touches.
    pub predictions: Vec<Part>,
    /// The workspace's folder, which tables that features look values up in are relative to.
    #[serde(default)]
    pub workspace: String,
}

/// Train and judge at several instants of the past. Event: `WorkerEvent::Backtest`; nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestJob {
    /// What is predicted from what, and how; each fold is as long as its holdout.
    pub plan: ModelPlan,
    /// Live `Clean` parts.
    pub history: Vec<Part>,
    /// The workspace's folder.
    pub workspace: String,
    /// Folds at most.
    pub folds: u32,
    /// Days between training and judging.
    pub gap_days: f64,
    /// Which windows are compared; the first is what others are compared with.
    pub windows: Vec<Window>,
}

/// Verify what the run staged and write its readers' forms.
///
/// Re-reads every staged prediction part (row count, schema, hash), writes the CSV twin, `metrics.csv`, the schemas,
/// the table of alerts and the manifest into the staging area. The engine commits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishJob {
    /// What earlier stages of this run staged for readers (`Predictions` parts with their staged places).
    pub staged: Vec<Artifact>,
    /// What was measured in this run.
    pub metrics: Vec<Metric>,
    /// The pipeline's alerts, newest first.
    #[serde(default)]
    pub alerts: Vec<FactAlert>,
    /// Version that serves after this run.
    pub champion: Option<i64>,
    /// Names of the columns that identify a row.
    pub key: Vec<String>,
    /// Whether to write CSV twins.
    pub csv: bool,
    /// The schema that readers were last given.
    #[serde(default)]
    pub schema: Option<Part>,
}

/// Tell the story of the run as one HTML page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportJob {
    /// Everything the page says, but why its worst predictions were made.
    pub story: Story,
    /// Live `Predictions` parts that this run wrote: those it judged are among their rows.
    #[serde(default)]
    pub predictions: Vec<Part>,
    /// Live `Clean` parts, where the rows that were predicted are.
    #[serde(default)]
    pub history: Vec<Part>,
    /// The workspace's folder, which tables that features look values up in are relative to.
    #[serde(default)]
    pub workspace: String,
}

/// Say why a row was predicted as it was. Event: `WorkerEvent::Why`; nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyJob {
    /// The table of predictions that the row is in: relative to the lake, or an absolute path.
    pub table: String,
    /// Which row of it, from 0.
    pub row: u64,
    /// Live `Clean` parts.
    pub history: Vec<Part>,
    /// The workspace's folder.
    pub workspace: String,
}

/// Run any program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandJob {
    /// Program and arguments.
    pub program: Vec<String>,
    /// Its working directory: the workspace.
    pub directory: String,
    /// Further environment variables.
    pub environment: Vec<(String, String)>,
    /// `Clean` parts as they will be when this run commits.
    pub history: Vec<Part>,
    /// The batch's cleaned rows.
    pub batch: Vec<Part>,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// What a worker says. One JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkerEvent {
    /// How far it is.
    Progress {
        /// Units done.
        done: u64,
        /// Units in all, when known.
        total: Option<u64>,
        /// What a unit is: `rows`, `files`, `rounds`.
        unit: String,
        /// What it is at: `reading flights_2013-03-01.csv`, `boosting: best round 290`.
        note: String,
    },
    /// A line for the log.
    Log {
        /// How grave.
        level: Level,
        /// The text, unsanitised.
        text: String,
    },
    /// A figure.
    Metric(Metric),
    /// An object was staged.
    Artifact(Artifact),
    /// A file of the batch cannot be used; the stage goes on without it.
    Quarantine {
        /// Its ledger id.
        file: i64,
        /// Why: one sentence with the place.
        reason: String,
    },
    /// A file of the batch is no longer the version that was claimed; the stage goes on without it and the ledger
    /// looks at it anew.
    Changed {
        /// Its ledger id.
        file: i64,
        /// What was found: `vanished`, `grew while it was read`.
        reason: String,
    },
    /// The header of a file as it was read, also of one that cannot be used.
    Header {
        /// Its ledger id.
        file: i64,
        /// Names of its columns in order.
        columns: Vec<String>,
        /// Their types, where the format says them (Parquet); otherwise empty.
        #[serde(default)]
        types: Vec<String>,
    },
    /// Rows read from a file, for the ledger.
    Rows {
        /// Its ledger id.
        file: i64,
        /// Rows in it.
        rows: u64,
        /// Rows of it that were rejected.
        rejected: u64,
    },
    /// The event times of a file's usable rows, for the ledger.
    Span {
        /// Its ledger id.
        file: i64,
        /// The earliest.
        from: Instant,
        /// The latest.
        to: Instant,
    },
    /// A model version was made.
    Model(Box<ModelCard>),
    /// What came out of a backtest.
    Backtest(Backtest),
    /// Why a row was predicted as it was.
    Why(Box<Why>),
    /// What the attempt took, measured by the worker of itself and its children.
    Usage {
        /// Peak resident memory in bytes.
        peak_memory: u64,
        /// Processor time in milliseconds, user and system.
        cpu_ms: u64,
    },
    /// It is done.
    Done {
        /// One line for the screen: `2,741 rows, 12 rejected`.
        summary: String,
    },
    /// It cannot be done.
    Failed {
        /// Class of the error, for grouping: `input`, `lake`, `memory`, `program`, `internal`.
        class: String,
        /// One clear sentence: what, where, what to do.
        message: String,
        /// Whether another attempt may help.
        retry: bool,
    },
}
