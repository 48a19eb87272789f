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
use crate::store::logs::LogRow;

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
        let filtered = ui.state.log.level.is_some() || !ui.state.log.search.is_empty();
        let text = if filtered { "No line is like that: v and / change what is shown." } else { text };
        return paint::line(buf, paint::indent(paint::row(area, 1), 2), &ui.line(Role::Muted, text));
    }
    let mut left = area.height - 1;
    // The last line stands at the bottom; with wrapping, as many before it as there is room for.
    let mut blocks = Vec::new();
    for line in lines[start..end].iter().rev() {
        let block = rows(ui, line, area.width);
        let height = (block.len() as u16).min(left);
        left -= height;
        blocks.push((block, height));
        if left == 0 {
            break;
        }
    }
    let mut at = 1;
    for (block, height) in blocks.into_iter().rev() {
        let hidden = block.len() - usize::from(height);
        for line in block.iter().skip(hidden) {
            paint::line(buf, paint::row(area, at), line);
            at += 1;
        }
    }
}

/// A line of the log: one row, or several where long lines go on.
fn rows(ui: Ui<'_>, line: &LogRow, width: u16) -> Vec<Line<'static>> {
    let (symbol, role) = marks::level(line.level);
    let mut spans = vec![Span::raw("  "), ui.text(role, symbol)];
    if !ui.state.log.timeless {
        spans.push(ui.text(Role::Muted, format!(" {}", format::clock(line.at))));
    }
    if !ui.state.log.only_stage && width >= 60 {
        spans.push(ui.text(Role::Muted, format!("  {:<8}", paint::fit(&line.stage, 8))));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(used + 2);
    let parts =
        if ui.state.log.wrap { paint::wrap(&line.text, room.max(8)) } else { vec![paint::fit(&line.text, room)] };
    let mut out = Vec::new();
    for (n, part) in parts.into_iter().enumerate() {
        let mut row = if n == 0 { spans.clone() } else { vec![Span::raw(" ".repeat(used))] };
        row.push(ui.text(role, format!("  {part}")));
        out.push(Line::from(row));
    }
    out
}

fn heading(ui: Ui<'_>, area: Rect, buf: &mut Buffer, (start, end, count): (usize, usize, usize), held: usize) {
    let stage = stage_in_view(ui.state).filter(|_| ui.state.log.only_stage);
    let name = stage.map_or("log".to_owned(), |stage| format!("log of {stage}"));
    let role = if ui.second() { Role::Accent } else { Role::Strong };
    let follow = match ui.state.log.held {
        None => "following".to_owned(),
        Some(_) => format!("held at {}‒{end} of {} · G follows", start + 1, format::count(count as u64)),
    };
    let mut only = String::new();
    if let Some(level) = ui.state.log.level {
        only.push_str(&format!("{} and worse · ", format!("{level:?}").to_lowercase()));
    }
    if !ui.state.log.search.is_empty() {
        only.push_str(&format!("with \"{}\" · ", crate::console::load::tidy::line(&ui.state.log.search)));
    }
    let cut = if held >= LOG_LIMIT { " · older lines are in the store" } else { "" };
    paint::heading(buf, area, ui.theme, ui.line(role, name), &format!("{only}{follow}{cut}"));
}
