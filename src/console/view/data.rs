//! The datasets of a pipeline and their parts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::format;
use crate::console::load::data::DataPage;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::domain::dataset::DatasetKind;
use crate::store::parts::PartRow;

/// Draws the datasets and the parts of the one in view.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(page) = &ui.state.pages.data else {
        return message(ui, area, buf, Role::Muted, &["reading the catalogue …"]);
    };
    tabs(ui, paint::row(area, 0), buf, page);
    let rest = paint::below(area, if area.height > 10 { 2 } else { 1 });
    let total = page.totals.iter().find(|total| total.kind == page.kind);
    if page.parts.is_empty() {
        let text = [explain_empty(page.kind), "h and l show the other datasets."];
        return message(ui, rest, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Parts, rest.height.saturating_sub(2));
    let sum = total.map(|total| {
        let rows = format::counted(total.rows, "row");
        format!("{} · {rows} · {}", format::counted(total.parts, "part"), format::bytes(total.bytes))
    });
    let note = [sum.unwrap_or_default(), shown.note.clone()].join("  ");
    ui.heading(buf, paint::row(rest, 0), meaning(page.kind), note.trim());
    let columns = vec![
        Column::new("part", 12).grow(2),
        Column::new("rows", 11).right(),
        Column::new("size", 8).right(),
        Column::new("run", 6).right().rank(1),
        Column::new("from", 16).rank(3),
        Column::new("to", 16).rank(3),
        Column::new("published", 16).grow(1).rank(2),
    ];
    let rows = shown.rows.iter().filter_map(|index| page.parts.get(*index)).map(|part| row(ui, part)).collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(rest, 1), ui.theme);
    shown.clickable(ui, paint::below(rest, 1));
}

fn tabs(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &DataPage) {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for total in &page.totals {
        let chosen = total.kind == page.kind;
        let role = if chosen {
            Role::Key
        } else if total.parts == 0 {
            Role::Faint
        } else {
            Role::Muted
        };
        spans.push(ui.text(if chosen { Role::Accent } else { Role::Faint }, if chosen { "▸ " } else { "  " }));
        spans.push(ui.text(role, total.kind.name()));
        if area.width >= 100 {
            spans.push(ui.text(Role::Faint, format!(" {}", format::count(total.rows))));
        }
        spans.push(Span::raw("  "));
    }
    paint::line(buf, area, &Line::from(spans));
}

fn row(ui: Ui<'_>, part: &PartRow) -> Vec<Line<'static>> {
    let name = if part.part.partition.is_empty() { format!("run {}", part.run) } else { part.part.partition.clone() };
    let at = |instant: Option<crate::domain::Instant>| instant.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    vec![
        ui.line(Role::Text, name),
        ui.line(Role::Text, format::count(part.part.rows)),
        ui.line(Role::Text, format::bytes(part.part.bytes)),
        ui.line(Role::Muted, part.run.to_string()),
        ui.number(at(part.part.from)),
        ui.number(at(part.part.to)),
        ui.line(Role::Muted, at(part.committed).unwrap_or_default()),
    ]
}

fn meaning(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Predictions => "what was predicted, and what happened",
        DatasetKind::Rejects => "rows that could not be used, with the reason",
        DatasetKind::Clean => "the cleaned history",
        DatasetKind::Metrics => "metrics as published",
        DatasetKind::Output => "what command stages wrote",
        other => other.name(),
    }
}

fn explain_empty(kind: DatasetKind) -> &'static str {
    match kind {
        DatasetKind::Predictions => {
            "Nothing was predicted yet: the first run trains a champion, the next is scored by it."
        }
        DatasetKind::Rejects => "No row was rejected.",
        DatasetKind::Clean => "There is no history yet: it begins with the first run that is published.",
        _ => "This dataset is empty.",
    }
}
