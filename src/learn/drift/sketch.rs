//! A sample kept small.

use serde::{Deserialize, Serialize};

use super::numeric::sorted;

/// A sample of numbers kept as evenly spaced quantiles: small enough for a model's bundle, close enough to the whole
/// for every distance here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// Values in the whole sample.
    pub n: u64,
    /// At most [`Sketch::LARGEST`] of its quantiles, ascending: all values when there are no more.
    pub quantiles: Vec<f64>,
    /// How many of its values were called positive, where that has a meaning.
    pub positives: Option<u64>,
}

impl Sketch {
    /// Most quantiles kept: the distance to the whole sample is below a thousandth of its range of shares.
    pub const LARGEST: usize = 2_000;

    /// That of `values`; `None` of none or of one that is not finite.
    pub fn of(values: &[f64], positives: Option<u64>) -> Option<Self> {
        let sorted = sorted(values)?;
        let n = sorted.len() as u64;
        let quantiles = if sorted.len() <= Self::LARGEST {
            sorted
        } else {
            // The middle of each of so many equal slices: unlike the ends, no outlier stands for a whole slice.
            let middle = |i: usize| (i as f64 + 0.5) / Self::LARGEST as f64;
            let place = |i: usize| (middle(i) * sorted.len() as f64) as usize;
            (0..Self::LARGEST).map(|i| sorted[place(i).min(sorted.len() - 1)]).collect()
        };
        Some(Self { n, quantiles, positives })
    }
}
