//! Figures, times and answers of an alert as words.

use crate::domain::alert::{Notice, NoticeAlert};
use crate::domain::{Instant, format};

/// What is told of an alert beside its sentence: (what, value).
pub(super) fn about(alert: &NoticeAlert) -> Vec<(&'static str, String)> {
    let finding = &alert.finding;
    let mut lines = Vec::new();
    lines.extend(finding.observed.map(|value| ("observed", figure(value, &finding.unit))));
    lines.extend(finding.expected.map(|_| ("expected", expected(alert))));
    lines.push(("rule", finding.rule.clone()));
    lines.push(("since", stamp(alert.since)));
    let files = &finding.evidence.files;
    if !files.is_empty() {
        lines.push(("files", files.join(", ")));
    }
    lines.extend(alert.answer.as_ref().map(|_| ("answer", answer(alert))));
    lines.extend(alert.ended.iter().map(|why| ("over", why.clone())));
    lines
}

/// What a placeholder of a template stands for. Of a message about several alerts it is the gravest.
pub(super) fn placeholder(notice: &Notice, name: &'static str) -> String {
    match name {
        "occasion" => return notice.occasion.to_string(),
        "workspace" => return notice.workspace.clone(),
        "group" => return notice.group.clone(),
        "total" => return notice.total.to_string(),
        "link" => return notice.link.clone().unwrap_or_default(),
        _ => {}
    }
    let Some(alert) = notice.alerts.first() else { return String::new() };
    let finding = &alert.finding;
    match name {
        "severity" => finding.severity.to_string(),
        "pipeline" => alert.pipeline.clone(),
        "kind" => finding.kind.to_string(),
        "object" => finding.object.clone(),
        "message" => finding.message.clone(),
        "observed" => finding.observed.map_or_else(String::new, |value| figure(value, &finding.unit)),
        "expected" => expected(alert),
        "rule" => finding.rule.clone(),
        "since" => stamp(alert.since),
        "state" => alert.state.to_string(),
        "alert" => alert.id.to_string(),
        "run" => alert.run.map_or_else(String::new, |run| run.to_string()),
        "answer" => answer(alert),
        "ended" => alert.ended.clone().unwrap_or_default(),
        "evidence" => finding.evidence.lines.join("\n"),
        "actions" => alert.actions.join("\n"),
        _ => String::new(),
    }
}

/// A value in its unit.
pub(super) fn figure(value: f64, unit: &str) -> String {
    match unit {
        "bytes" if value >= 0.0 => format::bytes(value as u64),
        "s" => format::duration(value),
        "share" => format::share(value),
        "rows" if value >= 0.0 => format!("{} rows", format::count(value as u64)),
        _ => format::figure(value),
    }
}

fn expected(alert: &NoticeAlert) -> String {
    let unit = &alert.finding.unit;
    let range = |(low, high)| format!("{} to {}", figure(low, unit), figure(high, unit));
    alert.finding.expected.map_or_else(String::new, range)
}

fn answer(alert: &NoticeAlert) -> String {
    match &alert.answer {
        None => String::new(),
        Some((who, said)) if said.is_empty() => format!("{} by {who}", alert.state),
        Some((who, said)) => format!("{} by {who}: {said}", alert.state),
    }
}

/// An instant to the second.
pub(super) fn stamp(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
