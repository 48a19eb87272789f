//! Two shares a bin, beside each other.

use super::canvas::{Anchor, Canvas};
use super::scale::drawable;
use crate::domain::format::share;

/// Bars by bin: what was, and what is.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// Name, share before, share now.
    pub bins: Vec<(String, f64, f64)>,
    /// Width and height in pixels.
    pub size: (f64, f64),
}

impl Pairs<'_> {
    /// Draws it; `None` without a share above zero.
    pub fn draw(&self) -> Option<String> {
        let bins: Vec<_> = self.bins.iter().filter(|(_, was, is)| drawable(*was) && drawable(*is)).collect();
        let most = bins.iter().flat_map(|(_, was, is)| [*was, *is]).fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        let (width, height) = self.size;
        let (left, foot) = (14.0, height - 24.0);
        let pitch = (width - 2.0 * left) / bins.len() as f64;
        let mut canvas = Canvas::new();
        for (n, (name, was, is)) in bins.iter().enumerate() {
            let at = left + n as f64 * pitch;
            let hint = format!("{name}: trained on {}, now {}", share(*was), share(*is));
            for (k, class, value) in [(0.0, "fill baseline", was), (1.0, "fill predicted", is)] {
                let tall = (value / most).max(0.0) * (foot - 8.0);
                let wide = (0.42 * pitch).max(1.0);
                canvas.rect(class, (at + (0.08 + 0.42 * k) * pitch, foot - tall), (wide, tall), Some(&hint));
            }
        }
        canvas.line("axis", (left, foot), (width - left, foot));
        let every = (bins.len() as f64 * 56.0 / (width - 2.0 * left)).ceil().max(1.0) as usize;
        for (n, (name, _, _)) in bins.iter().enumerate().step_by(every) {
            let short: String = name.chars().take(9).collect();
            canvas.text("tick", Anchor::Middle, (left + (n as f64 + 0.5) * pitch, height - 6.0), &short);
        }
        Some(canvas.finish(self.id, self.size, self.title, self.description))
    }
}
