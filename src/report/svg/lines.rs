//! Lines over time: paired lines with a band, dots, marks.

use super::canvas::{Anchor, Canvas};
use super::scale::{Linear, decimals, drawable, nice_ticks};
use crate::domain::format;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A line, broken where values are missing.
    Line,
    /// A dashed line.
    Dashed,
    /// Dots alone.
    Dots,
    /// A thin line with dots.
    LineAndDots,
}

/// One series: a value or nothing for each position.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// Shown at its right end.
    pub name: &'a str,
    /// CSS class that gives the colour.
    pub class: &'a str,
    /// How it is drawn.
    pub style: Style,
    /// One entry a position.
    pub values: Vec<Option<f64>>,
}

/// A moment worth marking.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Index of the position.
    pub index: usize,
    /// A short label above it.
    pub label: String,
}

/// The horizontal axis.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// Where each position lies, ascending.
    pub positions: Vec<f64>,
    /// Labels and where they stand.
    pub ticks: Vec<(f64, String)>,
    /// A larger distance than this between neighbours breaks a line.
    pub gap: f64,
}

/// A chart of lines.
#[derive(Debug, Clone)]
pub struct LineChart<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// The horizontal axis.
    pub axis: Axis,
    /// The series, the most important last (drawn on top).
    pub series: Vec<Series<'a>>,
    /// Lower and upper end of a band behind the lines, one entry a position.
    pub band: Vec<Option<(f64, f64)>>,
    /// Moments worth marking.
    pub marks: Vec<Mark>,
    /// What is shown when the pointer rests on a position.
    pub hints: Vec<String>,
    /// Values are shares, written in per cent.
    pub percent: bool,
    /// Height in pixels.
    pub height: f64,
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 104.0;
const BOTTOM: f64 = 26.0;
/// Lines of text need this much.
const LINE: f64 = 14.0;

impl LineChart<'_> {
    /// Draws it; `None` when there is nothing to draw.
    pub fn draw(&self) -> Option<String> {
        let values: Vec<f64> = self.every_value().collect();
        let low = values.iter().copied().min_by(f64::total_cmp)?;
        let high = values.iter().copied().max_by(f64::total_cmp)?;
        let ticks = nice_ticks(low, high, 4);
        let top = if self.marks.is_empty() { 10.0 } else { 26.0 };
        let y = Linear::new((*ticks.first()?, *ticks.last()?), (self.height - BOTTOM, top));
        let (first, last) = (*self.axis.positions.first()?, *self.axis.positions.last()?);
        let x = Linear::new((first, last), (LEFT + 8.0, WIDTH - RIGHT - 8.0));
        let mut canvas = Canvas::new();
        self.draw_grid(&mut canvas, &x, &y, &ticks);
        self.draw_band(&mut canvas, &x, &y);
        self.draw_marks(&mut canvas, &x, top);
        for series in &self.series {
            self.draw_series(&mut canvas, series, &x, &y);
        }
        self.draw_names(&mut canvas, &y);
        self.draw_hints(&mut canvas, &x, top);
        Some(canvas.finish(self.id, (WIDTH, self.height), self.title, self.description))
    }

    fn every_value(&self) -> impl Iterator<Item = f64> {
        let band = self.band.iter().flatten().flat_map(|(a, b)| [*a, *b]);
        self.series.iter().flat_map(|s| s.values.iter().flatten().copied()).chain(band).filter(|v| drawable(*v))
    }

    fn draw_grid(&self, canvas: &mut Canvas, x: &Linear, y: &Linear, ticks: &[f64]) {
        let shown: Vec<f64> = ticks.iter().map(|t| if self.percent { t * 100.0 } else { *t }).collect();
        let places = decimals(&shown);
        for (tick, shown) in ticks.iter().zip(&shown) {
            let at = y.at(*tick);
            canvas.line("grid", (LEFT, at), (WIDTH - RIGHT, at));
            let unit = if self.percent { " %" } else { "" };
            // No "-0" for what rounding leaves of a zero tick.
            let shown = if shown.abs() < 1e-9 { 0.0 } else { *shown };
            let text = match places {
                0 if shown >= 1000.0 => format::count(shown.round() as u64),
                _ => format!("{shown:.places$}"),
            };
            canvas.text("tick", Anchor::End, (LEFT - 6.0, at + 4.0), &format!("{text}{unit}"));
        }
        let (first, last) = x.domain();
        for (position, label) in self.axis.ticks.iter().filter(|(p, _)| (first..=last).contains(p)) {
            let at = x.at(*position);
            let foot = self.height - BOTTOM;
            canvas.line("axis", (at, foot), (at, foot + 4.0));
            canvas.text("tick", Anchor::Middle, (at, self.height - 7.0), label);
        }
    }

    fn draw_band(&self, canvas: &mut Canvas, x: &Linear, y: &Linear) {
        let full = |i: usize| self.band.get(i).copied().flatten().filter(|(a, b)| drawable(*a) && drawable(*b));
        for run in self.runs(&|i| full(i).is_some()) {
            let upper = run.iter().filter_map(|i| Some((x.at(self.axis.positions[*i]), y.at(full(*i)?.1))));
            let lower = run.iter().rev().filter_map(|i| Some((x.at(self.axis.positions[*i]), y.at(full(*i)?.0))));
            canvas.area("band", &upper.chain(lower).collect::<Vec<_>>());
        }
    }

    fn draw_marks(&self, canvas: &mut Canvas, x: &Linear, top: f64) {
        let mut free_from = f64::NEG_INFINITY;
        for mark in &self.marks {
            let Some(position) = self.axis.positions.get(mark.index) else { continue };
            let at = x.at(*position);
            canvas.line("mark", (at, top - 6.0), (at, self.height - BOTTOM));
            if at >= free_from {
                canvas.text("mark-label", Anchor::Middle, (at, top - 11.0), &mark.label);
                free_from = at + 7.5 * mark.label.chars().count() as f64 + 6.0;
            }
        }
    }

    fn draw_series(&self, canvas: &mut Canvas, series: &Series<'_>, x: &Linear, y: &Linear) {
        let value = |i: usize| series.values.get(i).copied().flatten().filter(|v| drawable(*v));
        let point = |i: &usize| Some((x.at(*self.axis.positions.get(*i)?), y.at(value(*i)?)));
        let class = match series.style {
            Style::Dashed => format!("line dashed {}", series.class),
            Style::LineAndDots => format!("line thin {}", series.class),
            Style::Line | Style::Dots => format!("line {}", series.class),
        };
        for run in self.runs(&|i| value(i).is_some()) {
            let points: Vec<(f64, f64)> = run.iter().filter_map(point).collect();
            if series.style != Style::Dots {
                canvas.polyline(&class, &points);
            }
            let dots = matches!(series.style, Style::Dots | Style::LineAndDots);
            if dots || points.len() == 1 {
                let r = if self.axis.positions.len() > 120 { 1.8 } else { 2.6 };
                for point in points {
                    canvas.circle(&format!("dot {}", series.class), point, r, None);
                }
            }
        }
    }

    /// Names at the right end of their series, moved apart where they would overlap.
    fn draw_names(&self, canvas: &mut Canvas, y: &Linear) {
        let mut names: Vec<(f64, &Series<'_>)> = self
            .series
            .iter()
            .filter_map(|s| Some((y.at(s.values.iter().rev().flatten().copied().find(|v| drawable(*v))?), s)))
            .collect();
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = f64::NEG_INFINITY;
        let overflow = names.len() as f64 * LINE;
        for (at, series) in &mut names {
            let place =
                at.max(lowest + LINE).min(self.height - BOTTOM).max((self.height - BOTTOM - overflow).min(10.0));
            lowest = place;
            let symbol = if matches!(series.style, Style::Dots | Style::LineAndDots) { "● " } else { "" };
            let text = format!("{symbol}{}", series.name);
            canvas.text(&format!("name {}", series.class), Anchor::Start, (WIDTH - RIGHT + 4.0, place + 4.0), &text);
        }
    }

    fn draw_hints(&self, canvas: &mut Canvas, x: &Linear, top: f64) {
        let places: Vec<f64> = self.axis.positions.iter().map(|p| x.at(*p)).collect();
        for (i, (at, hint)) in places.iter().zip(&self.hints).enumerate() {
            let left = if i == 0 { at - 4.0 } else { (places[i - 1] + at) / 2.0 };
            let right = places.get(i + 1).map_or(at + 4.0, |next| (next + at) / 2.0);
            canvas.rect("hint", (left, top), (right - left, self.height - BOTTOM - top), Some(hint));
        }
    }

    /// Runs of neighbouring positions that have something to show.
    fn runs(&self, shown: &dyn Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        let mut before: Option<usize> = None;
        for i in 0..self.axis.positions.len() {
            if !shown(i) {
                before = None;
                continue;
            }
            let joins = before.is_some_and(|b| self.axis.positions[i] - self.axis.positions[b] <= self.axis.gap);
            match runs.last_mut().filter(|_| joins) {
                Some(run) => run.push(i),
                None => runs.push(vec![i]),
            }
            before = Some(i);
        }
        runs
    }
}
