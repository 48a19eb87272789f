//! Two runs side by side: what they were over, how long they took, what they measured.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::scroll::part;
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
    let (on_screen, note) = part(ui, lines.len(), usize::from(area.height.saturating_sub(2)));
    ui.heading(buf, paint::row(area, 0), &format!("runs {left} and {right}"), &note);
    let columns = vec![
        Column::new("", 16).grow(1),
        Column::new(format!("run {left}"), 16).right().grow(1),
        Column::new(format!("run {right}"), 16).right().grow(1),
        Column::new("difference", 12).right().rank(1),
    ];
    let rows = lines.into_iter().skip(on_screen.start).take(on_screen.len()).collect();
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
    let [left, right] = both.each_ref().map(|run| &run.card.stages);
    let more = right.iter().filter(|stage| !left.iter().any(|other| other.name == stage.name));
    for stage in left.iter().chain(more).map(|stage| &stage.name) {
        let seconds = |run: &RunDetail| run.card.stages.iter().find(|row| row.name == *stage)?.seconds(now);
        numbers(ui, &mut out, &format!("  {stage}"), pair(&seconds), format::duration);
    }
    let measured = |run: &RunDetail| -> BTreeMap<String, f64> {
        let name = |metric: &crate::domain::metric::Metric| {
            format!("{} {} {}", metric.split.name(), metric.who, format::metric(&metric.name)).replace("  ", " ")
        };
        run.metrics.iter().map(|metric| (name(metric), metric.value)).collect()
    };
    let [left, right] = both.each_ref().map(measured);
    for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
        let values = [left.get(name).copied(), right.get(name).copied()];
        numbers(ui, &mut out, &crate::console::load::tidy::line(name), values, format::figure);
    }
    out
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
