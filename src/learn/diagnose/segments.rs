//! Where the loss is worst, found automatically: parts of the rows that one or two features single out.

use std::ops::Range;

use super::Look;
use crate::domain::diagnosis::{Permutation, Segment};
use crate::domain::text::one_line;
use crate::learn::bins::{Binned, bin};
use crate::learn::metrics::mean;

/// Segments told.
const TOLD: usize = 8;
/// Features that are looked at in pairs: the most important ones.
const PAIRED: usize = 24;
/// Rows that two features single out must be worse by this factor than those that either does.
const WORSE: f64 = 1.1;
/// How much worse a segment must be than all rows, in standard errors: thousands of segments are looked at.
const SURE: f64 = 4.5;

/// What is known of each row.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) target: &'a [f64],
    pub(super) predictions: &'a [f64],
    pub(super) losses: &'a [f64],
}

/// Sums over the rows of a segment.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    rows: usize,
    loss: f64,
    squares: f64,
}

impl Tally {
    fn add(&mut self, loss: f64) {
        self.rows += 1;
        self.loss += loss;
        self.squares += loss * loss;
    }

    fn mean(&self) -> f64 {
        self.loss / self.rows as f64
    }

    /// Standard errors above `overall`.
    fn sure(&self, overall: f64) -> f64 {
        let (n, mean) = (self.rows as f64, self.mean());
        let variance = (self.squares / n - mean * mean).max(0.0);
        (mean - overall) / (variance / n).sqrt().max(f64::MIN_POSITIVE)
    }
}

/// One or two (feature, bin), and their rows.
struct Found {
    what: Vec<(usize, usize)>,
    tally: Tally,
}

/// The worst segments of `rows` by one feature or two, worst first: at least 50 rows and 1 % of all, and surely worse
/// than all rows. Features are paired in the order of `ranked`, the most important first.
pub(super) fn worst(look: Look, rows: Range<usize>, known: &Rows, ranked: &[Permutation]) -> Vec<Segment> {
    let Some(overall) = mean(known.losses.iter().copied()) else { return Vec::new() };
    let least = (known.losses.len() / 100).max(50);
    let features = look.plan.features.iter().zip(&look.frame.columns);
    let binned: Vec<Binned> = features.map(|(plan, column)| bin(plan, column, rows.clone(), least)).collect();
    let single: Vec<Vec<Tally>> = binned.iter().map(|feature| singles(feature, known.losses)).collect();
    let worse = |tally: &Tally| tally.rows >= least && tally.sure(overall) >= SURE;
    let mut found: Vec<Found> = Vec::new();
    for (at, tallies) in single.iter().enumerate() {
        let bad = tallies.iter().enumerate().filter(|(_, tally)| worse(tally));
        found.extend(bad.map(|(bin, tally)| Found { what: vec![(at, bin)], tally: *tally }));
    }
    let place = |p: &Permutation| look.plan.features.iter().position(|plan| plan.name == p.feature);
    let paired: Vec<usize> = ranked.iter().take(PAIRED).filter_map(place).collect();
    for (n, &a) in paired.iter().enumerate() {
        for &b in &paired[n + 1..] {
            let width = binned[b].bins.len();
            for (cell, tally) in pairs(&binned[a], &binned[b], known.losses).into_iter().enumerate() {
                let (i, j) = (cell / width, cell % width);
                let alone = single[a][i].mean().max(single[b][j].mean());
                if worse(&tally) && tally.mean() >= WORSE * alone {
                    found.push(Found { what: vec![(a, i), (b, j)], tally });
                }
            }
        }
    }
    found.sort_by(|x, y| y.tally.sure(overall).total_cmp(&x.tally.sure(overall)));
    found.truncate(TOLD);
    found.sort_by(|x, y| y.tally.mean().total_cmp(&x.tally.mean()));
    found.iter().map(|segment| tell(look, &binned, segment, known, overall)).collect()
}

fn singles(feature: &Binned, losses: &[f64]) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); feature.bins.len()];
    for (bin, loss) in feature.of_row.iter().zip(losses) {
        if let Some(bin) = bin {
            tallies[usize::from(*bin)].add(*loss);
        }
    }
    tallies
}

fn pairs(a: &Binned, b: &Binned, losses: &[f64]) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); a.bins.len() * b.bins.len()];
    for ((i, j), loss) in a.of_row.iter().zip(&b.of_row).zip(losses) {
        if let (Some(i), Some(j)) = (i, j) {
            tallies[usize::from(*i) * b.bins.len() + usize::from(*j)].add(*loss);
        }
    }
    tallies
}

fn tell(look: Look, binned: &[Binned], found: &Found, known: &Rows, overall: f64) -> Segment {
    let name = |(feature, bin): &(usize, usize)| {
        format!("{} {}", one_line(&look.plan.features[*feature].name), binned[*feature].bins[*bin])
    };
    let within = |row: &usize| {
        found
            .what
            .iter()
            .all(|(feature, bin)| binned[*feature].of_row[*row].is_some_and(|own| usize::from(own) == *bin))
    };
    let rows: Vec<usize> = (0..known.losses.len()).filter(within).collect();
    let average = |values: &[f64]| mean(rows.iter().map(|&row| values[row])).unwrap_or(f64::NAN);
    let total = overall * known.losses.len() as f64;
    Segment {
        what: found.what.iter().map(name).collect::<Vec<_>>().join(", "),
        rows: found.tally.rows as u64,
        loss: found.tally.mean(),
        overall,
        share: if total > 0.0 { found.tally.loss / total } else { 0.0 },
        predicted: average(known.predictions),
        actual: average(known.target),
    }
}
