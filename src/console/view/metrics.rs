//! Figures over days and runs, as a chart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::format;
use crate::console::load::metrics::{Figure, MetricsPage};
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::chart::{self, Series};
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::domain::metric::Split;

/// Draws the list of figures and the chart of the chosen one.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(page) = &ui.state.pages.metrics else {
        return message(ui, area, buf, Role::Muted, &["reading the metrics …"]);
    };
    if page.figures.is_empty() {
        let text = ["Nothing was measured yet.", "Figures appear with the first run that is published."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let beside = area.width >= 70;
    let (list, rest) = if beside {
        (Rect { width: 34, ..area }, paint::indent(area, 36))
    } else {
        let height = (area.height / 3).clamp(3, 8);
        (Rect { height, ..area }, paint::below(area, height))
    };
    figures(ui, list, buf, page);
    graph(ui, rest, buf, page);
}

fn figures(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &MetricsPage) {
    let shown = scroll::shown(ui, List::Metrics, area.height.saturating_sub(2));
    ui.heading(buf, paint::row(area, 0), "metrics", &shown.note);
    let columns = vec![Column::new("figure", 14).grow(1), Column::new("judged on", 14)];
    let row =
        |figure: &Figure| vec![ui.line(Role::Text, format::metric(&figure.name)), ui.line(Role::Muted, basis(figure))];
    let rows = shown.rows.iter().filter_map(|index| page.figures.get(*index)).map(row).collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn basis(figure: &Figure) -> &'static str {
    match (figure.split, figure.daily) {
        (Split::Prequential, true) => "each day",
        (Split::Prequential, false) => "each batch",
        (Split::Holdout, _) => "the holdout",
        (Split::Batch, _) => "batch counts",
    }
}

fn explain(figure: &Figure) -> &'static str {
    match figure.split {
        Split::Prequential => "predicted before the outcome was known, judged after",
        Split::Holdout => "the time-ordered end of the history, unseen by the model judged",
        Split::Batch => "about the batch, not about predictions",
    }
}

fn role(who: &str) -> Role {
    match who {
        "challenger" | "estimate" => Role::Second,
        "baseline" | "estimate_low" | "estimate_high" => Role::Third,
        _ => Role::First,
    }
}

fn graph(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &MetricsPage) {
    let Some(figure) = &page.chosen else { return };
    let over = if figure.daily { "by day" } else { "by run" };
    let better = match format::smaller_is_better(&figure.name) {
        Some(true) => "smaller is better",
        Some(false) => "larger is better",
        None => "",
    };
    ui.heading(buf, paint::row(area, 0), &format!("{} {over}", format::metric(&figure.name)), better);
    let mut used = 1;
    if area.height > 12 {
        let text = paint::fit(explain(figure), usize::from(area.width.saturating_sub(2)));
        paint::line(buf, paint::indent(paint::row(area, 1), 2), &ui.line(Role::Muted, text));
        used += 1;
    }
    let legend = legend(ui, page);
    for line in &legend {
        paint::line(buf, paint::indent(paint::row(area, used), 2), line);
        used += 1;
    }
    used += u16::from(area.height > 20);
    let labels = labels(page);
    let place = |label: &String| labels.binary_search_by(|other| natural(other).cmp(&natural(label))).ok();
    let series: Vec<Series> = page
        .series
        .iter()
        .map(|(who, points)| Series {
            points: points.iter().filter_map(|point| Some((place(&point.label)?, point.value))).collect(),
            role: role(who),
        })
        .rev()
        .collect();
    chart::draw(buf, paint::below(area, used), ui.theme, &series, &labels);
}

/// Every label of every series, once, in order.
fn labels(page: &MetricsPage) -> Vec<String> {
    let mut labels: Vec<String> =
        page.series.iter().flat_map(|(_, points)| points.iter().map(|point| point.label.clone())).collect();
    labels.sort_by(|a, b| natural(a).cmp(&natural(b)));
    labels.dedup();
    labels
}

/// `run 9` before `run 10`; days as they are.
fn natural(label: &str) -> (u64, &str) {
    let number = label.strip_prefix("run ").and_then(|number| number.parse().ok());
    (number.unwrap_or(0), label)
}

/// One line a series: its colour, who, the newest value, the range.
fn legend(ui: Ui<'_>, page: &MetricsPage) -> Vec<Line<'static>> {
    let line = |(who, points): &(String, Vec<crate::store::metrics::Point>)| {
        let last = points.last()?;
        let low = points.iter().map(|point| point.value).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point.value).fold(f64::NEG_INFINITY, f64::max);
        let name = if who.is_empty() { "batch" } else { who.as_str() };
        let mut spans = vec![ui.text(role(who), "━━ "), ui.text(Role::Text, format!("{name:<11}"))];
        spans.push(ui.text(Role::Strong, format!("{:>7}", format::figure(last.value))));
        spans.push(Span::raw("  "));
        spans.extend(ui.joined(vec![
            ui.text(Role::Muted, last.label.clone()),
            ui.text(Role::Muted, format!("{} to {}", format::figure(low), format::figure(high))),
            ui.text(Role::Muted, format::counted(points.len() as u64, "point")),
        ]));
        Some(Line::from(spans))
    };
    page.series.iter().filter_map(line).collect()
}
