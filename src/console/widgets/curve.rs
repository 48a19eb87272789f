//! Curves over a plane: braille lines on two numeric axes, with marks where the points themselves matter.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;

use super::paint;
use crate::console::format;
use crate::console::theme::{Role, Theme};

/// How a trace is drawn. Looks differ in shape, so that they can be told apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A line.
    Line,
    /// A dotted line: what would be without a model.
    Dotted,
    /// A line with a mark at every point.
    Marked,
    /// Marks alone.
    Marks,
    /// Rings alone: points that rest on little.
    Rings,
}

/// One trace. A point that is not finite breaks the line.
#[derive(Debug, Clone)]
pub struct Trace {
    /// (x, y).
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub role: Role,
    /// Its shape.
    pub look: Look,
}

/// The axes.
#[derive(Debug, Clone)]
pub struct Axes {
    /// Ends of the x axis.
    pub x: (f64, f64),
    /// Lower end, upper end and step of the y axis.
    pub y: (f64, f64, f64),
    /// Labels, spread evenly over the x axis; as many are shown as have room.
    pub labels: Vec<String>,
}

impl Axes {
    /// Both axes from 0 to 1.
    pub fn unit(height: u16) -> Self {
        let step = if height >= 12 { 0.2 } else { 0.5 };
        Self { x: (0.0, 1.0), y: (0.0, 1.0, step), labels: ["0", "0.5", "1"].map(str::to_owned).to_vec() }
    }
}

/// Labels of an axis between two numbers: its ends and its middle.
pub fn labels((low, high): (f64, f64)) -> Vec<String> {
    [low, (low + high) / 2.0, high].map(number).to_vec()
}

/// A number on an axis; a whole one without decimals.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1000.0 { format!("{:.0}", value + 0.0) } else { format::figure(value) }
}

/// Draws the traces, the later ones on top. Answers where the plane is, or nothing when there is no room for it.
pub fn draw(buf: &mut Buffer, area: Rect, theme: &Theme, axes: &Axes, traces: &[Trace]) -> Option<Rect> {
    let area = area.intersection(buf.area);
    let (low, high, step) = axes.y;
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let tick = |value: f64| {
        if step >= 1.0 { number(value.round()) } else { format!("{:.decimals$}", value + 0.0) }
    };
    let gutter = paint::width(&tick(low)).max(paint::width(&tick(high))) as u16 + 2;
    if area.width < gutter + 4 || area.height < 3 {
        return None;
    }
    let plot = Rect { x: area.x + gutter, width: area.width - gutter, height: area.height - 2, ..area };
    let count = ((high - low) / step).round() as usize;
    for n in 0..=count {
        let value = low + step * n as f64;
        let y = plot.bottom() - 1 - ((value - low) / (high - low) * f64::from(plot.height - 1)).round() as u16;
        let label = Rect { x: area.x, y, width: gutter - 1, height: 1 };
        paint::right(buf, label, &Line::styled(tick(value), theme.style(Role::Muted)));
        let dots = "┈".repeat(usize::from(plot.width));
        paint::line(buf, Rect { y, height: 1, ..plot }, &Line::styled(dots, theme.style(Role::Faint)));
    }
    for one in traces {
        trace(buf, plot, theme, axes, one);
    }
    axis(buf, Rect { y: plot.bottom(), height: 2, ..plot }, theme, &axes.labels);
    Some(plot)
}

fn trace(buf: &mut Buffer, plot: Rect, theme: &Theme, axes: &Axes, trace: &Trace) {
    let dots = (f64::from(plot.width) * 2.0 - 1.0, f64::from(plot.height) * 4.0 - 1.0);
    let style = theme.style(trace.role);
    let place = |(x, y): (f64, f64)| {
        let across = if axes.x.1 > axes.x.0 { (x - axes.x.0) / (axes.x.1 - axes.x.0) } else { 0.5 };
        let up = (y - axes.y.0) / (axes.y.1 - axes.y.0);
        // Far outside the plane a line would be endless.
        let inside = |share: f64| share.clamp(-1.0, 2.0);
        ((inside(across) * dots.0).round() as i64, ((1.0 - inside(up)) * dots.1).round() as i64)
    };
    let finite = |(x, y): (f64, f64)| x.is_finite() && y.is_finite();
    let mut previous: Option<(i64, i64)> = None;
    for point in &trace.points {
        if !finite(*point) || matches!(trace.look, Look::Marks | Look::Rings) {
            previous = None;
            continue;
        }
        let to = place(*point);
        let from = previous.unwrap_or(to);
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        let stride = if trace.look == Look::Dotted { 3 } else { 1 };
        for n in (0..=steps).step_by(stride) {
            dot(buf, plot, from.0 + (to.0 - from.0) * n / steps, from.1 + (to.1 - from.1) * n / steps, style);
        }
        previous = Some(to);
    }
    let mark = match trace.look {
        Look::Line | Look::Dotted => None,
        Look::Marked | Look::Marks => Some('●'),
        Look::Rings => Some('○'),
    };
    if let Some(mark) = mark {
        for point in trace.points.iter().filter(|point| finite(**point)) {
            let (x, y) = place(*point);
            if let Some(cell) = cell(plot, x, y).and_then(|position| buf.cell_mut(position)) {
                cell.reset();
                cell.set_char(mark).set_style(style);
            }
        }
    }
}

/// The cell that holds a braille dot.
fn cell(plot: Rect, x: i64, y: i64) -> Option<Position> {
    let (x, y) = (u16::try_from(x).ok()?, u16::try_from(y).ok()?);
    Some(Position::new(plot.x + x / 2, plot.y + y / 4)).filter(|position| plot.contains(*position))
}

/// Sets one braille dot, keeping the dots of the same series that are there. Where two series share a cell the later
/// one has it: mixed dots in one colour would belong to neither.
fn dot(buf: &mut Buffer, plot: Rect, x: i64, y: i64, style: Style) {
    const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let Some(cell) = cell(plot, x, y).and_then(|position| buf.cell_mut(position)) else { return };
    let bit = BITS[(x % 2) as usize][(y % 4) as usize];
    let there = cell.symbol().chars().next().map_or(0, |c| (c as u32).wrapping_sub(0x2800));
    let same = there < 0x100 && cell.fg == style.fg.unwrap_or(Color::Reset) && cell.modifier == style.add_modifier;
    let mask = if same { there | bit } else { bit };
    if let Some(symbol) = char::from_u32(0x2800 + mask) {
        cell.reset();
        cell.set_char(symbol).set_style(style);
    }
}

/// The x axis: a rule and as many labels as have room.
fn axis(buf: &mut Buffer, area: Rect, theme: &Theme, labels: &[String]) {
    let rule = "─".repeat(usize::from(area.width));
    paint::line(buf, area, &Line::styled(rule, theme.style(Role::Faint)));
    let widest = labels.iter().map(|label| paint::width(label)).max().unwrap_or(0);
    let room = (usize::from(area.width) / (widest + 3).max(1)).max(1);
    let last = labels.len().saturating_sub(1);
    let shown = room.min(labels.len());
    // The ends first; what would run into another label is left out.
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for n in std::iter::once(shown.saturating_sub(1)).chain(0..shown.saturating_sub(1)) {
        let index = if shown > 1 { n * last / (shown - 1) } else { last };
        let Some(label) = labels.get(index) else { continue };
        let share = if last > 0 { index as f64 / last as f64 } else { 0.5 };
        let center = (share * f64::from(area.width.saturating_sub(1))) as usize;
        let start = center.saturating_sub(paint::width(label) / 2);
        let start = start.min(usize::from(area.width).saturating_sub(paint::width(label)));
        let end = start + paint::width(label);
        if taken.iter().any(|(from, to)| start <= *to && *from <= end) {
            continue;
        }
        taken.push((start, end));
        let place = paint::indent(paint::row(area, 1), start as u16);
        paint::line(buf, place, &Line::styled(label.clone(), theme.style(Role::Muted)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(traces: &[Trace]) -> Vec<String> {
        let area = Rect::new(0, 0, 15, 7);
        let mut buf = Buffer::empty(area);
        let theme = Theme::named("monochrome").unwrap();
        draw(&mut buf, area, &theme, &Axes::unit(7), traces).unwrap();
        let rows = buf.content.chunks(15);
        rows.map(|row| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn looks_can_be_told_apart_without_colour() {
        let points = vec![(0.0, 0.0), (1.0, 1.0)];
        let [line, dotted, marked, marks] = [Look::Line, Look::Dotted, Look::Marked, Look::Marks]
            .map(|look| drawn(&[Trace { points: points.clone(), role: Role::First, look }]));
        assert_ne!(line, dotted);
        assert!(marked.concat().matches('●').count() == 2 && marked != marks);
        assert!(marks[0].ends_with('●') && marks[4].contains("0.0 ●"), "{marks:#?}");
        let braille = |rows: &[String]| rows.concat().chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count();
        assert!(braille(&marks) == 0 && braille(&line) >= 5, "{line:#?}");
    }

    #[test]
    fn labels_never_run_into_each_other() {
        let area = Rect::new(0, 0, 110, 2);
        let mut buf = Buffer::empty(area);
        let days: Vec<String> = (18..32).map(|day| format!("2013-02-{day}")).collect();
        axis(&mut buf, area, &Theme::named("monochrome").unwrap(), &days);
        let row: String = (0..110).map(|x| buf[(x, 1)].symbol()).collect();
        let shown: Vec<&str> = row.split_whitespace().collect();
        assert!(shown.iter().all(|label| days.iter().any(|day| day == label)), "{row}");
        assert!(shown.first() == Some(&"2013-02-18") && shown.last() == Some(&"2013-02-31") && shown.len() > 5);
    }

    #[test]
    fn points_outside_or_without_a_value_are_left_out() {
        let points = vec![(f64::NAN, 0.5), (0.5, f64::INFINITY), (9.0, 9.0), (-1e300, 0.5)];
        let rows = drawn(&[Trace { points, role: Role::First, look: Look::Marks }]);
        assert!(!rows.concat().contains('●'), "{rows:#?}");
    }
}
