//! One file version: what it is, and what happened to it in plain words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message};
use crate::console::load::files::FileDetail;
use crate::console::theme::Role;
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::domain::file::FileState;
use crate::domain::text::one_line;

/// Draws the file.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, id: i64) {
    let Some(page) = ui.state.pages.file.as_ref().filter(|page| page.file.id == id) else {
        return message(ui, area, buf, Role::Muted, &["reading the file's history …"]);
    };
    let wide = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<Line<'static>> = Vec::new();
    ui.heading(buf, paint::row(area, 0), &paint::fit_middle(&page.file.key, wide.saturating_sub(4)), "");
    for line in paint::wrap(&sentence(page), wide) {
        lines.push(ui.line(Role::Text, line));
    }
    lines.push(Line::default());
    lines.extend(facts(ui, page));
    paint::lines(buf, paint::indent(paint::below(area, 1), 2), &lines);
    let used = lines.len() as u16 + 2;
    let rest = paint::below(area, used);
    ui.heading(buf, paint::row(rest, 0), "what happened to it", "");
    let history = history(ui, page, wide);
    paint::lines(buf, paint::indent(paint::below(rest, 1), 2), &history);
    let rest = paint::below(rest, history.len() as u16 + 2);
    if page.versions.len() > 1 {
        ui.heading(buf, paint::row(rest, 0), "versions of this name", "");
        paint::lines(buf, paint::indent(paint::below(rest, 1), 2), &versions(ui, page));
    }
}

/// Why it was run, or not.
fn sentence(page: &FileDetail) -> String {
    let file = &page.file;
    let run = file.run.map_or("a run".to_owned(), |run| format!("run {run}"));
    match file.state {
        FileState::Committed => format!("Its rows are in the lake: {run} took it and was published."),
        FileState::Claimed => format!("It is part of the batch of {run}, which is not over."),
        FileState::Ready => "It is complete and waits for the next run.".into(),
        FileState::Seen | FileState::Settling => {
            format!("It is not known to be complete yet, so no run takes it ({}).", file.reason)
        }
        FileState::Duplicate => format!("It was not run: {}.", file.reason),
        FileState::Superseded => format!("It was not run: {}.", file.reason),
        FileState::Quarantined => {
            format!("It could not be used: {}. Its bytes and the reason are kept under quarantine/.", file.reason)
        }
        FileState::Held => format!("It waits for an operator: {}.", file.reason),
        FileState::Archived => format!("Its rows are in the lake: {run} took it and was published; {}.", file.reason),
        FileState::Ignored => format!("It is not run: {}.", file.reason),
        FileState::Vanished => format!("It was gone before it could be run: {}.", file.reason),
    }
}

fn facts(ui: Ui<'_>, page: &FileDetail) -> Vec<Line<'static>> {
    let file = &page.file;
    let rows = match (file.rows, file.rejected) {
        (Some(rows), Some(rejected)) => format!("{}, {} rejected", format::count(rows), format::count(rejected)),
        (Some(rows), None) => format::count(rows),
        _ => "not read yet".into(),
    };
    // A duplicate was read to its end to be known as one.
    let known = page.history.iter().find(|(_, state, _)| *state == FileState::Duplicate).map(|(at, ..)| *at);
    let settled = match (file.settled.or(known), file.state) {
        (Some(at), _) => format::full(at),
        (None, FileState::Seen | FileState::Settling) => "not yet".into(),
        (None, _) => "not known".into(),
    };
    let pairs = [
        ("pipeline", file.pipeline.clone()),
        ("landed in", if file.source.is_empty() { "not written down".into() } else { one_line(&file.source) }),
        ("size", format::bytes(file.bytes)),
        ("rows", rows),
        ("first seen", format::full(file.first_seen)),
        ("complete", settled),
        ("modified", format::full(file.modified)),
        ("content", file.hash.clone().unwrap_or_else(|| "not hashed yet".into())),
        ("tried in", format::counted(u64::from(file.attempts), "run")),
    ];
    let pair = |(name, value): (&str, String)| {
        Line::from(vec![ui.text(Role::Muted, format!("{name:<12}")), ui.text(Role::Text, value)])
    };
    pairs.into_iter().map(pair).collect()
}

fn history(ui: Ui<'_>, page: &FileDetail, wide: usize) -> Vec<Line<'static>> {
    let line = |(at, state, reason): &(crate::domain::Instant, FileState, String)| {
        let (symbol, role) = marks::file(*state);
        let room = wide.saturating_sub(36);
        Line::from(vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(*at))),
            ui.text(Role::Text, format!("{:<12}", state.name())),
            Span::raw(" "),
            ui.text(Role::Muted, paint::fit(reason, room)),
        ])
    };
    page.history.iter().map(line).collect()
}

fn versions(ui: Ui<'_>, page: &FileDetail) -> Vec<Line<'static>> {
    let line = |file: &crate::store::files::FileRow| {
        let (symbol, role) = marks::file(file.state);
        let this = if file.id == page.file.id { "this one" } else { "" };
        Line::from(vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(file.first_seen))),
            ui.text(Role::Text, format!("{:<12} {:>8}  ", file.state.name(), format::bytes(file.bytes))),
            ui.text(Role::Accent, this),
        ])
    };
    page.versions.iter().rev().take(20).map(line).collect()
}
