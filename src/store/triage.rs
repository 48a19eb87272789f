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

/// The columns of a list. What an alert was judged by is left out: it is long, and no list shows it.
const LEAN: &str = "'{}' AS evidence, alerts_now.*";

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
         SELECT {LEAN}, CASE WHEN folded THEN n ELSE 1 END AS alike FROM firing JOIN alerts_now USING (id)
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
    let order =
        format!("state = 'resolved', CASE state WHEN 'resolved' THEN 0 ELSE {GRAVEST} END, raised DESC, id DESC");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {LEAN} FROM alerts_now WHERE id IN (
             SELECT id FROM alerts WHERE {} AND (?1 IS NULL OR severity = ?1) ORDER BY {order} LIMIT ?2)
         ORDER BY {order}",
        view.condition()
    ))?;
    let rows = statement.query_map(params![severity.map(Severity::name), int(limit as u64)], alerts::row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Other episodes of an alert's fingerprint, newest first.
pub fn episodes(connection: &Connection, alert: i64, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {LEAN} FROM alerts_now WHERE fingerprint = (SELECT fingerprint FROM alerts WHERE id = ?1) AND id <> ?1
         ORDER BY id DESC LIMIT ?2"
    ))?;
    Ok(statement.query_map(params![alert, int(limit as u64)], alerts::row)?.collect::<rusqlite::Result<_>>()?)
}

/// Alerts about a run, gravest first.
pub fn of_run(connection: &Connection, run: i64, limit: usize) -> Result<Vec<AlertRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {LEAN} FROM alerts_now WHERE run = ?1 ORDER BY {GRAVEST}, raised DESC, id DESC LIMIT ?2"
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
    let mut statement = connection
        .prepare_cached("SELECT * FROM outbox WHERE state IN ('failed', 'waiting') ORDER BY state, id DESC LIMIT ?1")?;
    Ok(statement.query_map(params![int(limit as u64)], outbox::row)?.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use rusqlite::Transaction;

    use super::*;
    use crate::domain::Instant;
    use crate::domain::alert::{Finding, Occasion};
    use crate::store::outbox::Queued;
    use crate::store::{Store, open_reader};

    fn at(seconds: i64) -> Instant {
        Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap()
    }

    fn raise(tx: &Transaction<'_>, object: &str, severity: Severity, run: Option<i64>, n: i64) -> Result<i64> {
        let finding = Finding::new(AlertKind::FileSize, object, severity, format!("{object} is odd"), "a rule");
        alerts::raise(tx, "p", &finding, AlertState::Firing, run, at(n))
    }

    /// Nine alerts of run 5, of which one is explained by another; two of run 6; one muted, one resolved, one pending.
    fn history(tx: &Transaction<'_>) -> Result<()> {
        for n in 0..9 {
            let severity = if n == 4 { Severity::Critical } else { Severity::Warning };
            raise(tx, &format!("a{n}"), severity, Some(5), n)?;
        }
        tx.execute("UPDATE alerts SET inhibited_by = 5 WHERE object = 'a8'", [])?;
        for n in 0..2 {
            raise(tx, &format!("b{n}"), Severity::Info, Some(6), 20 + n)?;
        }
        let muted = raise(tx, "m", Severity::Critical, None, 30)?;
        alerts::set_state(tx, muted, AlertState::Muted, "op", "later", at(31))?;
        let over = raise(tx, "a0-before", Severity::Critical, None, 32)?;
        alerts::set_state(tx, over, AlertState::Resolved, "landfall", "fine again", at(33))?;
        tx.execute("UPDATE alerts SET alarm = 'false' WHERE id = ?1", [over])?;
        tx.execute("UPDATE alerts SET alarm = 'true' WHERE id IN (1, 2)", [])?;
        let finding = Finding::new(AlertKind::Staleness, "arrival", Severity::Warning, "late".into(), "a rule");
        alerts::raise(tx, "q", &finding, AlertState::Pending, None, at(40))?;
        Ok(())
    }

    async fn read() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path()).unwrap().write(history).await.unwrap();
        let connection = open_reader(folder.path()).unwrap();
        (folder, connection)
    }

    fn objects(rows: &[AlertRow]) -> Vec<&str> {
        rows.iter().map(|row| row.finding.object.as_str()).collect()
    }

    #[tokio::test]
    async fn many_alerts_of_a_run_are_one_need_and_what_is_answered_or_explained_is_none() {
        let (_folder, connection) = read().await;
        let needs = needs(&connection, 10).unwrap();
        let told: Vec<_> = needs.iter().map(|need| (need.alert.finding.object.as_str(), need.alerts)).collect();
        assert_eq!(told, [("a4", 8), ("b1", 1), ("b0", 1)]);
        assert!(needs.iter().all(|need| need.alert.needs_answer()));
        let tally = tally(&connection).unwrap();
        assert_eq!(tally.iter().map(|tally| tally.alerts).sum::<u64>(), 13, "the resolved one is not counted");
        let loud: u64 = tally.iter().filter(|tally| tally.needs_answer()).map(|tally| tally.alerts).sum();
        assert_eq!(loud, 10);
    }

    #[tokio::test]
    async fn a_view_holds_what_belongs_to_it_gravest_and_newest_first() {
        let (_folder, connection) = read().await;
        let read = |view, severity, limit| window(&connection, view, severity, limit).unwrap();
        assert_eq!(objects(&read(View::Open, None, 4)), ["m", "a4", "arrival", "a8"]);
        assert_eq!(objects(&read(View::Muted, None, 9)), ["m"]);
        assert_eq!(objects(&read(View::Waiting, None, 9)), ["arrival"]);
        assert_eq!(objects(&read(View::All, Some(Severity::Critical), 9)), ["m", "a4", "a0-before"]);
        assert_eq!(objects(&read(View::Firing, Some(Severity::Info), 9)), ["b1", "b0"]);
        for view in View::ALL {
            assert!(read(view, None, 99).iter().all(|row| view.holds(row.state)), "{view:?}");
        }
        assert_eq!(objects(&of_run(&connection, 6, 9).unwrap()), ["b1", "b0"]);
    }

    #[tokio::test]
    async fn precision_counts_what_operators_said_of_what_fired() {
        let (_folder, connection) = read().await;
        let [rule] = precision(&connection, None).unwrap().try_into().unwrap();
        assert_eq!(
            (rule.kind, rule.fired, rule.right, rule.wrong, rule.unanswered()),
            (AlertKind::FileSize, 13, 2, 1, 10)
        );
        assert!((rule.share().unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(precision(&connection, Some("q")).unwrap(), [], "pending is not fired");
    }

    #[tokio::test]
    async fn an_alert_knows_its_episodes_and_what_could_not_be_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let written = store.write(|tx| {
            let first = raise(tx, "x", Severity::Warning, None, 0)?;
            alerts::set_state(tx, first, AlertState::Resolved, "op", "", at(5))?;
            let second = raise(tx, "x", Severity::Warning, None, 10)?;
            for (n, state) in ["waiting", "delivered", "failed", "waiting"].iter().enumerate() {
                let (key, due, expires) = (format!("{second} {n}"), at(20), at(90));
                let (occasion, grouping) = (Occasion::Fired, "p");
                let notice =
                    Queued { channel: "mail", key: &key, alert: Some(second), occasion, grouping, due, expires };
                outbox::queue(tx, &notice, at(11))?;
                tx.execute("UPDATE outbox SET state = ?1 WHERE key = ?2", [*state, key.as_str()])?;
            }
            Ok((first, second))
        });
        let (first, second) = written.await.unwrap();
        let connection = open_reader(folder.path()).unwrap();
        let before: Vec<i64> = episodes(&connection, second, 9).unwrap().iter().map(|row| row.id).collect();
        assert_eq!(before, [first]);
        assert_eq!(episodes(&connection, first, 9).unwrap().len(), 1, "later ones are episodes too");
        let unsent: Vec<_> = undelivered(&connection, 9).unwrap().into_iter().map(|n| (n.id, n.state)).collect();
        assert_eq!(unsent, [(3, "failed".to_owned()), (4, "waiting".to_owned()), (1, "waiting".to_owned())]);
        assert_eq!(attempts(&connection, second, 9).unwrap(), []);
    }
}
