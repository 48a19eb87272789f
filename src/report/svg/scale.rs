//! From data to coordinates, and ticks a person would choose.

/// A linear map from a domain of data to a range of coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Linear {
    /// Maps `domain` onto `range`; a domain without extent lies in the middle of the range.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range }
    }

    /// The coordinate of `value`.
    pub fn at(&self, value: f64) -> f64 {
        let extent = self.domain.1 - self.domain.0;
        let share = if extent == 0.0 { 0.5 } else { (value - self.domain.0) / extent };
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// The ends of the domain.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }
}

/// Whether a figure can be drawn at all. Beyond this it is an overflow, and coordinates lose their meaning.
pub fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() < 1e15
}

/// Ticks at multiples of 1, 2, 2.5 or 5 times a power of ten that enclose `low` to `high`, about `wanted` of them.
/// Infinite or empty ranges give ticks around what there is; never fewer than two, never more than `3 * wanted + 3`.
pub fn nice_ticks(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let (mut low, mut high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
    if high < low {
        (low, high) = (high, low);
    }
    // A range narrower than rounding can resolve is one value.
    if high - low <= (1e-9 * low.abs().max(high.abs())).max(1e-12) {
        let pad = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
        (low, high) = (low - pad, high + pad);
    }
    let rough = (high - low) / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(rough);
    let (first, last) = ((low / step + 1e-6).floor(), (high / step - 1e-6).ceil());
    let steps = (last - first).round().max(1.0) as usize;
    (0..=steps).map(|i| (first + i as f64) * step).collect()
}

/// Decimals needed to tell neighbouring ticks apart.
pub fn decimals(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
    if !step.is_finite() || step <= 0.0 {
        return 0;
    }
    (0..8).find(|d| ((step * 10f64.powi(*d)).fract().abs() - 0.5).abs() > 0.499).unwrap_or(8) as usize
}
