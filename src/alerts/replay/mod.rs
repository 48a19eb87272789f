//! What the rules would have fired over the recorded history: the detectors asked again about the past, each instant
//! taken for now, with the rules as they are (or are to be). Nothing is written.

mod record;
mod runs;
mod sizes;
mod staleness;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertKind, AlertState, Finding, Severity, Verdict};
use crate::domain::text::one_line;
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result};
pub use record::Record;

/// What the rules of some pipelines would have fired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayReport {
    /// Begin of what was replayed.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// One entry a pipeline and kind, by pipeline.
    pub rules: Vec<RuleReplay>,
}

/// What one rule would have fired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleReplay {
    /// Its pipeline.
    pub pipeline: String,
    /// Its kind.
    pub kind: AlertKind,
    /// Whether it is switched on; if not, this is what it would do if it were.
    pub enabled: bool,
    /// Instants that were judged.
    pub checks: u64,
    /// Of these, those at which there was too little history to judge.
    pub learning: u64,
    /// Of these, those that could not be judged: Landfall was not running, say.
    pub cannot_check: u64,
    /// What would have fired, oldest first.
    pub fired: Vec<Fired>,
    /// Alerts of its kind that were raised then and would not be now.
    pub no_longer: Vec<Then>,
    /// Alerts a week to expect, from what would have fired.
    pub per_week: f64,
}

/// An alert that would have fired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fired {
    /// When.
    pub at: Instant,
    /// Until when it would have stood, where that follows from the record.
    pub until: Option<Instant>,
    /// About what.
    pub object: String,
    /// How grave.
    pub severity: Severity,
    /// Its sentence.
    pub message: String,
    /// The alert that was raised then, if one was.
    pub then: Option<Then>,
}

/// An alert as it was raised and answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Then {
    /// Its number.
    pub alert: i64,
    /// When it was raised.
    pub raised: Instant,
    /// About what.
    pub object: String,
    /// Where it is in its life.
    pub state: AlertState,
    /// Whether an operator called it a true or a false alarm.
    pub alarm: Option<Alarm>,
    /// Whether an operator called what was seen normal.
    pub normal: bool,
    /// Who answered, and what they said.
    pub who: Option<String>,
    /// See `who`.
    pub note: Option<String>,
}

/// `alert 12, resolved, called a true alarm [op: upstream doubled]`.
impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alert {}, {}", self.alert, self.state)?;
        if let Some(alarm) = self.alarm {
            write!(f, ", called a {alarm} alarm")?;
        }
        if self.normal {
            f.write_str(", called normal")?;
        }
        match &self.note {
            Some(note) => write!(f, " [{}: {}]", one_line(self.who.as_deref().unwrap_or("landfall")), one_line(note)),
            None => Ok(()),
        }
    }
}

/// Replays the rules of `pipelines` over what the store holds of `from` to `to`.
///
/// # Errors
/// When the store cannot be read.
pub fn replay(connection: &Connection, pipelines: &[&Pipeline], from: Instant, to: Instant) -> Result<ReplayReport> {
    let mut rules = Vec::new();
    for pipeline in pipelines {
        let record = Record::gather(connection, pipeline, to)?;
        rules.extend(of_record(&record, pipeline, from, to));
    }
    Ok(ReplayReport { from, to, rules })
}

/// Replays the rules of one pipeline over its record.
pub fn of_record(record: &Record, pipeline: &Pipeline, from: Instant, to: Instant) -> Vec<RuleReplay> {
    let span = (from, to);
    let tallies = [
        (AlertKind::Staleness, staleness::replay(record, pipeline, span)),
        (AlertKind::RunFailed, runs::failed(record, pipeline, span)),
        (AlertKind::LongRun, runs::slow(record, pipeline, span)),
        (AlertKind::Queued, runs::queued(record, pipeline, span)),
        (AlertKind::FileSize, sizes::replay(record, pipeline, span)),
    ];
    tallies.into_iter().map(|(kind, tally)| tally.close(kind, record, pipeline, span)).collect()
}

/// Verdicts of one rule, as they are counted.
#[derive(Debug, Default)]
struct Tally {
    checks: u64,
    learning: u64,
    cannot_check: u64,
    fired: Vec<Fired>,
}

impl Tally {
    /// Counts a verdict; answers the finding when it is bad.
    fn count(&mut self, verdict: Verdict) -> Option<Finding> {
        self.checks += 1;
        match verdict {
            Verdict::Bad(finding) => return Some(finding),
            Verdict::Learning { .. } => self.learning += 1,
            Verdict::CannotCheck { .. } => self.cannot_check += 1,
            Verdict::Fine { .. } => {}
        }
        None
    }

    /// An episode of what was found.
    fn fire(&mut self, at: Instant, until: Option<Instant>, finding: Finding) {
        let Finding { object, severity, message, .. } = finding;
        self.fired.push(Fired { at, until, object, severity, message, then: None });
    }

    /// Applies the policy, and compares with what was raised then.
    fn close(
        mut self,
        kind: AlertKind,
        record: &Record,
        pipeline: &Pipeline,
        (from, to): (Instant, Instant),
    ) -> RuleReplay {
        let policy = pipeline.alerts.policy(kind);
        let hold = chrono::Duration::from_std(policy.hold).unwrap_or_default();
        self.fired.retain(|fired| fired.until.is_none_or(|until| until - fired.at >= hold));
        self.fired.sort_by_key(|fired| fired.at);
        let mut raised: Vec<&AlertRow> = record
            .alerts
            .iter()
            .filter(|row| row.finding.kind == kind && row.fired.is_some() && row.raised >= from && row.raised <= to)
            .collect();
        for fired in &mut self.fired {
            fired.severity = policy.severity.unwrap_or(fired.severity);
            if let Some(place) = raised.iter().position(|row| is_same(row, fired)) {
                fired.then = Some(then(raised.remove(place)));
            }
        }
        let begin = record.begin.map_or(from, |begin| begin.max(from));
        // Less than a day says nothing of a week.
        let weeks = ((to - begin).num_seconds() as f64).max(86_400.0) / (7.0 * 86_400.0);
        RuleReplay {
            pipeline: pipeline.name.clone(),
            kind,
            enabled: policy.enabled,
            checks: self.checks,
            learning: self.learning,
            cannot_check: self.cannot_check,
            per_week: self.fired.len() as f64 / weeks,
            no_longer: raised.into_iter().map(then).collect(),
            fired: self.fired,
        }
    }
}

/// Whether an alert that was raised is the one that would have fired: about the same, at about the same time.
fn is_same(row: &AlertRow, fired: &Fired) -> bool {
    let near = chrono::Duration::hours(1);
    row.finding.object == fired.object
        && row.raised <= fired.until.unwrap_or(fired.at).max(fired.at) + near
        && row.ended.is_none_or(|ended| ended >= fired.at - near)
}

fn then(row: &AlertRow) -> Then {
    Then {
        alert: row.id,
        raised: row.raised,
        object: row.finding.object.clone(),
        state: row.state,
        alarm: row.alarm,
        normal: row.normal.is_some(),
        who: row.who.clone(),
        note: row.note.clone(),
    }
}
