//! Alerts, standing and past.

use std::collections::HashMap;

use super::LIST_LIMIT;
use super::tidy::{Tidy, line, tidied};
use crate::domain::Instant;
use crate::domain::alert::{AlertState, Severity};
use crate::store::alerts::AlertRow;
use crate::store::deliveries::DeliveryRow;
use crate::store::outbox::OutboxRow;
use crate::store::runs::RunRow;
use crate::store::triage::{self, View};
use crate::store::{self, Connection};

/// What alerts of one run have in common: pipeline, run, and whether they stand.
pub type Group = (String, Option<i64>, bool);

/// The group of an alert.
pub fn group(alert: &AlertRow) -> Group {
    (alert.pipeline.clone(), alert.run, alert.state.is_open())
}

/// An alert.
#[derive(Debug, Clone)]
pub struct AlertDetail {
    /// The alert.
    pub alert: AlertRow,
    /// What happened to it, oldest first: when, state, who, note.
    pub history: Vec<(Instant, AlertState, String, String)>,
    /// Other episodes of the same kind on the same object, newest first.
    pub earlier: Vec<AlertRow>,
    /// The run it is about.
    pub run: Option<RunRow>,
    /// Ledger id of the newest version of the file it is about.
    pub file: Option<i64>,
    /// Notices about it, oldest first.
    pub notices: Vec<OutboxRow>,
    /// Attempts to tell of it, newest first.
    pub attempts: Vec<DeliveryRow>,
}

/// Episodes, notices and attempts shown of an alert.
const SHOWN: usize = 20;

/// The alerts of a view, gravest first; those of one run stand together.
pub fn list(read: &Connection, view: View, severity: Option<Severity>) -> store::Result<Vec<AlertRow>> {
    let mut alerts = triage::window(read, view, severity, LIST_LIMIT)?;
    let mut places: HashMap<Group, usize> = HashMap::new();
    for alert in &alerts {
        let next = places.len();
        places.entry(group(alert)).or_insert(next);
    }
    alerts.sort_by_key(|alert| places.get(&group(alert)).copied());
    Ok(tidied(alerts))
}

/// Reads an alert.
pub fn load(read: &Connection, id: i64) -> store::Result<Option<AlertDetail>> {
    let Some(mut alert) = store::alerts::get(read, id)? else { return Ok(None) };
    let mut run = alert.run.map(|run| store::runs::get(read, run)).transpose()?.flatten();
    run.tidy();
    let history = store::alerts::history(read, id)?;
    let history = history.into_iter().map(|(at, state, who, note)| (at, state, line(&who), line(&note))).collect();
    let key = alert.finding.evidence.files.first().unwrap_or(&alert.finding.object);
    let file = store::files::named(read, Some(&alert.pipeline), key)?.pop().map(|file| file.id);
    alert.tidy();
    let mut notices = store::outbox::of_alert(read, id)?;
    notices.drain(..notices.len().saturating_sub(SHOWN));
    Ok(Some(AlertDetail {
        alert,
        history,
        earlier: tidied(triage::episodes(read, id, SHOWN)?),
        run,
        file,
        notices: tidied(notices),
        attempts: tidied(triage::attempts(read, id, SHOWN)?),
    }))
}
