//! A line chart: braille lines of several series on one scale, with axes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::curve::{self, Axes, Look, Trace};
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
    let values = series.iter().flat_map(|s| s.points.iter().map(|p| p.1));
    let Some(y) = scale(values, usize::from(area.height / 4).clamp(1, 6)) else { return };
    let axes = Axes { x: (0.0, labels.len().saturating_sub(1) as f64), y, labels: labels.to_vec() };
    let trace = |one: &Series| Trace {
        points: one.points.iter().map(|(position, value)| (*position as f64, *value)).collect(),
        role: one.role,
        look: Look::Line,
    };
    let traces: Vec<Trace> = series.iter().map(trace).collect();
    curve::draw(buf, area, theme, &axes, &traces);
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
