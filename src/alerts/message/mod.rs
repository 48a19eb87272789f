//! The words of a message: a subject, a plain text, and the same as HTML.
//!
//! Everything that others wrote passes the sanitiser here once more, whatever it passed before: a subject has one line
//! and can add no header, a text has no control characters but line ends.

mod chart;
mod html;
mod words;

#[cfg(test)]
mod tests;

use crate::config::message::MessageTemplates;
use crate::domain::alert::{Notice, NoticeAlert, Occasion};
use crate::domain::format;
use crate::domain::text::{many_lines, one_line};

pub use html::html;
use words::{about, placeholder};

/// Longest subject in characters.
const LONGEST: usize = 120;

/// One line of at most 120 characters: `[critical] flights: flights_2013-03-09.csv is 10.2x its usual 93 kB`.
pub fn subject(notice: &Notice, templates: &MessageTemplates) -> String {
    let line = match &templates.subject {
        Some(template) if !notice.alerts.is_empty() => template.fill(|name| placeholder(notice, name)),
        _ => own_subject(notice),
    };
    shortened(&one_line(&line))
}

fn own_subject(notice: &Notice) -> String {
    let workspace = &notice.workspace;
    let Some(first) = notice.alerts.first() else { return format!("[test] {workspace}: a test of this channel") };
    let mark = mark(notice, first);
    let message = &first.finding.message;
    match notice.total {
        1 => format!("[{mark}] {}: {message}", first.pipeline),
        total => {
            let count = format::counted(total as u64, "alert");
            format!("[{mark}] {}: {count}, first {message}", notice.group)
        }
    }
}

/// What stands in front of a subject: how grave it is and why it comes.
fn mark(notice: &Notice, first: &NoticeAlert) -> String {
    let severity = first.finding.severity.name();
    match notice.occasion {
        Occasion::Fired | Occasion::Test => severity.to_owned(),
        Occasion::Repeated => format!("{severity}, again"),
        Occasion::Escalated => format!("{severity}, unanswered"),
        Occasion::Flapping => format!("{severity}, comes and goes"),
        Occasion::Acknowledged => "acknowledged".to_owned(),
        Occasion::Resolved => "resolved".to_owned(),
        Occasion::Digest => format!("digest, {severity}"),
    }
}

/// Several lines of plain text: what was seen and expected, by which rule, since when, what shows it, who answered,
/// where to look and what to do.
pub fn text(notice: &Notice, templates: &MessageTemplates) -> String {
    let text = match &templates.text {
        Some(template) if !notice.alerts.is_empty() => template.fill(|name| placeholder(notice, name)),
        _ => own_text(notice),
    };
    many_lines(&text)
}

fn own_text(notice: &Notice) -> String {
    let mut lines = vec![opening(notice), String::new()];
    for alert in &notice.alerts {
        if notice.total > 1 {
            lines.push(format!("{} · {} · {}", alert.finding.severity, alert.pipeline, alert.finding.kind));
        }
        lines.push(alert.finding.message.clone());
        lines.extend(about(alert).into_iter().map(|(what, value)| format!("  {what:<9} {value}")));
        // What shows it belongs to the one alert of a message; of many it would hide the others.
        if notice.total == 1 {
            lines.extend(alert.finding.evidence.lines.iter().map(|line| format!("  | {line}")));
        }
        lines.extend(alert.actions.iter().map(|action| format!("  $ {action}")));
        lines.push(String::new());
    }
    let left = notice.total.saturating_sub(notice.alerts.len());
    if left > 0 {
        lines.push(format!("and {} more: landfall alerts", format::count(left as u64)));
        lines.push(String::new());
    }
    lines.extend(notice.link.iter().cloned());
    lines.push(format!("Landfall, workspace {}, {}", notice.workspace, words::stamp(notice.at)));
    // A line of one of the parts stays a line: what has line ends of its own is shown with escapes.
    lines.iter().map(|line| one_line(line)).collect::<Vec<_>>().join("\n")
}

/// The first line: why this message comes.
fn opening(notice: &Notice) -> String {
    let count = format::counted(notice.total as u64, "alert");
    let (one, group) = (notice.total == 1, &notice.group);
    match notice.occasion {
        Occasion::Test => {
            "This is a test of a channel of Landfall. Whoever reads it will be told of alerts.".to_owned()
        }
        Occasion::Fired if one => format!("An alert in {group} asks for an answer."),
        Occasion::Fired => format!("{count} in {group} ask for an answer."),
        Occasion::Repeated => format!("Nobody has answered this yet: {count} in {group}."),
        Occasion::Escalated => format!("Nobody has acknowledged this in time: {count} in {group}."),
        Occasion::Flapping => format!("This comes and goes, and is told once until it is calm: {count} in {group}."),
        Occasion::Acknowledged => format!("Somebody has seen this: {count} in {group}."),
        Occasion::Resolved => format!("This is over: {count} in {group}."),
        Occasion::Digest => format!("Many at once, told as one: {count} in {group}, gravest first."),
    }
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}
