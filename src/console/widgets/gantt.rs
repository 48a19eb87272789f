//! Spans of time below each other on one axis.

/// A bar: columns `from` to `to` (exclusive) of `width`, at least one column wide. `start` and `end` are seconds since
/// the axis' beginning, `total` its length in seconds.
pub fn bar(start: f64, end: f64, total: f64, width: usize) -> (usize, usize) {
    if width == 0 || !(total.is_finite() && total > 0.0) {
        return (0, usize::from(width > 0));
    }
    let column = |seconds: f64| (seconds.clamp(0.0, total) / total * width as f64).round() as usize;
    let from = column(start).min(width - 1);
    (from, column(end).clamp(from + 1, width))
}

/// The axis below the bars: marks at round seconds, as (column, seconds), at most one every 8 columns.
pub fn marks(total: f64, width: usize) -> Vec<(usize, f64)> {
    if width < 8 || !(total.is_finite() && total > 0.0) {
        return Vec::new();
    }
    let least = total / (width as f64 / 8.0);
    let step = super::chart::nice_step(least);
    let count = (total / step).floor() as usize;
    (0..=count.min(width)).map(|n| n as f64 * step).map(|s| ((s / total * width as f64) as usize, s)).collect()
}

#[cfg(test)]
mod tests {
    use super::{bar, marks};

    #[test]
    fn bars_lie_where_their_time_lies_and_never_vanish() {
        assert_eq!(bar(0.0, 5.0, 10.0, 20), (0, 10));
        assert_eq!(bar(5.0, 10.0, 10.0, 20), (10, 20));
        assert_eq!(bar(10.0, 10.0, 10.0, 20), (19, 20));
        assert_eq!(bar(3.0, 3.01, 10.0, 20), (6, 7));
        assert_eq!(bar(0.0, 1.0, 0.0, 20), (0, 1));
    }

    #[test]
    fn marks_are_round_and_apart() {
        let marks = marks(8.3, 60);
        assert_eq!(marks.iter().map(|m| m.1).collect::<Vec<_>>(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert!(marks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 8));
    }
}
