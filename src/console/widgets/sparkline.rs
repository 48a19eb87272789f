//! A series as one line of braille, two values a column, four heights.

/// Dots of a column of height 0 to 4, left and right half, filled from below.
const LEFT: [u32; 5] = [0x00, 0x40, 0x44, 0x46, 0x47];
const RIGHT: [u32; 5] = [0x00, 0x80, 0xa0, 0xb0, 0xb8];

/// The newest values that fit into `width` columns, right-aligned, padded with spaces at the left. The lowest value
/// shown has height 1, the highest 4; values that are no numbers leave a gap.
pub fn line(values: &[f64], width: usize) -> String {
    let shown = &values[values.len().saturating_sub(width * 2)..];
    let finite = || shown.iter().copied().filter(|v| v.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let height = |value: Option<&f64>| match value {
        Some(v) if v.is_finite() && high > low => 1 + ((v - low) / (high - low) * 3.0).round() as usize,
        Some(v) if v.is_finite() => 2,
        _ => 0,
    };
    // An odd number of values leaves the left half of the first column empty.
    let lead = shown.len() % 2;
    let columns = shown.len().div_ceil(2);
    let cells = (0..columns).map(|column| {
        let left = (column * 2).checked_sub(lead).and_then(|index| shown.get(index));
        let right = shown.get(column * 2 + 1 - lead);
        char::from_u32(0x2800 + LEFT[height(left).min(4)] + RIGHT[height(right).min(4)]).unwrap_or(' ')
    });
    " ".repeat(width - columns.min(width)) + &cells.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn rising_values_rise() {
        assert_eq!(line(&[0.0, 1.0, 2.0, 3.0], 2), "⣠⣾");
        assert_eq!(line(&[1.0, 2.0], 4), "   ⣸");
    }

    #[test]
    fn flat_missing_and_odd_series_keep_their_width() {
        assert_eq!(line(&[5.0; 4], 2), "⣤⣤");
        assert_eq!(line(&[], 3), "   ");
        assert_eq!(line(&[1.0, f64::NAN, 2.0], 2).chars().count(), 2);
        assert_eq!(line(&[0.0; 99], 5).chars().count(), 5);
    }
}
