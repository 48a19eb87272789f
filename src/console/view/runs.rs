//! The history of runs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message, scroll};
use crate::console::format;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::store::runs::RunRow;

/// Draws the list.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(runs) = &ui.state.pages.runs else {
        return message(ui, area, buf, Role::Muted, &["reading the runs …"]);
    };
    if let Some((from, to)) = ui.state.range.filter(|_| runs.is_empty()) {
        let text = [
            &format!("No run from {} up to {}.", format::full(from), format::full(to)),
            "f asks for another time, esc for all.",
        ];
        return message(ui, area, buf, Role::Strong, &text);
    }
    if runs.is_empty() {
        let text = ["No run yet.", "A run starts when files have landed; c on the overview checks now."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let shown = scroll::shown(ui, List::Runs, area.height.saturating_sub(2));
    let span = ui.state.range.map(|(from, to)| match from.timestamp() {
        0 => format!(" up to {}", format::full(to)),
        _ => format!(" from {} up to {}", format::full(from), format::full(to)),
    });
    let title = format!("runs{}", span.unwrap_or_default());
    ui.heading(buf, paint::row(area, 0), &title, &shown.note);
    let columns = vec![
        Column::new("run", 5).right(),
        Column::new("pipeline", 10).rank(3),
        Column::new("state", 13),
        Column::new("started", 11).rank(2),
        Column::new("took", 8).right(),
        Column::new("files", 5).right().rank(6),
        Column::new("rows", 8).right().rank(4),
        Column::new("by", 8).rank(7),
        Column::new(if area.width >= 100 { "why, or what went wrong" } else { "why" }, 18).grow(6).rank(1),
    ];
    let rows = shown.rows.iter().filter_map(|index| runs.get(*index)).map(|run| row(ui, run)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn row(ui: Ui<'_>, run: &RunRow) -> Vec<Line<'static>> {
    let why = match &run.error {
        Some(error) if !run.state.is_committed() => ui.line(Role::Text, error.clone()),
        Some(error) => ui.line(Role::Warn, error.clone()),
        None => {
            let parent = run.parent.map(|parent| format!("repeats run {parent}: ")).unwrap_or_default();
            ui.line(Role::Muted, format!("{parent}{}", run.reason))
        }
    };
    let (mark, word) = ui.run(run.state);
    vec![
        ui.line(if ui.state.marked_run == Some(run.id) { Role::Accent } else { Role::Strong }, run.id.to_string()),
        ui.line(Role::Text, run.pipeline.clone()),
        ui.marked(mark, word),
        ui.line(Role::Muted, format::when(run.started.unwrap_or(run.created), ui.state.now)),
        ui.number(run.seconds(ui.state.now).map(format::duration)),
        ui.line(Role::Text, format::count(run.files)),
        ui.number(run.rows.map(format::count)),
        ui.line(Role::Muted, run.cause.name()),
        why,
    ]
}
