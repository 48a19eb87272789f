//! Steps of an alert's life as they are recorded and told.

use crate::alerts::lifecycle::{Step, tell};
use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{AlertState, Finding, Occasion, Severity};
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::engine::notify::announce;
use crate::lake::crash;
use crate::store::alerts::{self, AlertRow};
use crate::store::{Result, Transaction, events};

use super::Look;

/// Records one step. `newest`: the newest episode of the fingerprint before it.
pub fn step(
    tx: &Transaction<'_>,
    workspace: &Workspace,
    look: &Look<'_>,
    newest: Option<&AlertRow>,
    step: Step,
    now: Instant,
) -> Result<()> {
    match step {
        Step::Raise { finding, state } => {
            let id = alerts::raise(tx, look.pipeline, &finding, state, look.run, now)?;
            crash::point("alert-raising");
            if let Some(since) = newest.and_then(|last| last.flapping) {
                alerts::set_flapping(tx, id, Some(since))?;
            }
            match state {
                AlertState::Firing => fires(tx, look, &finding, "", now),
                _ => Ok(()),
            }
        }
        Step::Refresh { id, finding } => {
            if let Some(run) = look.run {
                alerts::set_run(tx, id, run)?;
            }
            alerts::refresh(tx, id, &finding, now)
        }
        Step::Clean { id, clean, needed } => alerts::set_clean(tx, id, clean, needed, now),
        Step::Graver { id, reason } => {
            alerts::owe(tx, id)?;
            alerts::remark(tx, id, "landfall", &reason, now)
        }
        Step::Move { id, to: AlertState::Resolved, reason, .. } => {
            conclude(tx, workspace, id, "landfall", &reason, now)
        }
        Step::Move { id, to, reason, anew } => {
            alerts::set_state(tx, id, to, "landfall", &reason, now)?;
            if anew {
                alerts::owe(tx, id)?;
                let alert = alerts::required(tx, id)?;
                fires(tx, look, &alert.finding, &reason, now)?;
            }
            Ok(())
        }
    }
}

/// Ends an alert, and tells who was told of it.
pub fn conclude(
    tx: &Transaction<'_>,
    workspace: &Workspace,
    id: i64,
    who: &str,
    reason: &str,
    now: Instant,
) -> Result<()> {
    let alert = alerts::required(tx, id)?;
    alerts::set_state(tx, id, AlertState::Resolved, who, reason, now)?;
    crash::point("alert-ending");
    if alert.state != AlertState::Pending {
        let said = format!("{} over: {}", alert.finding.kind, one_line(reason));
        events::add(tx, Level::Info, Some(&alert.pipeline), alert.run, "alert", &said, now)?;
    }
    let changes = alerts::changes(tx, &alert.fingerprint(), now - tell::HOUR)?.0;
    match tell::tell_end(&alert, changes, &workspace.life) {
        Some(occasion) => tell_of(tx, workspace, id, occasion, now),
        None => Ok(()),
    }
}

/// Records that something is told, and queues it.
pub fn tell_of(tx: &Transaction<'_>, workspace: &Workspace, id: i64, occasion: Occasion, now: Instant) -> Result<()> {
    alerts::set_told(tx, id, occasion, now)?;
    if occasion == Occasion::Escalated {
        alerts::remark(tx, id, "landfall", "escalated: nobody has acknowledged it in time", now)?;
    }
    announce(tx, workspace, id, occasion, now)
}

/// Ends the flapping of what has been calm for an hour: what was told as flapping and is over is told as over now.
pub fn calm(tx: &Transaction<'_>, workspace: &Workspace, now: Instant) -> Result<bool> {
    let mut changed = false;
    for alert in alerts::flapping(tx)? {
        let (_, last) = alerts::changes(tx, &alert.fingerprint(), now - tell::HOUR)?;
        if last.is_some_and(|last| now - last < tell::HOUR) {
            continue;
        }
        alerts::set_flapping(tx, alert.id, None)?;
        if !alert.state.is_open() && alert.notified.is_some() {
            tell_of(tx, workspace, alert.id, Occasion::Resolved, now)?;
        }
        changed = true;
    }
    Ok(changed)
}

fn fires(tx: &Transaction<'_>, look: &Look<'_>, finding: &Finding, why: &str, now: Instant) -> Result<()> {
    let level = if finding.severity == Severity::Critical { Level::Error } else { Level::Warn };
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    let said = one_line(&format!("{}: {}{why}", finding.kind, finding.message));
    events::add(tx, level, Some(look.pipeline), look.run, "alert", &said, now)
}
