//! Arguments about alerts: listing them, and answering them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::Listing;
use crate::config::units::parse_duration;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Severity};

/// Arguments of `alerts`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Alerts {
    /// What about them.
    #[command(subcommand)]
    pub verb: Option<AlertsVerb>,
    /// Which.
    #[command(flatten)]
    pub which: Which,
}

/// What about alerts, other than to list them.
#[derive(Debug, Subcommand)]
pub enum AlertsVerb {
    /// All about one alert: what was seen, by which rule, its life, and what to do.
    Show {
        /// The alert's number.
        alert: i64,
    },
    /// Every rule: how it stands, how its alerts are treated, how often they were right.
    Rules {
        /// Only of this pipeline.
        pipeline: Option<String>,
    },
    /// What the rules would have fired over the recorded history. Nothing is raised.
    Replay(Replay),
}

/// Arguments of `alerts replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// From this day (2026-11-01) or instant on.
    #[arg(long, value_parser = crate::commands::alerts::replay::since)]
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

/// Which alerts to list.
#[derive(Debug, Args)]
pub struct Which {
    /// Also those that are over.
    #[arg(short, long)]
    pub all: bool,
    /// Only in this state: pending, firing, acknowledged, muted, recovering, resolved.
    #[arg(long, value_parser = state)]
    pub state: Option<AlertState>,
    /// Only of this severity: info, warning, critical.
    #[arg(long, value_parser = severity)]
    pub severity: Option<Severity>,
    /// Only of this kind, as in `file_size`.
    #[arg(long, value_parser = kind)]
    pub kind: Option<AlertKind>,
    /// As comma-separated values, with a header.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Of which pipeline, and how many.
    #[command(flatten)]
    pub listing: Listing,
}

/// Which alerts are answered, and with which words.
#[derive(Debug, Args)]
pub struct Answer {
    /// The alerts' numbers.
    #[arg(required = true)]
    pub alerts: Vec<i64>,
    /// What there is to say.
    #[arg(short, long)]
    pub note: Option<String>,
}

/// Which alerts are answered without a word.
#[derive(Debug, Args)]
pub struct Numbers {
    /// The alerts' numbers.
    #[arg(required = true)]
    pub alerts: Vec<i64>,
}

/// Arguments of `mute`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("end").required(true))]
pub struct Mute {
    /// The alerts' numbers.
    #[arg(required = true)]
    pub alerts: Vec<i64>,
    /// For how long, as in 4h or 2d; at most 30d.
    #[arg(long = "for", group = "end", value_name = "DURATION")]
    pub length: Option<String>,
    /// Until when, in the workspace's time zone, as in 2026-11-23T08:00; or with an offset of its own.
    #[arg(long, group = "end", value_name = "TIME")]
    pub until: Option<String>,
    /// Why.
    #[arg(short, long)]
    pub reason: String,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
pub struct Judge {
    /// The alert's number.
    pub alert: i64,
    /// Was it right to raise it?
    pub alarm: Rightly,
    /// What there is to say.
    #[arg(short, long)]
    pub note: Option<String>,
}

/// Was it right to raise it?
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Rightly {
    /// Something was wrong.
    True,
    /// Nothing was.
    False,
}

fn state(text: &str) -> Result<AlertState, String> {
    AlertState::parse(text).ok_or_else(|| one_of(AlertState::ALL.iter().map(|state| state.name().to_owned())))
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| one_of(Severity::ALL.iter().map(|severity| severity.name().to_owned())))
}

fn kind(text: &str) -> Result<AlertKind, String> {
    AlertKind::from_key(text).ok_or_else(|| one_of(AlertKind::ALL.iter().map(|kind| kind.key())))
}

fn one_of(words: impl Iterator<Item = String>) -> String {
    format!("one of {} was expected", words.collect::<Vec<_>>().join(", "))
}
