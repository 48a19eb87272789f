//! What a person writes: `landfall.toml` and `pipelines/*.toml`, read into plain, validated types.
//!
//! [`load`] reads a workspace; every error of every file is found in one pass and shown as a compiler would
//! ([`Problems`]). Everything after this module works on the resolved types of [`pipeline`], in which every default
//! has been filled in.
//!
//! A file goes through these hands: `source` (its text and what was found wrong), `section` and `field` (tables and
//! values, each read as the type it should have), `read` (one file a table), [`expression`] (SQL).

pub mod channels;
pub mod console;
pub mod expression;
mod field;
mod hash;
mod load;
pub mod message;
mod nearest;
pub mod pipeline;
mod problem;
mod read;
mod render;
pub mod routes;
pub mod rules;
mod section;
mod slots;
mod source;
pub mod stream;
#[cfg(test)]
mod tests;
pub mod units;

pub use crate::domain::secret;
pub use channels::{Channel, ChannelKind};
pub use load::{Loaded, load, load_pipeline_file, load_sound, load_with_warnings};
pub use pipeline::{Landing, Pipeline, Schedule, StageConfig, StageSettings, Workspace};
pub use problem::{Problem, Problems, Severity};
pub use rules::{
    AlertRules, DataDriftRule, LabelsOverdueRule, MetricDeclineRule, ModelNotRefreshedRule, NullRateRule, ResultsRule,
};
