//! A table of which only the rows on screen exist: column widths, header, rows, selection.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::paint;
use crate::console::theme::{Role, Theme};

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    min: u16,
    grow: u16,
    right: bool,
    rank: u8,
    marked: bool,
}

impl Column {
    /// A column of fixed width, left-aligned.
    pub fn new(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), min: width, grow: 0, right: false, rank: 0, marked: false }
    }

    /// Takes a share of the room that is left, by weight.
    pub fn grow(self, weight: u16) -> Self {
        Self { grow: weight, ..self }
    }

    /// Right-aligned, as numbers are.
    pub fn right(self) -> Self {
        Self { right: true, ..self }
    }

    /// With a title that stands out.
    pub fn marked(self) -> Self {
        Self { marked: true, ..self }
    }

    /// Left out on a narrow screen, higher ranks first; rank 0 always stays.
    pub fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

/// Columns between two columns.
const GAP: u16 = 2;
/// Columns for the selection mark at the left.
const MARK: u16 = 2;

/// A table ready to draw.
pub struct Table<'a> {
    /// Its columns.
    pub columns: Vec<Column>,
    /// The rows on screen only, one line a column.
    pub rows: Vec<Vec<Line<'a>>>,
    /// Which of `rows` is under the cursor.
    pub selected: Option<usize>,
    /// Whether keys go here: the mark is accented.
    pub focused: bool,
}

impl Table<'_> {
    /// Draws the header into the first row and the rows below it.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, theme: &Theme) {
        let places = places(&self.columns, area.width.saturating_sub(MARK));
        let header = paint::indent(paint::row(area, 0), MARK);
        for (column, place) in self.columns.iter().zip(&places) {
            let Some((x, width)) = *place else { continue };
            let role = if column.marked { Role::Accent } else { Role::Muted };
            let title = Line::styled(paint::fit(&column.title, usize::from(width)), theme.style(role));
            put(buf, header, x, width, column.right, &title);
        }
        for (n, cells) in self.rows.iter().enumerate().take(usize::from(area.height.saturating_sub(1))) {
            let whole = paint::row(area, n as u16 + 1);
            let selected = self.selected == Some(n);
            if selected {
                let mark = if self.focused { Role::Accent } else { Role::Faint };
                paint::line(buf, whole, &Line::styled("▸", theme.style(mark)));
            }
            for ((cell, place), column) in cells.iter().zip(&places).zip(&self.columns) {
                let Some((x, width)) = *place else { continue };
                put(buf, paint::indent(whole, MARK), x, width, column.right, cell);
            }
            if selected && self.focused {
                paint::tint(buf, whole, theme.style(Role::Selected));
            }
        }
    }
}

fn put(buf: &mut Buffer, row: Rect, x: u16, width: u16, right: bool, text: &Line<'_>) {
    let area = Rect { width: width.min(paint::indent(row, x).width), ..paint::indent(row, x) };
    if right {
        paint::right(buf, area, text);
        return;
    }
    paint::line(buf, area, text);
    // A cut cell says that it was cut.
    let last = ratatui::layout::Position::new(area.right().saturating_sub(1), area.y);
    if text.width() > usize::from(area.width)
        && area.width > 1
        && area.contains(last)
        && let Some(cell) = buf.cell_mut(last)
    {
        cell.set_symbol("…");
    }
}

/// Width of every column in a table of this width; `None` for those left out.
pub fn widths(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    places(columns, width.saturating_sub(MARK)).into_iter().map(|place| place.map(|(_, width)| width)).collect()
}

/// Place of every column on screen: (offset from the left edge, width); `None` for those left out.
pub fn places_of(columns: &[Column], width: u16) -> Vec<Option<(u16, u16)>> {
    places(columns, width.saturating_sub(MARK)).into_iter().map(|place| place.map(|(x, w)| (x + MARK, w))).collect()
}

/// Place of every column: (offset, width), or `None` when it is left out.
fn places(columns: &[Column], width: u16) -> Vec<Option<(u16, u16)>> {
    let mut shown: Vec<bool> = vec![true; columns.len()];
    let need = |shown: &[bool]| {
        let kept = columns.iter().zip(shown).filter(|(_, kept)| **kept);
        kept.fold(0_u32, |sum, (column, _)| sum + u32::from(column.min + GAP)).saturating_sub(u32::from(GAP))
    };
    while need(&shown) > u32::from(width) {
        let worst = (0..columns.len()).filter(|&i| shown[i] && columns[i].rank > 0).max_by_key(|&i| columns[i].rank);
        match worst {
            Some(index) => shown[index] = false,
            None => break,
        }
    }
    let mut spare = u32::from(width).saturating_sub(need(&shown));
    let mut weight: u32 = columns.iter().zip(&shown).filter(|(_, s)| **s).map(|(c, _)| u32::from(c.grow)).sum();
    let mut x = 0;
    let place = |(column, shown): (&Column, &bool)| {
        if !shown {
            return None;
        }
        let share = (spare * u32::from(column.grow)).checked_div(weight).unwrap_or(0);
        spare -= share;
        weight -= u32::from(column.grow);
        let width = column.min + u16::try_from(share).unwrap_or(0);
        let at = x;
        x += width + GAP;
        Some((at, width))
    };
    columns.iter().zip(&shown).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Vec<Column> {
        vec![Column::new("a", 5), Column::new("b", 5).grow(1), Column::new("c", 5).rank(1)]
    }

    #[test]
    fn spare_room_goes_to_the_columns_that_grow() {
        assert_eq!(places(&three(), 29), [Some((0, 5)), Some((7, 15)), Some((24, 5))]);
    }

    #[test]
    fn a_narrow_screen_leaves_out_the_highest_rank_first() {
        assert_eq!(places(&three(), 14), [Some((0, 5)), Some((7, 7)), None]);
        assert_eq!(places(&three(), 1), [Some((0, 5)), Some((7, 5)), None]);
    }

    #[test]
    fn rows_are_cut_with_an_ellipsis_and_numbers_stand_right() {
        let table = Table {
            columns: vec![Column::new("name", 5), Column::new("n", 4).right()],
            rows: vec![vec!["flights".into(), "12".into()]],
            selected: Some(0),
            focused: true,
        };
        let mut buf = Buffer::empty(Rect::new(0, 0, 13, 2));
        table.draw(&mut buf, Rect::new(0, 0, 13, 2), &Theme::named("dark").unwrap());
        let rows: Vec<String> =
            buf.content.chunks(13).map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect()).collect();
        assert_eq!(rows, ["  name      n", "▸ flig…    12"]);
    }
}
