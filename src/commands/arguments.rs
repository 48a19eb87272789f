//! The command line as types.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::config::units::parse_duration;
use crate::domain::Instant;

/// A terminal operations console for machine-learning pipelines.
#[derive(Debug, Parser)]
#[command(
    name = "landfall",
    version,
    about,
    after_help = "Without a command: the console of the workspace in this folder. Start with `landfall demo`."
)]
pub struct Arguments {
    /// Folder of the workspace.
    #[arg(short = 'C', long, global = true, env = "LANDFALL_WORKSPACE")]
    pub workspace: Option<PathBuf>,
    /// Answer as JSON, one document.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Lay out a workspace with real flight data and play its upstream: see everything happen.
    Demo(Demo),
    /// Write a new workspace to begin with.
    Init(Init),
    /// Is the configuration valid? Exit code 0 or 1.
    Check,
    /// Ask for new data and run it, once, without a screen.
    Run(Run),
    /// Be the engine in the foreground, for a service manager.
    Watch,
    /// How the workspace stands.
    Status,
    /// The newest runs, or one of them with its stages.
    Runs(Runs),
    /// The ledger: file versions, or the whole story of one name.
    Files(Files),
    /// Model versions and how they were decided on.
    Models(Listing),
    /// Alerts that stand; or what the rules would have fired.
    Alerts(Alerts),
    /// Run again, whole or in part.
    Rerun(Rerun),
    /// Stop a run now.
    Cancel(Cancel),
    /// Acknowledge an alert.
    Ack(Answer),
    /// Resolve an alert.
    Resolve(Answer),
    /// No scheduled or event checks of a pipeline until it is resumed.
    Pause {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// End a pause.
    Resume {
        /// Name of the pipeline.
        pipeline: String,
    },
    /// Stop the engine.
    Stop(Stop),
    /// Work on one job from standard input. For the engine, not for people.
    #[command(hide = true)]
    Worker,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where; made when it is not there.
    #[arg(default_value = "demo")]
    pub directory: PathBuf,
    /// Seconds between one day's file and the next.
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub every: f64,
    /// No screen, whatever the terminal: play to the end of the data and print an account.
    #[arg(long)]
    pub headless: bool,
    /// Stop after this many days of March (1 to 31).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=31))]
    pub days: Option<u32>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where; made when it is not there.
    #[arg(default_value = ".")]
    pub directory: PathBuf,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Only this pipeline.
    pub pipeline: Option<String>,
}

/// Arguments of listings.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only this pipeline.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// How many at most.
    #[arg(short = 'n', long, default_value_t = 20)]
    pub limit: usize,
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// One run, with its stages and log.
    pub run: Option<i64>,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// Arguments of `files`.
#[derive(Debug, Args)]
pub struct Files {
    /// The whole story of the file of this name.
    pub name: Option<String>,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// Arguments of `alerts`.
#[derive(Debug, Args)]
pub struct Alerts {
    /// What to do; default list them.
    #[command(subcommand)]
    pub what: Option<AlertsVerb>,
    /// Also those that are over.
    #[arg(short, long)]
    pub all: bool,
    /// Which.
    #[command(flatten)]
    pub listing: Listing,
}

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub enum AlertsVerb {
    /// What the rules would have fired over the recorded history. Nothing is raised.
    Replay(Replay),
}

/// Arguments of `alerts replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// From this day (2026-11-01) or instant on.
    #[arg(long, value_parser = super::alerts::replay::since)]
    pub since: Option<Instant>,
    /// The last so many days, as in "30d".
    #[arg(long, default_value = "30d", value_parser = parse_duration, conflicts_with = "since")]
    pub last: Duration,
    /// Only this pipeline.
    #[arg(short, long)]
    pub pipeline: Option<String>,
    /// The rules of this pipeline file, which need not be part of the workspace, instead of those that are configured.
    #[arg(long)]
    pub rules: Option<PathBuf>,
}

/// Arguments of `rerun`.
#[derive(Debug, Args)]
pub struct Rerun {
    /// The run to repeat.
    pub run: i64,
    /// From this stage on.
    #[arg(long, conflicts_with = "failed")]
    pub from: Option<String>,
    /// From the first stage that did not succeed.
    #[arg(long)]
    pub failed: bool,
    /// Say what would happen, and do nothing.
    #[arg(long)]
    pub preview: bool,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The run to stop.
    pub run: i64,
    /// Why, for the record.
    #[arg(long)]
    pub reason: Option<String>,
}

/// Arguments of `ack` and `resolve`.
#[derive(Debug, Args)]
pub struct Answer {
    /// The alert's number.
    pub alert: i64,
    /// What there is to say.
    #[arg(short, long)]
    pub note: Option<String>,
}

/// Arguments of `stop`.
#[derive(Debug, Args)]
pub struct Stop {
    /// Let what runs end first.
    #[arg(long)]
    pub drain: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.05..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds between 0.05 and 3600 were expected".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
