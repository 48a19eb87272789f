//! The population stability index.

use super::numeric::sorted;
use crate::learn::metrics::Sum;

const BINS: usize = 10;

/// Population stability index of `sample` over the ten deciles of `reference`: Σ (q - p) ln(q / p) over the shares of
/// the bins, half a row added to each count so that an empty bin stays finite. Deciles are Hyndman and Fan type 7; a
/// value on an edge belongs to the bin below it; edges that coincide (a reference with ties) are one, and the shares of
/// the reference are counted as those of the sample are.
pub fn population_stability(reference: &[f64], sample: &[f64]) -> Option<f64> {
    let (reference, sample) = (sorted(reference)?, sorted(sample)?);
    let mut edges: Vec<f64> = (1..BINS).map(|i| decile(&reference, i)).collect();
    edges.dedup();
    let (p, q) = (shares(&reference, &edges), shares(&sample, &edges));
    let mut index = Sum::default();
    p.iter().zip(&q).for_each(|(p, q)| index.add((q - p) * (q / p).ln()));
    Some(index.value())
}

/// The index below which chance and small samples explain everything: max(0.2, 27.9 (1/n + 1/m)). Without drift the
/// index over (1/n + 1/m) is χ² of nine degrees of freedom, and 27.9 its 99.9th percentile. `None` without rows.
pub fn population_stability_floor(n: u64, m: u64) -> Option<f64> {
    (n > 0 && m > 0).then(|| (27.9 * (1.0 / n as f64 + 1.0 / m as f64)).max(0.2))
}

fn decile(sorted: &[f64], i: usize) -> f64 {
    let last = sorted.len() - 1;
    let place = i as f64 / BINS as f64 * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    low + (place - below as f64) * (high - low)
}

fn shares(sorted: &[f64], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len() + 1;
    let whole = sorted.len() as f64 + 0.5 * bins as f64;
    let upto = |edge: &f64| sorted.partition_point(|v| v <= edge);
    let ends: Vec<usize> = edges.iter().map(upto).chain([sorted.len()]).collect();
    (0..bins).map(|i| ((ends[i] - if i == 0 { 0 } else { ends[i - 1] }) as f64 + 0.5) / whole).collect()
}
