//! Where the model is worst.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::said;
use crate::console::format;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::view::{Ui, message, scroll};
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::domain::diagnosis::{Diagnosis, Segment};
use crate::domain::format::share;

/// Draws the segments, and the one under the cursor in words.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis) {
    let Some(overall) = of.segments.first().map(|segment| segment.overall) else {
        let text = ["No part of the rows stands out.", "Segments are parts large enough to be judged by themselves."];
        return message(ui, area, buf, Role::Strong, &text);
    };
    let foot = if area.height > 12 { 5 } else { 0 };
    let list = Rect { height: area.height - foot, ..area };
    let shown = scroll::shown(ui, List::Segments, list.height.saturating_sub(2));
    let all = format!("mean {} of all rows: {}", of.loss_name(), format::figure(overall));
    let note = if shown.note.is_empty() { all } else { shown.note.clone() };
    ui.heading(buf, paint::row(list, 0), "worst first", &note);
    let columns = vec![
        Column::new("where", 14).grow(1),
        Column::new("rows", 7).right().rank(1),
        Column::new("loss", 6).right(),
        Column::new("of all", 6).right().rank(2),
        Column::new("its share", 9).right().rank(3),
        Column::new("predicted", 9).right().rank(4),
        Column::new("actual", 7).right().rank(4),
    ];
    let rows = shown.rows.iter().filter_map(|index| of.segments.get(*index)).map(|segment| row(ui, of, segment));
    let rows = rows.collect();
    let used = (shown.rows.len() as u16 + 2).min(list.height);
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(list, 1), ui.theme);
    shown.clickable(ui, paint::below(list, 1));
    let chosen = ui.state.selected_index(List::Segments).and_then(|index| of.segments.get(index));
    if let Some(segment) = chosen.filter(|_| foot > 0) {
        said(ui, paint::below(area, used + 1), buf, &[of.tell(segment)]);
    }
}

fn row(ui: Ui<'_>, of: &Diagnosis, segment: &Segment) -> Vec<Line<'static>> {
    let times = segment.loss / segment.overall;
    let role = if times >= 1.5 { Role::Warn } else { Role::Text };
    vec![
        ui.line(Role::Text, segment.what.clone()),
        ui.line(Role::Muted, format::count(segment.rows)),
        ui.line(Role::Strong, format::figure(segment.loss)),
        ui.line(role, format!("{}x", format::figure(times))),
        ui.line(Role::Text, share(segment.share)),
        ui.line(Role::Text, of.level(segment.predicted)),
        ui.line(Role::Text, of.level(segment.actual)),
    ]
}
