//! A heat map of counts: the denser a cell, the larger its share of its row. Density is a shade, so that it is seen
//! without colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint;
use crate::console::format;
use crate::console::theme::{Role, Theme};

/// The shade of a share from 0 to 1.
pub fn shade(share: f64) -> char {
    match share {
        s if s >= 0.67 => '▓',
        s if s >= 0.33 => '▒',
        s if s >= 0.05 => '░',
        _ => '·',
    }
}

/// Draws counts by row and column with their names; every cell says its count and its share of the row. Answers the
/// rows used: 0 where it does not fit.
pub fn draw(buf: &mut Buffer, area: Rect, theme: &Theme, rows: &[&str], columns: &[&str], counts: &[Vec<u64>]) -> u16 {
    let names = rows.iter().map(|name| paint::width(name)).max().unwrap_or(0) as u16;
    let widest = counts.iter().flatten().map(|n| format::count(*n).len()).max().unwrap_or(0) as u16;
    let least = widest + 8;
    let room = area.width.saturating_sub(names + 2).checked_div(columns.len() as u16).unwrap_or(0);
    // A gap of one column and, where there is room, of one row between the cells.
    let (width, height) = (room.saturating_sub(1).min(30), if area.height > 4 * rows.len() as u16 { 3 } else { 1 });
    if width < least || area.height < 1 + height * rows.len() as u16 {
        return 0;
    }
    let at = |column: usize| names + 2 + column as u16 * (width + 1);
    for (column, name) in columns.iter().enumerate() {
        let place = Rect { width, ..paint::indent(paint::row(area, 0), at(column)) };
        paint::line(buf, place, &Line::styled(paint::fit(name, usize::from(width)), theme.style(Role::Muted)));
    }
    for (row, (name, cells)) in rows.iter().zip(counts).enumerate() {
        let top = 1 + row as u16 * height;
        let total: u64 = cells.iter().sum();
        let middle = paint::row(area, top + height / 2);
        paint::line(buf, middle, &Line::styled((*name).to_owned(), theme.style(Role::Muted)));
        for (column, count) in cells.iter().enumerate() {
            let share = if total > 0 { *count as f64 / total as f64 } else { 0.0 };
            let said = format!(" {} {:>3.0} % ", format::count(*count), share * 100.0);
            let pad = usize::from(width).saturating_sub(paint::width(&said));
            let ground = |n: usize| Span::styled(shade(share).to_string().repeat(n), theme.style(Role::First));
            for line in 0..height {
                let place = Rect { width, ..paint::indent(paint::row(area, top + line), at(column)) };
                let spans = if line == height / 2 {
                    let said = Span::styled(said.clone(), theme.style(Role::Strong));
                    vec![ground(pad / 2), said, ground(pad - pad / 2)]
                } else {
                    vec![ground(usize::from(width))]
                };
                paint::line(buf, place, &Line::from(spans));
            }
        }
    }
    1 + height * rows.len() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_count_its_share_and_its_density() {
        let area = Rect::new(0, 0, 60, 8);
        let mut buf = Buffer::empty(area);
        let theme = Theme::named("monochrome").unwrap();
        let counts = [vec![6_012, 812], vec![0, 500]];
        let used = draw(&mut buf, area, &theme, &["no", "yes"], &["no", "yes"], &counts);
        assert_eq!(used, 3);
        let row = |y: u16| (0..60).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        assert_eq!(row(1), "no   ▓▓▓▓▓▓ 6,012  88 % ▓▓▓▓▓▓▓ ░░░░░░░ 812  12 % ░░░░░░░░");
        assert_eq!(row(2), "yes  ········ 0   0 % ········· ▓▓▓▓▓▓▓ 500 100 % ▓▓▓▓▓▓▓▓");
    }

    #[test]
    fn without_room_it_draws_nothing() {
        let area = Rect::new(0, 0, 21, 8);
        let mut buf = Buffer::empty(area);
        let theme = Theme::named("dark").unwrap();
        assert_eq!(draw(&mut buf, area, &theme, &["no"], &["no", "yes"], &[vec![1, 2]]), 0);
        assert_eq!(draw(&mut buf, area, &theme, &[], &[], &[]), 0);
    }
}
