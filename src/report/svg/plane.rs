//! Curves over two numeric axes: ROC, calibration, partial dependence.

use super::canvas::{Anchor, Canvas};
use super::scale::{Linear, decimals, drawable, nice_ticks};
use crate::domain::format;

/// Lower and upper end of an axis; taken from the points where absent.
pub type Ends = Option<(f64, f64)>;

/// One curve.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// CSS classes: what it is, and `dashed` for what would be without a model.
    pub class: &'a str,
    /// (x, y); what is not finite is left out.
    pub points: Vec<(f64, f64)>,
    /// What is shown when the pointer rests on a point. Points with a hint have a dot.
    pub hints: Vec<String>,
    /// Whether the points are joined by a line.
    pub line: bool,
}

/// A small chart.
#[derive(Debug, Clone)]
pub struct Plane<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// Names of the axes: across, up; where empty, the title says it.
    pub axes: (&'a str, &'a str),
    /// Ends of the axes: across, up.
    pub ends: (Ends, Ends),
    /// Labels at places of the x axis, instead of numbers.
    pub labels: Vec<(f64, String)>,
    /// The curves, the most important last (drawn on top).
    pub traces: Vec<Trace<'a>>,
    /// Width and height in pixels.
    pub size: (f64, f64),
}

const LEFT: f64 = 46.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 36.0;

impl Plane<'_> {
    /// Draws it; `None` when there is nothing to draw.
    pub fn draw(&self) -> Option<String> {
        let across = self.ticks(|point| point.0, self.ends.0)?;
        let up = self.ticks(|point| point.1, self.ends.1)?;
        let (width, height) = self.size;
        let x = Linear::new(ends(&across)?, (LEFT + 12.0, width - RIGHT));
        let y = Linear::new(ends(&up)?, (height - BOTTOM, TOP));
        let mut canvas = Canvas::new();
        for (tick, text) in up.iter().zip(written(&up)) {
            canvas.line("grid", (LEFT, y.at(*tick)), (width - RIGHT, y.at(*tick)));
            canvas.text("tick", Anchor::End, (LEFT - 6.0, y.at(*tick) + 4.0), &text);
        }
        let numbers = || across.iter().copied().zip(written(&across)).collect();
        let labels: Vec<(f64, String)> = if self.labels.is_empty() { numbers() } else { self.labels.clone() };
        for (at, text) in &labels {
            canvas.text("tick", Anchor::Middle, (x.at(*at), height - BOTTOM + 15.0), text);
        }
        let middle = (LEFT + width - RIGHT) / 2.0;
        let names = [(Anchor::Middle, (middle, height - 6.0), self.axes.0), (Anchor::Start, (4.0, 11.0), self.axes.1)];
        for (anchor, place, name) in names.into_iter().filter(|(_, _, name)| !name.is_empty()) {
            canvas.text("tick", anchor, place, name);
        }
        for trace in &self.traces {
            let place = |point: &(f64, f64)| (x.at(point.0), y.at(point.1));
            let sound = |point: &&(f64, f64)| drawable(point.0) && drawable(point.1);
            if trace.line {
                let points: Vec<(f64, f64)> = trace.points.iter().filter(sound).map(place).collect();
                canvas.polyline(&format!("line {}", trace.class), &points);
            }
            for (point, hint) in trace.points.iter().zip(&trace.hints).filter(|(point, _)| sound(point)) {
                canvas.circle(&format!("dot {}", trace.class), place(point), 3.2, Some(hint));
            }
        }
        Some(canvas.finish(self.id, self.size, self.title, self.description))
    }

    fn ticks(&self, of: fn(&(f64, f64)) -> f64, given: Ends) -> Option<Vec<f64>> {
        let values = || self.traces.iter().flat_map(|trace| trace.points.iter().map(of)).filter(|v| drawable(*v));
        let (low, high) = match given {
            Some(ends) => ends,
            None => (values().min_by(f64::total_cmp)?, values().max_by(f64::total_cmp)?),
        };
        // The figure is small: a few ticks will do.
        values().next().map(|_| nice_ticks(low, high, 3))
    }
}

fn ends(ticks: &[f64]) -> Option<(f64, f64)> {
    Some((*ticks.first()?, *ticks.last()?))
}

fn written(ticks: &[f64]) -> Vec<String> {
    let places = decimals(ticks);
    let write = |tick: &f64| match places {
        0 if tick.abs() >= 1000.0 => format::figure(*tick),
        // No "-0" for what rounding leaves of a zero tick.
        _ => format!("{:.places$}", if tick.abs() < 1e-9 { 0.0 } else { *tick }),
    };
    ticks.iter().map(write).collect()
}
