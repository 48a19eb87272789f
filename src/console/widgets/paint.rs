//! Text into cells. Everything here tolerates areas of any size, and areas outside the buffer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::console::theme::{Role, Theme};

/// Row `n` of `area`, empty when there is no such row.
pub fn row(area: Rect, n: u16) -> Rect {
    Rect { y: area.y.saturating_add(n.min(area.height)), height: u16::from(n < area.height), ..area }
}

/// `area` without its first `n` rows.
pub fn below(area: Rect, n: u16) -> Rect {
    let n = n.min(area.height);
    Rect { y: area.y + n, height: area.height - n, ..area }
}

/// `area` without `n` columns at its left.
pub fn indent(area: Rect, n: u16) -> Rect {
    let n = n.min(area.width);
    Rect { x: area.x + n, width: area.width - n, ..area }
}

/// Writes `line` into the first row of `area`, cut at its right edge.
pub fn line(buf: &mut Buffer, area: Rect, line: &Line<'_>) {
    let area = area.intersection(buf.area);
    if area.width > 0 && area.height > 0 {
        buf.set_line(area.x, area.y, line, area.width);
    }
}

/// Writes `line` at the right edge of the first row of `area`; what does not fit is cut at the right.
pub fn right(buf: &mut Buffer, area: Rect, text: &Line<'_>) {
    let width = u16::try_from(text.width()).unwrap_or(u16::MAX).min(area.width);
    line(buf, Rect { x: area.x + area.width - width, width, ..area }, text);
}

/// Writes lines below each other; what does not fit is left out.
pub fn lines(buf: &mut Buffer, area: Rect, text: &[Line<'_>]) {
    for (n, content) in text.iter().enumerate().take(usize::from(area.height)) {
        line(buf, row(area, n as u16), content);
    }
}

/// Styles an area without changing its text.
pub fn tint(buf: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buf.area);
    buf.set_style(area, style);
}

/// Empties an area, styles included.
pub fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for position in area.positions() {
        if let Some(cell) = buf.cell_mut(position) {
            cell.reset();
        }
    }
}

/// `─ title ────────` over the width of `area`, with a note at its right end.
pub fn heading(buf: &mut Buffer, area: Rect, theme: &Theme, title: Line<'_>, note: &str) {
    line(buf, area, &rule(theme, title, note, usize::from(area.width)));
}

/// `─ title ────────` in `columns` columns, with a note at its right end.
pub fn rule<'a>(theme: &Theme, title: Line<'a>, note: &str, columns: usize) -> Line<'a> {
    let faint = theme.style(Role::Faint);
    let mut spans = vec![Span::styled("─ ", faint)];
    spans.extend(title.spans);
    spans.push(Span::raw(" "));
    let used: usize = spans.iter().map(Span::width).sum();
    let note_width = if note.is_empty() { 0 } else { width(note) + 3 };
    let room = columns.saturating_sub(used);
    // Where the two do not fit, the title stays.
    let note_width = if note_width < room { note_width } else { 0 };
    spans.push(Span::styled("─".repeat(room - note_width), faint));
    if note_width > 0 {
        spans.push(Span::styled(format!(" {note} "), theme.style(Role::Muted)));
        spans.push(Span::styled("─", faint));
    }
    Line::from(spans)
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` cut to `columns` with `…` at its end where it was longer. Looks only at as much text as fits.
pub fn fit(text: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut last_fit = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > columns {
            out.truncate(last_fit);
            if columns > 0 {
                out.push('…');
            }
            return out;
        }
        out.push(c);
        used += w;
        if used < columns {
            last_fit = out.len();
        }
    }
    out
}

/// A line of at most `columns` columns; what is cut ends in an ellipsis.
pub fn clip(spans: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    let mut left = columns;
    let mut kept = Vec::new();
    for span in spans {
        let wide = span.width();
        if wide <= left {
            left -= wide;
            kept.push(span);
            continue;
        }
        kept.push(Span::styled(fit(&span.content, left), span.style));
        break;
    }
    Line::from(kept)
}

/// `text` cut in its middle, which keeps both ends of a file name.
pub fn fit_middle(text: &str, columns: usize) -> String {
    if text.len() <= columns || width(text) <= columns {
        return text.to_owned();
    }
    let tail_room = columns.saturating_sub(1) / 2;
    let mut tail: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used > tail_room {
            break;
        }
        tail.push(c);
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{}{tail}", fit(text, columns.saturating_sub(width(&tail))))
}

/// `text` broken into lines of at most `columns` columns, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut out = Vec::new();
    let mut current = String::new();
    for word in text.split(' ') {
        let mut word = word.to_owned();
        if !current.is_empty() && width(&current) + 1 + width(&word) > columns {
            out.push(std::mem::take(&mut current));
        }
        // A character may be wider than the line: it stands alone.
        while width(&word) > columns && word.chars().nth(1).is_some() {
            let head = take(&word, columns);
            let rest = word.split_off(head.len());
            out.push(head);
            word = rest;
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    out.push(current);
    out
}

/// As many characters as fit, at least one.
fn take(text: &str, columns: usize) -> String {
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns && !out.is_empty() {
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns_not_characters() {
        assert_eq!(fit("flights", 7), "flights");
        assert_eq!(fit("flights", 5), "flig…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(fit_middle("flights_2013-03-09.csv", 13), "flight…09.csv");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_inside_endless_words() {
        assert_eq!(wrap("lake unreachable, retry", 12), ["lake", "unreachable,", "retry"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn rows_outside_an_area_are_empty() {
        let area = Rect::new(3, 4, 10, 2);
        assert_eq!(row(area, 1), Rect::new(3, 5, 10, 1));
        assert_eq!(row(area, 2).height, 0);
        assert_eq!(below(area, 9).height, 0);
    }
}
