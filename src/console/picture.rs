//! A picture of the screen for somebody else: as text, or as SVG with its colours.

use std::io::Write;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::load::tidy::line;

/// Writes text to a file that is not there yet, and says where.
///
/// # Errors
/// One sentence.
pub fn save(path: &Path, text: &str) -> Result<String, String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = line(&path.display().to_string());
    let mut file = match std::fs::File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(format!("{shown} is there already: nothing was written"));
        }
        Err(error) => return Err(format!("{shown} cannot be written: {error}")),
    };
    file.write_all(text.as_bytes()).map_err(|error| format!("{shown} cannot be written: {error}"))?;
    Ok(format!("written: {shown}"))
}

/// Size of a cell in the SVG's units.
const CELL: (f64, f64) = (8.4, 17.0);

/// The screen as text, a line a row, without trailing spaces.
pub fn text(buffer: &Buffer) -> String {
    let rows = (0..buffer.area.height).map(|y| {
        let row: String = cells(buffer, y).map(|(_, cell)| cell.symbol()).collect();
        row.trim_end().to_owned() + "\n"
    });
    rows.collect()
}

/// The cells of a row with their columns; the cell after a wide character holds nothing of its own.
fn cells(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut next = 0;
    (0..buffer.area.width).filter_map(move |x| {
        let cell = buffer.cell((x, y))?;
        if x < next {
            return None;
        }
        next = x + (cell.symbol().width().max(1) as u16);
        Some((x, cell))
    })
}

/// The screen as SVG: the same bytes for the same screen. `light` is the background that the colours were chosen for.
pub fn svg(buffer: &Buffer, light: bool) -> String {
    let (paper, ink) = if light { ("#ffffff", "#1f2328") } else { ("#14171c", "#d8dce2") };
    let (wide, high) = (f64::from(buffer.area.width) * CELL.0, f64::from(buffer.area.height) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.1} {:.1}\" font-family=\"ui-monospace, \
         SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{paper}\"/>\n",
        wide + 16.0,
        high + 16.0
    );
    for y in 0..buffer.area.height {
        let row: Vec<(u16, &Cell)> = cells(buffer, y).collect();
        for run in row.chunk_by(|a, b| look(a.1) == look(b.1)) {
            spans(&mut out, y, run, (paper, ink));
        }
    }
    out.push_str("</svg>\n");
    out
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

/// Neighbours of one look: what is behind them, then each of them at its own column.
fn spans(out: &mut String, y: u16, run: &[(u16, &Cell)], (paper, ink): (&str, &str)) {
    let Some((first, cell)) = run.first() else { return };
    let width: usize = run.iter().map(|(_, cell)| cell.symbol().width().max(1)).sum();
    let (mut front, mut back) = (colour(cell.fg).unwrap_or(ink.into()), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (front, back) = (back.unwrap_or(paper.into()), Some(front));
    }
    let (x, top) = (8.0 + f64::from(*first) * CELL.0, 8.0 + f64::from(y) * CELL.1);
    if let Some(back) = back {
        let wide = width as f64 * CELL.0;
        out.push_str(&format!(
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{}\" fill=\"{back}\"/>\n",
            CELL.1
        ));
    }
    let text: String = run.iter().map(|(_, cell)| cell.symbol()).collect();
    if text.trim().is_empty() {
        return;
    }
    let mut how = String::new();
    let has = |modifier| cell.modifier.contains(modifier);
    if has(Modifier::BOLD) {
        how.push_str(" font-weight=\"bold\"");
    }
    if has(Modifier::DIM) {
        how.push_str(" opacity=\"0.6\"");
    }
    if has(Modifier::UNDERLINED) {
        how.push_str(" text-decoration=\"underline\"");
    }
    let wide = width as f64 * CELL.0;
    out.push_str(&format!(
        "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{front}\" textLength=\"{wide:.1}\" xml:space=\"preserve\"{how}>{}</text>\n",
        top + 13.0,
        escaped(&text)
    ));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The sixteen named colours as a terminal of our day shows them.
const NAMED: [&str; 16] = [
    "#2e3440", "#cf5b56", "#5fa860", "#c9a227", "#4f86c6", "#a970b8", "#3fa7a0", "#c8ccd2", "#6b7280", "#e5746e",
    "#7cc47d", "#e0bd4f", "#74a4dd", "#c490d1", "#62c4bd", "#f4f5f7",
];

fn colour(color: Color) -> Option<String> {
    let index = match color {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => return Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(match index {
        0..=15 => NAMED[usize::from(index)].to_owned(),
        // The cube of 6 by 6 by 6, then the greys, as xterm has them.
        16..=231 => {
            let at = index - 16;
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            format!("#{:02x}{:02x}{:02x}", level(at / 36), level(at / 6 % 6), level(at % 6))
        }
        grey => {
            let level = 8 + 10 * (grey - 232);
            format!("#{level:02x}{level:02x}{level:02x}")
        }
    })
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn a_screen_is_told_as_text_and_as_svg_with_its_colours() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 2));
        buffer.set_string(0, 0, "a<b 日本", Style::new().fg(Color::Indexed(196)).add_modifier(Modifier::BOLD));
        buffer.set_string(0, 1, "x", Style::new().add_modifier(Modifier::REVERSED));
        assert_eq!(text(&buffer), "a<b 日本\nx\n");
        let drawn = svg(&buffer, false);
        assert!(
            drawn.contains("fill=\"#ff0000\"") && drawn.contains("font-weight=\"bold\">a&lt;b 日本</text>"),
            "{drawn}"
        );
        assert!(
            drawn.contains("fill=\"#d8dce2\"/>") && drawn.contains("fill=\"#14171c\" textLength"),
            "reversed: {drawn}"
        );
        assert_eq!(drawn, svg(&buffer, false));
    }
}
