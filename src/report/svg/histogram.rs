//! Counts between edges.

use super::canvas::{Anchor, Canvas};
use super::scale::{Linear, drawable, nice_ticks};
use crate::domain::format;

/// A histogram.
#[derive(Debug, Clone)]
pub struct Histogram<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// CSS class that gives the colour.
    pub class: &'a str,
    /// (lower edge, upper edge, rows), ascending.
    pub bins: Vec<(f64, f64, u64)>,
    /// Width and height in pixels.
    pub size: (f64, f64),
}

impl Histogram<'_> {
    /// Draws it; `None` without a bin of finite edges.
    pub fn draw(&self) -> Option<String> {
        let bins: Vec<_> = self.bins.iter().filter(|(a, b, _)| drawable(*a) && drawable(*b)).collect();
        let (low, high) = (bins.first()?.0, bins.last()?.1);
        let most = bins.iter().map(|(_, _, rows)| *rows).max().unwrap_or(0).max(1);
        let (width, height) = self.size;
        let foot = height - 24.0;
        let x = Linear::new((low, high), (14.0, width - 14.0));
        let mut canvas = Canvas::new();
        for (from, to, rows) in &bins {
            let tall = *rows as f64 / most as f64 * (foot - 8.0);
            let hint =
                format!("{} to {}: {}", format::figure(*from), format::figure(*to), format::counted(*rows, "row"));
            let wide = (x.at(*to) - x.at(*from) - 1.0).max(1.0);
            canvas.rect(&format!("fill {}", self.class), (x.at(*from), foot - tall), (wide, tall), Some(&hint));
        }
        canvas.line("axis", (14.0, foot), (width - 14.0, foot));
        for tick in nice_ticks(low, high, 5).into_iter().filter(|tick| (low..=high).contains(tick)) {
            let tick = if tick.abs() < 1e-9 { 0.0 } else { tick };
            canvas.line("axis", (x.at(tick), foot), (x.at(tick), foot + 4.0));
            canvas.text("tick", Anchor::Middle, (x.at(tick), height - 6.0), &format::figure(tick));
        }
        Some(canvas.finish(self.id, self.size, self.title, self.description))
    }
}
