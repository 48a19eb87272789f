//! Order statistics of small samples, as detectors and report use them.

/// The `q`-quantile (0 to 1) with linear interpolation between order statistics (Hyndman and Fan type 7, the default
/// of R and NumPy). Values that are not finite are left out; `None` when nothing is left.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let share = place - below as f64;
    Some(sorted[below] + share * (sorted[(below + 1).min(last)] - sorted[below]))
}

/// The middle value.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// A robust standard deviation: 1.4826 times the median of the absolute values of `residuals`, which for normal
/// residuals around zero estimates their standard deviation.
pub fn robust_sd(residuals: &[f64]) -> Option<f64> {
    let absolute: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    median(&absolute).map(|m| 1.4826 * m)
}

#[cfg(test)]
mod tests {
    use super::{median, quantile, robust_sd};

    #[test]
    fn interpolates_as_numpy_does() {
        let v = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&v), Some(2.5));
        assert!((quantile(&v, 0.95).unwrap() - 3.85).abs() < 1e-12);
        assert_eq!(quantile(&v, 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(median(&[f64::NAN, 7.0, f64::INFINITY]), Some(7.0));
        assert!((robust_sd(&[-1.0, 1.0, -1.0]).unwrap() - 1.4826).abs() < 1e-12);
    }
}
