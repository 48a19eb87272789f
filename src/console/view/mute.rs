//! The mute dialog: how long, and why.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::Ui;
use super::layers::{boxed, input};
use crate::console::layer::Mute;
use crate::console::theme::Role;
use crate::console::update::answers::{SPANS, ends};
use crate::console::widgets::paint;

/// Draws the dialog. Answers where the text cursor is.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Mute) -> Position {
    let width = 76.min(area.width.saturating_sub(6));
    let wide = usize::from(width);
    let spans = SPANS.len() as u16;
    let mut body: Vec<String> = layer.body.iter().flat_map(|line| paint::wrap(line, wide)).collect();
    // On a small screen what is chosen and typed matters more than the words.
    body.truncate(usize::from(area.height.saturating_sub(spans + 6)));
    let gap = u16::from(!body.is_empty());
    let inner = boxed(ui, area, buf, (width, body.len() as u16 + gap + spans + 4), &layer.title);
    let said: Vec<Line<'static>> = body.iter().map(|line| ui.line(Role::Text, line.clone())).collect();
    paint::lines(buf, inner, &said);
    let list = paint::below(inner, body.len() as u16 + gap);
    let mut own = Position::new(list.x, list.y);
    for (n, span) in SPANS.iter().enumerate() {
        let row = paint::row(list, n as u16);
        let chosen = n == layer.chosen;
        let (mark, role) = if chosen { ("◉ ", Role::Accent) } else { ("○ ", Role::Faint) };
        let text = ui.text(if chosen { Role::Strong } else { Role::Muted }, *span);
        let mut spans = vec![ui.text(role, mark), text];
        let last = n + 1 == SPANS.len();
        if chosen && let Ok(until) = ends(layer, ui.state.now) {
            let at = ui.text(Role::Muted, format!("   until {} UTC", until.format("%Y-%m-%d %H:%M")));
            spans.extend([Span::raw(if last { " ".repeat(22) } else { String::new() }), at]);
        }
        paint::line(buf, row, &Line::from(spans));
        if last && chosen {
            own = input(ui, Rect { width: 21, ..paint::indent(row, 8) }, buf, &layer.own);
        }
    }
    let rest = paint::below(list, spans + 1);
    let label = "reason ";
    paint::line(buf, rest, &ui.line(Role::Muted, label));
    let reason = input(ui, paint::row(paint::indent(rest, label.len() as u16), 0), buf, &layer.reason);
    let hint = match (layer.problem.as_str(), layer.in_own) {
        ("", true) => {
            ui.line(Role::Muted, "90m, 4h, 2d, 18:00 or 2013-03-12 08:00.  tab to the reason  ⏎ mute  esc leave it")
        }
        ("", false) => ui.line(Role::Muted, "↑↓ how long, at most 30 days.  ⏎ mute  esc leave it"),
        (problem, _) => ui.line(Role::Warn, problem.to_owned()),
    };
    paint::line(buf, paint::row(rest, 1), &paint::clip(hint.spans, wide));
    if layer.in_own { own } else { reason }
}
