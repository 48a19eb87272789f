//! A progress bar in eighths of a cell.

use ratatui::text::Span;

use crate::console::theme::{Role, Theme};

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The bar as text: the full part and the empty part, together `width` columns. `share` from 0 to 1.
pub fn parts(share: f64, width: usize) -> (String, String) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * width as f64 * 8.0).floor() as usize;
    let (whole, rest) = (eighths / 8, eighths % 8);
    let mut full = "█".repeat(whole);
    full.push_str(EIGHTHS[rest]);
    let used = whole + usize::from(rest > 0);
    (full, "░".repeat(width.saturating_sub(used)))
}

/// The bar in the theme's colours.
pub fn spans(share: f64, width: usize, role: Role, theme: &Theme) -> Vec<Span<'static>> {
    let (full, empty) = parts(share, width);
    vec![Span::styled(full, theme.style(role)), Span::styled(empty, theme.style(Role::Faint))]
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_bar_always_has_its_width() {
        for percent in -10..=110 {
            let (full, empty) = parts(f64::from(percent) / 100.0, 9);
            assert_eq!(full.chars().count() + empty.chars().count(), 9, "{percent}");
        }
        assert_eq!(parts(0.5, 4), ("██".into(), "░░".into()));
        assert_eq!(parts(0.54, 4), ("██▏".into(), "░".into()));
        assert_eq!(parts(f64::NAN, 2), (String::new(), "░░".into()));
    }
}
