//! Distances between samples of numbers.

use crate::learn::metrics::{Sum, mean};

/// Wasserstein-1 distance of two samples in their own unit: the area between their distribution functions
/// (as `scipy.stats.wasserstein_distance`). Neither need be sorted.
pub fn wasserstein(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(apart(&sorted(a)?, &sorted(b)?)?.1)
}

/// Kolmogorov-Smirnov D and Wasserstein-1 distance of two samples in order of size, in one pass; `None` of none.
pub(super) fn apart(a: &[f64], b: &[f64]) -> Option<(f64, f64)> {
    let (mut largest, mut area) = (0.0_f64, Sum::default());
    let mut last = a.first()?.min(*b.first()?);
    walk(a, b, |value, before, after| {
        largest = largest.max((after.0 - after.1).abs());
        area.add((value - last) * (before.0 - before.1).abs());
        last = value;
    });
    Some((largest, area.value()))
}

/// Standard deviation (divisor n); `None` of no values.
pub(super) fn deviation(values: &[f64]) -> Option<f64> {
    let centre = mean(values.iter().copied())?;
    Some(mean(values.iter().map(|v| (v - centre).powi(2)))?.sqrt())
}

/// [`wasserstein`] in standard deviations (divisor n) of the reference; `None` of a constant reference, unless the
/// other sample is the same constant.
pub fn normalised_wasserstein(reference: &[f64], sample: &[f64]) -> Option<f64> {
    let distance = wasserstein(reference, sample)?;
    over(distance, deviation(reference)?)
}

/// A distance in deviations; nothing is nothing in any unit.
pub(super) fn over(distance: f64, deviation: f64) -> Option<f64> {
    match distance {
        0.0 => Some(0.0),
        distance => Some(distance / deviation).filter(|d| d.is_finite()),
    }
}

/// Two-sample Kolmogorov-Smirnov statistic D: the largest distance between the distribution functions
/// (as `scipy.stats.ks_2samp`).
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(apart(&sorted(a)?, &sorted(b)?)?.0)
}

/// The probability that two samples of `n` and `m` values of one distribution differ by D or more: Kolmogorov's limiting
/// distribution at D sqrt(nm / (n + m)) (as `scipy.stats.kstwobign.sf`). `None` without values on either side.
pub fn kolmogorov_smirnov_p(d: f64, n: u64, m: u64) -> Option<f64> {
    let (n, m) = (n as f64, m as f64);
    if !(n > 0.0 && m > 0.0 && (0.0..=1.0).contains(&d)) {
        return None;
    }
    let x = d * (n * m / (n + m)).sqrt();
    // Either series converges everywhere; each is short on its side.
    let p = if x < 1.0 {
        let term = |k: i32| (-(f64::from(2 * k - 1) * std::f64::consts::PI).powi(2) / (8.0 * x * x)).exp();
        1.0 - if x > 0.0 { std::f64::consts::TAU.sqrt() / x * (1..=20).map(term).sum::<f64>() } else { 0.0 }
    } else {
        let sign = |k: i32| if k % 2 == 1 { 2.0 } else { -2.0 };
        (1..=20).map(|k| sign(k) * (-2.0 * f64::from(k * k) * x * x).exp()).sum()
    };
    Some(p.clamp(0.0, 1.0))
}

/// The D that two samples of `n` and `m` values of one distribution exceed once in a thousand times:
/// 1.95 sqrt((n + m) / (n m)) (asymptotic; Smirnov 1948). `None` without values on either side.
pub fn kolmogorov_smirnov_limit(n: u64, m: u64) -> Option<f64> {
    let (n, m) = (n as f64, m as f64);
    (n > 0.0 && m > 0.0).then(|| 1.95 * ((n + m) / (n * m)).sqrt())
}

pub(super) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    // The stable sort takes advantage of runs that are in order already, as quantiles and joined days are.
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// Visits every distinct value of both sorted samples, with the two distribution functions just before it and at it.
fn walk(a: &[f64], b: &[f64], mut visit: impl FnMut(f64, (f64, f64), (f64, f64))) {
    let (mut i, mut j) = (0, 0);
    let share = |i: usize, j: usize| (i as f64 / a.len() as f64, j as f64 / b.len() as f64);
    while i < a.len() || j < b.len() {
        let value = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x.min(*y),
            (Some(x), None) => *x,
            (_, y) => y.copied().unwrap_or_default(),
        };
        let before = share(i, j);
        i += a[i..].iter().take_while(|v| **v <= value).count();
        j += b[j..].iter().take_while(|v| **v <= value).count();
        visit(value, before, share(i, j));
    }
}
