//! When landed files raise alerts by what they are, not by their size.

use std::time::Duration;

use serde::Serialize;

use crate::config::pipeline::{maybe_seconds, seconds};

/// What can change in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum HeaderChange {
    Removed,
    Renamed,
    Added,
    Reordered,
    Type,
}

/// `[alerts.schema_change]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchemaRule {
    /// `changes`: which of them raise an alert; default all.
    pub changes: Vec<HeaderChange>,
    /// `accept_after`: so many usable files in a row with the same new columns make them the usual ones; default 5.
    pub accept_after: usize,
}

impl Default for SchemaRule {
    fn default() -> Self {
        use HeaderChange::{Added, Removed, Renamed, Reordered, Type};
        Self { changes: vec![Removed, Renamed, Added, Reordered, Type], accept_after: 5 }
    }
}

/// `[alerts.quarantine]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineRule {
    /// `remind_after`: a file that lies in quarantine for longer makes its alert critical; default 24 h.
    #[serde(serialize_with = "seconds")]
    pub remind_after: Duration,
}

impl Default for QuarantineRule {
    fn default() -> Self {
        Self { remind_after: Duration::from_secs(24 * 3600) }
    }
}

/// `[alerts.overwritten]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverwrittenRule {
    /// `keep`: how long the alert stands once the new version has been run; default 24 h.
    #[serde(serialize_with = "seconds")]
    pub keep: Duration,
}

impl Default for OverwrittenRule {
    fn default() -> Self {
        Self { keep: Duration::from_secs(24 * 3600) }
    }
}

/// `[alerts.unsettled]`
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UnsettledRule {
    /// `after`: a file that has not settled for this long; default half of the landing's `settle_max`.
    #[serde(serialize_with = "maybe_seconds")]
    pub after: Option<Duration>,
}

/// Which files belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Together {
    /// Those with the same date in their names or, without one, those that arrived on the same day (UTC).
    #[default]
    Day,
    /// Those that arrived between the same two scheduled checks.
    Check,
}

/// `[alerts.incomplete_set]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncompleteRule {
    /// `expect`: patterns of file names, each of which one file of the set must match; a word without `*`, `?` or `[`
    /// must be in the name. Default none.
    pub expect: Vec<String>,
    /// `files_per_set`: how many files a set has; default not said.
    pub files_per_set: Option<u64>,
    /// `together`: what makes files a set; default `day`.
    pub together: Together,
    /// `grace`: how long after its first file a set may be incomplete; default 1 h.
    #[serde(serialize_with = "seconds")]
    pub grace: Duration,
}

impl Default for IncompleteRule {
    fn default() -> Self {
        let grace = Duration::from_secs(3600);
        Self { expect: Vec::new(), files_per_set: None, together: Together::default(), grace }
    }
}
