//! Alerts, standing and past.

use super::LIST_LIMIT;
use super::tidy::{Tidy, line, tidied};
use crate::domain::Instant;
use crate::domain::alert::AlertState;
use crate::store::alerts::AlertRow;
use crate::store::runs::RunRow;
use crate::store::{self, Connection};

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
}

/// Standing alerts, gravest first, then past ones, newest first.
pub fn list(read: &Connection) -> store::Result<Vec<AlertRow>> {
    let mut alerts = store::alerts::open(read, None)?;
    alerts.extend(store::alerts::list(read, None, LIST_LIMIT)?.into_iter().filter(|alert| !alert.state.is_open()));
    Ok(tidied(alerts))
}

/// Reads an alert.
pub fn load(read: &Connection, id: i64) -> store::Result<Option<AlertDetail>> {
    let Some(mut alert) = store::alerts::get(read, id)? else { return Ok(None) };
    let mut earlier = store::alerts::list(read, Some(&alert.pipeline), LIST_LIMIT)?;
    earlier.retain(|other| {
        other.id != id && other.finding.kind == alert.finding.kind && other.finding.object == alert.finding.object
    });
    earlier.truncate(20);
    let mut run = alert.run.map(|run| store::runs::get(read, run)).transpose()?.flatten();
    run.tidy();
    let history = store::alerts::history(read, id)?;
    let history = history.into_iter().map(|(at, state, who, note)| (at, state, line(&who), line(&note))).collect();
    alert.tidy();
    Ok(Some(AlertDetail { alert, history, earlier: tidied(earlier), run }))
}
