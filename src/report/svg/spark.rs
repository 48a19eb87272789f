//! A line the size of a word.

use super::canvas::Canvas;
use super::scale::{Linear, drawable};

/// A sparkline of `values` with a dot on the last; empty for fewer than two values.
pub fn spark(values: &[f64], class: &str) -> String {
    let values: Vec<f64> = values.iter().copied().filter(|v| drawable(*v)).collect();
    let (Some(low), Some(high)) =
        (values.iter().copied().min_by(f64::total_cmp), values.iter().copied().max_by(f64::total_cmp))
    else {
        return String::new();
    };
    if values.len() < 2 {
        return String::new();
    }
    let (width, height) = (120.0, 28.0);
    let x = Linear::new((0.0, (values.len() - 1) as f64), (2.0, width - 4.0));
    let y = Linear::new((low, high), (height - 4.0, 4.0));
    let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(i, v)| (x.at(i as f64), y.at(*v))).collect();
    let mut canvas = Canvas::new();
    canvas.polyline(&format!("line thin {class}"), &points);
    if let Some(last) = points.last() {
        canvas.circle(&format!("dot {class}"), *last, 2.6, None);
    }
    canvas.ornament("spark", (width, height))
}
