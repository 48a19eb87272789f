//! What a person writes: `landfall.toml` and `pipelines/*.toml`, read into plain, validated types.
//!
//! [`load`] reads a workspace; every error of every file is found in one pass and shown as a compiler would
//! ([`diagnostic`]). Everything after this module works on the resolved types of [`pipeline`], in which every default
//! has been filled in.

pub mod pipeline;

pub use pipeline::{Landing, Pipeline, Schedule, StageConfig, StageSettings, Workspace};
