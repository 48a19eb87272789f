//! One alert: what was observed against what was expected, by which rule, and what became of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message};
use crate::console::load::alerts::AlertDetail;
use crate::console::theme::Role;
use crate::console::widgets::paint;
use crate::console::{format, marks};

/// Draws the alert.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, id: i64) {
    let Some(page) = ui.state.pages.alert.as_ref().filter(|page| page.alert.id == id) else {
        return message(ui, area, buf, Role::Muted, &["reading the alert …"]);
    };
    let alert = &page.alert;
    let (symbol, role) = marks::alert(alert.finding.severity, alert.state);
    let title = ui.joined(vec![
        ui.text(role, format!("{symbol} {}", alert.finding.severity)),
        ui.text(Role::Strong, alert.finding.kind.name()),
        ui.text(Role::Strong, alert.pipeline.clone()),
        ui.text(Role::Text, alert.state.name()),
    ]);
    paint::heading(buf, paint::row(area, 0), ui.theme, Line::from(title), "");
    let wide = usize::from(area.width.saturating_sub(4));
    let mut lines: Vec<Line<'static>> =
        paint::wrap(&alert.finding.message, wide).into_iter().map(|line| ui.line(Role::Strong, line)).collect();
    lines.push(Line::default());
    lines.extend(band(ui, page, wide));
    lines.extend(facts(ui, page, wide));
    paint::lines(buf, paint::indent(paint::below(area, 1), 2), &lines);
    let rest = paint::below(area, lines.len() as u16 + 2);
    ui.heading(buf, paint::row(rest, 0), "what became of it", "");
    let history = history(ui, page, wide);
    paint::lines(buf, paint::indent(paint::below(rest, 1), 2), &history);
    let rest = paint::below(rest, history.len() as u16 + 2);
    ui.heading(buf, paint::row(rest, 0), "earlier alerts like this", "");
    paint::lines(buf, paint::indent(paint::below(rest, 1), 2), &earlier(ui, page, wide));
}

/// Observed against expected on one scale: `├────▐███▌──────────●──┤`.
fn band(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let finding = &page.alert.finding;
    let (Some(observed), Some((low, high))) = (finding.observed, finding.expected) else { return Vec::new() };
    let width = wide.min(72);
    let figures = [observed, low, high];
    if width < 20 || figures.iter().any(|figure| !figure.is_finite()) {
        return Vec::new();
    }
    let (least, most) = figures.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let room = ((most - least) * 0.08).max(1e-12);
    let (from, to) = (least - room, most + room);
    let column = |v: f64| (((v - from) / (to - from)) * (width - 1) as f64).round() as usize;
    let mut cells = vec![('─', Role::Faint); width];
    for cell in cells.iter_mut().take(column(high) + 1).skip(column(low)) {
        *cell = ('█', Role::Ok);
    }
    let (_, role) = marks::alert(finding.severity, crate::domain::alert::AlertState::Firing);
    cells[column(observed).min(width - 1)] = ('●', role);
    let spans = cells.chunk_by(|a, b| a.1 == b.1);
    let drawn: Vec<Span<'static>> =
        spans.map(|run| ui.text(run[0].1, run.iter().map(|c| c.0).collect::<String>())).collect();
    let unit = finding.unit.as_str();
    let said = Line::from(ui.joined(vec![
        ui.text(role, format!("● observed {}", format::with_unit(observed, unit))),
        ui.text(Role::Ok, format!("█ expected {} to {}", format::with_unit(low, unit), format::with_unit(high, unit))),
    ]));
    vec![said, Line::from(drawn), Line::default()]
}

fn facts(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let alert = &page.alert;
    let run = page.run.as_ref().map(|run| format!("run {}, {}  (o opens it)", run.id, run.state));
    let mut pairs = vec![
        ("about", alert.finding.object.clone()),
        ("rule", alert.finding.rule.clone()),
        ("raised", format!("{}, {}", format::full(alert.raised), format::ago(alert.raised, ui.state.now))),
        ("last seen", format::full(alert.updated)),
    ];
    pairs.extend(run.map(|run| ("run", run)));
    pairs.extend(alert.note.clone().map(|note| ("note", note)));
    let mut lines = Vec::new();
    for (name, value) in pairs {
        for (n, part) in paint::wrap(&value, wide.saturating_sub(12)).into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            lines.push(Line::from(vec![ui.text(Role::Muted, format!("{name:<12}")), ui.text(Role::Text, part)]));
        }
    }
    lines
}

fn history(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let line = |(at, state, who, note): &(_, crate::domain::alert::AlertState, String, String)| {
        let (symbol, role) = marks::alert(page.alert.finding.severity, *state);
        let text = if note.is_empty() { who.clone() } else { format!("{who}: {note}") };
        Line::from(vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(*at))),
            ui.text(Role::Text, format!("{:<13}", state.name())),
            ui.text(Role::Muted, paint::fit(&text, wide.saturating_sub(37))),
        ])
    };
    page.history.iter().map(line).collect()
}

fn earlier(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    if page.earlier.is_empty() {
        return vec![ui.line(Role::Muted, "None: this is the first of its kind on this.")];
    }
    page.earlier.iter().map(|alert| super::alerts::brief(ui, alert, wide)).collect()
}
