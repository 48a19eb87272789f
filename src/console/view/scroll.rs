//! Which rows of a list, or lines of a page, are on screen.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Ui;
use crate::console::format;
use crate::console::place::List;
use crate::console::state::{Hit, ListState};
use crate::console::widgets::paint;

/// The part of a list that is on screen.
pub struct Shown {
    list: List,
    /// Place, among those that the filter leaves, of the first row on screen.
    first: usize,
    /// Indices, before the filter, of the rows on screen.
    pub rows: Vec<usize>,
    /// Which of them is under the cursor.
    pub selected: Option<usize>,
    /// `21‒40 of 500`, when not all are on screen.
    pub note: String,
}

impl Shown {
    /// Says where its rows are on screen: below the heading of the table in `area`.
    pub fn clickable(&self, ui: Ui<'_>, area: Rect) {
        let body = paint::below(area, 1);
        let mut hits = ui.state.hits.borrow_mut();
        let rows = (0..body.height).zip(0..self.rows.len());
        hits.extend(rows.map(|(row, n)| (paint::row(body, row), Hit::Row(self.list, self.first + n))));
    }
}

/// The rows of `list` that fit into `height`, moved as little as it takes to have the cursor among them.
pub fn shown(ui: Ui<'_>, list: List, height: u16) -> Shown {
    let listing = ui.state.listing(list);
    let indices = &listing.shown;
    let cursor = ui.state.cursor(list);
    let fallback = ListState::default();
    let view = ui.state.lists.get(&list).unwrap_or(&fallback);
    let range = window(indices.len(), cursor.unwrap_or(0), usize::from(height), view.offset.get());
    view.offset.set(range.start);
    view.page.set(usize::from(height));
    let whole = range.len() == indices.len();
    let note = if whole || range.is_empty() {
        String::new()
    } else {
        format!("{}‒{} of {}", range.start + 1, range.end, format::count(indices.len() as u64))
    };
    Shown {
        list,
        first: range.start,
        selected: cursor.filter(|at| range.contains(at)).map(|at| at - range.start),
        rows: indices.get(range).map(<[usize]>::to_vec).unwrap_or_default(),
        note,
    }
}

/// Draws the part of a page that its scroll position leaves below its title.
pub fn page(ui: Ui<'_>, area: Rect, buf: &mut Buffer, title: Line<'static>, lines: &[Line<'static>]) {
    let body = paint::below(area, 1);
    let (on_screen, note) = part(ui, lines.len(), usize::from(body.height));
    paint::heading(buf, paint::row(area, 0), ui.theme, title, &note);
    paint::lines(buf, body, &lines[on_screen]);
}

/// Which of `count` lines the scroll position leaves on screen, and `21‒40 of 500` when these are not all.
pub fn part(ui: Ui<'_>, count: usize, height: usize) -> (Range<usize>, String) {
    let scroll = ui.scroll();
    scroll.lines.set(count);
    scroll.page.set(height);
    let top = scroll.top.min(count.saturating_sub(height));
    let end = (top + height).min(count);
    let note = if end - top < count { format!("{}‒{end} of {count}", top + 1) } else { String::new() };
    (top..end, note)
}

/// `height` of `count` rows with `cursor` among them, starting as near to `offset` as can be.
pub fn window(count: usize, cursor: usize, height: usize, offset: usize) -> Range<usize> {
    let lowest = (cursor + 1).saturating_sub(height);
    let start = offset.clamp(lowest.min(cursor), cursor).min(count.saturating_sub(height));
    start..(start + height).min(count)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn a_window_moves_only_as_far_as_the_cursor_takes_it() {
        assert_eq!(window(100, 5, 10, 0), 0..10);
        assert_eq!(window(100, 10, 10, 0), 1..11);
        assert_eq!(window(100, 8, 10, 5), 5..15);
        assert_eq!(window(100, 2, 10, 5), 2..12);
        assert_eq!(window(100, 99, 10, 0), 90..100);
        assert_eq!(window(4, 3, 10, 7), 0..4);
        assert_eq!(window(0, 0, 10, 3), 0..0);
    }
}
