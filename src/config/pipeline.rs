//! The resolved configuration: validated, defaults filled in.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::channels::Channel;
use super::console::ConsoleSettings;
use super::message::MessageTemplates;
use super::routes::Route;
use super::rules::{AlertRules, Heartbeat, LifeRules, OwnRules};
use super::stream::Stream;
use crate::domain::alert::WORKSPACE;
use crate::domain::location::Location;
use crate::domain::plan::{CleanPlan, ModelPlan};
use crate::domain::run::{StageKind, When};

/// A folder with `landfall.toml` and `pipelines/*.toml`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Workspace {
    /// Absolute path of the folder.
    pub root: PathBuf,
    /// Shown in the console; default the folder's name.
    pub name: String,
    /// The lake; default the folder `lake/` in the workspace.
    pub lake: Location,
    /// Where else what is published is to be; default nowhere.
    pub output: Option<Location>,
    /// Runs at a time over all pipelines; default 1.
    pub max_parallel_runs: usize,
    /// IANA name of the time zone of schedules that name none, and of times on screen; default `UTC`.
    pub time_zone: String,
    /// How alerts live and are told: `[alerts]`.
    pub life: LifeRules,
    /// Where alerts are told, by name.
    pub channels: Vec<Channel>,
    /// Who is told of what; without any, every channel is told of warnings and of what is graver.
    pub routes: Vec<Route>,
    /// The words of messages, where they are not Landfall's own.
    pub message: MessageTemplates,
    /// Address that messages name as the place to look.
    pub link: Option<String>,
    /// When to raise alerts about what all pipelines stand on.
    pub own: OwnRules,
    /// The sign of life to somebody outside, if there is to be one.
    pub heartbeat: Option<Heartbeat>,
    /// How the console looks and behaves.
    pub console: ConsoleSettings,
    /// The pipelines, by name.
    pub pipelines: Vec<Pipeline>,
}

impl Workspace {
    /// The pipeline with this name.
    pub fn pipeline(&self, name: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|p| p.name == name)
    }

    /// The channel with this name.
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// How alerts of the pipeline with this name are treated, or of the workspace itself (`alert::WORKSPACE`); of what is
    /// not configured any more, by the defaults.
    pub fn alert_rules(&self, name: &str) -> AlertRules {
        match self.pipeline(name) {
            _ if name == WORKSPACE => AlertRules { policies: self.own.policies.clone(), ..AlertRules::default() },
            Some(pipeline) => pipeline.alerts.clone(),
            None => AlertRules::default(),
        }
    }

    /// Folder of the state: store, lock, socket, logs.
    pub fn state(&self) -> PathBuf {
        self.root.join(".landfall")
    }
}

/// One pipeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pipeline {
    /// File name without `.toml`.
    pub name: String,
    /// Shown in the report; default the name.
    pub title: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Where data comes from.
    pub landing: Landing,
    /// How rows are cleaned.
    pub clean: CleanPlan,
    /// What is learned; absent when no stage scores or trains.
    pub model: Option<ModelPlan>,
    /// The stages in order.
    pub stages: Vec<StageConfig>,
    /// When to raise alerts.
    pub alerts: AlertRules,
    /// What happens when a run is due while one of this pipeline is under way.
    pub overlap: Overlap,
    /// BLAKE3 of the resolved configuration, shortened to 16 hex digits.
    pub config_hash: String,
}

impl Pipeline {
    /// The stage with this name.
    pub fn stage(&self, name: &str) -> Option<&StageConfig> {
        self.stages.iter().find(|s| s.name == name)
    }
}

/// What happens when a run is due while one of the same pipeline is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// One run waits; further ones join its batch. The default.
    Queue,
    /// The check answers false until the run is over.
    Skip,
}

/// Where upstream drops files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Landing {
    /// Absolute folder: the landing itself, or where copies of its objects are kept when it is `remote`, or where a
    /// `stream` is written to.
    pub path: PathBuf,
    /// What the ledger calls it: the folder, relative to the workspace where it is inside (which may be moved), or the URL.
    #[serde(skip)]
    pub source: String,
    /// The landing, when it is a place in an object store.
    #[serde(skip)]
    pub remote: Option<Location>,
    /// Glob on the file name, e.g. `flights_*.csv`; default `*`.
    pub pattern: String,
    /// When to ask "is there new data?".
    pub schedule: Schedule,
    /// A file is complete when it has not changed over at least two looks spanning this; default 5 s, and 60 s on a
    /// network file system, which is found out when it is looked at.
    #[serde(serialize_with = "seconds")]
    pub settle: Duration,
    /// Whether `settle` was left to where the landing is.
    #[serde(skip)]
    pub settle_is_default: bool,
    /// A file that does not settle (or whose end is not that of a whole file) for this long is quarantined; default
    /// 1 h.
    #[serde(serialize_with = "seconds")]
    pub settle_max: Duration,
    /// Whether file-system events may lead to a check before the schedule does; default true.
    pub watch: bool,
    /// Most files in one batch; default 1,000. The rest waits for the next run.
    pub max_files_per_run: usize,
    /// A file of a failed run is tried in this many runs, then held; default 3.
    pub max_attempts: u32,
    /// Most bytes in one batch (one file may be larger); default any number.
    pub max_bytes_per_run: Option<u64>,
    /// A larger file is held for an operator; default any size.
    pub max_file_bytes: Option<u64>,
    /// Name of the file by which upstream says that a file, or (without `{name}`) all of the folder, is complete; may be
    /// a manifest. Default none.
    pub marker: Option<String>,
    /// Globs of names that are still being written; default [`TEMPORARY`].
    pub temporary: Vec<String>,
    /// What becomes of a name that comes again after it was run.
    pub overwritten: Overwritten,
    /// What becomes of content that is known under another name.
    pub duplicates: Duplicates,
    /// What becomes of a file whose rows are in the lake.
    pub archive: Archive,
    /// A file whose newest row is older than the newest known row by more than this is late; default a day.
    #[serde(serialize_with = "seconds")]
    pub allowed_lateness: Duration,
    /// How it is read, when it is a stream: its records are written to `path` as files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
}

impl Landing {
    /// Whether it has to be asked over the network.
    pub fn is_remote(&self) -> bool {
        self.remote.is_some() || self.stream.is_some()
    }

    /// Where it is, when that is elsewhere.
    pub fn elsewhere(&self) -> Option<&Location> {
        self.remote.as_ref().or(self.stream.as_ref().map(|stream| &stream.location))
    }
}

/// Names that writers give to files they have not finished, and to what is no data.
pub const TEMPORARY: [&str; 9] =
    [".*", "_*", "*~", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.swp"];

/// What becomes of a name that comes again with other content after it was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Overwritten {
    /// It is a new version and run: its rows replace those of the same key. The default.
    Run,
    /// It is not run.
    Ignore,
    /// It waits for an operator.
    Hold,
}

/// What becomes of content that is known under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is not run. The default.
    Skip,
    /// It is run like any other.
    Run,
}

/// What becomes of a file whose rows are in the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Archive {
    /// It stays where it is. The default.
    Keep,
    /// It is removed.
    Delete,
    /// It is moved to this absolute folder.
    Folder(PathBuf),
}

/// When to ask.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Schedule {
    /// Every so often; default every hour.
    Every {
        /// The interval.
        #[serde(serialize_with = "seconds")]
        interval: Duration,
    },
    /// By a cron expression (five fields).
    Cron {
        /// The expression.
        expression: String,
        /// IANA name of its time zone.
        time_zone: String,
    },
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageConfig {
    /// Its name: the table's.
    pub name: String,
    /// What it is made of.
    pub kind: StageKind,
    /// Names of the stages it waits for; default the one before.
    pub needs: Vec<String>,
    /// After which outcome of its needs it runs; default success.
    pub when: When,
    /// Further attempts after a failed one that may succeed later; default 0.
    pub retries: u32,
    /// Wait between attempts; default 30 s.
    #[serde(serialize_with = "seconds")]
    pub retry_interval: Duration,
    /// An attempt is killed after this; default 1 h.
    #[serde(serialize_with = "seconds")]
    pub timeout: Duration,
    /// An attempt whose process group holds more resident memory than this many bytes is killed; default 80 % of the
    /// machine's.
    pub memory: Option<u64>,
    /// A running stage that takes longer than this raises an alert; default learned from past runs.
    #[serde(serialize_with = "maybe_seconds")]
    pub slow_after: Option<Duration>,
    /// Its own settings.
    pub settings: StageSettings,
}

/// Settings by kind of stage. Those of clean, score and train are in the pipeline's plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StageSettings {
    /// None beyond `Pipeline::clean`.
    Clean,
    /// None beyond `Pipeline::model`.
    Score,
    /// None beyond `Pipeline::model`.
    Train,
    /// How predictions are published.
    Publish {
        /// Write CSV twins beside Parquet; default true.
        csv: bool,
    },
    /// The report.
    Report,
    /// Any program.
    Command {
        /// Program and arguments.
        program: Vec<String>,
        /// Further environment variables.
        environment: Vec<(String, String)>,
    },
}

pub(super) fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

pub(super) fn maybe_seconds<S: serde::Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_some(&duration.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
