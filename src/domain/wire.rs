//! What console and engine say to each other over the workspace's Unix socket: one JSON object a line.
//!
//! A client sends [`Request`]s and gets one [`Reply`] each, in order; after `Subscribe` it also gets [`EngineEvent`]s
//! in between. What can be read from the store is not sent: an event only says that something changed.

use serde::{Deserialize, Serialize};

use super::Instant;
use super::alert::{Alarm, Severity};
use super::file::FileVerb;
use super::job::Level;
use super::run::RerunFrom;

/// Version of this protocol; a console of another version says so instead of misunderstanding.
pub const PROTOCOL: u32 = 1;

/// Something an operator asks of the engine. `who` is recorded with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks: the user's login name.
    pub who: String,
    /// What.
    #[serde(flatten)]
    pub command: Command,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Who are you?
    Hello,
    /// Send events from now on.
    Subscribe,
    /// Check the landing now and run if there is something.
    Check {
        /// Which pipeline; all when absent.
        pipeline: Option<String>,
    },
    /// What a rerun would do, without doing it.
    PreviewRerun {
        /// The run to repeat.
        run: i64,
        /// From where.
        from: RerunFrom,
    },
    /// Run again.
    Rerun {
        /// The run to repeat.
        run: i64,
        /// From where.
        from: RerunFrom,
        /// Why, if the operator said.
        reason: Option<String>,
    },
    /// Stop a run now.
    Cancel {
        /// Which.
        run: i64,
        /// Why, if the operator said.
        reason: Option<String>,
    },
    /// An operator has seen this alert.
    Acknowledge {
        /// Which.
        alert: i64,
        /// What the operator has to say.
        note: Option<String>,
    },
    /// Takes an acknowledgement back.
    Unacknowledge {
        /// Which.
        alert: i64,
    },
    /// Silence about this alert, and later ones with its fingerprint, until an instant.
    Mute {
        /// Which.
        alert: i64,
        /// When it ends: at most 30 days from now.
        until: Instant,
        /// Why; must not be empty.
        reason: String,
    },
    /// Ends a mute.
    Unmute {
        /// Which.
        alert: i64,
    },
    /// What was seen is normal: it ends the alert, and shapes what is usual from now on.
    MarkNormal {
        /// Which.
        alert: i64,
        /// What the operator has to say.
        note: Option<String>,
    },
    /// Was it right to raise this alert? Counted in its rule's precision.
    Judge {
        /// Which.
        alert: i64,
        /// The answer.
        alarm: Alarm,
        /// What the operator has to say.
        note: Option<String>,
    },
    /// This alert is over.
    Resolve {
        /// Which.
        alert: i64,
        /// What the operator has to say.
        note: Option<String>,
    },
    /// Send a test message to a channel now, and say what its receiver answered.
    TestChannel {
        /// Which.
        channel: String,
    },
    /// Try again now what a channel could not deliver.
    Redeliver {
        /// Which channel; all when absent.
        channel: Option<String>,
    },
    /// Do something with the newest version of a landed file.
    File {
        /// Its name in the landing.
        key: String,
        /// Of which pipeline; of the only one that knows the name when absent.
        pipeline: Option<String>,
        /// What.
        verb: FileVerb,
        /// Why, if the operator said.
        reason: Option<String>,
    },
    /// The same with one version, which must still be the newest of its name.
    FileVersion {
        /// Its id in the ledger.
        file: i64,
        /// What.
        verb: FileVerb,
        /// Why, if the operator said.
        reason: Option<String>,
    },
    /// Run the files again whose data reaches into a span of time.
    Backfill {
        /// Of which pipeline.
        pipeline: String,
        /// Its begin.
        from: Instant,
        /// Its end, exclusive.
        to: Instant,
        /// Only say what would be run.
        preview: bool,
    },
    /// Make a version the champion, whatever its verdict was.
    Promote {
        /// Of which pipeline.
        pipeline: String,
        /// Which version.
        version: i64,
        /// Why; must not be empty.
        reason: String,
    },
    /// Make the version that served before the champion again.
    Rollback {
        /// Of which pipeline.
        pipeline: String,
        /// Why; must not be empty.
        reason: String,
    },
    /// Give a version a name, or take the name away.
    Alias {
        /// Of which pipeline.
        pipeline: String,
        /// The name.
        name: String,
        /// Which version; none takes the name away.
        version: Option<i64>,
        /// Why, if the operator said.
        reason: Option<String>,
    },
    /// No scheduled or event checks of this pipeline until resumed.
    Pause {
        /// Which.
        pipeline: String,
    },
    /// Ends a pause.
    Resume {
        /// Which.
        pipeline: String,
    },
    /// Leave, after stopping what runs.
    Stop {
        /// Wait for running runs instead of cancelling them.
        drain: bool,
    },
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Done, in one sentence.
    Done {
        /// What was done.
        message: String,
        /// The run it led to, if it did.
        run: Option<i64>,
    },
    /// Not done, in one sentence: what, and what to do.
    Refused {
        /// Why.
        message: String,
    },
    /// Answer to `Hello`.
    Hello {
        /// Of the engine.
        protocol: u32,
        /// Of the engine.
        pid: u32,
        /// When it started.
        started: Instant,
    },
    /// Answer to `PreviewRerun`.
    Preview(RerunPreview),
}

/// What a rerun would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RerunPreview {
    /// Stages in order: (name, what will happen).
    pub stages: Vec<(String, RerunStep)>,
    /// Files of the batch.
    pub files: u64,
    /// Published parts that the rerun will replace.
    pub supersedes: Vec<String>,
}

/// What a rerun does with a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RerunStep {
    /// Taken over from the earlier run, with the reason why that is valid.
    Reuse(String),
    /// Run again, with the reason.
    Run(String),
}

/// What the engine tells its subscribers, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum EngineEvent {
    /// Something in the store changed; read it again.
    Changed,
    /// A running stage got further. Not in the store: it changes too often.
    Progress(Progress),
    /// A line of a running stage's log (also in the store).
    Log {
        /// Run.
        run: i64,
        /// Stage.
        stage: String,
        /// How grave.
        level: Level,
        /// Sanitised, one line.
        text: String,
    },
    /// A notice for whoever is at a console: it rings.
    Notice {
        /// How grave.
        severity: Severity,
        /// Sanitised, one line.
        text: String,
    },
    /// The engine leaves.
    Stopping,
}

/// How far a running stage is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Pipeline.
    pub pipeline: String,
    /// Run.
    pub run: i64,
    /// Stage.
    pub stage: String,
    /// Units done.
    pub done: u64,
    /// Units in all, when known.
    pub total: Option<u64>,
    /// What a unit is.
    pub unit: String,
    /// What it is at; sanitised.
    pub note: String,
    /// Resident memory of its process group in bytes, if sampled.
    pub memory: Option<u64>,
    /// When this was said.
    pub at: Instant,
}
