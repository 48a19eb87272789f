//! Alerts as they are looked at: how many stand, which need an answer, a window of them, how right their rules were,
//! and who was told.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::alerts::{self, AlertRow};
use super::deliveries::{self, DeliveryRow};
use super::outbox::{self, OutboxRow};
use super::{Result, int, parsed, uint};
use crate::domain::alert::{AlertKind, AlertState, Severity};

/// Gravest first.
const GRAVEST: &str = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END";

/// Of one run, more alerts than this that need an answer are one line.
const FOLDED: u32 = 3;

impl AlertRow {
    /// Whether somebody has to answer it: it fires, and no other alert explains it.
    pub fn needs_answer(&self) -> bool {
        self.state == AlertState::Firing && self.inhibited_by.is_none()
    }

    /// The operator who answered it; the engine's own transitions are no answer.
    pub fn answered_by(&self) -> Option<&str> {
        self.who.as_deref().filter(|who| *who != "landfall")
    }
}

/// How many standing alerts are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Their pipeline.
    pub pipeline: String,
    /// How grave they are.
    pub severity: Severity,
    /// Where they are.
    pub state: AlertState,
    /// Whether another alert explains them.
    pub inhibited: bool,
    /// How many.
    pub alerts: u64,
}

impl Tally {
    /// Whether somebody has to answer them: see [`AlertRow::needs_answer`].
    pub fn needs_answer(&self) -> bool {
        self.state == AlertState::Firing && !self.inhibited
    }
}

/// Counts the standing alerts.
pub fn tally(connection: &Connection) -> Result<Vec<Tally>> {
    let mut statement = connection.prepare_cached(
        "SELECT pipeline, severity, state, inhibited_by IS NOT NULL AS inhibited, COUNT(*) AS n FROM alerts
         WHERE state <> 'resolved' GROUP BY pipeline, severity, state, inhibited",
    )?;
    let tally = |row: &Row<'_>| {
        Ok(Tally {
            pipeline: row.get("pipeline")?,
            severity: parsed(row, "severity", Severity::parse)?,
            state: parsed(row, "state", AlertState::parse)?,
            inhibited: row.get("inhibited")?,
            alerts: uint(row.get("n")?),
        })
    };
    Ok(statement.query_map([], tally)?.collect::<rusqlite::Result<_>>()?)
}

/// Something that needs an answer: one alert, or many of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The alert, or the gravest of them.
    pub alert: AlertRow,
    /// How many there are.
    pub alerts: u64,
}

/// What needs an answer, gravest first, then newest. More than three alerts of one run are one entry.
pub fn needs(connection: &Connection, limit: usize) -> Result<Vec<Need>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH firing AS (
             SELECT id, run IS NOT NULL AND COUNT(*) OVER (PARTITION BY pipeline, run) > {FOLDED} AS folded,
                 COUNT(*) OVER (PARTITION BY pipeline, run) AS n,
                 ROW_NUMBER() OVER (PARTITION BY pipeline, run ORDER BY {GRAVEST}, raised DESC, id DESC) AS place
             FROM alerts WHERE state = 'firing' AND inhibited_by IS NULL)
         SELECT alerts_now.*, CASE WHEN folded THEN n ELSE 1 END AS alike FROM firing JOIN alerts_now USING (id)
         WHERE NOT folded OR place = 1
         ORDER BY {GRAVEST}, raised DESC, id DESC LIMIT ?1"
    ))?;
    let need = |row: &Row<'_>| Ok(Need { alert: alerts::row(row)?, alerts: uint(row.get("alike")?) });
    Ok(statement.query_map(params![int(limit as u64)], need)?.collect::<rusqlite::Result<_>>()?)
}

/// Which alerts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Those that stand.
    #[default]
    Open,
    /// Those that fire.
    Firing,
    /// Those that are silenced.
    Muted,
    /// Those that do not fire yet, or hardly any more: pending and recovering.
    Waiting,
    /// Those that stand, and those that are over.
    All,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [Self; 5] = [Self::Open, Self::Firing, Self::Muted, Self::Waiting, Self::All];

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "standing",
            Self::Firing => "firing",
            Self::Muted => "muted",
            Self::Waiting => "pending, recovering",
            Self::All => "all",
        }
    }

    /// Whether an alert in `state` belongs to it.
    pub fn holds(self, state: AlertState) -> bool {
        match self {
            Self::Open => state.is_open(),
            Self::Firing => state == AlertState::Firing,
            Self::Muted => state == AlertState::Muted,
            Self::Waiting => matches!(state, AlertState::Pending | AlertState::Recovering),
            Self::All => true,
        }
    }

    fn condition(self) -> &'static str {
        match self {
            Self::Open => "state <> 'resolved'",
            Self::Firing => "state = 'firing'",
            Self::Muted => "state = 'muted'",
            Self::Waiting => "state IN ('pending', 'recovering')",
            Self::All => "TRUE",
        }
    }
}

/// At most `limit` alerts of a view, of one severity or all: standing ones first, of those the gravest first, then the
/// newest.
pub fn window(connection: &Connection, view: View, severity: Option<Severity>, limit: usize) -> Result<Vec<AlertRow>> {
    let order = format!("state = 'resolved', CASE state WHEN 'resolved' THEN 0 ELSE {GRAVEST} END, raised DESC, id DESC");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT * FROM alerts_now WHERE id IN (
             SELECT id FROM alerts WHERE {} AND (?1 IS NULL OR severity = ?1) ORDER BY {order} LIMIT ?2)
         ORDER BY {order}",
        view.condition()
    ))?;
    let rows = statement.query_map(params![severity.map(Severity::name), int(limit as u64)], alerts::row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Other episodes of an alert's fingerprint, newest first.
pub fn episodes(connection: &Connection, alert: i64, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM alerts_now WHERE fingerprint = (SELECT fingerprint FROM alerts WHERE id = ?1) AND id <> ?1
         ORDER BY id DESC LIMIT ?2",
    )?;
    Ok(statement.query_map(params![alert, int(limit as u64)], alerts::row)?.collect::<rusqlite::Result<_>>()?)
}

/// Alerts about a run, gravest first.
pub fn of_run(connection: &Connection, run: i64, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT * FROM alerts_now WHERE run = ?1 ORDER BY {GRAVEST}, raised DESC, id DESC LIMIT ?2"
    ))?;
    Ok(statement.query_map(params![run, int(limit as u64)], alerts::row)?.collect::<rusqlite::Result<_>>()?)
}

/// How right a rule was, by what operators said of its alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Precision {
    /// The pipeline.
    pub pipeline: String,
    /// The rule.
    pub kind: AlertKind,
    /// Alerts that fired.
    pub fired: u64,
    /// Of those: called a true alarm.
    pub right: u64,
    /// Of those: called a false alarm.
    pub wrong: u64,
}

impl Precision {
    /// Share of the judged alerts that were right.
    pub fn share(&self) -> Option<f64> {
        let judged = self.right + self.wrong;
        (judged > 0).then(|| self.right as f64 / judged as f64)
    }

    /// Alerts that nobody judged.
    pub fn unanswered(&self) -> u64 {
        self.fired.saturating_sub(self.right + self.wrong)
    }
}

/// How right every rule was that ever fired; of one pipeline or all, by pipeline and kind.
pub fn precision(connection: &Connection, pipeline: Option<&str>) -> Result<Vec<Precision>> {
    let mut statement = connection.prepare_cached(
        "SELECT pipeline, kind, COUNT(*) AS fired, COUNT(*) FILTER (WHERE alarm = 'true') AS right,
             COUNT(*) FILTER (WHERE alarm = 'false') AS wrong
         FROM alerts WHERE fired IS NOT NULL AND (?1 IS NULL OR pipeline = ?1)
         GROUP BY pipeline, kind ORDER BY pipeline, kind",
    )?;
    let precision = |row: &Row<'_>| {
        Ok(Precision {
            pipeline: row.get("pipeline")?,
            kind: parsed(row, "kind", AlertKind::parse)?,
            fired: uint(row.get("fired")?),
            right: uint(row.get("right")?),
            wrong: uint(row.get("wrong")?),
        })
    };
    Ok(statement.query_map(params![pipeline], precision)?.collect::<rusqlite::Result<_>>()?)
}

/// The newest attempts to tell of an alert, newest first. One that told of many is kept with the gravest of them.
pub fn attempts(connection: &Connection, alert: i64, limit: usize) -> Result<Vec<DeliveryRow>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM deliveries WHERE alert = ?1 ORDER BY id DESC LIMIT ?2")?;
    Ok(statement.query_map(params![alert, int(limit as u64)], deliveries::row)?.collect::<rusqlite::Result<_>>()?)
}

/// Notices that wait to be delivered or could not be: failed ones first, then newest first.
pub fn undelivered(connection: &Connection, limit: usize) -> Result<Vec<OutboxRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM outbox WHERE state IN ('failed', 'waiting') ORDER BY state, id DESC LIMIT ?1",
    )?;
    Ok(statement.query_map(params![int(limit as u64)], outbox::row)?.collect::<rusqlite::Result<_>>()?)
}
