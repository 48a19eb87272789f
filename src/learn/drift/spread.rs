//! What is usual: how far chunks of the training rows themselves lie from all of them.
//!
//! A chunk is contiguous in time, as a batch is, so that a day of winter is allowed to be as far from the year as days
//! of winter are. Its distances depend on its size (NannyML sets limits in the same way, of chunks of one size).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::feature::{Feature, SAMPLED, distances, in_order};
use super::numeric::deviation;
use super::{jensen_shannon, stability};
use crate::learn::frame::{Column, DAY};
use crate::learn::metrics::mean;
use crate::learn::random::Random;

/// Sizes of chunks. A batch is compared with the class that is nearest by ratio.
pub(super) const SIZES: [usize; 7] = [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144];
/// Chunks of a size.
const CHUNKS: usize = 20;
/// Training rows a class needs, in chunks of its size: fewer could not differ by season.
const LEAST: usize = 3;

/// Mean and standard deviation (divisor n) of one distance over the chunks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The deviation.
    pub deviation: f64,
}

impl Spread {
    /// That of these values; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self { mean: mean(values.iter().copied())?, deviation: deviation(values)? })
    }

    /// Mean plus three standard deviations.
    pub fn limit(&self) -> f64 {
        self.mean + 3.0 * self.deviation
    }
}

/// What is usual of a feature in chunks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Rows of a chunk.
    pub rows: u64,
    /// Chunks.
    pub chunks: u32,
    /// Of the stability index.
    pub psi: Spread,
    /// Of the Jensen-Shannon distance.
    pub js: Spread,
    /// Of Kolmogorov-Smirnov's D (numbers).
    pub ks: Option<Spread>,
    /// Of the Wasserstein distance in standard deviations (numbers).
    pub wasserstein: Option<Spread>,
}

/// The chunks of every size that rows of these times, in order, allow: contiguous, spread over all of them, their places
/// seeded. A chunk that is no smaller than half a day begins with its day, as a batch does: across the middle of two days
/// it would be nearer to all of them than either.
pub(super) fn chunks(time: &[i64], seed: u64) -> Vec<(usize, Vec<Range<usize>>)> {
    let mut random = Random::seeded(seed);
    let cut = |size: usize, random: &mut Random| {
        let room = time.len() - size;
        let place = |k: usize, random: &mut Random| ((k as f64 + random.unit()) / CHUNKS as f64 * room as f64) as usize;
        let begin = |at: usize| {
            let day = time[at].div_euclid(DAY);
            let first = time.partition_point(|t| t.div_euclid(DAY) < day);
            let next = time.partition_point(|t| t.div_euclid(DAY) <= day);
            if next - first <= 2 * size { first.min(room) } else { at }
        };
        (0..CHUNKS).map(|k| begin(place(k, random))).map(|start| start..start + size).collect()
    };
    let fits = SIZES.into_iter().filter(|size| size * LEAST <= time.len());
    fits.map(|size| (size, cut(size, &mut random))).collect()
}

/// The class whose chunks are nearest in size to `rows` rows.
pub(super) fn nearest<T>(classes: &[T], size: impl Fn(&T) -> u64, rows: u64) -> Option<&T> {
    let far = |class: &&T| (size(class).max(1) as f64 / rows.max(1) as f64).ln().abs();
    classes.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
}

/// How far each chunk of `column`, whose rows are those `feature` was made of, lies from all of them, by size.
pub(super) fn classes(feature: &Feature, column: &Column, chunks: &[(usize, Vec<Range<usize>>)]) -> Vec<Class> {
    let bins = feature.bins_of(column);
    let class = |(size, chunks): &(usize, Vec<Range<usize>>)| {
        let (mut psi, mut js, mut ks, mut wasserstein) = (vec![], vec![], vec![], vec![]);
        for chunk in chunks {
            let counts = feature.count(&bins[chunk.clone()]);
            psi.extend(stability(&feature.counts, &counts).map(|(index, _)| index));
            js.extend(jensen_shannon(&feature.counts, &counts));
            if let Column::Number(values) = column {
                let (d, distance) = distances(&feature.shape, &in_order(&values[chunk.clone()], SAMPLED));
                ks.extend(d);
                wasserstein.extend(distance);
            }
        }
        Some(Class {
            rows: *size as u64,
            chunks: chunks.len() as u32,
            psi: Spread::of(&psi)?,
            js: Spread::of(&js)?,
            ks: Spread::of(&ks),
            wasserstein: Spread::of(&wasserstein),
        })
    };
    chunks.iter().filter_map(class).collect()
}
