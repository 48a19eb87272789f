//! Datasets and their parts: which lake objects are live.

use serde::{Deserialize, Serialize};

use super::Instant;

/// What a dataset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// The history: cleaned rows, one part a partition.
    Clean,
    /// The rows of one batch as they went into the history. Lives as long as its run needs it.
    Batch,
    /// Rows that could not be used, with file, line, column, raw value, reason.
    Rejects,
    /// One part a day: what was predicted, by which model, and what happened.
    Predictions,
    /// Metrics as published for readers.
    Metrics,
    /// A model's bundle.
    Model,
    /// The HTML report.
    Report,
    /// How a run's rows differ from those its model was trained on, as JSON.
    Drift,
    /// Anything a command stage wrote.
    Output,
}

impl DatasetKind {
    /// Its name in the store, the lake and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Batch => "batch",
            Self::Rejects => "rejects",
            Self::Predictions => "predictions",
            Self::Metrics => "metrics",
            Self::Model => "models",
            Self::Report => "reports",
            Self::Drift => "drift",
            Self::Output => "output",
        }
    }

    /// Every kind, in the order of the pipeline.
    pub const ALL: [Self; 9] = [
        Self::Clean,
        Self::Batch,
        Self::Rejects,
        Self::Predictions,
        Self::Metrics,
        Self::Model,
        Self::Report,
        Self::Drift,
        Self::Output,
    ];

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// One immutable object of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it belongs to.
    pub kind: DatasetKind,
    /// Partition it holds (`2013-02`, `2013-02-08`, or empty): of the live parts of a dataset, one per partition
    /// for `Clean` and `Predictions`.
    pub partition: String,
    /// Where it is, relative to the lake.
    pub path: String,
    /// Rows in it (0 for what is not a table).
    pub rows: u64,
    /// Bytes of it.
    pub bytes: u64,
    /// BLAKE3 of its bytes, lower-case hex.
    pub hash: String,
    /// Earliest and latest event time in it, where it has one.
    pub from: Option<Instant>,
    /// See `from`.
    pub to: Option<Instant>,
}

/// An object a worker wrote into its staging area, and the immutable name it will have when its run commits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// The part as it will be; `part.path` is the final name.
    pub part: Part,
    /// Where it lies until then, relative to the lake.
    pub staged: String,
    /// Whether committing it retires the live part of the same kind and partition.
    pub replaces: bool,
}
