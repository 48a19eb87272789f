//! The delivery log: what is not told yet, then every attempt.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message, scroll};
use crate::console::load::LIST_LIMIT;
use crate::console::load::deliveries::Entry;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::store::deliveries::DeliveryRow;
use crate::store::outbox::OutboxRow;

/// Draws the log.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(page) = &ui.state.pages.deliveries else {
        return message(ui, area, buf, Role::Muted, &["reading the delivery log …"]);
    };
    if page.undelivered.is_empty() && page.attempts.is_empty() {
        let text = ["Nothing was told to anybody yet.", "Alerts are told by channels and routes; t tests a channel."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Deliveries, area.height.saturating_sub(2));
    let failed = page.undelivered.iter().filter(|notice| notice.state == "failed").count() as u64;
    let waiting = page.undelivered.len() as u64 - failed;
    let title = match (failed, waiting) {
        (0, 0) => "deliveries, newest first".to_owned(),
        (0, waiting) => format!("deliveries, {} waiting", format::count(waiting)),
        (failed, waiting) => {
            format!("deliveries, {} failed, {} waiting", format::count(failed), format::count(waiting))
        }
    };
    let cut = if page.attempts.len() >= LIST_LIMIT { "the newest 1,000 · " } else { "" };
    ui.heading(buf, paint::row(area, 0), &title, &format!("{cut}{}", shown.note));
    let columns = vec![
        Column::new("outcome", 12),
        Column::new("when", 11).rank(2),
        Column::new("channel", 12),
        Column::new("occasion", 12).rank(3),
        Column::new("about", 22).rank(4),
        Column::new("alerts", 6).right().rank(5),
        Column::new("detail", 20).grow(1).rank(1),
    ];
    let entries = shown.rows.iter().filter_map(|index| page.entry(*index));
    let rows = entries.map(|entry| match entry {
        Entry::Notice(notice) => notice_row(ui, notice),
        Entry::Attempt(attempt) => attempt_row(ui, attempt),
    });
    let table = Table { columns, rows: rows.collect(), selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn notice_row(ui: Ui<'_>, notice: &OutboxRow) -> Vec<Line<'static>> {
    let tries = format::counted(u64::from(notice.attempts), "attempt");
    let detail = match notice.state.as_str() {
        "waiting" => format!("{tries}, the next {}", format::due(notice.due, ui.state.now)),
        _ => format!("given up after {tries}: r tries again"),
    };
    vec![
        ui.marked(marks::delivery(&notice.state), &notice.state),
        ui.line(Role::Muted, format::when(notice.created, ui.state.now)),
        ui.line(Role::Strong, notice.channel.clone()),
        ui.line(Role::Text, notice.occasion.name()),
        ui.line(Role::Text, about(&notice.grouping, notice.alert)),
        ui.number(None),
        ui.line(Role::Muted, detail),
    ]
}

fn attempt_row(ui: Ui<'_>, attempt: &DeliveryRow) -> Vec<Line<'static>> {
    vec![
        ui.marked(marks::delivery(&attempt.outcome), &attempt.outcome),
        ui.line(Role::Muted, format::when(attempt.at, ui.state.now)),
        ui.line(Role::Text, attempt.channel.clone()),
        ui.line(Role::Text, attempt.occasion.name()),
        ui.line(Role::Text, about(&attempt.grouping, attempt.alert)),
        ui.line(Role::Text, format::count(attempt.alerts)),
        ui.line(Role::Muted, attempt.detail.clone()),
    ]
}

/// The group, and the alert when it is about one.
fn about(grouping: &str, alert: Option<i64>) -> String {
    match alert {
        Some(alert) if grouping.is_empty() => format!("alert {alert}"),
        Some(alert) => format!("{grouping}, {alert}"),
        None => grouping.to_owned(),
    }
}
