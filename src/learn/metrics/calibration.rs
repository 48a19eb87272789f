//! Whether probabilities mean what they say.

use super::Sum;

/// Rows whose probability fell into one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Rows in it.
    pub n: u64,
    /// Their mean probability.
    pub predicted: f64,
    /// Their share of positives.
    pub observed: f64,
}

/// The calibration curve over `bins` intervals of equal width on [0, 1], empty ones left out. A probability on an
/// edge belongs to the lower interval, as in scikit-learn's `calibration_curve` (uniform strategy).
pub fn calibration(truth: &[bool], p: &[f64], bins: usize) -> Vec<Bin> {
    let edges: Vec<f64> = (1..bins).map(|edge| edge as f64 * (1.0 / bins as f64)).collect();
    let mut cells = vec![(0_u64, Sum::default(), 0_u64); bins.max(1)];
    for (&truth, &p) in truth.iter().zip(p) {
        let (n, sum, positives) = &mut cells[edges.partition_point(|&edge| edge < p)];
        *n += 1;
        sum.add(p);
        *positives += u64::from(truth);
    }
    cells
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, sum, positives)| Bin { n, predicted: sum.value() / n as f64, observed: positives as f64 / n as f64 })
        .collect()
}

/// Expected calibration error: mean distance of observed share and mean probability over the bins, weighted by
/// their rows. `None` of no rows.
pub fn expected_calibration_error(truth: &[bool], p: &[f64], bins: usize) -> Option<f64> {
    let curve = calibration(truth, p, bins);
    let rows: u64 = curve.iter().map(|bin| bin.n).sum();
    let distance = super::sum(curve.iter().map(|bin| bin.n as f64 * (bin.observed - bin.predicted).abs()));
    (rows > 0).then(|| distance / rows as f64)
}
