//! Rows of a dataset. Only the rows and the columns on screen exist.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message};
use crate::console::format;
use crate::console::load::window::Head;
use crate::console::rows::TableView;
use crate::console::state::Hit;
use crate::console::theme::Role;
use crate::console::widgets::columns::{self, Column, Table};
use crate::console::widgets::paint;

/// Widest column on screen; the whole cell is in the row's detail.
const WIDEST: usize = 28;

/// Draws the window around the cursor.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(view) = &ui.state.table else { return };
    let asks = asked(ui, view);
    let lines = 1 + u16::from(asks.is_some());
    view.height.set(u64::from(area.height.saturating_sub(lines + 2)).max(1));
    let Some(page) = &view.page else {
        return message(ui, area, buf, Role::Muted, &["reading the catalogue …"]);
    };
    ui.heading(buf, paint::row(area, 0), &page.title, &place(view));
    if let Some(line) = asks {
        paint::line(buf, paint::indent(paint::row(area, 1), 2), &line);
    }
    let rest = paint::below(area, lines);
    if let Some(trouble) = &view.trouble {
        return message(ui, rest, buf, Role::Warn, &[trouble, "esc leads back."]);
    }
    if page.landed.is_some() && view.found.is_none() {
        return message(ui, rest, buf, Role::Muted, &["reading the file …"]);
    }
    if view.total == 0 {
        let next = if view.query.is_empty() { "esc leads back." } else { "esc shows all rows again." };
        let what = if view.query.is_empty() { "There is no row in it." } else { "No row is like that." };
        return message(ui, rest, buf, Role::Muted, &[what, next]);
    }
    if view.schema.is_empty() {
        return message(ui, rest, buf, Role::Muted, &["reading rows …"]);
    }
    rows(ui, rest, buf, view);
}

/// `column 3 of 12 · row 1 of 500`.
fn place(view: &TableView) -> String {
    let at = if view.total == 0 { 0 } else { view.cursor + 1 };
    let row = format!("row {} of {}", format::count(at), format::count(view.total));
    let shown = view.shown().len();
    let hidden = view.schema.len() - shown;
    let hidden = if hidden > 0 { format!(" ({hidden} hidden)") } else { String::new() };
    match shown {
        0 => row,
        _ => format!("column {} of {shown}{hidden} · {row}", view.column + 1),
    }
}

/// What is asked of the rows, and what is being asked.
fn asked(ui: Ui<'_>, view: &TableView) -> Option<Line<'static>> {
    let query = &view.query;
    let mut parts = Vec::new();
    if !query.sql.is_empty() {
        parts.push(ui.text(Role::Accent, crate::console::load::tidy::line(&query.sql)));
    }
    if !query.conditions.is_empty() {
        parts.push(ui.text(Role::Accent, format!("where {}", crate::console::load::tidy::line(&query.conditions))));
    }
    let arrow = |down: bool| if down { "▼" } else { "▲" };
    let sorts: Vec<String> = query.sort.iter().map(|(name, down)| format!("{name} {}", arrow(*down))).collect();
    if !sorts.is_empty() {
        parts.push(ui.text(Role::Muted, format!("by {}", sorts.join(", "))));
    }
    if view.outdated {
        parts.push(ui.text(Role::Warn, "the data has changed since: r asks again"));
    }
    if let Some(question) = &ui.state.asking.question {
        let seconds = (ui.state.now - question.since).num_seconds().max(0);
        let since = if seconds > 0 { format!(" {}", format::duration(seconds as f64)) } else { String::new() };
        parts.insert(0, ui.text(Role::Accent, format!("{} …{since}  esc ends it", question.what)));
    }
    (!parts.is_empty()).then(|| Line::from(ui.joined(parts)))
}

/// A shown column as it is drawn: its heading, where its cells are, and how wide they are.
struct Drawn<'a> {
    head: &'a Head,
    at: Option<usize>,
    width: u16,
}

fn rows(ui: Ui<'_>, area: Rect, buf: &mut Buffer, view: &TableView) {
    let window = &view.window;
    let end = (view.top + view.height.get()).min(view.total);
    let number = format::count(view.total).len().max(3) as u16;
    let shown = view.shown();
    let measure = |head: &&'_ Head| width(view, head);
    let order = in_view(view, area.width.saturating_sub(number + 4), &shown.iter().map(measure).collect::<Vec<_>>());
    let drawn: Vec<Drawn<'_>> = order
        .iter()
        .filter_map(|at| shown.get(*at))
        .map(|head| Drawn {
            head,
            at: window.columns.iter().position(|read| read.name == head.name),
            width: width(view, head),
        })
        .collect();
    let mut heads = vec![Column::new("row", number).right()];
    let mut types = vec![Line::default()];
    for (column, at) in drawn.iter().zip(&order) {
        let sorted = view.query.sort.iter().find(|(name, _)| *name == column.head.name);
        let arrow = sorted.map_or("", |(_, down)| if *down { " ▼" } else { " ▲" });
        let mut head = Column::new(format!("{}{arrow}", column.head.name), column.width);
        if column.head.numeric {
            head = head.right();
        }
        heads.push(if *at == view.column { head.marked() } else { head });
        let frozen = if *at + 1 == view.frozen { " ┃" } else { "" };
        types.push(ui.line(
            if *at == view.column { Role::Accent } else { Role::Faint },
            format!("{}{frozen}", column.head.dtype),
        ));
    }
    let mut lines = vec![types];
    for row in view.top..end {
        let mut cells = vec![ui.line(Role::Faint, format::count(row + 1))];
        let held = row.checked_sub(window.from).and_then(|at| window.rows.get(usize::try_from(at).ok()?));
        for column in &drawn {
            cells.push(match held.zip(column.at).map(|(row, at)| row.get(at).and_then(Option::as_deref)) {
                Some(Some(text)) => ui.line(Role::Text, paint::fit(text, WIDEST)),
                Some(None) => ui.line(Role::Faint, "–"),
                // On its way.
                None => ui.line(Role::Faint, "…"),
            });
        }
        lines.push(cells);
    }
    let selected = usize::try_from(view.cursor.saturating_sub(view.top)).ok().map(|at| at + 1);
    clickable(ui, area, view, &heads, &order);
    Table { columns: heads, rows: lines, selected, focused: true }.draw(buf, area, ui.theme);
}

/// Says where headings and rows are on screen.
fn clickable(ui: Ui<'_>, area: Rect, view: &TableView, heads: &[Column], order: &[usize]) {
    let mut hits = ui.state.hits.borrow_mut();
    let head = Rect { height: 2.min(area.height), ..area };
    for (at, (x, width)) in order.iter().zip(columns::places_of(heads, area.width).into_iter().skip(1).flatten()) {
        hits.push((Rect { width, ..paint::indent(head, x) }, Hit::Head(*at)));
    }
    let body = paint::below(area, 2);
    let rows = (0..body.height).zip(view.top..view.total);
    hits.extend(rows.map(|(n, row)| (paint::row(body, n), Hit::Line(row))));
}

/// Columns that a column takes: its widest cell on screen, within bounds.
fn width(view: &TableView, head: &Head) -> u16 {
    let at = view.window.columns.iter().position(|read| read.name == head.name);
    let cells = view.window.rows.iter().filter_map(|row| row.get(at?)?.as_deref()).map(paint::width);
    // Two more for the arrow of a sorted column and the bar of a frozen one.
    let widest = cells.max().unwrap_or(0).max(paint::width(&head.name) + 2).max(paint::width(&head.dtype) + 2);
    widest.min(WIDEST) as u16
}

/// Which of the shown columns are on screen: the frozen ones, and as many as fit from the first one at the left, which
/// moves as little as it takes to have the cursor among them.
fn in_view(view: &TableView, room: u16, widths: &[u16]) -> Vec<usize> {
    let room = usize::from(room);
    let need = |range: std::ops::Range<usize>| {
        range.filter_map(|at| widths.get(at)).map(|w| usize::from(*w) + 2).sum::<usize>()
    };
    // Frozen columns that leave no room for others are not frozen.
    let frozen = if need(0..view.frozen) * 3 <= room * 2 { view.frozen.min(widths.len()) } else { 0 };
    let rest = room.saturating_sub(need(0..frozen));
    let cursor = view.column.max(frozen);
    let mut left = view.left.get().clamp(frozen, cursor.max(frozen));
    while left < cursor && need(left..cursor + 1) > rest {
        left += 1;
    }
    view.left.set(left);
    let mut order: Vec<usize> = (0..frozen).collect();
    let mut used = 0;
    for (at, width) in widths.iter().enumerate().skip(left) {
        // One that is cut at the edge is better than none.
        if used > rest {
            break;
        }
        used += usize::from(*width) + 2;
        order.push(at);
    }
    order
}
