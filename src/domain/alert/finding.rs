//! What detectors see and say.

use serde::{Deserialize, Serialize};

use super::{AlertKind, Severity};
use crate::domain::Instant;

/// What a detector saw. Detectors are pure: history and observation in, findings out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about.
    pub kind: AlertKind,
    /// The object within the pipeline (a file name, a stage, a metric): with pipeline and kind the fingerprint.
    pub object: String,
    /// How grave.
    pub severity: Severity,
    /// One sentence: what was observed against what was expected.
    pub message: String,
    /// The observed figure, where there is one.
    pub observed: Option<f64>,
    /// Lower and upper end of what was expected.
    pub expected: Option<(f64, f64)>,
    /// Unit of the two: `bytes`, `s`, `share`, `rows`, or a metric's name.
    pub unit: String,
    /// The rule and its parameters, for a person.
    pub rule: String,
    /// What it was judged by and what is at fault.
    #[serde(default)]
    pub evidence: Evidence,
}

impl Finding {
    /// A finding without figures.
    pub fn new(kind: AlertKind, object: &str, severity: Severity, message: String, rule: &str) -> Self {
        Self {
            kind,
            object: object.to_owned(),
            severity,
            message,
            observed: None,
            expected: None,
            unit: String::new(),
            rule: rule.to_owned(),
            evidence: Evidence::default(),
        }
    }
}

/// What a finding was judged by and what is at fault. All texts are sanitised, one line each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The history in the unit of [`Finding::unit`], oldest first, at most [`Evidence::LONGEST`]; the observation is
    /// the last one.
    pub history: Vec<Sample>,
    /// Names of files at fault.
    pub files: Vec<String>,
    /// Columns concerned: of two alerts, one about the schema explains one about the same column.
    pub columns: Vec<String>,
    /// Lines that show it: rows, values, the tail of a log.
    pub lines: Vec<String>,
}

impl Evidence {
    /// Most samples kept of a history.
    pub const LONGEST: usize = 60;
    /// Most lines, files and columns kept of each.
    pub const MOST: usize = 20;
}

/// One value of a history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The instant it is about.
    pub at: Instant,
    /// The value.
    pub value: f64,
    /// Lower and upper end of what was expected then, where that was judged.
    pub band: Option<(f64, f64)>,
}

/// What a detector says of one object at one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be: an open alert on it recovers.
    Fine {
        /// See `Finding::kind`.
        kind: AlertKind,
        /// See `Finding::object`.
        object: String,
        /// Why, for the record of the resolution.
        reason: String,
    },
    /// Not as it should be.
    Bad(Finding),
    /// Too little history to say. Never the same as fine.
    Learning {
        /// See `Finding::kind`.
        kind: AlertKind,
        /// See `Finding::object`.
        object: String,
        /// How much history there is.
        have: usize,
        /// How much is needed.
        need: usize,
    },
    /// What is needed to say is not to be had. Never the same as fine.
    CannotCheck {
        /// See `Finding::kind`.
        kind: AlertKind,
        /// See `Finding::object`.
        object: String,
        /// What is missing, in one sentence.
        reason: String,
    },
}

impl Verdict {
    /// What it is about: kind and object.
    pub fn about(&self) -> (AlertKind, &str) {
        match self {
            Self::Bad(finding) => (finding.kind, &finding.object),
            Self::Fine { kind, object, .. }
            | Self::Learning { kind, object, .. }
            | Self::CannotCheck { kind, object, .. } => (*kind, object),
        }
    }
}
