//! Overlays: help and palette, questions, the rerun dialog, a whole row.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Ui, rows, scroll};
use crate::console::format;
use crate::console::layer::{Choice, Commands, Entry, Goal, Layer, Prompt, Rerun, Target};
use crate::console::theme::Role;
use crate::console::update::refusal;
use crate::console::widgets::paint;
use crate::domain::run::RerunFrom;
use crate::domain::wire::RerunStep;

/// Draws the layers, the front one last. Answers where the text cursor is.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let mut cursor = None;
    for layer in &ui.state.layers {
        cursor = match layer {
            Layer::Commands(layer) => Some(commands(ui, area, buf, layer)),
            Layer::Choice(layer) => choice(ui, area, buf, layer),
            Layer::Prompt(layer) => Some(prompt(ui, area, buf, layer)),
            Layer::Mute(layer) => Some(super::mute::draw(ui, area, buf, layer)),
            Layer::Rerun(layer) => rerun(ui, area, buf, layer),
            Layer::Record(layer) => rows::record(ui, area, buf, layer),
            Layer::Said(top) => said(ui, area, buf, *top),
            Layer::Columns(layer) => rows::columns(ui, area, buf, layer),
            Layer::Summary(summary) => rows::summary(ui, area, buf, summary),
            Layer::Groups(groups, top) => rows::groups(ui, area, buf, groups, *top),
            Layer::Why(why, top) => super::why::draw(ui, area, buf, why, *top),
        };
    }
    cursor
}

/// An empty box with a border and a title, in the middle; answers its inside.
pub(super) fn boxed(ui: Ui<'_>, area: Rect, buf: &mut Buffer, (width, height): (u16, u16), title: &str) -> Rect {
    let width = (width + 4).min(area.width);
    let height = (height + 2).min(area.height);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 3;
    let outer = Rect { x, y, width, height }.intersection(buf.area);
    paint::clear(buf, outer);
    if outer.width < 4 || outer.height < 2 {
        return Rect { width: 0, height: 0, ..outer };
    }
    let rule = "─".repeat(usize::from(outer.width - 2));
    let edge = |left: &str, right: &str| ui.line(Role::Accent, format!("{left}{rule}{right}"));
    paint::line(buf, outer, &edge("╭", "╮"));
    paint::line(buf, paint::row(outer, outer.height - 1), &edge("╰", "╯"));
    for n in 1..outer.height - 1 {
        let row = paint::row(outer, n);
        paint::line(buf, row, &ui.line(Role::Accent, "│"));
        paint::right(buf, row, &ui.line(Role::Accent, "│"));
    }
    let title = paint::fit(title, usize::from(outer.width).saturating_sub(6));
    paint::line(buf, paint::indent(outer, 2), &ui.line(Role::Strong, format!(" {title} ")));
    Rect { x: outer.x + 2, y: outer.y + 1, width: outer.width - 4, height: outer.height - 2 }
}

/// A line of text being typed. Answers where the cursor is.
pub(super) fn input(ui: Ui<'_>, area: Rect, buf: &mut Buffer, input: &tui_input::Input) -> Position {
    let room = usize::from(area.width.saturating_sub(3)).max(1);
    let skip = input.visual_scroll(room);
    let seen: String = input.value().chars().skip(skip).collect();
    let spans = vec![ui.text(Role::Key, "▸ "), ui.text(Role::Text, paint::fit(&seen, room + 1))];
    paint::line(buf, area, &Line::from(spans));
    let at = (input.visual_cursor().saturating_sub(skip)).min(room) as u16;
    Position::new(area.x + 2 + at, area.y)
}

fn commands(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Commands) -> Position {
    let screen = ui.state.place.screen();
    let entries = layer.entries(ui.state);
    let title = if layer.help { "help: type to search, ⏎ does it" } else { "commands" };
    let most = area.height.saturating_sub(4).max(3);
    let wanted = if layer.help { most } else { most.min(14) };
    let inner = boxed(ui, area, buf, (84, wanted), title);
    let cursor = input(ui, paint::row(inner, 0), buf, &layer.input);
    let list = paint::below(inner, 2);
    let headed = layer.input.value().trim().is_empty();
    let rows = command_rows(&entries, headed, screen.name());
    let at = rows.iter().position(|row| matches!(row, Row::Entry(n) if *n == layer.selected)).unwrap_or(0);
    // One row above the selection stays in view, so that a heading does.
    let range =
        scroll::window(rows.len(), at, usize::from(list.height), at.saturating_sub(usize::from(list.height) / 2));
    if entries.is_empty() {
        paint::line(buf, list, &ui.line(Role::Muted, "Nothing is called that."));
    }
    for (n, row) in rows.get(range).unwrap_or_default().iter().enumerate() {
        let place = paint::row(list, n as u16);
        match row {
            Row::Heading(text) => paint::line(buf, place, &ui.line(Role::Muted, text.clone())),
            Row::Entry(index) => {
                let Some(entry) = entries.get(*index) else { continue };
                paint::line(buf, place, &command_line(ui, entry, usize::from(place.width)));
                if *index == layer.selected {
                    paint::line(buf, place, &ui.line(Role::Accent, "▸"));
                    paint::tint(buf, place, ui.theme.style(Role::Selected));
                }
            }
        }
    }
    cursor
}

enum Row {
    Heading(String),
    Entry(usize),
}

fn command_rows(entries: &[Entry], headed: bool, here: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let first = index == 0 || entries[index - 1].own != entry.own;
        if headed && first {
            rows.push(Row::Heading(if entry.own { format!("here, on {here}") } else { "everywhere".into() }));
        }
        rows.push(Row::Entry(index));
    }
    rows
}

fn command_line(ui: Ui<'_>, entry: &Entry, width: usize) -> Line<'static> {
    let keys = paint::fit(&entry.keys, 22);
    let pad = " ".repeat(24_usize.saturating_sub(paint::width(&keys)));
    let (keys, pad) = if width < 60 { (paint::fit(&keys, 10), " ".repeat(2)) } else { (keys, pad) };
    let refused = match entry.target {
        Target::Act(act) => refusal(ui.state, act),
        _ => None,
    };
    let role = if refused.is_some() { Role::Faint } else { Role::Text };
    let why = refused.map(|why| format!("  ({why})")).unwrap_or_default();
    let room = width.saturating_sub(2 + paint::width(&keys) + pad.len());
    let about = paint::fit(&format!("{}{why}", entry.about), room);
    Line::from(vec![Span::raw("  "), ui.text(Role::Key, keys), Span::raw(pad), ui.text(role, about)])
}

fn choice(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Choice) -> Option<Position> {
    let width = 64.min(area.width.saturating_sub(6));
    let body: Vec<String> = layer.body.iter().flat_map(|line| paint::wrap(line, usize::from(width))).collect();
    let answers = layer.answers.len() as u16;
    // On a small screen the answers matter more than the words.
    let room = area.height.saturating_sub(answers + 3);
    let body = &body[..body.len().min(usize::from(room))];
    let gap = u16::from(!body.is_empty());
    let inner = boxed(ui, area, buf, (width, body.len() as u16 + gap + answers), &layer.title);
    for (n, line) in body.iter().enumerate() {
        paint::line(buf, paint::row(inner, n as u16), &ui.line(Role::Text, line.clone()));
    }
    let list = paint::below(inner, body.len() as u16 + gap);
    for (n, answer) in layer.answers.iter().enumerate() {
        let row = paint::row(list, n as u16);
        let selected = n == layer.selected;
        let role = if answer.grave { Role::Critical } else { Role::Strong };
        let mark = if selected { "▸ " } else { "  " };
        let spans = vec![
            ui.text(Role::Accent, mark),
            ui.text(role, format!("{:<18}", answer.label)),
            ui.text(Role::Muted, format!("  {}", answer.about)),
        ];
        paint::line(buf, row, &Line::from(spans));
        if selected {
            paint::tint(buf, row, ui.theme.style(Role::Selected));
        }
    }
    None
}

fn prompt(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Prompt) -> Position {
    let width = 72.min(area.width.saturating_sub(6));
    let body: Vec<String> = layer.body.iter().flat_map(|line| paint::wrap(line, usize::from(width))).collect();
    let body = &body[..body.len().min(usize::from(area.height.saturating_sub(6)))];
    let inner = boxed(ui, area, buf, (width, body.len() as u16 + 4), &layer.title);
    for (n, line) in body.iter().enumerate() {
        paint::line(buf, paint::row(inner, n as u16), &ui.line(Role::Text, line.clone()));
    }
    let rest = paint::below(inner, body.len() as u16 + 1);
    let cursor = input(ui, paint::row(rest, 0), buf, &layer.input);
    let hint = match layer.goal {
        Goal::Answer(..) | Goal::Files(..) => "A note for whoever looks next (may be empty).  ⏎ do it  esc leave it",
        Goal::Promote { .. } | Goal::Rollback { .. } => "Why? It is kept with the decision.  ⏎ do it  esc leave it",
        Goal::TestChannel => "The channel's name.  ⏎ do it  esc leave it",
        Goal::Conditions => "Empty: all rows.  ↑ earlier ones  ⏎ look  esc leave it",
        Goal::Select => "Nothing is changed by it.  ↑ earlier ones  ⏎ ask  esc leave it",
        Goal::Export | Goal::SaveLog => "⏎ write  esc leave it",
        Goal::Instant => "All times are UTC.  ⏎ go there  esc leave it",
        Goal::Range | Goal::Date | Goal::Word(..) | Goal::Search => "⏎ do it  esc leave it",
    };
    if !layer.problem.is_empty() {
        let lines = paint::wrap(&layer.problem, usize::from(width));
        let lines: Vec<Line<'_>> = lines.into_iter().take(2).map(|line| ui.line(Role::Warn, line)).collect();
        paint::lines(buf, paint::below(rest, 1), &lines);
        return cursor;
    }
    paint::line(buf, paint::row(rest, 2), &ui.line(Role::Muted, paint::fit(hint, usize::from(width))));
    cursor
}

fn rerun(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Rerun) -> Option<Position> {
    let width = 76.min(area.width.saturating_sub(6));
    let preview = preview(ui, layer, usize::from(width));
    let options = (layer.options.len() as u16).min(area.height / 3).max(1);
    let room = area.height.saturating_sub(options + 5);
    let height = (preview.len() as u16).min(room);
    let title = format!("Rerun run {} of {}?", layer.run, layer.pipeline);
    let inner = boxed(ui, area, buf, (width, options + height + 3), &title);
    let range = scroll::window(layer.options.len(), layer.chosen, usize::from(options), 0);
    for (n, index) in range.enumerate() {
        let row = paint::row(inner, n as u16);
        let chosen = index == layer.chosen;
        let mark = if chosen { "◉ " } else { "○ " };
        let role = if chosen { Role::Strong } else { Role::Muted };
        let text = layer.options.get(index).map(option).unwrap_or_default();
        let spans = vec![ui.text(if chosen { Role::Accent } else { Role::Faint }, mark), ui.text(role, text)];
        paint::line(buf, row, &Line::from(spans));
    }
    let rest = paint::below(inner, options + 1);
    let mut seen = preview[..usize::from(height.min(rest.height))].to_vec();
    let hidden = preview.len() - seen.len();
    if let Some(last) = seen.last_mut().filter(|_| hidden > 0) {
        // Nothing is agreed to unseen.
        *last = ui.line(Role::Warn, format!("… and {} more lines: enlarge the terminal", hidden + 1));
    }
    paint::lines(buf, rest, &seen);
    let buttons = paint::row(inner, inner.height.saturating_sub(1));
    let ready = matches!(layer.preview, Some(Ok(_)));
    let button = |text: &str, on: bool, role: Role| {
        let mut span = ui.text(role, format!("{} {text} ", if on { "▸" } else { " " }));
        if on {
            span.style = span.style.patch(ui.theme.style(Role::Selected));
        }
        span
    };
    let go = if ready { Role::Strong } else { Role::Faint };
    let spans = vec![
        button("Do nothing", !layer.go, Role::Strong),
        Span::raw("   "),
        button("Run again", layer.go, go),
        ui.text(Role::Muted, "     ↑↓ from where  tab button  ⏎"),
    ];
    paint::line(buf, buttons, &Line::from(spans));
    None
}

fn option(from: &RerunFrom) -> String {
    match from {
        RerunFrom::Whole => "everything again".into(),
        RerunFrom::Failed => "from the first stage that did not succeed".into(),
        RerunFrom::Stage(stage) => format!("from {stage} on"),
    }
}

fn preview(ui: Ui<'_>, layer: &Rerun, width: usize) -> Vec<Line<'static>> {
    let preview = match &layer.preview {
        None => return vec![ui.line(Role::Muted, "asking the engine what would happen …")],
        Some(Err(refused)) => {
            return paint::wrap(refused, width).into_iter().map(|line| ui.line(Role::Warn, line)).collect();
        }
        Some(Ok(preview)) => preview,
    };
    let mut lines = vec![ui.line(Role::Muted, format!("Over the same {}:", format::counted(preview.files, "file")))];
    for (stage, step) in &preview.stages {
        let (symbol, role, word, why) = match step {
            RerunStep::Reuse(why) => ("=", Role::Ok, "reused", why),
            RerunStep::Run(why) => ("●", Role::Accent, "runs", why),
        };
        let text = format!("{:<10} {word:<7}", paint::fit(&crate::console::load::tidy::line(stage), 10));
        let room = width.saturating_sub(24);
        lines.push(Line::from(vec![
            ui.text(role, format!("  {symbol} ")),
            ui.text(Role::Text, text),
            ui.text(Role::Muted, format!(" {}", paint::fit(&crate::console::load::tidy::line(why), room))),
        ]));
    }
    let replaced = preview.supersedes.len() as u64;
    if replaced > 0 {
        let named: Vec<String> =
            preview.supersedes.iter().take(4).map(|p| crate::console::load::tidy::line(p)).collect();
        let more = if replaced > 4 { ", …" } else { "" };
        let text = format!("Replaces {}: {}{more}", format::counted(replaced, "published part"), named.join(", "));
        lines.extend(paint::wrap(&text, width).into_iter().take(3).map(|line| ui.line(Role::Warn, line)));
    }
    lines
}

/// What was said, newest first.
fn said(ui: Ui<'_>, area: Rect, buf: &mut Buffer, top: usize) -> Option<Position> {
    let width = 84.min(area.width.saturating_sub(6));
    let said = &ui.state.said;
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, level, text) in said.iter().rev().skip(top) {
        for (n, part) in paint::wrap(text, usize::from(width).saturating_sub(12)).into_iter().enumerate() {
            let when = if n == 0 { format::clock(*at) } else { String::new() };
            lines.push(Line::from(vec![
                ui.text(Role::Muted, format!("{when:<10}")),
                ui.text(crate::console::marks::level(*level).1, part),
            ]));
        }
        if lines.len() > usize::from(area.height) {
            break;
        }
    }
    if lines.is_empty() {
        lines.push(ui.line(Role::Muted, "Nothing was said yet."));
    }
    let height = (lines.len() as u16).min(area.height.saturating_sub(2));
    let inner = boxed(ui, area, buf, (width, height), "what was said, newest first");
    paint::lines(buf, inner, &lines);
    None
}
