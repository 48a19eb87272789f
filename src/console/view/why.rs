//! Why a row was predicted as it was: what each feature adds, the largest first.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Ui;
use super::layers::boxed;
use crate::console::format::figure;
use crate::console::load::tidy::line;
use crate::console::theme::Role;
use crate::console::widgets::paint;
use crate::domain::why::{Adds, Why};

/// Widest name of a feature, and widest value.
const NAME: usize = 26;
/// See [`NAME`].
const VALUE: usize = 18;

/// Draws the panel; `top` is the first feature shown.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, why: &Why, top: usize) -> Option<Position> {
    let width = 96.min(area.width.saturating_sub(6));
    let mut lines = facts(ui, why, usize::from(width));
    let room = usize::from(area.height.saturating_sub(4)).saturating_sub(lines.len()).max(1);
    let shown = why.parts.len().min(room);
    let top = top.min(why.parts.len() - shown);
    let most = why.parts.iter().map(|part| part.adds.abs()).fold(f64::MIN_POSITIVE, f64::max);
    lines.extend(why.parts.iter().skip(top).take(shown).map(|part| adds(ui, usize::from(width), part, most)));
    let height = (lines.len() as u16 + 1).min(area.height.saturating_sub(2));
    let inner = boxed(ui, area, buf, (width, height), &format!("why {}?", figure(why.published)));
    paint::lines(buf, Rect { height: inner.height.saturating_sub(1), ..inner }, &lines);
    let rest = format!("↑ ↓ features {} to {} of {}  esc close", top + 1, top + shown, why.parts.len());
    let hint = if shown < why.parts.len() { rest.as_str() } else { "esc close" };
    paint::line(buf, paint::row(inner, inner.height.saturating_sub(1)), &ui.line(Role::Muted, hint));
    None
}

/// What is told above the features.
fn facts(ui: Ui<'_>, why: &Why, width: usize) -> Vec<Line<'static>> {
    let row: Vec<String> = why.row.iter().map(|(name, value)| format!("{} {}", line(name), line(value))).collect();
    let called = why.called.as_deref().map(|name| format!(" for “{}”", line(name))).unwrap_or_default();
    let outcome = match &why.actual {
        Some(actual) => format!("{} {}", line(&why.target), line(actual)),
        None => "not known yet".to_owned(),
    };
    let predicted = format!("{}{called}, by version {} ({})", figure(why.published), why.version, why.algorithm.name());
    let told = [
        ("row", row.join(" · ")),
        ("predicted", predicted),
        ("outcome", outcome),
        ("base", format!("{}, before anything is known of the row", why.level(why.base))),
        ("together", format!("{}, base and features", why.level(why.sum()))),
    ];
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (name, value) in told {
        for (n, part) in paint::wrap(&value, width.saturating_sub(11)).into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            lines.push(Line::from(vec![ui.text(Role::Muted, format!("{name:<11}")), ui.text(Role::Text, part)]));
        }
    }
    for note in why.notes() {
        lines.extend(paint::wrap(&line(&note), width).into_iter().map(|part| ui.line(Role::Warn, part)));
    }
    let head = format!("{} {} {:>9}  {}", padded("feature", NAME), padded("value", VALUE), "adds", line(&why.unit()));
    lines.extend([Line::default(), ui.line(Role::Muted, paint::fit(&head, width))]);
    lines
}

/// A feature, its value, what that adds, and how much that is beside the largest.
fn adds(ui: Ui<'_>, width: usize, part: &Adds, most: f64) -> Line<'static> {
    let (value, role) = match &part.value {
        Some(value) => (line(value), Role::Text),
        None => ("missing".to_owned(), Role::Faint),
    };
    let sign = if part.adds < 0.0 { "-" } else { "+" };
    let number = format!(" {:>9}  ", format!("{sign}{}", figure(part.adds.abs())));
    let room = width.saturating_sub(NAME + 1 + VALUE + number.len());
    let long = (room as f64 * part.adds.abs() / most).round() as usize;
    let bar = if part.adds < 0.0 { Role::Second } else { Role::First };
    Line::from(vec![
        ui.text(Role::Text, padded(&line(&part.feature), NAME)),
        Span::raw(" "),
        ui.text(role, padded(&value, VALUE)),
        ui.text(Role::Text, number),
        ui.text(bar, "█".repeat(long)),
    ])
}

fn padded(text: &str, width: usize) -> String {
    let text = paint::fit(text, width);
    let pad = " ".repeat(width.saturating_sub(paint::width(&text)));
    text + &pad
}
