//! What to do about an alert: commands that can be typed as they stand.

use crate::domain::alert::{AlertKind, AlertState};
use crate::store::alerts::AlertRow;

/// What may come next, the likeliest first: (command, what it does).
pub fn next(alert: &AlertRow) -> Vec<(String, &'static str)> {
    let id = alert.id;
    let mut actions = Vec::new();
    let mut add = |command: String, what| actions.push((command, what));
    if let Some(run) = alert.run {
        add(format!("landfall runs {run}"), "its run, with stages and log");
    }
    match alert.finding.kind {
        AlertKind::RunFailed | AlertKind::PublishFailed => {
            if let Some(run) = alert.run {
                add(format!("landfall rerun {run} --failed"), "run again what failed");
            }
        }
        AlertKind::LongRun | AlertKind::Heartbeat => {
            if let Some(run) = alert.run {
                add(format!("landfall cancel {run}"), "stop it now");
            }
        }
        AlertKind::FileSize
        | AlertKind::Quarantine
        | AlertKind::Overwritten
        | AlertKind::Unsettled
        | AlertKind::SchemaChange => {
            if let Some(file) = alert.finding.evidence.files.first() {
                add(format!("landfall files {}", quoted(file)), "the file's whole story");
            }
        }
        AlertKind::Staleness => add(format!("landfall run {}", alert.pipeline), "look again now"),
        AlertKind::Landfall => add("landfall check".into(), "whether the configuration is valid"),
        _ => {}
    }
    if alert.state == AlertState::Firing {
        add(format!("landfall ack {id} --note TEXT"), "you have seen it");
    }
    if alert.state == AlertState::Muted {
        add(format!("landfall unmute {id}"), "end its mute");
    } else if alert.state.is_open() {
        add(format!("landfall mute {id} --for 4h --reason TEXT"), "silence about it for a while");
    }
    if alert.normal.is_none() && alert.finding.observed.is_some() {
        add(format!("landfall normal {id}"), "what was seen is normal: let it shape what is usual");
    }
    if alert.alarm.is_none() && alert.fired.is_some() {
        add(format!("landfall judge {id} true|false"), "was it right to raise it?");
    }
    actions
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
