//! Two runs side by side: what they were over, how long they took, what they measured.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ui, message};
use crate::console::load::run::RunDetail;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};

/// Draws both.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, left: i64, right: i64) {
    let both = ui.state.pages.compare.as_ref();
    let Some(both) = both.filter(|both| (both[0].card.run.id, both[1].card.run.id) == (left, right)) else {
        return message(ui, area, buf, Role::Muted, &["reading both runs …"]);
    };
    let lines = lines(ui, both);
    let height = usize::from(area.height.saturating_sub(2));
    ui.scroll().lines.set(lines.len());
    ui.scroll().page.set(height);
    let top = ui.scroll().top.min(lines.len().saturating_sub(height));
    let end = (top + height).min(lines.len());
    let note = if end - top < lines.len() { format!("{}‒{end} of {}", top + 1, lines.len()) } else { String::new() };
    ui.heading(buf, paint::row(area, 0), &format!("runs {left} and {right}"), &note);
    let columns = vec![
        Column::new("", 16).grow(1),
        Column::new(format!("run {left}"), 16).right().grow(1),
        Column::new(format!("run {right}"), 16).right().grow(1),
        Column::new("difference", 12).right().rank(1),
    ];
    let rows = lines.into_iter().skip(top).take(height).collect();
    Table { columns, rows, selected: None, focused: false }.draw(buf, paint::below(area, 1), ui.theme);
}

fn lines(ui: Ui<'_>, both: &[RunDetail; 2]) -> Vec<Vec<Line<'static>>> {
    let of = |tell: &dyn Fn(&RunDetail) -> String| [tell(&both[0]), tell(&both[1])];
    let mut out = Vec::new();
    let state = |run: &RunDetail| {
        let (symbol, _) = marks::run(run.card.run.state);
        format!("{symbol} {}", run.card.run.state)
    };
    words(ui, &mut out, "state", of(&state));
    words(ui, &mut out, "pipeline", of(&|run| run.card.run.pipeline.clone()));
    words(ui, &mut out, "configuration", of(&|run| run.card.run.config_hash.clone()));
    words(ui, &mut out, "began", of(&|run| format::full(run.card.run.started.unwrap_or(run.card.run.created))));
    words(ui, &mut out, "by", of(&|run| run.card.run.cause.to_string()));
    let now = ui.state.now;
    let pair = |tell: &dyn Fn(&RunDetail) -> Option<f64>| [tell(&both[0]), tell(&both[1])];
    numbers(ui, &mut out, "files", pair(&|run| Some(run.card.run.files as f64)), |v| format::count(v as u64));
    numbers(ui, &mut out, "bytes", pair(&|run| Some(run.card.run.bytes as f64)), |v| format::bytes(v as u64));
    numbers(ui, &mut out, "rows", pair(&|run| run.card.run.rows.map(|rows| rows as f64)), |v| format::count(v as u64));
    numbers(ui, &mut out, "took", pair(&|run| run.card.run.seconds(now)), format::duration);
    for stage in names(both, |run| run.card.stages.iter().map(|stage| stage.name.clone()).collect()) {
        let seconds = |run: &RunDetail| run.card.stages.iter().find(|row| row.name == stage)?.seconds(now);
        numbers(ui, &mut out, &format!("  {stage}"), pair(&seconds), format::duration);
    }
    let measured = |run: &RunDetail| -> BTreeMap<String, f64> {
        let name = |metric: &crate::domain::metric::Metric| {
            format!("{} {} {}", metric.split.name(), metric.who, format::metric(&metric.name)).replace("  ", " ")
        };
        run.metrics.iter().map(|metric| (name(metric), metric.value)).collect()
    };
    let metrics = [measured(&both[0]), measured(&both[1])];
    for name in names(both, |run| measured(run).into_keys().collect()) {
        let values = [metrics[0].get(&name).copied(), metrics[1].get(&name).copied()];
        numbers(ui, &mut out, &crate::console::load::tidy::line(&name), values, format::figure);
    }
    out
}

/// Names of either run in the order of the first one that has them.
fn names(both: &[RunDetail; 2], of: impl Fn(&RunDetail) -> Vec<String>) -> Vec<String> {
    let mut all = of(&both[0]);
    let more: Vec<String> = of(&both[1]).into_iter().filter(|name| !all.contains(name)).collect();
    all.extend(more);
    all
}

fn words(ui: Ui<'_>, out: &mut Vec<Vec<Line<'static>>>, name: &str, [left, right]: [String; 2]) {
    let differ = left != right;
    let role = if differ { Role::Warn } else { Role::Text };
    let said = if differ { "differs" } else { "=" };
    out.push(vec![
        ui.line(Role::Muted, name.to_owned()),
        ui.line(Role::Text, left),
        ui.line(role, right),
        ui.line(if differ { Role::Warn } else { Role::Faint }, said),
    ]);
}

fn numbers(
    ui: Ui<'_>,
    out: &mut Vec<Vec<Line<'static>>>,
    name: &str,
    [left, right]: [Option<f64>; 2],
    text: impl Fn(f64) -> String,
) {
    let difference = left.zip(right).map(|(left, right)| right - left).filter(|by| by.abs() > 1e-12);
    let by = difference.map(|by| format!("{}{}", if by < 0.0 { "-" } else { "+" }, text(by.abs())));
    out.push(vec![
        ui.line(Role::Muted, name.to_owned()),
        ui.number(left.map(&text)),
        ui.number(right.map(&text)),
        match by {
            Some(by) => ui.line(Role::Accent, by),
            None => ui.line(Role::Faint, "="),
        },
    ]);
}
