//! `[[routes]]`: who is told of what.

use crate::config::field::Field;
use crate::config::nearest::nearest;
use crate::config::routes::{Hours, Route};
use crate::domain::alert::{AlertKind, Severity};

/// Reads every route; `channels` are the names there are, `time_zone` holds where a route names none.
pub(super) fn read(field: &Field<'_>, channels: &[String], time_zone: &str) -> Option<Vec<Route>> {
    let elements = field.tables("tables with the header [[routes]]")?;
    Some(elements.iter().filter_map(|element| route(element, channels, time_zone)).collect())
}

fn route(field: &Field<'_>, channels: &[String], time_zone: &str) -> Option<Route> {
    let section = field.section("[[routes]]")?;
    let severities = [("info", Severity::Info), ("warning", Severity::Warning), ("critical", Severity::Critical)];
    let named = |f: &Field<'_>| channels_named(f, channels);
    let zone = section.or("time_zone", time_zone.to_owned(), super::workspace::time_zone);
    let route = Route {
        pipelines: section.or("pipelines", Vec::new(), patterns),
        kinds: section.or("kinds", Vec::new(), kinds),
        severity: section.or("severity", Severity::Warning, |f| f.choice(&severities)),
        hours: section.maybe("hours", |f| hours(f, &zone)),
        channels: section
            .require("channels", "names of channels, as in `channels = [\"oncall\"]`")
            .and_then(|f| named(&f))
            .unwrap_or_default(),
        escalate_to: section.or("escalate_to", Vec::new(), named),
        and_on: section.or("continue", false, |f| f.boolean()),
    };
    section.finish();
    Some(route)
}

fn patterns(field: &Field<'_>) -> Option<Vec<String>> {
    let elements = field.elements("a list of names or patterns such as [\"flights*\"]")?;
    let pattern = |f: &Field<'_>| {
        let text = f.text()?;
        if let Err(error) = glob::Pattern::new(text) {
            f.error(format!("\"{text}\" is not a pattern: {}", error.msg), "expected a name or a pattern");
        }
        Some(text.to_owned())
    };
    Some(elements.iter().filter_map(pattern).collect())
}

fn kinds(field: &Field<'_>) -> Option<Vec<AlertKind>> {
    let elements = field.elements("a list of kinds such as [\"file_size\"]")?;
    let known: Vec<String> = AlertKind::ALL.iter().map(|kind| kind.key()).collect();
    let kind = |f: &Field<'_>| {
        let text = f.text()?;
        let found = AlertKind::from_key(text);
        if found.is_none() {
            let message = format!("unknown kind of alert \"{text}\"");
            match nearest(text, known.iter().map(String::as_str)) {
                Some(near) => f.error_with_help(message, format!("did you mean \"{near}\"?")),
                None => f.error(message, format!("expected one of {}", known.join(", "))),
            }
        }
        found
    };
    Some(elements.iter().filter_map(kind).collect())
}

fn hours(field: &Field<'_>, time_zone: &str) -> Option<Hours> {
    Hours::parse(field.text()?, time_zone)
        .map_err(|why| {
            field.error(format!("`hours` cannot be read: {why}"), "expected hours such as \"Mon-Fri 08:00-18:00\"");
        })
        .ok()
}

fn channels_named(field: &Field<'_>, channels: &[String]) -> Option<Vec<String>> {
    let elements = field.elements("a list of names of channels")?;
    let one = |f: &Field<'_>| {
        let name = f.text()?;
        if !channels.iter().any(|channel| channel == name) {
            let message = format!("there is no channel \"{name}\"");
            match nearest(name, channels.iter().map(String::as_str)) {
                Some(near) => f.error_with_help(message, format!("did you mean \"{near}\"?")),
                None => f.error_with_help(message, format!("write one as [channels.{name}]")),
            }
        }
        Some(name.to_owned())
    };
    Some(elements.iter().filter_map(one).collect())
}
