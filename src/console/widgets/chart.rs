//! A line chart: braille lines of several series on one scale, with axes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::paint;
use crate::console::format;
use crate::console::theme::{Role, Theme};

/// One line of the chart.
pub struct Series {
    /// (position on the x axis, value). Positions count the labels.
    pub points: Vec<(usize, f64)>,
    /// Its colour.
    pub role: Role,
}

/// The smallest of 1, 2, 5 x 10^n that is not below `least`.
pub fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let magnitude = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * magnitude >= least * (1.0 - 1e-9)).unwrap_or(10.0);
    step * magnitude
}

/// Lower end, upper end and step of an axis that holds the values with about `ticks` marks.
pub fn scale(values: impl Iterator<Item = f64>, ticks: usize) -> Option<(f64, f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|v| v.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return None;
    }
    if high - low < 1e-12 {
        let room = (high.abs() * 0.1).max(1e-6);
        (low, high) = (low - room, high + room);
    }
    let step = nice_step((high - low) / ticks.max(1) as f64);
    Some(((low / step).floor() * step, (high / step).ceil() * step, step))
}

/// Draws the series over `labels`. Without a single figure it draws nothing.
pub fn draw(buf: &mut Buffer, area: Rect, theme: &Theme, series: &[Series], labels: &[String]) {
    let area = area.intersection(buf.area);
    let values = series.iter().flat_map(|s| s.points.iter().map(|p| p.1));
    let Some((low, high, step)) = scale(values, usize::from(area.height / 4).clamp(1, 6)) else { return };
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    let tick = |value: f64| {
        if step >= 1.0 { format::figure(value.round()) } else { format!("{:.decimals$}", value + 0.0) }
    };
    let gutter = paint::width(&tick(low)).max(paint::width(&tick(high))) as u16 + 2;
    if area.width < gutter + 4 || area.height < 3 {
        return;
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
    for one in series {
        trace(buf, plot, theme, one, labels.len(), (low, high));
    }
    axis(buf, Rect { y: plot.bottom(), height: 2, ..plot }, theme, labels);
}

/// One series: a straight line from point to point.
fn trace(buf: &mut Buffer, plot: Rect, theme: &Theme, series: &Series, labels: usize, (low, high): (f64, f64)) {
    let dots = (f64::from(plot.width) * 2.0 - 1.0, f64::from(plot.height) * 4.0 - 1.0);
    let style = theme.style(series.role);
    let place = |(position, value): (usize, f64)| {
        let x = if labels > 1 { position as f64 / (labels - 1) as f64 } else { 0.5 };
        ((x.min(1.0) * dots.0).round() as i64, ((1.0 - (value - low) / (high - low)) * dots.1).round() as i64)
    };
    let mut previous: Option<(i64, i64)> = None;
    for point in &series.points {
        if !point.1.is_finite() {
            previous = None;
            continue;
        }
        let to = place(*point);
        let from = previous.unwrap_or(to);
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).max(1);
        for n in 0..=steps {
            dot(buf, plot, from.0 + (to.0 - from.0) * n / steps, from.1 + (to.1 - from.1) * n / steps, style);
        }
        previous = Some(to);
    }
}

/// Sets one braille dot, keeping the dots of the same series that are there. Where two series share a cell the later
/// one has it: mixed dots in one colour would belong to neither.
fn dot(buf: &mut Buffer, plot: Rect, x: i64, y: i64, style: ratatui::style::Style) {
    const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) else { return };
    let position = Position::new(plot.x + x / 2, plot.y + y / 4);
    if !plot.contains(position) {
        return;
    }
    let Some(cell) = buf.cell_mut(position) else { return };
    let bit = BITS[usize::from(x % 2)][usize::from(y % 4)];
    let there = cell.symbol().chars().next().map_or(0, |c| (c as u32).wrapping_sub(0x2800));
    let same = there < 0x100 && cell.style().fg == style.fg.or(Some(ratatui::style::Color::Reset));
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
    for n in 0..shown {
        let index = if shown > 1 { n * last / (shown - 1) } else { last };
        let Some(label) = labels.get(index) else { continue };
        let share = if last > 0 { index as f64 / last as f64 } else { 0.5 };
        let center = (share * f64::from(area.width.saturating_sub(1))) as usize;
        let start = center.saturating_sub(paint::width(label) / 2);
        let start = start.min(usize::from(area.width).saturating_sub(paint::width(label)));
        let place = paint::indent(paint::row(area, 1), start as u16);
        paint::line(buf, place, &Line::styled(label.clone(), theme.style(Role::Muted)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_every_value() {
        let (low, high, step) = scale([0.662, 0.705].into_iter(), 4).unwrap();
        assert!(low <= 0.662 && high >= 0.705);
        assert!((step - 0.02).abs() < 1e-12, "{step}");
        assert_eq!(scale([f64::NAN].into_iter(), 4), None);
        assert!(scale([3.0].into_iter(), 4).is_some_and(|(low, high, _)| low < 3.0 && high > 3.0));
    }

    #[test]
    fn crossing_series_keep_their_own_colour_in_every_cell() {
        let area = Rect::new(0, 0, 30, 12);
        let mut buf = Buffer::empty(area);
        let theme = Theme::named("dark").unwrap();
        let rising = Series { points: vec![(0, 0.0), (9, 1.0)], role: Role::First };
        let falling = Series { points: vec![(0, 1.0), (9, 0.0)], role: Role::Second };
        let labels: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        draw(&mut buf, area, &theme, &[rising, falling], &labels);
        let colours: Vec<_> = buf
            .content
            .iter()
            .filter(|cell| cell.symbol().chars().next().is_some_and(|c| ('\u{2801}'..='\u{28ff}').contains(&c)))
            .map(|cell| cell.style().fg)
            .collect();
        assert!(colours.contains(&theme.style(Role::First).fg) && colours.contains(&theme.style(Role::Second).fg));
        assert!(colours.iter().all(|c| *c == theme.style(Role::First).fg || *c == theme.style(Role::Second).fg));
    }
}
