//! One model version, a page a side: how it was judged, how it does, what it goes by, where it fails, day by day.

mod classes;
mod curves;
mod days;
mod drift;
mod features;
mod residuals;
mod segments;
mod several;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, models};
use crate::console::load::model::ModelDetail;
use crate::console::place::Side;
use crate::console::theme::Role;
use crate::console::widgets::curve::{self, Axes, Trace};
use crate::console::widgets::paint;
use crate::domain::diagnosis::Diagnosis;

/// Draws the side in view.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, pipeline: &str, version: i64) {
    let Some(detail) = ui.state.pages.model.as_ref().filter(|detail| detail.is(pipeline, version)) else {
        return message(ui, area, buf, Role::Muted, &["reading the model …"]);
    };
    tabs(ui, paint::row(area, 0), buf, detail);
    let side = ui.state.side;
    let mut rest = paint::below(area, if area.height > 20 { 2 } else { 1 });
    let model = detail.page.models.first();
    if let (Side::Verdict, Some(model)) = (side, model) {
        return models::detail(ui, rest, buf, &detail.page, model);
    }
    if side == Side::Drift {
        return match &detail.drift {
            Ok(page) => drift::draw(ui, rest, buf, page),
            Err(reason) => message(ui, rest, buf, Role::Strong, &[reason]),
        };
    }
    if let Ok(of) = &detail.diagnosis {
        let basis = paint::fit(&of.basis(version), usize::from(rest.width));
        paint::line(buf, paint::row(rest, 0), &ui.line(Role::Muted, basis));
        rest = paint::below(rest, if rest.height > 24 { 2 } else { 1 });
    }
    match (side, &detail.diagnosis) {
        (Side::Features, _) => features::draw(ui, rest, buf, detail),
        (_, Err(reason)) => {
            message(ui, rest, buf, Role::Strong, &[reason, "The verdict and the gain of its features are known."]);
        }
        (Side::Curves, Ok(Diagnosis { several: Some(several), .. })) => curves::draw(ui, rest, buf, several),
        (Side::Segments, Ok(of)) => segments::draw(ui, rest, buf, of),
        (Side::Days, Ok(of)) => days::draw(ui, rest, buf, of),
        (_, Ok(of)) => match (&of.classes, &of.several, &of.residuals) {
            (Some(classes), ..) => classes::draw(ui, rest, buf, of, classes),
            (None, Some(several), _) => several::draw(ui, rest, buf, of, several),
            (None, None, Some(residuals)) => residuals::draw(ui, rest, buf, of, residuals),
            (None, None, None) => message(ui, rest, buf, Role::Muted, &["Nothing of this kind was kept."]),
        },
    }
}

/// What a side is called; the second one goes by the task.
fn name(side: Side, detail: &ModelDetail) -> &'static str {
    let numbers = match &detail.diagnosis {
        Ok(of) => of.residuals.is_some(),
        Err(_) => matches!(detail.page.headline.as_str(), "rmse" | "mae"),
    };
    match side {
        Side::Verdict => "verdict",
        Side::Fit if numbers => "residuals",
        Side::Fit => "classes",
        Side::Curves => "curves",
        Side::Features => "features",
        Side::Segments => "segments",
        Side::Days => "days",
        Side::Drift => "drift",
    }
}

fn tabs(ui: Ui<'_>, area: Rect, buf: &mut Buffer, detail: &ModelDetail) {
    if area.width < 48 {
        let sides: Vec<Side> = Side::all(detail.is_of_several()).collect();
        let at = sides.iter().position(|side| *side == ui.state.side).unwrap_or(1) + 1;
        let chosen = ui.text(Role::Key, name(ui.state.side, detail));
        let count = ui.text(Role::Muted, format!("  {at} of {}", sides.len()));
        return paint::line(buf, area, &Line::from(vec![ui.text(Role::Accent, "▸"), chosen, count]));
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    let gap = if area.width >= 68 { "  " } else { "" };
    for side in Side::all(detail.is_of_several()) {
        let chosen = side == ui.state.side;
        let known = match side {
            Side::Verdict | Side::Features => true,
            Side::Drift => detail.drift.is_ok(),
            _ => detail.diagnosis.is_ok(),
        };
        let role = match (chosen, known) {
            (true, _) => Role::Key,
            (false, true) => Role::Muted,
            (false, false) => Role::Faint,
        };
        spans.push(ui.text(Role::Accent, if chosen { "▸" } else { " " }));
        spans.push(ui.text(role, name(side, detail)));
        spans.push(Span::raw(gap));
    }
    paint::line(buf, area, &Line::from(spans));
}

/// A figure: its heading, one line that says what its axes and lines are, its curves.
fn figure(
    ui: Ui<'_>,
    area: Rect,
    buf: &mut Buffer,
    (title, note, key): (&str, &str, &str),
    axes: &Axes,
    traces: &[Trace],
) -> Option<Rect> {
    ui.heading(buf, paint::row(area, 0), title, note);
    let inner = paint::indent(paint::below(area, 1), 2);
    let keyed = u16::from(!key.is_empty() && inner.height > 6);
    if keyed > 0 {
        let key = paint::fit(key, usize::from(inner.width));
        paint::line(buf, paint::row(inner, 0), &ui.line(Role::Muted, key));
    }
    let plot = curve::draw(buf, paint::below(inner, keyed), ui.theme, axes, traces);
    if plot.is_none() {
        let text = paint::fit("this figure needs more room", usize::from(inner.width));
        paint::line(buf, paint::row(inner, keyed), &ui.line(Role::Faint, text));
    }
    plot
}

/// Paragraphs below each other, wrapped, as long as they fit whole.
fn said(ui: Ui<'_>, area: Rect, buf: &mut Buffer, text: &[String]) {
    let inner = paint::indent(area, 2);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for part in text {
        let part = paint::wrap(part, usize::from(inner.width).min(110));
        if lines.len() + part.len() > usize::from(inner.height) {
            break;
        }
        lines.extend(part.into_iter().map(|line| ui.line(Role::Text, line)));
    }
    paint::lines(buf, inner, &lines);
}

/// Four panes with a gap between them: upper left, upper right, lower left, lower right.
fn quarters(area: Rect) -> [Rect; 4] {
    let (left, right) = halves(area);
    let split = |half: Rect| {
        let top = Rect { height: area.height.div_ceil(2), ..half };
        (top, paint::below(half, top.height))
    };
    let ((a, c), (b, d)) = (split(left), split(right));
    [a, b, c, d]
}

/// Two panes beside each other.
fn halves(area: Rect) -> (Rect, Rect) {
    let width = area.width.saturating_sub(2) / 2;
    (Rect { width, ..area }, paint::indent(area, area.width - width))
}
