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

/// [`homogeneity`] after the categories of which either row may expect fewer than five were made one (Cochran 1954; with
/// the rarest of the others, where that may still expect fewer), and Cramér's V of that table: sqrt(χ² / rows) for two
/// rows of counts, 0 to 1.
pub fn pooled(a: &[u64], b: &[u64]) -> Option<(Homogeneity, f64)> {
    let (of_a, of_b) = (total(a)?, total(b)?);
    let enough = |(x, y): &(u64, u64)| of_a.min(of_b) / (of_a + of_b) * (x + y) as f64 >= 5.0;
    let occurring = a.iter().copied().zip(b.iter().copied()).filter(|(x, y)| x + y > 0);
    let (mut kept, rare): (Vec<_>, Vec<_>) = occurring.partition(enough);
    let one = rare.iter().fold((0, 0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    match kept.iter_mut().min_by_key(|(x, y)| x + y) {
        Some(rarest) if !enough(&one) => *rarest = (rarest.0 + one.0, rarest.1 + one.1),
        _ => kept.push(one),
    }
    let (a, b): (Vec<u64>, Vec<u64>) = kept.into_iter().unzip();
    let test = homogeneity(&a, &b)?;
    let rows = (a.iter().sum::<u64>() + b.iter().sum::<u64>()) as f64;
    Some((test, (test.statistic / rows).sqrt()))
}

/// Population stability index of two rows of counts, Σ (q - p) ln(q / p) over the shares of the categories that occur,
/// half a row added to each so that an empty one stays finite; with the degrees of freedom: categories less one. `None`
/// when either counts nothing.
pub fn stability(reference: &[u64], sample: &[u64]) -> Option<(f64, u32)> {
    let (of_p, of_q) = (total(reference)?, total(sample)?);
    let occurring: Vec<(u64, u64)> =
        reference.iter().copied().zip(sample.iter().copied()).filter(|(x, y)| x + y > 0).collect();
    let half = 0.5 * occurring.len() as f64;
    let mut index = Sum::default();
    for (x, y) in &occurring {
        let (p, q) = ((*x as f64 + 0.5) / (of_p + half), (*y as f64 + 0.5) / (of_q + half));
        index.add((q - p) * (q / p).ln());
    }
    Some((index.value().max(0.0), occurring.len() as u32 - 1))
}

fn total(counts: &[u64]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    (total > 0).then_some(total as f64)
}
