//! Counts as columns in eighths of a cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws `counts` side by side over the whole of `area`, the most as high as the area; neighbours are added up where
/// there are more of them than columns. What is there at all is seen.
pub fn draw(buf: &mut Buffer, area: Rect, style: Style, counts: &[u64]) {
    let area = area.intersection(buf.area);
    let per = counts.len().div_ceil(usize::from(area.width).max(1)).max(1);
    let sums: Vec<u64> = counts.chunks(per).map(|some| some.iter().sum()).collect();
    let most = sums.iter().copied().max().unwrap_or(0).max(1);
    let wide = usize::from(area.width).checked_div(sums.len()).unwrap_or(0);
    let all = u64::from(area.height) * 8;
    for (n, sum) in sums.iter().enumerate() {
        let eighths = (u128::from(*sum) * u128::from(all) / u128::from(most)) as u64;
        let eighths = eighths.max(u64::from(*sum > 0));
        for line in 0..area.height {
            let symbol = EIGHTHS[eighths.saturating_sub(u64::from(line) * 8).min(8) as usize];
            for column in n * wide..(n + 1) * wide {
                if symbol != " " {
                    buf[(area.x + column as u16, area.bottom() - 1 - line)].set_symbol(symbol).set_style(style);
                }
            }
        }
    }
}

/// Columns that [`draw`] fills of `width` for so many counts.
pub fn span(counts: usize, width: u16) -> u16 {
    let per = counts.div_ceil(usize::from(width).max(1)).max(1);
    let columns = counts.div_ceil(per).max(1);
    (usize::from(width) / columns * columns) as u16
}

/// Draws counts at places from 0 to 1 of one row, the most as high as the row.
pub fn strip(buf: &mut Buffer, row: Rect, style: Style, places: &[(f64, u64)]) {
    let row = row.intersection(buf.area);
    let most = places.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    for (place, count) in places.iter().filter(|(place, count)| (0.0..=1.0).contains(place) && *count > 0) {
        let eighths = (u128::from(*count) * 8 / u128::from(most)).max(1) as usize;
        let x = row.x + (place * f64::from(row.width.saturating_sub(1))).round() as u16;
        if row.contains(ratatui::layout::Position::new(x, row.y)) {
            buf[(x, row.y)].set_symbol(EIGHTHS[eighths.min(8)]).set_style(style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u16, counts: &[u64]) -> Vec<String> {
        let area = Rect::new(0, 0, width, 2);
        let mut buf = Buffer::empty(area);
        draw(&mut buf, area, Style::new(), counts);
        buf.content
            .chunks(usize::from(width))
            .map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect())
            .collect()
    }

    #[test]
    fn the_most_is_as_high_as_the_area_and_one_of_many_is_seen() {
        assert_eq!(drawn(4, &[0, 1, 500, 1_000]), ["   █", " ▁██"]);
        assert_eq!(drawn(5, &[2, 1]), ["██   ", "████ "]);
        assert_eq!(span(2, 5), 4);
    }

    #[test]
    fn neighbours_are_added_up_where_there_is_no_room() {
        assert_eq!(drawn(2, &[1, 1, 2, 2]), [" █", "██"]);
        assert_eq!(drawn(3, &[]), ["   ", "   "]);
        assert_eq!(drawn(1, &[u64::MAX / 2, 5]), ["█", "█"]);
    }
}
