//! What is in effect, and where it came from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ui, scroll};
use crate::console::place::List;
use crate::console::settings::SWITCHED;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let all = ui.state.effective();
    let mut body = paint::below(area, 1);
    if let Some(Err(problem)) = &ui.state.pages.settings {
        paint::line(buf, paint::indent(paint::row(body, 0), 2), &ui.line(Role::Warn, problem.clone()));
        body = paint::below(body, 1);
    }
    let shown = scroll::shown(ui, List::Settings, body.height.saturating_sub(1));
    let note = if shown.note.is_empty() { "⏎ switches, W writes" } else { shown.note.as_str() };
    ui.heading(buf, paint::row(area, 0), "what is in effect", note);
    let columns = vec![
        Column::new("of", 10).rank(2),
        Column::new("name", 16).grow(2),
        Column::new("value", 14).grow(3),
        Column::new("from", 22).rank(1),
    ];
    let row = |one: &crate::console::settings::Setting| {
        let switch = one.of == "console" && SWITCHED.contains(&one.name.as_str());
        let value = match (one.name.as_str(), switch) {
            ("conflict", _) => Role::Warn,
            (_, true) => Role::Key,
            _ => Role::Text,
        };
        let from = match one.from.as_str() {
            "default" => Role::Faint,
            "here, not written" => Role::Accent,
            _ => Role::Muted,
        };
        vec![
            ui.line(Role::Muted, one.of.clone()),
            ui.line(Role::Text, one.name.clone()),
            ui.line(value, one.value.clone()),
            ui.line(from, one.from.clone()),
        ]
    };
    let rows = shown.rows.iter().filter_map(|index| all.get(*index)).map(row).collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, body, ui.theme);
    shown.clickable(ui, body);
}
