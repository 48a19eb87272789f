//! The log of a run.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Ui;
use crate::console::load::run::{LOG_LIMIT, RunDetail};
use crate::console::theme::Role;
use crate::console::update::motion::{log_lines, stage_in_view};
use crate::console::widgets::paint;
use crate::console::{format, marks};

/// Draws the newest lines, or those where the operator holds it.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &RunDetail) {
    if area.height < 2 {
        return;
    }
    let lines = log_lines(ui.state);
    let height = usize::from(area.height - 1);
    ui.state.log.page.set(height);
    let end = match ui.state.log.held {
        Some(held) => lines.iter().position(|line| line.id >= held).map_or(lines.len(), |at| at + 1),
        None => lines.len(),
    };
    let start = end.saturating_sub(height);
    heading(ui, paint::row(area, 0), buf, (start, end, lines.len()), page.log.len());
    if lines.is_empty() {
        let text = if page.card.run.state.is_final() { "Nothing was logged." } else { "Nothing was logged yet." };
        return paint::line(buf, paint::indent(paint::row(area, 1), 2), &ui.line(Role::Muted, text));
    }
    let all_stages = !ui.state.log.only_stage;
    for (n, line) in lines[start..end].iter().enumerate() {
        let (symbol, role) = marks::level(line.level);
        let mut spans =
            vec![Span::raw("  "), ui.text(role, symbol), Span::raw(" "), ui.text(Role::Muted, format::clock(line.at))];
        if all_stages && area.width >= 60 {
            spans.push(ui.text(Role::Muted, format!("  {:<8}", paint::fit(&line.stage, 8))));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let room = usize::from(area.width).saturating_sub(used + 2);
        spans.push(ui.text(role, format!("  {}", paint::fit(&line.text, room))));
        paint::line(buf, paint::row(area, n as u16 + 1), &Line::from(spans));
    }
}

fn heading(ui: Ui<'_>, area: Rect, buf: &mut Buffer, (start, end, count): (usize, usize, usize), held: usize) {
    let stage = stage_in_view(ui.state).filter(|_| ui.state.log.only_stage);
    let name = stage.map_or("log".to_owned(), |stage| format!("log of {stage}"));
    let role = if ui.state.second { Role::Accent } else { Role::Strong };
    let follow = match ui.state.log.held {
        None => "following".to_owned(),
        Some(_) => format!("held at {}‒{end} of {} · G follows", start + 1, format::count(count as u64)),
    };
    let cut = if held >= LOG_LIMIT { " · older lines are in the store" } else { "" };
    paint::heading(buf, area, ui.theme, ui.line(role, name), &format!("{follow}{cut}"));
}
