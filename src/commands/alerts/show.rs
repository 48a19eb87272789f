//! `landfall alerts show N`: all about one alert.

use std::process::ExitCode;

use serde_json::json;

use crate::alerts::actions;
use crate::commands::{Place, Refused, print};
use crate::domain::alert::{AlertState, Mute};
use crate::domain::format;
use crate::domain::text::one_line;
use crate::store::alerts::AlertRow;
use crate::store::{self, Connection, alerts, mutes, outbox};

/// Most earlier episodes shown.
const EARLIER: usize = 10;

/// Prints it.
///
/// # Errors
/// When there is no state, it cannot be read, or there is no such alert.
pub fn show(place: &Place, id: i64) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let alert = alerts::get(&connection, id)?.ok_or_else(|| Refused(format!("there is no alert {id}")))?;
    let earlier = earlier(&connection, &alert)?;
    let mute = mutes::get(&connection, &alert.fingerprint(), chrono::Utc::now())?;
    if place.json {
        let steps = alerts::history(&connection, id)?.into_iter();
        let steps = steps.map(|(at, state, who, note)| json!({ "at": at, "state": state, "who": who, "note": note }));
        let todo = actions::next(&alert).into_iter().map(|(command, what)| json!({ "command": command, "what": what }));
        print::json(&json!({
            "alert": alert, "history": steps.collect::<Vec<_>>(), "mute": mute,
            "notices": outbox::of_alert(&connection, id)?,
            "earlier": earlier.iter().map(|(row, _)| row).collect::<Vec<_>>(), "actions": todo.collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    facts(&alert, mute.as_ref())?;
    evidence(&alert)?;
    heading("what became of it (UTC)")?;
    for (at, state, who, note) in alerts::history(&connection, id)? {
        text(&format!("  {}  {:<12}  {who}: {note}", print::stamp(at), state.name()))?;
    }
    heading("who was told")?;
    let told = outbox::of_alert(&connection, id)?;
    for notice in &told {
        text(&format!(
            "  {}  {} of {}: {}",
            print::stamp(notice.created),
            notice.channel,
            notice.occasion,
            notice.state
        ))?;
    }
    if told.is_empty() {
        text("  nobody")?;
    }
    heading("earlier alerts of this trouble")?;
    for (row, end) in &earlier {
        text(&format!("  {:<5} {}  {end}", row.id, print::stamp(row.raised)))?;
    }
    if earlier.is_empty() {
        text("  none")?;
    }
    heading("what to do")?;
    let actions = actions::next(&alert);
    let wide = actions.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    for (command, what) in actions {
        text(&format!("  {command:<wide$}  {what}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Episodes before this one, newest first, and how each ended.
fn earlier(connection: &Connection, alert: &AlertRow) -> anyhow::Result<Vec<(AlertRow, String)>> {
    let mut rows = alerts::episodes(connection, &alert.fingerprint(), usize::MAX)?;
    rows.retain(|row| row.id < alert.id);
    rows.truncate(EARLIER);
    let end = |row: AlertRow| {
        let last = alerts::history(connection, row.id)?.pop().filter(|(_, state, ..)| !state.is_open());
        let mut said = match (row.ended, last) {
            (Some(ended), Some((_, _, who, note))) => {
                let lasted = format::duration((ended - row.raised).as_seconds_f64());
                format!("over after {lasted}, {who}: {note}")
            }
            _ => row.state.to_string(),
        };
        if let Some(alarm) = row.alarm {
            said.push_str(&format!(" ({alarm} alarm)"));
        }
        Ok((row, said))
    };
    rows.into_iter().map(end).collect()
}

fn facts(alert: &AlertRow, mute: Option<&Mute>) -> anyhow::Result<()> {
    let finding = &alert.finding;
    let AlertRow { id, pipeline, state, .. } = alert;
    text(&format!("alert {id}: {} {} of {pipeline}, {} ({state})", finding.severity, finding.kind, finding.object))?;
    text(&finding.message)?;
    heading("what was seen")?;
    let fact = |name: &str, value: String| text(&format!("  {name:<9} {value}"));
    if let Some(observed) = finding.observed {
        fact("observed", format::with_unit(observed, &finding.unit))?;
    }
    if let Some((low, high)) = finding.expected {
        let ends = [low, high].map(|end| format::with_unit(end, &finding.unit));
        fact("expected", format!("{} to {}", ends[0], ends[1]))?;
    }
    if !finding.rule.is_empty() {
        fact("rule", finding.rule.clone())?;
    }
    if let Some(run) = alert.run {
        fact("run", run.to_string())?;
    }
    fact("raised", print::stamp(alert.raised))?;
    fact("seen last", print::stamp(alert.updated))?;
    if alert.state == AlertState::Recovering {
        fact("clean", format!("{} of {} looks", alert.clean, alert.needed))?;
    }
    if let Some(by) = alert.inhibited_by {
        fact("explained", format!("by alert {by}: nobody is told while that one stands"))?;
    }
    if let Some(mute) = mute {
        fact("muted", format!("until {} by {}: {}", print::stamp(mute.until), mute.who, mute.reason))?;
    }
    if let Some(since) = alert.flapping {
        fact("flapping", format!("since {}: nobody is told until an hour is calm", print::stamp(since)))?;
    }
    if let Some(at) = alert.escalated {
        fact("escalated", print::stamp(at))?;
    }
    if let Some(at) = alert.normal {
        fact("normal", format!("since {}", print::stamp(at)))?;
    }
    if let Some(alarm) = alert.alarm {
        fact("judged", format!("a {alarm} alarm"))?;
    }
    Ok(())
}

fn evidence(alert: &AlertRow) -> anyhow::Result<()> {
    let evidence = &alert.finding.evidence;
    for (what, names) in [("files", &evidence.files), ("columns", &evidence.columns)] {
        if !names.is_empty() {
            text(&format!("  {what:<9} {}", names.join(", ")))?;
        }
    }
    if !evidence.history.is_empty() {
        heading("what it was judged by (UTC)")?;
        for sample in evidence.history.iter().rev().take(12).rev() {
            let ends = sample.band.map(|(low, high)| [low, high].map(|v| format::with_unit(v, &alert.finding.unit)));
            let band = ends.map(|ends| format!("  expected {} to {}", ends[0], ends[1])).unwrap_or_default();
            let value = format::with_unit(sample.value, &alert.finding.unit);
            text(&format!("  {}  {value:>12}{band}", print::stamp(sample.at)))?;
        }
    }
    if !evidence.lines.is_empty() {
        heading("lines that show it")?;
        evidence.lines.iter().try_for_each(|line| text(&format!("  {line}")))?;
    }
    Ok(())
}

fn heading(what: &str) -> anyhow::Result<()> {
    print::line(&format!("\n{what}"))
}

/// A line with what others wrote in it.
fn text(line: &str) -> anyhow::Result<()> {
    print::line(&one_line(line))
}
