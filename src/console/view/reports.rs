//! Reports: the pages that were published, and what the run behind each said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message, scroll};
use crate::console::load::reports::ReportLine;
use crate::console::load::tidy;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};

/// Draws the list and the report under the cursor.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(reports) = &ui.state.pages.reports else {
        return message(ui, area, buf, Role::Muted, &["reading the reports …"]);
    };
    if reports.is_empty() {
        let text = ["No report yet.", "Every run that is published writes one."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let list_height = (area.height / 2).clamp(4, 14).min(reports.len() as u16 + 2);
    let shown = scroll::shown(ui, List::Reports, list_height.saturating_sub(2));
    ui.heading(buf, paint::row(area, 0), "reports, newest first", &shown.note);
    let columns = vec![
        Column::new("pipeline", 14),
        Column::new("run", 6).right(),
        Column::new("published", 16),
        Column::new("size", 8).right().rank(2),
        Column::new("the model", 20).grow(1).rank(1),
    ];
    let rows = shown.rows.iter().filter_map(|index| reports.get(*index)).map(|report| row(ui, report)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, Rect { height: list_height.saturating_sub(1), ..paint::below(area, 1) }, ui.theme);
    shown.clickable(ui, Rect { height: list_height.saturating_sub(1), ..paint::below(area, 1) });
    let chosen = ui.state.selected_index(List::Reports).and_then(|index| reports.get(index));
    if let Some(report) = chosen {
        story(ui, paint::below(area, list_height + u16::from(area.height > 16)), buf, report);
    }
}

fn row(ui: Ui<'_>, report: &ReportLine) -> Vec<Line<'static>> {
    let at = report.part.committed.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
    vec![
        ui.line(Role::Text, report.pipeline.clone()),
        ui.line(Role::Strong, report.part.run.to_string()),
        ui.number(at),
        ui.line(Role::Muted, format::bytes(report.part.part.bytes)),
        match &report.model {
            Some(model) => ui.marked(
                marks::verdict(model.card.decision.verdict),
                &format!("version {} {}", model.card.version, model.card.decision.verdict),
            ),
            None => ui.number(None),
        },
    ]
}

/// What the stages of its run said, the verdict, and where the page is.
fn story(ui: Ui<'_>, area: Rect, buf: &mut Buffer, report: &ReportLine) {
    ui.heading(
        buf,
        paint::row(area, 0),
        &format!("run {} of {}", report.part.run, report.pipeline),
        "⏎ opens the page",
    );
    let wide = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(card) = &report.run {
        for stage in card.stages.iter().filter(|stage| !stage.summary.is_empty()) {
            let (symbol, role) = marks::stage(stage.state);
            let text = paint::fit(&stage.summary, wide.saturating_sub(16));
            lines.push(Line::from(vec![
                ui.text(role, symbol),
                ui.text(Role::Muted, format!(" {:<12}  ", paint::fit(&stage.name, 12))),
                ui.text(Role::Text, text),
            ]));
        }
    }
    if let Some(model) = &report.model {
        lines.push(Line::default());
        let said = format!(
            "Version {} was {}: {}",
            model.card.version, model.card.decision.verdict, model.card.decision.reason
        );
        lines.extend(paint::wrap(&said, wide).into_iter().map(|line| ui.line(Role::Text, line)));
    }
    if !report.alerts.is_empty() {
        lines.push(Line::default());
        lines.extend(report.alerts.iter().map(|alert| super::alerts::told(ui, alert, wide)));
    }
    lines.push(Line::default());
    let place = tidy::line(&ui.state.lake.join(&report.part.part.path));
    lines.extend(paint::wrap(&place, wide).into_iter().map(|line| ui.line(Role::Muted, line)));
    paint::lines(buf, paint::indent(paint::below(area, 1), 2), &lines);
}
