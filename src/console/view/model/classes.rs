//! How two classes are told apart: confusion, ROC, precision and recall, calibration.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{figure, quarters, said};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::Ui;
use crate::console::widgets::curve::{self, Axes, Look, Trace};
use crate::console::widgets::{heat, histogram, paint};
use crate::domain::diagnosis::{BIN_ROWS, Bin, Classes, Diagnosis};
use crate::domain::format::share;

/// Smallest area with figures; below it there are words.
const LEAST: (u16, u16) = (70, 16);

/// Draws the four figures, or says what they say.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis, classes: &Classes) {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let [areas, counts, rates] = words(classes);
        let needed = format!("The curves need {}x{}.", LEAST.0 + 2, LEAST.1 + 4);
        let mut text = vec![areas, rates, needed, counts];
        text.extend(of.confidence());
        said(ui, area, buf, &text);
        return;
    }
    let verdict = of.confidence().filter(|_| area.height >= 28);
    let foot = if verdict.is_some() { 3 } else { 0 };
    let [confusion, roc, calibration, precision] = quarters(Rect { height: area.height - foot, ..area });
    matrix(ui, confusion, buf, classes);
    let number = |name: &str, value: Option<f64>| value.map(|v| format!("{name} {}", format::figure(v)));
    let auc = number("AUC", classes.auc).unwrap_or_else(|| "one class only".into());
    let diagonal = Trace { points: vec![(0.0, 0.0), (1.0, 1.0)], role: Role::Third, look: Look::Dotted };
    let line = |points: &[(f64, f64)]| Trace { points: points.to_vec(), role: Role::First, look: Look::Line };
    let axes = Axes::unit(roc.height.saturating_sub(4));
    figure(ui, roc, buf, ("ROC", &auc, "found over false alarms · ⢄ a coin"), &axes, &[diagonal, line(&classes.roc)]);
    let base = classes.base_rate().unwrap_or(0.0);
    let level = Trace { points: vec![(0.0, base), (1.0, base)], role: Role::Third, look: Look::Dotted };
    let key = format!("precision over recall · ⠄ {} are positive", share(base));
    let average = number("average precision", classes.average_precision).unwrap_or_else(|| "no positives".into());
    let title = if precision.width > 50 { "precision and recall" } else { "precision" };
    let average = if precision.width > 40 { average } else { average.replace("average precision", "AP") };
    figure(ui, precision, buf, (title, &average, &key), &axes, &[level, line(&classes.precision_recall)]);
    bins(ui, calibration, buf, &classes.calibration, "outcome over prediction · ⢄ exact", None);
    if let Some(verdict) = verdict {
        said(ui, paint::below(area, area.height - foot + 1), buf, &[verdict]);
    }
}

/// Outcomes over predictions with the diagonal, and below it how many rows each bin holds. `ends` of both axes; from
/// 0 to 1 when absent.
pub fn bins(ui: Ui<'_>, area: Rect, buf: &mut Buffer, bins: &[Bin], key: &str, ends: Option<(f64, f64, f64)>) {
    let rows = bins.iter().map(|bin| bin.rows);
    let note = match (rows.clone().min(), rows.max()) {
        (Some(low), Some(high)) if low < high => format!("{}‒{} rows a bin", format::count(low), format::count(high)),
        (Some(n), _) => format!("{} rows a bin", format::count(n)),
        _ => String::new(),
    };
    let curve = Rect { height: area.height.saturating_sub(1), ..area };
    let axes = match ends {
        None => Axes::unit(curve.height.saturating_sub(4)),
        Some((low, high, step)) => Axes { x: (low, high), y: (low, high, step), labels: curve::labels((low, high)) },
    };
    let (low, high) = axes.x;
    let exact = Trace { points: vec![(low, low), (high, high)], role: Role::Third, look: Look::Dotted };
    let (few, enough): (Vec<Bin>, Vec<Bin>) = bins.iter().partition(|bin| bin.rows < BIN_ROWS);
    let trace = |bins: &[Bin], role, look| {
        let points = bins.iter().map(|bin| (bin.predicted, bin.actual)).collect();
        Trace { points, role, look }
    };
    let key = if few.is_empty() { key.to_owned() } else { format!("{key} · ○ under {BIN_ROWS} rows") };
    let traces = [exact, trace(&few, Role::Muted, Look::Rings), trace(&enough, Role::First, Look::Marked)];
    let Some(plot) = figure(ui, curve, buf, ("calibration", &note, &key), &axes, &traces) else { return };
    let row = Rect { y: plot.bottom() + 2, height: 1, ..plot };
    if row.y < area.bottom() {
        let gutter = Rect { x: plot.x.saturating_sub(5), width: 4, ..row };
        paint::right(buf, gutter, &ui.line(Role::Muted, "rows"));
        let places: Vec<(f64, u64)> = bins.iter().map(|bin| ((bin.predicted - low) / (high - low), bin.rows)).collect();
        histogram::strip(buf, row, ui.theme.style(Role::Muted), &places);
    }
}

fn matrix(ui: Ui<'_>, area: Rect, buf: &mut Buffer, classes: &Classes) {
    let note = format!("yes from {} on", format::figure(classes.threshold));
    ui.heading(buf, paint::row(area, 0), "confusion", &note);
    let inner = paint::indent(paint::below(area, 1), 2);
    let counts: Vec<Vec<u64>> = classes.matrix().iter().map(|row| row.to_vec()).collect();
    let place = Rect { height: inner.height.saturating_sub(3), ..inner };
    let columns = ["predicted no", "predicted yes"];
    let used = heat::draw(buf, place, ui.theme, &["is no", "is yes"], &columns, &counts);
    let gap = u16::from(inner.height > used + 4 && used > 0);
    let wide = usize::from(inner.width);
    // The map says the counts already.
    let skip = usize::from(used > 0);
    let lines: Vec<Line<'static>> = words(classes)
        .into_iter()
        .skip(1 + skip)
        .flat_map(|part| paint::wrap(&part, wide))
        .map(|line| ui.line(Role::Text, line))
        .collect();
    paint::lines(buf, paint::below(inner, used + gap), &lines);
}

/// The same in words: the areas, the counts, recall and precision.
fn words(classes: &Classes) -> [String; 3] {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::figure);
    let part = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), share);
    let [[right_no, alarms], [missed, found]] = classes.matrix().map(|row| row.map(format::count));
    [
        format!("AUC {} · average precision {}", number(classes.auc), number(classes.average_precision)),
        format!("{found} found, {missed} missed, {alarms} false alarms, {right_no} rightly no"),
        format!(
            "{} of the positives are found; {} of those called positive are. {} of all rows are positive.",
            part(classes.recall()),
            part(classes.precision()),
            part(classes.base_rate())
        ),
    ]
}
