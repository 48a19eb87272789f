//! A bar inside a table's cell.

use super::canvas::Canvas;

/// A bar that fills `share` (0 to 1) of its place. The figure stands beside it as text.
pub fn bar(share: f64, class: &str) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mut canvas = Canvas::new();
    canvas.rect("bar-ground", (0.0, 0.0), (120.0, 8.0), None);
    // What is there at all must be seen.
    let width = if share > 0.0 { (share * 120.0).max(1.5) } else { 0.0 };
    canvas.rect(&format!("fill {class}"), (0.0, 0.0), (width, 8.0), None);
    canvas.ornament("bar", (120.0, 8.0))
}
