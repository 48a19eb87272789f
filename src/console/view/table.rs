//! Rows of a dataset. Only the rows on screen exist.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message};
use crate::console::format;
use crate::console::state::TableView;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;

/// Widest column on screen; the whole cell is in the row's detail.
const WIDEST: usize = 28;

/// Draws the window around the cursor.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(view) = &ui.state.table else { return };
    view.height.set(u64::from(area.height.saturating_sub(3)).max(1));
    let Some(page) = &view.page else {
        return message(ui, area, buf, Role::Muted, &["reading the catalogue …"]);
    };
    let at = if view.total == 0 { 0 } else { view.cursor + 1 };
    let mut note = format!("row {} of {}", format::count(at), format::count(view.total));
    if view.column > 0 {
        note = format!("from column {} of {} · {note}", view.column + 1, view.window.columns.len());
    }
    ui.heading(buf, paint::row(area, 0), &page.title, &note);
    let rest = paint::below(area, 1);
    if let Some(trouble) = &view.trouble {
        return message(ui, rest, buf, Role::Warn, &[trouble, "esc leads back."]);
    }
    if view.total == 0 {
        return message(ui, rest, buf, Role::Muted, &["There is no row in it."]);
    }
    if view.window.columns.is_empty() {
        return message(ui, rest, buf, Role::Muted, &["reading rows …"]);
    }
    rows(ui, rest, buf, view);
}

fn rows(ui: Ui<'_>, area: Rect, buf: &mut Buffer, view: &TableView) {
    let window = &view.window;
    let end = (view.top + view.height.get()).min(view.total);
    let heads = window.columns.iter().enumerate().skip(view.column);
    let number = format::count(view.total).len().max(3) as u16;
    let mut columns = vec![Column::new("row", number).right()];
    let mut types = vec![Line::default()];
    for (index, head) in heads.clone() {
        let cells = window.rows.iter().filter_map(|row| row.get(index)?.as_deref()).map(paint::width);
        let widest = cells.max().unwrap_or(0).max(paint::width(&head.name)).max(paint::width(&head.dtype));
        let column = Column::new(head.name.clone(), widest.min(WIDEST) as u16);
        columns.push(if head.numeric { column.right() } else { column });
        types.push(ui.line(Role::Faint, head.dtype.clone()));
    }
    let mut lines = vec![types];
    for row in view.top..end {
        let mut cells = vec![ui.line(Role::Faint, format::count(row + 1))];
        let held = row.checked_sub(window.from).and_then(|at| window.rows.get(usize::try_from(at).ok()?));
        for (index, _) in heads.clone() {
            cells.push(match held.map(|row| row.get(index).and_then(Option::as_deref)) {
                Some(Some(text)) => ui.line(Role::Text, paint::fit(text, WIDEST)),
                Some(None) => ui.line(Role::Faint, "–"),
                // On its way.
                None => ui.line(Role::Faint, "…"),
            });
        }
        lines.push(cells);
    }
    let selected = usize::try_from(view.cursor.saturating_sub(view.top)).ok().map(|at| at + 1);
    Table { columns, rows: lines, selected, focused: true }.draw(buf, area, ui.theme);
}
