//! What happened, and what operators did.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ui, message, scroll};
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(events) = &ui.state.pages.events else {
        return message(ui, area, buf, Role::Muted, &["reading what happened …"]);
    };
    if events.is_empty() {
        let text = ["Nothing has happened yet.", "What the engine does and what operators ask of it is listed here."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Events, area.height.saturating_sub(2));
    ui.heading(buf, paint::row(area, 0), "what happened, and what operators did", &shown.note);
    let columns = vec![
        Column::new("", 1),
        Column::new("at", 19),
        Column::new("pipeline", 10).rank(2),
        Column::new("run", 6).right().rank(3),
        Column::new("of", 9).rank(1),
        Column::new("what", 24).grow(1),
    ];
    let row = |event: &crate::store::events::EventRow| {
        let (symbol, role) = marks::level(event.level);
        vec![
            ui.line(role, symbol),
            ui.line(Role::Muted, format::full(event.at)),
            ui.line(Role::Text, event.pipeline.clone().unwrap_or_default()),
            ui.number(event.run.map(|run| run.to_string())),
            ui.line(if event.subject == "operator" { Role::Accent } else { Role::Muted }, event.subject.clone()),
            ui.line(role, event.text.clone()),
        ]
    };
    let rows = shown.rows.iter().filter_map(|index| events.get(*index)).map(row).collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}
