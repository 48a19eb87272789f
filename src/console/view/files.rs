//! The ledger: every file version.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message, scroll, streams};
use crate::console::load::LIST_LIMIT;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{self, Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::store::files::FileRow;

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(files) = &ui.state.pages.files else {
        return message(ui, area, buf, Role::Muted, &["reading the ledger …"]);
    };
    let area = streams::draw(ui, area, buf);
    if files.is_empty() {
        let text = [
            "No file has landed yet.",
            "Put one where the pipeline's landing points to; it is listed at the next look.",
        ];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Files, area.height.saturating_sub(2));
    let cut = if files.len() >= LIST_LIMIT { "the newest 1,000 · " } else { "" };
    let picked = ui.picked();
    let marked = picked.map(|ids| format!("{} marked", format::count(ids.len() as u64)));
    ui.heading(
        buf,
        paint::row(area, 0),
        marked.as_deref().unwrap_or("files, newest first"),
        &format!("{cut}{}", shown.note),
    );
    let mut columns = vec![
        Column::new("state", 13),
        Column::new("file", if area.width >= 100 { 28 } else { 18 }).grow(3),
        Column::new("size", 7).right().rank(1),
        Column::new("rows", 8).right().rank(3),
        Column::new("rejected", 8).right().rank(5),
        Column::new("run", 5).right().rank(4),
        Column::new("pipeline", 10).rank(7),
        Column::new("seen", 11).rank(6),
        Column::new("why", 18).grow(4).rank(2),
    ];
    if picked.is_some() {
        columns.insert(0, Column::new("", 1));
    }
    let file = 1 + usize::from(picked.is_some());
    let room = usize::from(columns::widths(&columns, area.width)[file].unwrap_or(18));
    let rows = shown.rows.iter().filter_map(|index| files.get(*index)).map(|file| row(ui, file, room)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn row(ui: Ui<'_>, file: &FileRow, room: usize) -> Vec<Line<'static>> {
    let rejected = match file.rejected {
        Some(n) if n > 0 => ui.line(Role::Warn, format::count(n)),
        Some(_) => ui.line(Role::Faint, "0"),
        None => ui.number(None),
    };
    let mut cells = vec![
        ui.marked(marks::file(file.state), file.state.name()),
        ui.line(Role::Text, paint::fit_middle(&file.key, room)),
        ui.line(Role::Text, format::bytes(file.bytes)),
        ui.number(file.rows.map(format::count)),
        rejected,
        ui.number(file.run.map(|run| run.to_string())),
        ui.line(Role::Muted, file.pipeline.clone()),
        ui.line(Role::Muted, format::when(file.first_seen, ui.state.now)),
        ui.line(Role::Muted, file.reason.clone()),
    ];
    if let Some(picked) = ui.picked() {
        cells.insert(0, ui.pick(picked, file.id));
    }
    cells
}
