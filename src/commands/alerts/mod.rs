//! `landfall alerts`: what needs an answer, and all about it.

mod list;
pub mod replay;
mod rules;
mod show;

use std::process::ExitCode;

use super::Place;
use super::arguments::{Alerts, AlertsVerb};

/// Does what was asked about alerts.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn alerts(place: &Place, options: &Alerts) -> anyhow::Result<ExitCode> {
    match &options.verb {
        None => list::list(place, &options.which),
        Some(AlertsVerb::Show { alert }) => show::show(place, *alert),
        Some(AlertsVerb::Replay(options)) => replay::replay(place, options),
        Some(AlertsVerb::Rules { pipeline }) => rules::rules(place, pipeline.as_deref()),
    }
}
