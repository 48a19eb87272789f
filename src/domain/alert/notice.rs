//! What is told to people and systems outside.

use serde::{Deserialize, Serialize};

use super::{AlertState, Finding};
use crate::domain::Instant;
use crate::domain::run::named_states;

/// Why something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It fires, for the first time or again.
    Fired,
    /// It has stood unanswered for the repeat interval.
    Repeated,
    /// Nobody acknowledged a critical one in time.
    Escalated,
    /// It comes and goes: one notice instead of many.
    Flapping,
    /// An operator has seen it.
    Acknowledged,
    /// It is over. Told only to who was told that it fired.
    Resolved,
    /// Many at once, told as one.
    Digest,
    /// An operator tries the channel.
    Test,
}

named_states!(Occasion, [
    Fired => "fired", Repeated => "repeated", Escalated => "escalated", Flapping => "flapping",
    Acknowledged => "acknowledged", Resolved => "resolved", Digest => "digest", Test => "test",
]);

/// One message to one channel: about one alert, a group of them, or a storm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Why.
    pub occasion: Occasion,
    /// The workspace's name.
    pub workspace: String,
    /// What the alerts have in common: the pipeline, or pipeline and run.
    pub group: String,
    /// Gravest first; of a digest the first ones only.
    pub alerts: Vec<NoticeAlert>,
    /// How many alerts there are in all.
    pub total: usize,
    /// Where to look, if the workspace has an address for that.
    pub link: Option<String>,
    /// When this was decided.
    pub at: Instant,
}

/// An alert as a message tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeAlert {
    /// Its number.
    pub id: i64,
    /// See [`super::fingerprint`]: the key by which receivers recognise it.
    pub fingerprint: String,
    /// Its pipeline.
    pub pipeline: String,
    /// Its run, if it is about one.
    pub run: Option<i64>,
    /// What was seen.
    pub finding: Finding,
    /// Where it is in its life.
    pub state: AlertState,
    /// When it was first seen.
    pub since: Instant,
    /// Who answered it, and what they said.
    pub answer: Option<(String, String)>,
    /// Why it is over, when it is.
    pub ended: Option<String>,
    /// What to do next, as commands or sentences.
    pub actions: Vec<String>,
}
