//! What the model goes by: gain, what shuffling costs, and how the mean prediction follows the strongest features.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::figure;
use crate::console::load::model::{Feature, ModelDetail};
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::view::{Ui, message, scroll};
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::curve::{self, Axes, Look, Trace};
use crate::console::widgets::{bar, chart, paint};
use crate::domain::diagnosis::{Dependence, Diagnosis};

/// Columns of a bar.
const BAR: usize = 10;
/// Smallest chart of a dependence.
const CELL: (u16, u16) = (30, 9);

/// Draws the list and the dependences.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, detail: &ModelDetail) {
    if detail.features.is_empty() {
        return message(ui, area, buf, Role::Muted, &["It goes by no feature: it predicts the same for every row."]);
    }
    let beside = area.width >= 110;
    let wanted = detail.features.len() as u16 + 2;
    let alone = beside || area.height < 14;
    let list = if alone { area.height } else { wanted.min(area.height / 2) };
    let list = Rect { width: if beside { 58 } else { area.width }, height: list, ..area };
    table(ui, list, buf, detail);
    let rest = if beside { paint::indent(area, list.width + 2) } else { paint::below(area, list.height) };
    match &detail.diagnosis {
        _ if rest.height == 0 => {}
        Ok(of) => dependences(ui, rest, buf, detail, of),
        Err(reason) => message(ui, rest, buf, Role::Muted, &[reason]),
    }
}

fn table(ui: Ui<'_>, area: Rect, buf: &mut Buffer, detail: &ModelDetail) {
    let shown = scroll::shown(ui, List::Features, area.height.saturating_sub(2));
    let sample = detail.diagnosis.as_ref().map(|of| format!("shuffled {}", of.sample())).unwrap_or_default();
    let note = if shown.note.is_empty() { sample } else { shown.note.clone() };
    ui.heading(buf, paint::row(area, 0), "features", &note);
    let most = detail.features.iter().filter_map(|one| one.permutation).map(|(mean, _)| mean).fold(0.0, f64::max);
    let columns = vec![
        Column::new("", 8).grow(1),
        Column::new("gain", 7).right(),
        Column::new("shuffled", BAR as u16).rank(1),
        Column::new("loss", 8).right(),
        Column::new("±", 6).right().rank(2),
    ];
    let rows = shown.rows.iter().filter_map(|index| detail.features.get(*index)).map(|one| row(ui, one, most));
    let rows = rows.collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn row(ui: Ui<'_>, feature: &Feature, most: f64) -> Vec<Line<'static>> {
    let percent = |value: f64| format!("{:.1} %", value * 100.0);
    let cost = feature.permutation;
    let length = |(mean, _): (f64, f64)| Line::from(bar::spans(mean / most.max(1e-12), BAR, Role::First, ui.theme));
    vec![
        ui.line(Role::Text, feature.name.clone()),
        ui.number(feature.gain.map(percent)),
        cost.map(length).unwrap_or_default(),
        ui.number(cost.map(|(mean, _)| format!("{:+.1} %", mean * 100.0))),
        ui.number(cost.map(|(_, deviation)| percent(deviation))),
    ]
}

/// As many dependences as fit, all on one scale, that of the feature under the cursor among them.
fn dependences(ui: Ui<'_>, area: Rect, buf: &mut Buffer, detail: &ModelDetail, of: &Diagnosis) {
    ui.heading(buf, paint::row(area, 0), "mean prediction as one feature varies", &of.sample());
    let inner = paint::below(area, 1);
    let values = of.dependence.iter().flat_map(|one| one.points.iter().map(|point| point.2));
    let columns = (inner.width / CELL.0).clamp(1, 3);
    let lines = (inner.height / CELL.1).clamp(1, 4).min(of.dependence.len().div_ceil(usize::from(columns)) as u16);
    let (Some(scale), true) = (chart::scale(values, 3), lines > 0) else {
        let text = paint::fit("nothing was varied", usize::from(inner.width.saturating_sub(2)));
        return paint::line(buf, paint::indent(inner, 2), &ui.line(Role::Muted, text));
    };
    let chosen = ui.state.selected_index(List::Features).and_then(|index| detail.features.get(index));
    let at = chosen.and_then(|chosen| of.dependence.iter().position(|one| one.feature == chosen.name));
    let range = scroll::window(of.dependence.len(), at.unwrap_or(0), usize::from(columns * lines), 0);
    let (width, height) = ((inner.width / columns).saturating_sub(1), (inner.height / lines).min(16));
    for (n, index) in range.enumerate() {
        let Some(one) = of.dependence.get(index) else { continue };
        let (column, line) = (n as u16 % columns, n as u16 / columns);
        let place = paint::indent(paint::below(inner, line * height), column * (width + 1));
        let place = Rect { width: width.min(place.width), height: height.min(place.height), ..place };
        let mark = if at == Some(index) { "▸ " } else { "" };
        dependence(ui, place, buf, &format!("{mark}{}", one.feature), one, scale);
    }
}

fn dependence(ui: Ui<'_>, area: Rect, buf: &mut Buffer, title: &str, one: &Dependence, y: (f64, f64, f64)) {
    let numeric = one.points.iter().all(|(_, number, _)| number.is_some());
    let x = |n: usize, number: Option<f64>| if numeric { number.unwrap_or(n as f64) } else { n as f64 };
    let points: Vec<(f64, f64)> =
        one.points.iter().enumerate().map(|(n, (_, number, mean))| (x(n, *number), *mean)).collect();
    let finite = || points.iter().map(|(x, _)| *x).filter(|x| x.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let labels = if numeric && low <= high {
        curve::labels((low, high))
    } else {
        one.points.iter().map(|(label, _, _)| paint::fit(label, 8)).collect()
    };
    let look = if numeric { Look::Line } else { Look::Marks };
    let traces = [Trace { points, role: Role::First, look }];
    figure(ui, area, buf, (title, "", ""), &Axes { x: (low, high), y, labels }, &traces);
}
