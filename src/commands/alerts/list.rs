//! `landfall alerts`: what needs an answer.

use std::process::ExitCode;

use crate::commands::arguments::Which;
use crate::commands::{Place, print};
use crate::domain::alert::AlertState;
use crate::store::alerts::AlertRow;
use crate::store::{self, alerts};

/// Prints them.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn list(place: &Place, which: &Which) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let pipeline = which.listing.pipeline.as_deref();
    let all = which.all || which.state == Some(AlertState::Resolved);
    let chosen = which.state.is_some() || which.severity.is_some() || which.kind.is_some();
    let most = if chosen { usize::MAX } else { which.listing.limit };
    let mut list = if all { alerts::list(&connection, pipeline, most)? } else { alerts::open(&connection, pipeline)? };
    list.retain(|row| {
        which.state.is_none_or(|state| row.state == state)
            && which.severity.is_none_or(|severity| row.finding.severity == severity)
            && which.kind.is_none_or(|kind| row.finding.kind == kind)
    });
    list.truncate(which.listing.limit);
    if place.json {
        print::json(&list)?;
    } else if which.csv || place.csv {
        csv(&list)?;
    } else if list.is_empty() {
        print::line(match (all, chosen) {
            (_, true) => "there is no such alert",
            (true, false) => "there never was an alert",
            (false, false) => "no alert stands",
        })?;
    } else {
        table(&list)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(list: &[AlertRow]) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|row| {
            let mut what = row.finding.message.clone();
            if let Some(by) = row.inhibited_by {
                what.push_str(&format!(" [explained by alert {by}]"));
            }
            if let Some(note) = &row.note {
                what.push_str(&format!(" [{note}]"));
            }
            vec![
                row.id.to_string(),
                row.finding.severity.to_string(),
                row.state.to_string(),
                row.pipeline.clone(),
                row.finding.kind.to_string(),
                print::stamp(row.raised),
                what,
            ]
        })
        .collect();
    print::table(&["alert", "severity", "state", "pipeline", "kind", "raised (UTC)", "what"], &rows)
}

fn csv(list: &[AlertRow]) -> anyhow::Result<()> {
    print::out(
        "alert,severity,state,pipeline,kind,object,raised,updated,ended,observed,low,high,unit,message,who,note",
    )?;
    for row in list {
        let finding = &row.finding;
        let when = |instant: Option<crate::domain::Instant>| instant.map(|i| i.to_rfc3339()).unwrap_or_default();
        let figure = |figure: Option<f64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        let cells = [
            row.id.to_string(),
            finding.severity.to_string(),
            row.state.to_string(),
            row.pipeline.clone(),
            finding.kind.key(),
            finding.object.clone(),
            when(Some(row.raised)),
            when(Some(row.updated)),
            when(row.ended),
            figure(finding.observed),
            figure(finding.expected.map(|(low, _)| low)),
            figure(finding.expected.map(|(_, high)| high)),
            finding.unit.clone(),
            finding.message.clone(),
            row.who.clone().unwrap_or_default(),
            row.note.clone().unwrap_or_default(),
        ];
        print::csv_row(&cells)?;
    }
    Ok(())
}
