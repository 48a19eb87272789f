//! `landfall alerts`: what needs an answer.

pub mod replay;

use std::process::ExitCode;

use super::arguments::{Alerts, AlertsVerb};
use super::{Place, print};
use crate::store::{self, alerts};

/// Prints them.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn alerts(place: &Place, options: &Alerts) -> anyhow::Result<ExitCode> {
    match &options.what {
        Some(AlertsVerb::Replay(options)) => return replay::replay(place, options),
        None => {}
    }
    let connection = store::open_reader(&place.state())?;
    let pipeline = options.listing.pipeline.as_deref();
    let mut list = if options.all {
        alerts::list(&connection, pipeline, options.listing.limit)?
    } else {
        alerts::open(&connection, pipeline)?
    };
    list.truncate(options.listing.limit);
    if place.json {
        print::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    if list.is_empty() {
        print::line(if options.all { "there never was an alert" } else { "no alert stands" })?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.finding.severity.to_string(),
                row.state.to_string(),
                row.pipeline.clone(),
                row.finding.kind.to_string(),
                print::stamp(row.raised),
                row.note
                    .as_ref()
                    .map_or(row.finding.message.clone(), |note| format!("{} [{note}]", row.finding.message)),
            ]
        })
        .collect();
    print::table(&["alert", "severity", "state", "pipeline", "kind", "raised (UTC)", "what"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
