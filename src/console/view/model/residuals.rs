//! How far predictions of numbers are off.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{classes, halves, said};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::Ui;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::{chart, histogram, paint};
use crate::domain::diagnosis::{Diagnosis, Residuals};

/// Smallest area with figures; below it there are words.
const LEAST: (u16, u16) = (70, 14);

/// Draws the residuals' histogram and quantiles, and outcomes against predictions.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis, residuals: &Residuals) {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let [half, most] = words(residuals);
        let needed = format!("The figures need {}x{}.", LEAST.0 + 2, LEAST.1 + 4);
        let mut text = vec![half, most, needed];
        text.extend(of.confidence());
        said(ui, area, buf, &text);
        return;
    }
    let verdict = of.confidence().filter(|_| area.height >= 28);
    let foot = if verdict.is_some() { 3 } else { 0 };
    let (left, right) = halves(Rect { height: area.height - foot, ..area });
    spread(ui, left, buf, residuals);
    let table = residuals.by_prediction.len() as u16 + 2;
    let beside = right.height >= table + 12;
    let top = Rect { height: right.height - if beside { table + 1 } else { 0 }, ..right };
    let values = residuals.by_prediction.iter().flat_map(|bin| [bin.predicted, bin.actual]);
    let ends = chart::scale(values, usize::from(top.height / 4).clamp(1, 5));
    classes::bins(ui, top, buf, &residuals.by_prediction, "outcome over prediction · ⢄ exact", ends);
    if beside {
        deciles(ui, paint::below(right, top.height + 1), buf, residuals);
    }
    if let Some(verdict) = verdict {
        said(ui, paint::below(area, area.height - foot + 1), buf, &[verdict]);
    }
}

fn spread(ui: Ui<'_>, area: Rect, buf: &mut Buffer, residuals: &Residuals) {
    ui.heading(buf, paint::row(area, 0), "residuals", "outcome minus prediction");
    let inner = paint::indent(paint::below(area, 1), 2);
    let text: Vec<Line<'static>> = words(residuals)
        .into_iter()
        .flat_map(|part| paint::wrap(&part, usize::from(inner.width)))
        .map(|line| ui.line(Role::Text, line))
        .collect();
    let height = inner.height.saturating_sub(text.len() as u16 + 3);
    let (Some(first), Some(last)) = (residuals.histogram.first(), residuals.histogram.last()) else {
        return paint::lines(buf, inner, &text);
    };
    let counts: Vec<u64> = residuals.histogram.iter().map(|bin| bin.2).collect();
    let plot = Rect { width: histogram::span(counts.len(), inner.width), height, ..inner };
    histogram::draw(buf, plot, ui.theme.style(Role::First), &counts);
    axis(ui, paint::below(Rect { width: plot.width, ..inner }, height), buf, (first.0, last.1));
    paint::lines(buf, paint::below(inner, height + 3), &text);
}

/// A rule with its ends below it, and where nought is.
fn axis(ui: Ui<'_>, area: Rect, buf: &mut Buffer, (low, high): (f64, f64)) {
    paint::line(buf, area, &ui.line(Role::Faint, "─".repeat(usize::from(area.width))));
    let labels = paint::row(area, 1);
    let (left, right) = (format::figure(low), format::figure(high));
    let at = ((0.0 - low) / (high - low) * f64::from(area.width.saturating_sub(1))).round();
    paint::line(buf, labels, &ui.line(Role::Muted, left.clone()));
    paint::right(buf, labels, &ui.line(Role::Muted, right.clone()));
    if at >= 0.0 && at < f64::from(area.width) {
        paint::line(buf, paint::indent(paint::row(area, 0), at as u16), &ui.line(Role::Muted, "┴"));
        let clear =
            paint::width(&left) as f64 + 1.0 < at && at + paint::width(&right) as f64 + 2.0 < f64::from(area.width);
        if clear {
            paint::line(buf, paint::indent(labels, at as u16), &ui.line(Role::Muted, "0"));
        }
    }
}

fn deciles(ui: Ui<'_>, area: Rect, buf: &mut Buffer, residuals: &Residuals) {
    ui.heading(buf, paint::row(area, 0), "by prediction", "lowest first");
    let columns = ["rows", "predicted", "actual", "difference"];
    let columns = columns.map(|title| Column::new(title, 10).right().grow(1)).to_vec();
    let row = |bin: &crate::domain::diagnosis::Bin| {
        let number = |value: f64| ui.line(Role::Text, format::figure(value));
        let rows = ui.line(Role::Muted, format::count(bin.rows));
        vec![rows, number(bin.predicted), number(bin.actual), number(bin.actual - bin.predicted)]
    };
    let rows = residuals.by_prediction.iter().map(row).collect();
    Table { columns, rows, selected: None, focused: false }.draw(buf, paint::below(area, 1), ui.theme);
}

fn words(residuals: &Residuals) -> [String; 2] {
    let [q1, q5, q25, q50, q75, q95, q99] = residuals.quantiles.map(format::figure);
    [
        format!("half of them between {q25} and {q75}, the median {q50}"),
        format!("nine of ten between {q5} and {q95}, 98 of 100 between {q1} and {q99}"),
    ]
}
