//! Arguments about landed files.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

/// What to do with a landed file.
#[derive(Debug, Subcommand)]
pub enum FileWhat {
    /// The whole story of a name: its versions, what happened to each and by which rule.
    Explain(Named),
    /// Run it although it is held, ignored, a duplicate or in quarantine.
    Release(Named),
    /// Look at it anew, as if it had just landed.
    Retry(Named),
    /// Never run it.
    Drop(Named),
    /// Do not run it until it is released.
    Hold(Named),
}

/// A landed file.
#[derive(Debug, Args)]
pub struct Named {
    /// Its name in the landing; the newest version is meant.
    pub name: String,
    /// Of this pipeline, where more than one knows the name.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `backfill`.
#[derive(Debug, Args)]
pub struct Backfill {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The first day of data, as in 2024-03-01.
    #[arg(long)]
    pub from: NaiveDate,
    /// The last day of data.
    #[arg(long)]
    pub to: NaiveDate,
    /// Say what would be run, and do nothing.
    #[arg(long)]
    pub preview: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Name of the pipeline.
    pub pipeline: Option<String>,
    /// Write the table `[columns]` that this file, a sample, is read by; in the form of the pipeline's files if one is
    /// named.
    #[arg(long, value_name = "FILE")]
    pub infer: Option<PathBuf>,
}
