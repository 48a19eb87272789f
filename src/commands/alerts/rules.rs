//! `landfall alerts rules`: each pipeline's rules, how they stand, and how often they were right.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::commands::{Place, Refused, print};
use crate::config::rules::Policy;
use crate::config::{self, AlertRules, units};
use crate::domain::alert::AlertKind;
use crate::domain::format;
use crate::store::standings::{self, StandingRow};
use crate::store::triage;
use crate::store::{self, Connection};

/// One rule of one pipeline.
struct Rule {
    pipeline: String,
    kind: AlertKind,
    policy: Policy,
    standings: Vec<StandingRow>,
    /// True alarms, false alarms, not judged.
    precision: (u64, u64, u64),
}

/// Prints them; of one pipeline or all.
///
/// # Errors
/// When there is no state or no valid configuration, they cannot be read, or there is no such pipeline.
pub fn rules(place: &Place, pipeline: Option<&str>) -> anyhow::Result<ExitCode> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let connection = store::open_reader(&place.state())?;
    let said = standings::list(&connection, pipeline)?;
    // What is Landfall's own is said of no pipeline, and treated by the defaults.
    let mut names: BTreeSet<&str> = workspace.pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
    names.extend(said.iter().map(|row| row.pipeline.as_str()).filter(|name| name.is_empty()));
    if let Some(name) = pipeline {
        names.retain(|known| *known == name);
        if names.is_empty() {
            return Err(Refused(format!("there is no pipeline `{name}` in this workspace")).into());
        }
    }
    let mut list = Vec::new();
    for name in names {
        let rules = workspace.pipeline(name).map(|pipeline| pipeline.alerts.clone()).unwrap_or_default();
        list.extend(of_pipeline(&connection, name, &rules, &said)?);
    }
    if place.json {
        print::json(&list.iter().map(Rule::json).collect::<Vec<_>>())?;
    } else {
        let rows: Vec<Vec<String>> = list.iter().map(Rule::cells).collect();
        print::table(&["pipeline", "kind", "stands", "since (UTC)", "treated", "was right", "why"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_pipeline(
    connection: &Connection,
    pipeline: &str,
    rules: &AlertRules,
    said: &[StandingRow],
) -> store::Result<Vec<Rule>> {
    let precision = triage::precision(connection, Some(pipeline))?;
    let rule = |kind: AlertKind| Rule {
        pipeline: pipeline.to_owned(),
        kind,
        policy: rules.policy(kind),
        standings: said.iter().filter(|row| row.pipeline == pipeline && row.kind == kind).cloned().collect(),
        precision: precision
            .iter()
            .find(|row| row.kind == kind)
            .map_or((0, 0, 0), |row| (row.right, row.wrong, row.unanswered())),
    };
    Ok(AlertKind::ALL.iter().map(|kind| rule(*kind)).collect())
}

impl Rule {
    /// The gravest of what was said of its objects.
    fn gravest(&self) -> Option<&StandingRow> {
        let order = ["bad", "cannot_check", "learning", "fine"];
        let rank = |row: &&StandingRow| order.iter().position(|word| *word == row.verdict);
        self.standings.iter().min_by_key(rank)
    }

    /// `fine`, `bad (2 of 5)`, `learning 3 of 10`, `cannot check`, `off`, or a dash when it was never asked.
    fn stands(&self) -> String {
        let Some(gravest) = self.gravest().filter(|_| self.policy.enabled) else {
            return if self.policy.enabled { "-".into() } else { "off".into() };
        };
        match (gravest.verdict.as_str(), gravest.learning) {
            ("learning", Some((have, need))) => format!("learning {have} of {need}"),
            ("bad", _) if self.standings.len() > 1 => {
                let bad = self.standings.iter().filter(|row| row.verdict == "bad").count();
                format!("bad ({bad} of {})", self.standings.len())
            }
            (word, _) => word.replace('_', " "),
        }
    }

    /// What is out of the ordinary in how its alerts are treated.
    fn treated(&self) -> String {
        let Policy { severity, hold, recover, .. } = &self.policy;
        let mut parts: Vec<String> = severity.iter().map(|severity| format!("as {severity}")).collect();
        if !hold.is_zero() {
            parts.push(format!("after {}", units::format_duration(*hold)));
        }
        if *recover > 1 {
            parts.push(format!("{recover} clean looks"));
        }
        if parts.is_empty() { "-".into() } else { parts.join(", ") }
    }

    fn was_right(&self) -> String {
        let (rightly, wrongly, unjudged) = self.precision;
        match (rightly + wrongly, unjudged) {
            (0, 0) => "-".into(),
            (0, open) => format!("{} not judged", format::count(open)),
            (judged, open) => {
                let share = format::share(rightly as f64 / judged as f64);
                let open = if open > 0 { format!(", {} not judged", format::count(open)) } else { String::new() };
                format!("{share} of {}{open}", format::count(judged))
            }
        }
    }

    fn cells(&self) -> Vec<String> {
        let said = self.gravest().filter(|_| self.policy.enabled);
        let why = |row: &StandingRow| match row.object.is_empty() || row.reason.contains(&row.object) {
            true => row.reason.clone(),
            false => format!("{}: {}", row.object, row.reason),
        };
        vec![
            if self.pipeline.is_empty() { "(landfall)".into() } else { self.pipeline.clone() },
            self.kind.to_string(),
            self.stands(),
            said.map_or("-".into(), |row| print::stamp(row.since)),
            self.treated(),
            self.was_right(),
            said.map_or("-".into(), why),
        ]
    }

    fn json(&self) -> Value {
        let (rightly, wrongly, unjudged) = self.precision;
        json!({
            "pipeline": self.pipeline, "kind": self.kind, "stands": self.stands(), "policy": self.policy,
            "standings": self.standings, "true_alarms": rightly, "false_alarms": wrongly, "not_judged": unjudged,
        })
    }
}
