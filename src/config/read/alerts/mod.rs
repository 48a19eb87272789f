//! `[alerts]` and its tables: when to raise them.

mod drift;
mod files;
mod model;
mod own;
mod quality;
mod results;
mod runs;
mod size;
mod staleness;

use std::time::Duration;

use crate::config::rules::{AlertRules, Policy};
use crate::config::section::Section;
use crate::domain::alert::{AlertKind, Severity};
pub(super) use own::own;

pub(super) fn read(section: Section<'_>, time_zone: &str) -> AlertRules {
    let mut rules = AlertRules::in_zone(time_zone);
    for field in section.fields() {
        let Some(kind) = AlertKind::from_key(field.key) else {
            let known: Vec<String> = AlertKind::ALL.iter().map(|kind| kind.key()).collect();
            let message = format!("unknown kind of alert `{}`", field.key);
            match crate::config::nearest::nearest(field.key, known.iter().map(String::as_str)) {
                Some(near) => field.error_with_help(message, format!("did you mean `{near}`?")),
                None => field.error(message, format!("expected one of {}", known.join(", "))),
            }
            continue;
        };
        if kind.is_of_workspace() {
            let message = format!("`{}` is about the whole workspace", field.key);
            field.error_with_help(message, format!("move [alerts.{}] to landfall.toml", field.key));
            continue;
        }
        let Some(own) = field.section(format!("[alerts.{}]", kind.key())) else { continue };
        rules.policies.insert(kind, policy(&own, kind));
        match kind {
            AlertKind::Staleness => rules.staleness = staleness::read(&own, time_zone),
            AlertKind::LongRun => rules.long_run = runs::long_run(&own),
            AlertKind::Queued => rules.queued = runs::queued(&own),
            AlertKind::Heartbeat => rules.heartbeat = runs::heartbeat(&own),
            AlertKind::FileSize => rules.file_size = size::read(&own),
            AlertKind::ResultsDrift => rules.results = results::read(&own),
            AlertKind::DataDrift => rules.data_drift = drift::read(&own),
            AlertKind::SchemaChange => rules.schema_change = files::schema_change(&own),
            AlertKind::Quarantine => rules.quarantine = files::quarantine(&own),
            AlertKind::Overwritten => rules.overwritten = files::overwritten(&own),
            AlertKind::Unsettled => rules.unsettled = files::unsettled(&own),
            AlertKind::IncompleteSet => rules.incomplete_set = files::incomplete_set(&own),
            AlertKind::LabelsOverdue => rules.labels_overdue = model::labels(&own),
            AlertKind::MetricDecline => rules.metric_decline = model::decline(&own),
            AlertKind::ModelNotRefreshed => rules.model_not_refreshed = model::refresh(&own),
            AlertKind::NullRate => rules.null_rate = quality::nulls(&own),
            _ => {}
        }
        own.finish();
    }
    rules
}

/// The keys that every kind has.
fn policy(section: &Section<'_>, kind: AlertKind) -> Policy {
    let defaults = Policy::of(kind);
    let severities = [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];
    Policy {
        enabled: section.or("enabled", defaults.enabled, |f| f.boolean()),
        severity: section.maybe("severity", |f| f.choice(&severities)),
        hold: section.or("hold", defaults.hold, |f| f.duration(Duration::ZERO)),
        recover: section.or("recover", defaults.recover, |f| f.integer(1, 1000)),
    }
}
