//! One figure among its likes: every earlier one a tick, the usual ones a band, this one a dot.

use super::canvas::{Anchor, Canvas};
use super::scale::{Linear, drawable};

/// A figure among its likes.
#[derive(Debug, Clone)]
pub struct Strip<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// Earlier figures: the value, and what is shown when the pointer rests on it.
    pub others: Vec<(f64, String)>,
    /// 10th, 50th and 90th percentile of them, with their labels.
    pub usual: [(f64, String); 3],
    /// The figure itself, with its label.
    pub this: (f64, String),
}

impl Strip<'_> {
    /// Draws it.
    pub fn draw(&self) -> String {
        let (width, height, middle) = (960.0, 74.0, 36.0);
        let values = self.others.iter().map(|(v, _)| *v).chain([self.this.0]).filter(|v| drawable(*v));
        let (low, high) = values.fold((self.usual[0].0, self.usual[2].0), |(a, b), v| (a.min(v), b.max(v)));
        let x = Linear::new((low, high), (60.0, width - 60.0));
        let mut canvas = Canvas::new();
        canvas.line("grid", (40.0, middle), (width - 40.0, middle));
        let [from, centre, to] = [0, 1, 2].map(|i| x.at(self.usual[i].0));
        canvas.rect("band", (from, middle - 13.0), (to - from, 26.0), None);
        for (value, hint) in self.others.iter().filter(|(v, _)| drawable(*v)) {
            canvas.rect("rug", (x.at(*value) - 1.0, middle - 8.0), (2.0, 16.0), Some(hint));
        }
        canvas.line("middle", (centre, middle - 13.0), (centre, middle + 13.0));
        // Labels of a narrow band would run into each other: its ends step aside.
        let places = [from.min(centre - 56.0), centre, to.max(centre + 56.0)];
        for ((_, label), at) in self.usual.iter().zip(places) {
            canvas.text("tick", Anchor::Middle, (at, middle + 30.0), label);
        }
        let this = x.at(self.this.0);
        canvas.circle("dot predicted large", (this, middle), 7.0, Some(&self.this.1));
        let label_at = this.clamp(90.0, width - 90.0);
        canvas.text("name predicted", Anchor::Middle, (label_at, middle - 20.0), &self.this.1);
        canvas.finish(self.id, (width, height), self.title, self.description)
    }
}
