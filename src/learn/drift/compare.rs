//! Later rows of a feature against its training rows.

use super::feature::{Feature, SAMPLED, Shape, distances, in_order};
use super::spread::{Class, nearest};
use super::{chi_square_limit, chi_square_tail, jensen_shannon, kolmogorov_smirnov_p, pooled, stability};
use crate::domain::drift::{Bin, Measured, Moved};
use crate::domain::text::one_line;
use crate::learn::frame::Column;
use crate::learn::preprocess::Unseen;

/// Chance alone may exceed the limit of the stability index so often.
const CHANCE: f64 = 0.001;
/// Levels that are named.
const NAMED: usize = 5;
/// Rows that must be expected of a level before its absence says anything.
const EXPECTED: f64 = 5.0;

/// How far the rows of `column` lie from those that `feature` was made of. `importance` is the feature's share of the
/// model's gain, `unseen` what training never saw of it. `None` of no rows.
pub fn compare(feature: &Feature, column: &Column, importance: f64, unseen: Option<&Unseen>) -> Option<Moved> {
    let counts = feature.count(&feature.bins_of(column));
    let (rows, of): (u64, u64) = (counts.iter().sum(), feature.counts.iter().sum());
    let class = nearest(&feature.classes, |class| class.rows, rows);
    let (index, degrees) = stability(&feature.counts, &counts)?;
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    let missing = |counts: &[u64], of: u64| share(counts.last().copied().unwrap_or(0), of);
    let test = pooled(&feature.counts, &counts);
    let (ks, ks_p, wasserstein, out_of_range) = numbers(feature, column, class);
    let bins = counts.iter().zip(&feature.counts).enumerate().map(|(at, (batch, reference))| Bin {
        name: one_line(&feature.bin_name(at)),
        reference: share(*reference, of),
        batch: share(*batch, rows),
    });
    Some(Moved {
        name: one_line(&feature.name),
        importance,
        missing: (missing(&feature.counts, of), missing(&counts, rows)),
        out_of_range,
        new_share: unseen
            .filter(|new| new.rows > 0)
            .map(|new| share(new.levels.iter().map(|(_, rows)| rows).sum(), new.rows)),
        new_levels: unseen.map(named).unwrap_or_default(),
        vanished: vanished(feature, &counts, rows as f64 / of.max(1) as f64),
        psi: Measured { value: index, limit: Some(limit(class, degrees, rows, of)) },
        p: significance(index, class, degrees, rows, of),
        js: Measured {
            value: jensen_shannon(&feature.counts, &counts).unwrap_or(0.0),
            limit: class.map(|class| class.js.limit()),
        },
        ks,
        ks_p,
        wasserstein,
        chi2: test.map(|(test, _)| (test.statistic, test.degrees, test.p)),
        cramer_v: test.map(|(_, v)| v),
        chunk: class.map_or((0, 0), |class| (class.rows, class.chunks)),
        bins: bins.collect(),
    })
}

/// Kolmogorov-Smirnov with its p, Wasserstein over the deviation, and the share out of range.
fn numbers(
    feature: &Feature,
    column: &Column,
    class: Option<&Class>,
) -> (Option<Measured>, Option<f64>, Option<Measured>, Option<f64>) {
    let (Shape::Numbers { range, .. }, Column::Number(values)) = (&feature.shape, column) else {
        return (None, None, None, None);
    };
    let sample = in_order(values, SAMPLED);
    let trained = feature.counts.split_last().map_or(0, |(_, present)| present.iter().sum());
    let (ks, wasserstein) = distances(&feature.shape, &sample);
    let usual = |spread: Option<super::Spread>| spread.map(|spread| spread.limit());
    let present = || values.iter().filter(|v| v.is_finite());
    let outside = range.map(|(least, most)| present().filter(|v| **v < least || **v > most).count());
    (
        ks.map(|value| Measured { value, limit: usual(class.and_then(|class| class.ks)) }),
        ks.and_then(|d| kolmogorov_smirnov_p(d, sample.len() as u64, trained)),
        wasserstein.map(|value| Measured { value, limit: usual(class.and_then(|class| class.wasserstein)) }),
        outside.map(|n| n as f64 / present().count().max(1) as f64),
    )
}

/// What the index stays below: no less than chance reaches once in a thousand times, nor than chunks do. Of rows that
/// are alike PSI / (1/n + 1/m) is χ² of one degree less than there are bins (Yurdakul 2018).
fn limit(class: Option<&Class>, degrees: u32, rows: u64, of: u64) -> f64 {
    let chance = chi_square_limit(CHANCE, degrees).unwrap_or(0.0) * scale(rows, of);
    class.map_or(chance, |class| class.psi.limit().max(chance))
}

/// The probability of the index where chunks differ by more than chance: a χ² whose mean and variance are those of the
/// chunks' indices (Satterthwaite 1946; as Rao and Scott 1984 correct χ² of clustered rows): days that differ by their
/// level alone give an index of few degrees of freedom, whose tail is long. The sampling part of the chunks' mean, theirs
/// being part of the training rows, is replaced by that of the rows. Degrees are rounded down: the variance of twenty chunks is
/// more often too small than too large.
fn significance(index: f64, class: Option<&Class>, degrees: u32, rows: u64, of: u64) -> f64 {
    let chance = f64::from(degrees) * scale(rows, of);
    let Some(class) = class else {
        return chi_square_tail(f64::from(degrees) * index / chance, degrees).unwrap_or(1.0);
    };
    let sampling = 1.0 / class.rows.max(1) as f64 - 1.0 / of.max(1) as f64;
    let mean = chance + (class.psi.mean - f64::from(degrees) * sampling).max(0.0);
    let free = 2.0 * (class.psi.mean / class.psi.deviation.max(1e-12)).powi(2);
    let free = free.floor().clamp(1.0, f64::from(degrees.max(1)));
    chi_square_tail(free * index / mean, free as u32).unwrap_or(1.0)
}

fn scale(rows: u64, of: u64) -> f64 {
    1.0 / rows.max(1) as f64 + 1.0 / of.max(1) as f64
}

fn named(unseen: &Unseen) -> Vec<(String, u64)> {
    unseen.levels.iter().take(NAMED).map(|(level, rows)| (one_line(level), *rows)).collect()
}

/// Levels with a bin of their own that are gone, and the rows there should be, at `ratio` rows to one trained on.
fn vanished(feature: &Feature, counts: &[u64], ratio: f64) -> Vec<(String, u64)> {
    let Shape::Levels { names } = &feature.shape else { return Vec::new() };
    names
        .iter()
        .zip(feature.counts.iter().zip(counts))
        .map(|(name, (before, now))| (name, *before as f64 * ratio, *now))
        .filter(|(_, expected, now)| *expected >= EXPECTED && *now == 0)
        .map(|(name, expected, _)| (one_line(name), expected.round() as u64))
        .collect()
}
