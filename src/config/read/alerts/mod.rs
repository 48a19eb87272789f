//! `[alerts]` and its tables: when to raise them.

mod results;
mod runs;
mod size;
mod staleness;

use std::time::Duration;

use crate::config::rules::{AlertRules, Policy};
use crate::config::section::Section;
use crate::domain::alert::{AlertKind, Severity};

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
        let Some(own) = field.section(format!("[alerts.{}]", kind.key())) else { continue };
        rules.policies.insert(kind, policy(&own));
        match kind {
            AlertKind::Staleness => rules.staleness = staleness::read(&own, time_zone),
            AlertKind::LongRun => rules.long_run = runs::long_run(&own),
            AlertKind::Queued => rules.queued = runs::queued(&own),
            AlertKind::Heartbeat => rules.heartbeat = runs::heartbeat(&own),
            AlertKind::FileSize => rules.file_size = size::read(&own),
            AlertKind::ResultsDrift => rules.results = results::read(&own),
            _ => {}
        }
        own.finish();
    }
    rules
}

/// The keys that every kind has.
fn policy(section: &Section<'_>) -> Policy {
    let defaults = Policy::default();
    let severities = [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];
    Policy {
        enabled: section.or("enabled", defaults.enabled, |f| f.boolean()),
        severity: section.maybe("severity", |f| f.choice(&severities)),
        hold: section.or("hold", defaults.hold, |f| f.duration(Duration::ZERO)),
        recover: section.or("recover", defaults.recover, |f| f.integer(1, 1000)),
    }
}
