//! Distances between counts of categories. Both slices count the same categories in the same order.

use super::chi_square_tail;
use crate::learn::metrics::Sum;

/// Jensen-Shannon distance of two distributions, 0 to 1: the square root of the divergence in bits
/// (as `scipy.spatial.distance.jensenshannon` with base 2). `None` when either counts nothing.
pub fn jensen_shannon(a: &[u64], b: &[u64]) -> Option<f64> {
    let (of_a, of_b) = (total(a)?, total(b)?);
    let mut divergence = Sum::default();
    for (&x, &y) in a.iter().zip(b) {
        let (p, q) = (x as f64 / of_a, y as f64 / of_b);
        let middle = 0.5 * (p + q);
        for share in [p, q].into_iter().filter(|share| *share > 0.0) {
            divergence.add(0.5 * share * (share / middle).log2());
        }
    }
    // Rounding may leave a distance of nothing just below zero.
    Some(divergence.value().max(0.0).sqrt())
}

/// A test of whether two sets of counts come from one distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// Pearson's χ².
    pub statistic: f64,
    /// Degrees of freedom: categories that occur, less one.
    pub degrees: u32,
    /// The probability of such a χ² or a larger one by chance.
    pub p: f64,
}

/// Pearson's χ² test of homogeneity of two rows of counts, without continuity correction (as
/// `scipy.stats.chi2_contingency`). Categories that neither has are left out; `None` when fewer than two remain or
/// either row counts nothing.
pub fn homogeneity(a: &[u64], b: &[u64]) -> Option<Homogeneity> {
    let (of_a, of_b) = (total(a)?, total(b)?);
    let mut statistic = Sum::default();
    let mut categories = 0_u32;
    for (&x, &y) in a.iter().zip(b).filter(|(x, y)| **x + **y > 0) {
        categories += 1;
        for (observed, of) in [(x as f64, of_a), (y as f64, of_b)] {
            let expected = of / (of_a + of_b) * (x + y) as f64;
            statistic.add((observed - expected).powi(2) / expected);
        }
    }
    let degrees = categories.checked_sub(1)?;
    let statistic = statistic.value();
    Some(Homogeneity { statistic, degrees, p: chi_square_tail(statistic, degrees)? })
}

fn total(counts: &[u64]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    (total > 0).then_some(total as f64)
}
