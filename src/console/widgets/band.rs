//! A history with the band of what was expected: the band shaded, the values a braille line, the observation marked.
//!
//! Everything is told by shape: it reads the same without colours.

use ratatui::text::{Line, Span};

use super::chart::scale;
use super::paint;
use crate::console::theme::{Role, Theme};

/// One value with what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// Lower and upper end of what was expected.
    pub band: Option<(f64, f64)>,
}

/// What the chart needs beside the points.
pub struct Frame<'a> {
    /// Columns and rows, axes included.
    pub size: (usize, usize),
    /// Colour of the observation, which is the last point.
    pub role: Role,
    /// How a value is written at the axis.
    pub tick: &'a dyn Fn(f64) -> String,
    /// What stands below the first and the last point.
    pub ends: (String, String),
}

/// Whether the values span more than two decades, so that only a logarithm shows them all.
pub fn is_logarithmic(points: &[Point]) -> bool {
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for value in points.iter().flat_map(figures) {
        least = least.min(value);
        most = most.max(value);
    }
    least > 0.0 && most / least > 100.0
}

fn figures(point: &Point) -> impl Iterator<Item = f64> {
    let band = point.band.map(|(low, high)| [low, high]).into_iter().flatten();
    std::iter::once(point.value).chain(band).filter(|v| v.is_finite())
}

/// Lower end, upper end and step of an axis of logarithms.
fn decades(values: impl Iterator<Item = f64>, marks: usize) -> Option<(f64, f64, f64)> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let (low, high) = (low.floor(), high.ceil());
    (low < high).then(|| (low, high, ((high - low) / marks as f64).ceil()))
}

/// The chart as lines, none when there is nothing to draw or no room for it.
pub fn lines(points: &[Point], frame: &Frame<'_>, theme: &Theme) -> Vec<Line<'static>> {
    let log = is_logarithmic(points);
    let mapped = |v: f64| if log { v.log10() } else { v };
    let rows = frame.size.1.saturating_sub(1);
    let marks = (rows / 3).clamp(1, 4);
    let axis = || points.iter().flat_map(figures).map(mapped);
    // On a logarithmic scale the marks are whole decades.
    let scale = if log { decades(axis(), marks) } else { scale(axis(), marks) };
    let Some((low, high, step)) = scale else { return Vec::new() };
    let written = |at: f64| (frame.tick)(if log { 10_f64.powf(at) } else { at });
    let ticks: Vec<f64> = (0..=((high - low) / step).round() as usize).map(|n| low + step * n as f64).collect();
    let gutter = ticks.iter().map(|at| paint::width(&written(*at))).max().unwrap_or(0) + 1;
    if rows < 3 || frame.size.0 < gutter + 8 || points.len() < 2 {
        return Vec::new();
    }
    let mut grid = Grid::new(frame.size.0 - gutter, rows, (low, high), points.len());
    for (n, point) in points.iter().enumerate() {
        grid.shade(n, point.band.map(|(low, high)| (mapped(low), mapped(high))));
    }
    let values: Vec<f64> = points.iter().map(|point| mapped(point.value)).collect();
    grid.trace(&values);
    grid.mark(values.last().copied(), frame.role);
    let mut out = Vec::with_capacity(rows + 1);
    for (y, cells) in grid.cells().into_iter().enumerate() {
        let tick = ticks.iter().find(|at| grid.row(**at) == y).map(|at| written(*at)).unwrap_or_default();
        let pad = " ".repeat(gutter - 1 - paint::width(&tick));
        let mut spans = vec![Span::styled(format!("{pad}{tick}┤"), theme.style(Role::Muted))];
        spans.extend(
            cells
                .chunk_by(|a, b| a.1 == b.1)
                .map(|run| Span::styled(run.iter().map(|cell| cell.0).collect::<String>(), theme.style(run[0].1))),
        );
        out.push(Line::from(spans));
    }
    let (from, to) = &frame.ends;
    let gap = (frame.size.0 - gutter).saturating_sub(paint::width(from) + paint::width(to));
    out.push(Line::styled(format!("{}{from}{}{to}", " ".repeat(gutter), " ".repeat(gap)), theme.style(Role::Muted)));
    out
}

/// Cells of the plot: shade, braille dots, the mark.
struct Grid {
    width: usize,
    rows: usize,
    range: (f64, f64),
    points: usize,
    shaded: Vec<bool>,
    dots: Vec<u32>,
    mark: Option<(usize, usize, Role)>,
}

impl Grid {
    fn new(width: usize, rows: usize, range: (f64, f64), points: usize) -> Self {
        let cells = width * rows;
        Self { width, rows, range, points, shaded: vec![false; cells], dots: vec![0; cells], mark: None }
    }

    /// Height of a value from the top, 0 to 1.
    fn height(&self, value: f64) -> f64 {
        ((self.range.1 - value) / (self.range.1 - self.range.0)).clamp(0.0, 1.0)
    }

    fn row(&self, value: f64) -> usize {
        (self.height(value) * (self.rows as f64 * 4.0 - 1.0)).round() as usize / 4
    }

    /// Columns that belong to a point: from half way to the one before to half way to the one after.
    fn columns(&self, point: usize) -> std::ops::Range<usize> {
        point * self.width / self.points..((point + 1) * self.width).div_ceil(self.points).min(self.width)
    }

    fn shade(&mut self, point: usize, band: Option<(f64, f64)>) {
        let Some((low, high)) = band.filter(|(low, high)| !low.is_nan() && !high.is_nan() && low <= high) else {
            return;
        };
        for y in self.row(high)..=self.row(low) {
            for x in self.columns(point) {
                self.shaded[y * self.width + x] = true;
            }
        }
    }

    /// Dots from point to point; what is no number parts the line.
    fn trace(&mut self, values: &[f64]) {
        let (wide, high) = (self.width as f64 * 2.0 - 1.0, self.rows as f64 * 4.0 - 1.0);
        let mut previous: Option<(f64, f64)> = None;
        for (n, value) in values.iter().enumerate() {
            if !value.is_finite() {
                previous = None;
                continue;
            }
            let to = ((n as f64 + 0.5) / self.points as f64 * wide, self.height(*value) * high);
            let from = previous.unwrap_or(to);
            let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
            for step in 0..=steps as usize {
                let share = step as f64 / steps;
                self.dot(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            }
            previous = Some(to);
        }
    }

    fn dot(&mut self, x: f64, y: f64) {
        const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let (x, y) = (x.round() as usize, y.round() as usize);
        if let Some(cell) = self.dots.get_mut(y / 4 * self.width + x / 2) {
            *cell |= BITS[x % 2][y % 4];
        }
    }

    fn mark(&mut self, value: Option<f64>, role: Role) {
        if let Some(value) = value.filter(|v| v.is_finite()) {
            let x = (self.points as f64 - 0.5) / self.points as f64 * (self.width as f64 * 2.0 - 1.0);
            self.mark = Some((x.round() as usize / 2, self.row(value), role));
        }
    }

    fn cells(&self) -> Vec<Vec<(char, Role)>> {
        let cell = |x: usize, y: usize| {
            let at = y * self.width + x;
            match (self.mark, self.dots[at], self.shaded[at]) {
                (Some((mx, my, role)), ..) if (mx, my) == (x, y) => ('●', role),
                (_, 0, true) => ('░', Role::Ok),
                (_, 0, false) => (' ', Role::Text),
                (_, dots, _) => (char::from_u32(0x2800 + dots).unwrap_or(' '), Role::First),
            }
        };
        (0..self.rows).map(|y| (0..self.width).map(|x| cell(x, y)).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[Point], size: (usize, usize)) -> Vec<String> {
        let tick = |v: f64| format!("{v:.0}");
        let frame = Frame { size, role: Role::Critical, tick: &tick, ends: ("from".into(), "to".into()) };
        lines(points, &frame, &Theme::named("monochrome").unwrap()).iter().map(ToString::to_string).collect()
    }

    fn flat(last: f64) -> Vec<Point> {
        let point = |value| Point { value, band: Some((60.0, 140.0)) };
        (0..20).map(|n| point(100.0 + f64::from(n % 3))).chain([point(last)]).collect()
    }

    #[test]
    fn the_observation_stands_outside_the_shaded_band() {
        let drawn = drawn(&flat(400.0), (40, 11));
        assert_eq!(drawn.len(), 11);
        let with = |c: char| drawn.iter().enumerate().filter(move |(_, line)| line.contains(c)).map(|(n, _)| n);
        let mark: Vec<usize> = with('●').collect();
        assert_eq!(mark, [0], "{drawn:#?}");
        assert!(with('░').all(|row| row > 4) && with('░').count() >= 2, "{drawn:#?}");
        assert!(drawn[10].trim_start().starts_with("from") && drawn[10].ends_with("to"));
        assert!(drawn.iter().all(|line| paint::width(line) <= 40));
    }

    #[test]
    fn more_than_two_decades_are_drawn_by_their_logarithm() {
        assert!(!is_logarithmic(&flat(400.0)));
        let wide = flat(90_000.0);
        assert!(is_logarithmic(&wide));
        let drawn = drawn(&wide, (40, 11));
        assert!(drawn[0].contains("100000┤"), "{drawn:#?}");
        assert!(drawn.iter().any(|line| line.contains(" 1000┤")), "{drawn:#?}");
    }

    #[test]
    fn figures_that_are_none_and_rooms_that_are_none_draw_nothing_and_break_nothing() {
        let none = Point { value: f64::NAN, band: Some((f64::NAN, f64::INFINITY)) };
        assert!(drawn(&[none, none], (40, 10)).is_empty());
        let mut mixed = flat(f64::INFINITY);
        mixed[3] = none;
        mixed[4].band = Some((9.0, -9.0));
        for width in 0..50 {
            for height in 0..14 {
                drawn(&mixed, (width, height));
                drawn(&flat(-1e300), (width, height));
                drawn(&flat(1e300), (width, height));
                drawn(&[], (width, height));
            }
        }
    }
}
