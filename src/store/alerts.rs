//! Alerts and their history.

mod life;
mod past;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, StoreError, instant, int, json, ms, parsed, to_json};
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertKind, AlertState, Finding, Severity, fingerprint};
pub use life::{
    owe, remark, required, set_alarm, set_clean, set_flapping, set_inhibited, set_normal, set_run, set_told,
};
pub use past::{abnormal, changes, episodes, flapping};

/// One episode of an alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlertRow {
    /// Its id.
    pub id: i64,
    /// Its pipeline.
    pub pipeline: String,
    /// What was observed.
    #[serde(flatten)]
    pub finding: Finding,
    /// Where it is.
    pub state: AlertState,
    /// The run it is about, if it is about one.
    pub run: Option<i64>,
    /// When it was raised.
    pub raised: Instant,
    /// When it was last observed.
    pub updated: Instant,
    /// When it was resolved.
    pub ended: Option<Instant>,
    /// The newest note.
    pub note: Option<String>,
    /// Who answered it.
    pub who: Option<String>,
    /// When it first fired; absent when it never did.
    pub fired: Option<Instant>,
    /// Clean looks in a row, while it recovers.
    pub clean: u32,
    /// After how many of them it is over.
    pub needed: u32,
    /// The state it returns to when it stops recovering.
    pub before: Option<AlertState>,
    /// The alert that explains it: it is not told while that one stands.
    pub inhibited_by: Option<i64>,
    /// When it was last queued for delivery.
    pub notified: Option<Instant>,
    /// When it was told that it fires; absent: not since it last began to.
    pub told: Option<Instant>,
    /// When it was escalated.
    pub escalated: Option<Instant>,
    /// Since when it comes and goes.
    pub flapping: Option<Instant>,
    /// An operator's answer: was it right to raise it?
    pub alarm: Option<Alarm>,
    /// When an operator called what was seen normal.
    pub normal: Option<Instant>,
    /// When its mute ends, if its fingerprint is muted.
    pub muted_until: Option<Instant>,
}

impl AlertRow {
    /// Its identity over all its episodes: see [`fingerprint`].
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.pipeline, self.finding.kind, &self.finding.object)
    }
}

/// Records a new alert in `state` (pending, firing or muted) and answers its id.
pub fn raise(
    tx: &Transaction<'_>,
    pipeline: &str,
    finding: &Finding,
    state: AlertState,
    run: Option<i64>,
    now: Instant,
) -> Result<i64> {
    tx.execute(
        "INSERT INTO alerts (fingerprint, pipeline, kind, object, severity, state, message, observed, low, high, unit,
                             rule, evidence, run, raised, updated, fired)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16)",
        params![
            fingerprint(pipeline, finding.kind, &finding.object),
            pipeline,
            finding.kind.name(),
            finding.object,
            finding.severity.name(),
            state.name(),
            finding.message,
            finding.observed,
            finding.expected.map(|(low, _)| low),
            finding.expected.map(|(_, high)| high),
            finding.unit,
            finding.rule,
            to_json(&finding.evidence)?,
            run,
            ms(now),
            (state == AlertState::Firing).then(|| ms(now)),
        ],
    )?;
    let id = tx.last_insert_rowid();
    remember(tx, id, state, "landfall", &finding.message, now)?;
    Ok(id)
}

/// Records that an open alert was observed again.
pub fn refresh(tx: &Transaction<'_>, id: i64, finding: &Finding, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE alerts SET severity = ?2, message = ?3, observed = ?4, low = ?5, high = ?6, unit = ?7, rule = ?8,
             evidence = ?9, updated = ?10
         WHERE id = ?1",
        params![
            id,
            finding.severity.name(),
            finding.message,
            finding.observed,
            finding.expected.map(|(low, _)| low),
            finding.expected.map(|(_, high)| high),
            finding.unit,
            finding.rule,
            to_json(&finding.evidence)?,
            ms(now),
        ],
    )?;
    Ok(())
}

/// Moves an alert to `next` and keeps who, when and why. Refuses what the state machine forbids. `who` is `landfall` or
/// an operator, whose name and note stay with the alert until it is over.
pub fn set_state(tx: &Transaction<'_>, id: i64, next: AlertState, who: &str, note: &str, now: Instant) -> Result<()> {
    let current = required(tx, id)?.state;
    if !current.may_become(next) {
        return Err(StoreError::Forbidden(format!("alert {id} is {current} and cannot become {next}")));
    }
    let answer = who != "landfall" || next == AlertState::Resolved;
    // What an operator says of a recovering alert does not make it less clean.
    let keeps_clean = next == AlertState::Recovering || (who != "landfall" && next.is_open());
    tx.execute(
        "UPDATE alerts SET state = ?2, updated = ?3, who = CASE WHEN ?6 THEN ?4 ELSE who END,
             note = CASE WHEN ?6 AND ?5 <> '' THEN ?5 ELSE note END,
             ended = CASE WHEN ?2 = 'resolved' THEN ?3 ELSE NULL END,
             fired = CASE WHEN ?2 = 'firing' THEN COALESCE(fired, ?3) ELSE fired END,
             before = CASE WHEN ?2 = 'recovering' THEN state ELSE NULL END,
             clean = CASE WHEN ?7 THEN clean ELSE 0 END
         WHERE id = ?1",
        params![id, next.name(), ms(now), who, note, answer, keeps_clean],
    )?;
    remember(tx, id, next, who, note, now)
}

fn remember(tx: &Transaction<'_>, id: i64, state: AlertState, who: &str, note: &str, now: Instant) -> Result<()> {
    tx.execute(
        "INSERT INTO alert_history (alert, at, state, who, note) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, ms(now), state.name(), who, note],
    )?;
    Ok(())
}

/// One alert.
pub fn get(connection: &Connection, id: i64) -> Result<Option<AlertRow>> {
    Ok(connection.prepare_cached("SELECT * FROM alerts_now WHERE id = ?1")?.query_row(params![id], row).optional()?)
}

/// Alerts that stand, gravest first, then newest first; of one pipeline or all.
pub fn open(connection: &Connection, pipeline: Option<&str>) -> Result<Vec<AlertRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM alerts_now WHERE state <> 'resolved' AND (?1 IS NULL OR pipeline = ?1)
         ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, raised DESC, id DESC",
    )?;
    let rows = statement.query_map(params![pipeline], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The newest alerts, standing or not, newest first; of one pipeline or all.
pub fn list(connection: &Connection, pipeline: Option<&str>, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement = connection
        .prepare_cached("SELECT * FROM alerts_now WHERE (?1 IS NULL OR pipeline = ?1) ORDER BY id DESC LIMIT ?2")?;
    let rows = statement.query_map(params![pipeline, int(limit as u64)], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Every transition of an alert, oldest first: (instant, state, who, note).
pub fn history(connection: &Connection, id: i64) -> Result<Vec<(Instant, AlertState, String, String)>> {
    let mut statement =
        connection.prepare_cached("SELECT at, state, who, note FROM alert_history WHERE alert = ?1 ORDER BY id")?;
    let rows = statement
        .query_map(params![id], |row| {
            Ok((instant(row.get("at")?), parsed(row, "state", AlertState::parse)?, row.get("who")?, row.get("note")?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Objects of one kind that ever raised an alert in a pipeline, and whether an operator called it normal (the newest
/// episode counts).
pub fn marks(connection: &Connection, pipeline: &str, kind: AlertKind) -> Result<Vec<(String, bool)>> {
    let mut statement = connection.prepare_cached(
        "SELECT object, normal IS NOT NULL FROM alerts a WHERE pipeline = ?1 AND kind = ?2
         AND id = (SELECT MAX(id) FROM alerts WHERE fingerprint = a.fingerprint)",
    )?;
    let rows = statement
        .query_map(params![pipeline, kind.name()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The newest episode about one object.
pub fn newest(connection: &Connection, pipeline: &str, kind: AlertKind, object: &str) -> Result<Option<AlertRow>> {
    Ok(connection
        .prepare_cached("SELECT * FROM alerts_now WHERE fingerprint = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row(params![fingerprint(pipeline, kind, object)], row)
        .optional()?)
}

/// Episodes of one object that fired and that nobody called normal: (raised, ended or `now`).
pub fn spans(
    connection: &Connection,
    pipeline: &str,
    kind: AlertKind,
    object: &str,
    now: Instant,
) -> Result<Vec<(Instant, Instant)>> {
    let mut statement = connection.prepare_cached(
        "SELECT raised, COALESCE(ended, ?2) FROM alerts
         WHERE fingerprint = ?1 AND fired IS NOT NULL AND normal IS NULL ORDER BY id",
    )?;
    let rows = statement
        .query_map(params![fingerprint(pipeline, kind, object), ms(now)], |row| {
            Ok((instant(row.get(0)?), instant(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn row(row: &Row<'_>) -> rusqlite::Result<AlertRow> {
    let low: Option<f64> = row.get("low")?;
    let high: Option<f64> = row.get("high")?;
    let when = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(instant));
    Ok(AlertRow {
        id: row.get("id")?,
        pipeline: row.get("pipeline")?,
        finding: Finding {
            kind: parsed(row, "kind", AlertKind::parse)?,
            object: row.get("object")?,
            severity: parsed(row, "severity", Severity::parse)?,
            message: row.get("message")?,
            observed: row.get("observed")?,
            expected: low.zip(high),
            unit: row.get("unit")?,
            rule: row.get("rule")?,
            evidence: json(row, "evidence")?,
        },
        state: parsed(row, "state", AlertState::parse)?,
        run: row.get("run")?,
        raised: instant(row.get("raised")?),
        updated: instant(row.get("updated")?),
        ended: row.get::<_, Option<i64>>("ended")?.map(instant),
        note: row.get("note")?,
        who: row.get("who")?,
        fired: when("fired")?,
        clean: row.get("clean")?,
        needed: row.get("needed")?,
        before: maybe_parsed(row, "before", AlertState::parse)?,
        inhibited_by: row.get("inhibited_by")?,
        notified: when("notified")?,
        told: when("told")?,
        escalated: when("escalated")?,
        flapping: when("flapping")?,
        alarm: maybe_parsed(row, "alarm", Alarm::parse)?,
        normal: when("normal")?,
        muted_until: when("muted_until")?,
    })
}

fn maybe_parsed<T>(row: &Row<'_>, column: &str, parse: fn(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
    if row.get_ref(column)? == rusqlite::types::ValueRef::Null {
        Ok(None)
    } else {
        parsed(row, column, parse).map(Some)
    }
}
