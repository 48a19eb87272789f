//! Predicted and actual, day by day, and the loss below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{figure, halves};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::{Ui, message};
use crate::console::widgets::chart;
use crate::console::widgets::curve::{Axes, Look, Trace};
use crate::console::widgets::paint;
use crate::domain::diagnosis::{Day, Diagnosis};

/// Draws both charts over the same days.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis) {
    let (Some(first), Some(last)) = (of.by_day.first(), of.by_day.last()) else {
        let text = ["Its rows have no days.", "A column with the role `time` gives them."];
        return message(ui, area, buf, Role::Strong, &text);
    };
    let both = area.height >= 14;
    let upper = if both { area.height * 3 / 5 } else { area.height };
    let top = Rect { height: upper, ..area };
    let trace = |value: fn(&Day) -> f64, role, look| Trace {
        points: of.by_day.iter().enumerate().map(|(n, day)| (n as f64, value(day))).collect(),
        role,
        look,
    };
    let days = format::counted(of.by_day.len() as u64, "day");
    let mean = |value: fn(&Day) -> f64| {
        let rows: u64 = of.by_day.iter().map(|day| day.rows).sum();
        of.by_day.iter().map(|day| value(day) * day.rows as f64).sum::<f64>() / rows as f64
    };
    let key = format!(
        "━━ predicted {} on average · ● actual {}",
        of.level(mean(|day| day.predicted)),
        of.level(mean(|day| day.actual))
    );
    let title = format!("{} by day", of.target);
    let traces =
        [trace(|day| day.predicted, Role::First, Look::Line), trace(|day| day.actual, Role::Second, Look::Marks)];
    figure(ui, top, buf, (&title, &days, &key), &axes(of, &traces, top), &traces);
    if both {
        let mut below = paint::below(area, upper);
        if of.learning.len() > 1 && below.width >= 100 {
            let (left, right) = halves(below);
            learning(ui, right, buf, of);
            below = left;
        }
        let loss = [trace(|day| day.loss, Role::First, Look::Line)];
        let key = format!(
            "{} rows on {}, {} on {}",
            format::count(first.rows),
            first.day,
            format::count(last.rows),
            last.day
        );
        let title = format!("mean {} by day", of.loss_name());
        figure(ui, below, buf, (&title, "smaller is better", &key), &axes(of, &loss, below), &loss);
    }
}

/// The learning curve: every doubling of the rows is one step.
fn learning(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis) {
    let points: Vec<(f64, f64)> = of.learning.iter().map(|one| ((one.rows.max(1) as f64).log2(), one.loss)).collect();
    let y = scale(points.iter().map(|point| point.1), area);
    let x = (points[0].0, points[points.len() - 1].0);
    let labels = [x.0, (x.0 + x.1) / 2.0, x.1].map(|log| format::count(log.exp2().round() as u64)).to_vec();
    let axes = Axes { x, y, labels };
    let key = format!("{} over the newest rows trained on", of.loss_name());
    let trace = Trace { points, role: Role::First, look: Look::Marked };
    figure(ui, area, buf, ("learning curve", "same holdout", &key), &axes, &[trace]);
}

fn axes(of: &Diagnosis, traces: &[Trace], area: Rect) -> Axes {
    let values = traces.iter().flat_map(|trace| trace.points.iter().map(|point| point.1));
    let y = scale(values, area);
    let labels: Vec<String> = of.by_day.iter().map(|day| day.day.clone()).collect();
    Axes { x: (0.0, labels.len().saturating_sub(1) as f64), y, labels }
}

/// The scale of `values` with as many ticks as the height has room for.
fn scale(values: impl Iterator<Item = f64>, area: Rect) -> (f64, f64, f64) {
    chart::scale(values, usize::from(area.height / 4).clamp(1, 6)).unwrap_or((0.0, 1.0, 1.0))
}
