//! Overlays over a table: a whole row, the choice of columns, what is in a column, groups.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::layers::{boxed, input};
use super::{Ui, scroll};
use crate::console::format;
use crate::console::layer::{Columns, Record};
use crate::console::load::tidy::line;
use crate::console::query::{Groups, Shape, Summary};
use crate::console::theme::Role;
use crate::console::widgets::{histogram, paint};

/// Every cell of a row, whole.
pub fn record(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Record) -> Option<Position> {
    let table = ui.state.table.as_ref()?;
    let width = area.width.saturating_sub(10).min(110);
    let names = table.schema.iter().map(|head| paint::width(&head.name)).max().unwrap_or(0).min(24);
    let room = usize::from(width).saturating_sub(names + 3);
    let mut lines = Vec::new();
    for (at, head) in table.schema.iter().enumerate() {
        let value = match &layer.whole {
            Some(cells) => cells.get(at)?.as_deref(),
            None => {
                let read = table.window.columns.iter().position(|column| column.name == head.name);
                read.and_then(|at| table.row()?.get(at)?.as_deref())
            }
        };
        for (n, part) in paint::wrap(value.unwrap_or("no value"), room).into_iter().enumerate() {
            let name = if n == 0 { paint::fit(&head.name, names) } else { String::new() };
            let pad = " ".repeat(names.saturating_sub(paint::width(&name)) + 2);
            let role = if value.is_some() { Role::Text } else { Role::Faint };
            lines.push(Line::from(vec![ui.text(Role::Muted, name), Span::raw(pad), ui.text(role, part)]));
        }
    }
    let height = area.height.saturating_sub(2);
    let more = lines.len().saturating_sub(usize::from(height));
    layer.lines.set(more + 1);
    let top = layer.top.min(more);
    let rest = if more > 0 { format!(" · line {} of {}", top + 1, lines.len()) } else { String::new() };
    let title = format!("row {} of {}{rest}", format::count(table.cursor + 1), format::count(table.total));
    let inner = boxed(ui, area, buf, (width, (lines.len() as u16).min(height)), &title);
    paint::lines(buf, inner, lines.get(top..).unwrap_or_default());
    None
}

/// Which columns are shown.
pub fn columns(ui: Ui<'_>, area: Rect, buf: &mut Buffer, layer: &Columns) -> Option<Position> {
    let table = ui.state.table.as_ref()?;
    let names = layer.fitting(table);
    let height = (table.schema.len() as u16 + 3).min(area.height.saturating_sub(4)).max(4);
    let inner = boxed(ui, area, buf, (64, height), "columns");
    let cursor = input(ui, paint::row(inner, 0), buf, &layer.input);
    let list = Rect { height: inner.height.saturating_sub(2), ..paint::below(inner, 1) };
    let range = scroll::window(names.len(), layer.selected, usize::from(list.height), 0);
    for (n, at) in range.enumerate() {
        let row = paint::row(list, n as u16);
        let Some(head) = names.get(at).and_then(|name| table.schema.iter().find(|head| head.name == *name)) else {
            continue;
        };
        let hidden = table.hidden.contains(&head.name);
        let (mark, role) = if hidden { ("○", Role::Faint) } else { ("◉", Role::Text) };
        paint::line(buf, paint::indent(row, 2), &ui.line(role, format!("{mark} {}", head.name)));
        paint::right(buf, row, &ui.line(Role::Muted, head.dtype.clone()));
        if at == layer.selected {
            paint::line(buf, row, &ui.line(Role::Accent, "▸"));
            paint::tint(buf, row, ui.theme.style(Role::Selected));
        }
    }
    let hint = "space show or hide  ⏎ go there  ctrl-a all";
    paint::line(buf, paint::row(inner, inner.height.saturating_sub(1)), &ui.line(Role::Muted, hint));
    Some(cursor)
}

/// What is in a column.
pub fn summary(ui: Ui<'_>, area: Rect, buf: &mut Buffer, summary: &Summary) -> Option<Position> {
    let share = |n: u64| if summary.rows == 0 { 0.0 } else { n as f64 * 100.0 / summary.rows as f64 };
    let mut lines = vec![
        fact(ui, "type", line(&summary.dtype)),
        fact(ui, "rows", format::count(summary.rows)),
        fact(ui, "no value", format!("{} ({:.1} %)", format::count(summary.nulls), share(summary.nulls))),
        fact(ui, "different", format::count(summary.distinct)),
    ];
    let width = 72.min(area.width.saturating_sub(6));
    let mut counts: &[u64] = &[];
    match &summary.shape {
        Shape::Empty => lines.push(ui.line(Role::Muted, "There is no value in it.")),
        Shape::Spread { quantiles, moments, histogram, odd } => {
            if let Some((mean, deviation)) = moments {
                let text = format!("{} ± {}", format::figure(*mean), format::figure(*deviation));
                lines.push(fact(ui, "mean", text));
            }
            if *odd > 0 {
                lines.push(fact(ui, "not finite", format::count(*odd)));
            }
            for (name, value) in ["least", "5 %", "25 %", "median", "75 %", "95 %", "most"].into_iter().zip(quantiles) {
                lines.push(fact(ui, name, line(value)));
            }
            counts = histogram;
        }
        Shape::Values(values) => {
            let most = values.first().map_or(1, |value| value.1).max(1);
            lines.push(Line::default());
            lines.extend(
                values.iter().map(|(value, rows)| bars(ui, width, value, *rows, *rows as f64 / most as f64, None)),
            );
        }
    }
    let chart = if counts.is_empty() { 0 } else { 6.min(area.height.saturating_sub(lines.len() as u16 + 3)) };
    let height = (lines.len() as u16 + chart).min(area.height.saturating_sub(2));
    let inner = boxed(ui, area, buf, (width, height), &format!("column {}", line(&summary.column)));
    paint::lines(buf, inner, &lines);
    if chart > 1 {
        let place = Rect { height: chart - 1, ..paint::below(inner, inner.height - (chart - 1)) };
        histogram::draw(buf, place, ui.theme.style(Role::First), counts);
    }
    None
}

fn fact(ui: Ui<'_>, name: &str, value: String) -> Line<'static> {
    Line::from(vec![ui.text(Role::Muted, format!("{name:<12}")), ui.text(Role::Text, value)])
}

/// A value, its rows as a bar, and its mean where there is one.
fn bars(ui: Ui<'_>, width: u16, value: &str, rows: u64, share: f64, mean: Option<f64>) -> Line<'static> {
    let name = paint::fit(&line(value), 22);
    let pad = " ".repeat(24_usize.saturating_sub(paint::width(&name)));
    let number = format!("{:>10}  ", format::count(rows));
    let figure = mean.map(|mean| format!("{:>10}  ", format::figure(mean))).unwrap_or_default();
    let room = usize::from(width).saturating_sub(24 + number.len() + figure.len());
    let long = (room as f64 * share.clamp(0.0, 1.0)).round() as usize;
    Line::from(vec![
        ui.text(Role::Text, name),
        Span::raw(pad),
        ui.text(Role::Text, number),
        ui.text(Role::Accent, figure),
        ui.text(Role::First, "█".repeat(long)),
    ])
}

/// Rows by the values of a column.
pub fn groups(ui: Ui<'_>, area: Rect, buf: &mut Buffer, groups: &Groups, top: usize) -> Option<Position> {
    let width = 90.min(area.width.saturating_sub(6));
    let size = |group: &(String, u64, Option<f64>)| group.2.map_or(group.1 as f64, f64::abs);
    let most = groups.groups.iter().map(size).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let lines: Vec<Line<'_>> = groups
        .groups
        .iter()
        .skip(top)
        .map(|group| bars(ui, width, &group.0, group.1, size(group) / most, group.2))
        .collect();
    let height = (groups.groups.len() as u16 + 1).min(area.height.saturating_sub(2)).max(2);
    let of = groups.mean.as_ref().map(|mean| format!(", mean {}", line(mean))).unwrap_or_default();
    let cut = if groups.all > groups.groups.len() as u64 {
        format!("; {} of them shown", groups.groups.len())
    } else {
        String::new()
    };
    let title = format!("rows by {}{of}: {}{cut}", line(&groups.by), format::counted(groups.all, "group"));
    let inner = boxed(ui, area, buf, (width, height), &title);
    paint::lines(buf, Rect { height: inner.height.saturating_sub(1), ..inner }, &lines);
    let hint = "← → mean of another column  ↑ ↓ further  esc close";
    paint::line(buf, paint::row(inner, inner.height.saturating_sub(1)), &ui.line(Role::Muted, hint));
    None
}
