//! The list of alerts, standing ones first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::domain::alert::AlertState;
use crate::store::alerts::AlertRow;

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(alerts) = &ui.state.pages.alerts else {
        return message(ui, area, buf, Role::Muted, &["reading the alerts …"]);
    };
    if alerts.is_empty() {
        let text = ["No alert was ever raised.", "Late data, failed runs, odd sizes and odd results appear here."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Alerts, area.height.saturating_sub(2));
    let open = alerts.iter().filter(|alert| alert.state.is_open()).count() as u64;
    let title = format!("alerts, {} standing", format::count(open));
    ui.heading(buf, paint::row(area, 0), &title, &shown.note);
    let columns = vec![
        Column::new("severity", 10),
        Column::new("state", 12).rank(1),
        Column::new("raised", 11).rank(3),
        Column::new("pipeline", 10).rank(4),
        Column::new("what", 13).rank(2),
        Column::new("observed against expected", if area.width >= 110 { 46 } else { 33 }).grow(1),
        Column::new("answered by", 11).rank(5),
    ];
    let rows = shown.rows.iter().filter_map(|index| alerts.get(*index)).map(|alert| row(ui, alert)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
}

fn row(ui: Ui<'_>, alert: &AlertRow) -> Vec<Line<'static>> {
    let finding = &alert.finding;
    let over = !alert.state.is_open();
    let text = if over { Role::Muted } else { Role::Text };
    vec![
        ui.marked(marks::alert(finding.severity, alert.state), finding.severity.name()),
        ui.line(if alert.state == AlertState::Firing { Role::Strong } else { Role::Muted }, alert.state.name()),
        ui.line(Role::Muted, format::when(alert.raised, ui.state.now)),
        ui.line(text, alert.pipeline.clone()),
        ui.line(text, finding.kind.name()),
        ui.line(text, finding.message.clone()),
        ui.line(Role::Muted, alert.who.clone().unwrap_or_default()),
    ]
}

/// `▲ 14:01  flights  file size   flights_2013-03-09.csv is 10.2x its usual 93 kB` in `room` columns.
pub fn brief(ui: Ui<'_>, alert: &AlertRow, room: usize) -> Line<'static> {
    let finding = &alert.finding;
    let (symbol, role) = marks::alert(finding.severity, alert.state);
    let answered = alert.state != AlertState::Firing;
    let mut spans = vec![ui.text(role, symbol), Span::raw(" ")];
    if room >= 70 {
        spans.push(ui.text(Role::Muted, format!("{:>11}  ", format::when(alert.raised, ui.state.now))));
        spans.push(ui.text(Role::Text, format!("{:<10}  ", paint::fit(&alert.pipeline, 10))));
        spans.push(ui.text(Role::Text, format!("{:<13}  ", finding.kind.name())));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let tail = if answered { format!("  {}", alert.state) } else { String::new() };
    let left = room.saturating_sub(used + tail.len());
    let message = if room >= 70 { finding.message.clone() } else { format!("{}: {}", alert.pipeline, finding.message) };
    spans.push(ui.text(if answered { Role::Muted } else { Role::Text }, paint::fit(&message, left)));
    spans.push(ui.text(Role::Muted, tail));
    Line::from(spans)
}
