//! The list of alerts: which, how grave, where they are, and what is marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::load::LIST_LIMIT;
use crate::console::load::alerts::group;
use crate::console::load::overview::Overview;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::domain::Instant;
use crate::domain::alert::AlertState;
use crate::store::alerts::AlertRow;
use crate::store::triage::View;

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(alerts) = &ui.state.pages.alerts else {
        return message(ui, area, buf, Role::Muted, &["reading the alerts …"]);
    };
    let triage = &ui.state.triage;
    tabs(ui, paint::row(area, 0), buf);
    let area = paint::below(area, 1);
    if alerts.is_empty() {
        let text = match (triage.view, triage.severity) {
            (View::All, None) => {
                ["No alert was ever raised.", "Late data, failed runs, odd sizes and odd results appear here."]
            }
            _ => ["No alert is like that.", "→ leads to the next view, s to another severity."],
        };
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Alerts, area.height.saturating_sub(2));
    let picked = ui.picked();
    let cut = if alerts.len() >= LIST_LIMIT { "the first 1,000 · " } else { "" };
    let title = picked.map_or("alerts".to_owned(), |ids| format!("{} marked", format::count(ids.len() as u64)));
    ui.heading(buf, paint::row(area, 0), &title, &format!("{cut}{}", shown.note));
    let mut columns = vec![
        Column::new("severity", 10),
        Column::new("state", 18).rank(1),
        Column::new("pipeline · run", 18).rank(2),
        Column::new("what", 13).rank(3),
        Column::new("observed against expected", 20).grow(1),
        Column::new("since", 5).right().rank(4),
    ];
    let rows = || shown.rows.iter().filter_map(|index| alerts.get(*index));
    let answered = rows().any(|alert| alert.answered_by().is_some());
    if answered {
        columns.push(Column::new("answered by", 11).rank(5));
    }
    if picked.is_some() {
        columns.insert(0, Column::new("", 1));
    }
    let mut before = None;
    let rows = rows().map(|alert| {
        let group = Some(group(alert));
        let first = before != group;
        before = group;
        row(ui, alert, first)
    });
    let table = Table { columns, rows: rows.collect(), selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

/// ` standing 12   firing 3   muted 2 …` with the one in view framed, and the severity at the right.
fn tabs(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let triage = &ui.state.triage;
    let mut spans = Vec::new();
    for view in View::ALL {
        let n = ui.state.overview.as_ref().filter(|_| view != View::All).map(|overview| standing(overview, view));
        let count = n.map(|n| format!(" {}", format::count(n))).unwrap_or_default();
        // The frame tells which one it is, without colours too.
        let (left, right, role) = if view == triage.view { ("[", "]", Role::Strong) } else { (" ", " ", Role::Muted) };
        let name = if area.width < 70 && view == View::Waiting { "pending" } else { view.name() };
        spans.push(ui.text(role, format!("{left}{name}{count}{right} ")));
    }
    let severity = match triage.severity {
        None => ui.line(Role::Muted, "every severity "),
        Some(severity) => ui.line(Role::Strong, format!("{severity} only ")),
    };
    let line = Line::from(spans);
    if line.width() + severity.width() + 2 <= usize::from(area.width) || triage.severity.is_some() {
        paint::line(buf, area, &line);
        paint::right(buf, area, &severity);
    } else {
        paint::line(buf, area, &line);
    }
}

fn standing(overview: &Overview, view: View) -> u64 {
    overview.tally.iter().filter(|tally| view.holds(tally.state)).map(|tally| tally.alerts).sum()
}

fn row(ui: Ui<'_>, alert: &AlertRow, first: bool) -> Vec<Line<'static>> {
    let finding = &alert.finding;
    let loud = alert.needs_answer();
    let text = if loud || alert.state == AlertState::Recovering { Role::Text } else { Role::Muted };
    let mut cells = vec![
        ui.marked(marks::alert_row(alert), finding.severity.name()),
        ui.line(if loud { Role::Strong } else { Role::Muted }, state(alert, ui.state.now)),
        group_cell(ui, alert, first),
        ui.line(text, finding.kind.name()),
        ui.line(text, finding.message.clone()),
        ui.line(Role::Muted, format::span((ui.state.now - alert.raised).num_seconds())),
        ui.line(Role::Muted, alert.answered_by().unwrap_or_default().to_owned()),
    ];
    if let Some(picked) = ui.picked() {
        cells.insert(0, ui.pick(picked, alert.id));
    }
    cells
}

/// What the alerts of one run have in common, said once; of a folded group with how many there are.
fn group_cell(ui: Ui<'_>, alert: &AlertRow, first: bool) -> Line<'static> {
    let run = alert.run.map(|run| format!(" · {run}")).unwrap_or_default();
    if ui.state.triage.folded.contains(&group(alert)) {
        let n = ui.state.group_of(alert).len();
        let more = format!("{n} of ");
        return Line::from(vec![
            ui.text(Role::Accent, more),
            ui.text(Role::Text, format!("{}{run}", paint::fit(&alert.pipeline, 10))),
        ]);
    }
    if first {
        return ui.line(Role::Text, format!("{}{run}", paint::fit(&alert.pipeline, 11)));
    }
    ui.line(Role::Faint, "┆")
}

/// Where an alert is, with what there is to know about that: `muted until 18:00`, `firing, escalated`.
pub fn state(alert: &AlertRow, now: Instant) -> String {
    let name = alert.state.name();
    if let Some(until) = alert.muted_until.filter(|_| alert.state == AlertState::Muted) {
        return format!("muted until {}", until_text(until, now));
    }
    if alert.state == AlertState::Recovering {
        return format!("recovering {}/{}", alert.clean, alert.needed);
    }
    if let Some(other) = alert.inhibited_by.filter(|_| alert.state.is_open()) {
        return format!("inhibited by {other}");
    }
    match alert.state {
        AlertState::Firing if alert.escalated.is_some() => format!("{name}, escalated"),
        AlertState::Firing | AlertState::Pending if alert.flapping.is_some() => format!("{name}, flapping"),
        _ => name.to_owned(),
    }
}

fn until_text(until: Instant, now: Instant) -> String {
    if until.date_naive() == now.date_naive() { format::minute(until) } else { until.format("%m-%d").to_string() }
}

/// `▲ 14:01  flights  file size   flights_2013-03-09.csv is 10.2x its usual 93 kB` in `room` columns. Of many alerts of
/// one run (`alike`) the line is about all of them.
pub fn brief(ui: Ui<'_>, alert: &AlertRow, alike: u64, room: usize) -> Line<'static> {
    let finding = &alert.finding;
    let (symbol, role) = marks::alert_row(alert);
    let loud = alert.needs_answer();
    let mut spans = vec![ui.text(role, symbol), Span::raw(" ")];
    if room >= 70 {
        spans.push(ui.text(Role::Muted, format!("{:>11}  ", format::when(alert.raised, ui.state.now))));
        spans.push(ui.text(Role::Text, format!("{:<10}  ", paint::fit(&alert.pipeline, 10))));
        let kind = if alike > 1 { format!("{} alerts", format::count(alike)) } else { finding.kind.name().to_owned() };
        spans.push(ui.text(if alike > 1 { Role::Strong } else { Role::Text }, format!("{kind:<13}  ")));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let tail = match alert.state {
        AlertState::Firing if alert.escalated.is_some() => "  escalated".to_owned(),
        AlertState::Firing if loud => String::new(),
        _ => format!("  {}", state(alert, ui.state.now)),
    };
    let left = room.saturating_sub(used + paint::width(&tail));
    let run = alert.run.map(|run| format!("run {run}: ")).unwrap_or_default();
    let message = match (alike > 1, room >= 70) {
        (true, true) => format!("{run}{}", finding.message),
        (true, false) => format!("{} alerts of {}, {run}{}", format::count(alike), alert.pipeline, finding.message),
        (false, true) => finding.message.clone(),
        (false, false) => format!("{}: {}", alert.pipeline, finding.message),
    };
    spans.push(ui.text(if loud { Role::Text } else { Role::Muted }, paint::fit(&message, left)));
    spans.push(ui.text(if loud { Role::Warn } else { Role::Muted }, tail));
    Line::from(spans)
}

/// `▲ file size: flights_2013-03-09.csv is 10.2x its usual 93 kB  acknowledged, op: asked upstream` in `room` columns.
pub fn told(ui: Ui<'_>, alert: &AlertRow, room: usize) -> Line<'static> {
    let (symbol, role) = marks::alert_row(alert);
    let judged = alert.alarm.map(|alarm| format!(", {alarm} alarm")).unwrap_or_default();
    let who = alert.answered_by().map(|who| format!(", {who}")).unwrap_or_default();
    let note = alert.note.as_ref().filter(|_| !who.is_empty()).map(|note| format!(": {note}")).unwrap_or_default();
    let answer = format!("  {}{judged}{who}{note}", state(alert, ui.state.now));
    let answer = paint::fit(&answer, room / 2);
    let text = format!("{}: {}", alert.finding.kind, alert.finding.message);
    let text = paint::fit(&text, room.saturating_sub(paint::width(&answer) + 2));
    Line::from(vec![
        ui.text(role, symbol),
        Span::raw(" "),
        ui.text(if alert.needs_answer() { Role::Text } else { Role::Muted }, text),
        ui.text(Role::Muted, answer),
    ])
}
