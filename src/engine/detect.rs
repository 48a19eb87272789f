//! Asking the detectors: history out of the store in, verdicts through the life cycle back into the store.

use crate::alerts::lifecycle::{Open, Transition, transitions};
use crate::alerts::{quarantine, results_drift};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Severity, Verdict, fingerprint};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::store::{Connection, Result, Transaction, alerts, events, files, runs};

use super::story;

const HISTORY: usize = 400;

/// What lies in quarantine, and what has left it.
pub fn quarantined(connection: &Connection, pipeline: &Pipeline) -> Result<Vec<Verdict>> {
    let lying = files::in_state(connection, &pipeline.name, FileState::Quarantined)?;
    let mut verdicts: Vec<Verdict> =
        lying.iter().map(|row| quarantine::judge(&one_line(&row.key), row.state, &row.reason)).collect();
    for alert in alerts::open(connection, Some(&pipeline.name))? {
        let object = &alert.finding.object;
        if alert.finding.kind == AlertKind::Quarantine && !lying.iter().any(|row| one_line(&row.key) == *object) {
            let newest = files::named(connection, Some(&pipeline.name), object)?.pop();
            let state = newest.map_or(FileState::Vanished, |row| row.state);
            verdicts.push(quarantine::judge(object, state, ""));
        }
    }
    Ok(verdicts)
}

/// How a run ended, and whether its results are far from the past.
pub fn ended(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let Some(row) = runs::get(connection, run)? else { return Ok(verdicts) };
    verdicts.extend(super::watch::runs::failed(connection, pipeline, run)?);
    verdicts.extend(super::watch::sizes::sizes(connection, pipeline, run)?);
    if let Some(model) = pipeline.model.as_ref().filter(|_| row.state.is_committed()) {
        let past = alerts::list(connection, Some(&pipeline.name), HISTORY)?;
        let days = story::days(connection, &pipeline.name, model.task)?;
        let alerted = |measure: &str, day: chrono::NaiveDate| {
            let day = day.to_string();
            past.iter().any(|alert| {
                alert.finding.kind == AlertKind::ResultsDrift
                    && alert.finding.object == measure
                    && alert.finding.message.contains(&day)
            })
        };
        verdicts.extend(results_drift::judge_newest(model.task, &days, &alerted, pipeline.alerts.results.sigmas));
    }
    Ok(verdicts)
}

/// Something of Landfall's own that is not as it should be, or (without a message) is again.
pub fn own(object: &str, message: Option<String>) -> Verdict {
    match message {
        None => Verdict::Fine { kind: AlertKind::Landfall, object: object.into(), reason: "it works again".into() },
        Some(message) => {
            let rule = "Landfall watches what it needs itself";
            Verdict::Bad(Finding::new(AlertKind::Landfall, object, Severity::Critical, message, rule))
        }
    }
}

/// Takes verdicts through the life cycle. Answers whether anything changed.
pub fn apply(
    tx: &Transaction<'_>,
    pipeline: &str,
    verdicts: &[Verdict],
    run: Option<i64>,
    now: Instant,
) -> Result<bool> {
    let open: Vec<Open> = alerts::open(tx, Some(pipeline))?
        .into_iter()
        .map(|row| Open {
            id: row.id,
            fingerprint: fingerprint(&row.pipeline, row.finding.kind, &row.finding.object),
            state: row.state,
            severity: row.finding.severity,
            message: row.finding.message,
            muted_until: row.muted_until,
        })
        .collect();
    let changes = transitions(pipeline, &open, verdicts, now);
    for change in &changes {
        record(tx, pipeline, change, run, now)?;
    }
    Ok(!changes.is_empty())
}

fn record(tx: &Transaction<'_>, pipeline: &str, change: &Transition, run: Option<i64>, now: Instant) -> Result<()> {
    let event = |level: Level, text: &str| events::add(tx, level, Some(pipeline), run, "alert", &one_line(text), now);
    match change {
        Transition::Raise { finding, .. } => {
            alerts::raise(tx, pipeline, finding, AlertState::Firing, run, now)?;
            let level = if finding.severity == Severity::Critical { Level::Error } else { Level::Warn };
            event(level, &format!("{}: {}", finding.kind, finding.message))
        }
        Transition::Refresh { id, finding } => alerts::refresh(tx, *id, finding, now),
        Transition::Fire { id, finding, reason } => {
            if let Some(finding) = finding {
                alerts::refresh(tx, *id, finding, now)?;
            }
            alerts::set_state(tx, *id, AlertState::Firing, "landfall", reason, now)?;
            event(Level::Error, &format!("fires again: {reason}"))
        }
        Transition::Resolve { id, reason } => {
            alerts::set_state(tx, *id, AlertState::Resolved, "landfall", reason, now)?;
            let about = alerts::get(tx, *id)?.map(|row| row.finding.kind.name()).unwrap_or_default();
            event(Level::Info, &format!("{about} over: {reason}"))
        }
    }
}
