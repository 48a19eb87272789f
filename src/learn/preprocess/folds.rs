//! Mean targets of levels, and the same without a part of the rows.

use super::{Means, SHRINKAGE};
use crate::learn::frame::DAY;
use crate::learn::metrics::Sum;

/// Parts that rows are cut into by time. Whole days, because rows of one day are alike.
pub(super) const FOLDS: usize = 5;

/// What rows that are learned from are shown: each the means of the other folds.
#[derive(Debug, Clone, Default)]
pub(super) struct Folds {
    /// Event times at which the second and every later fold begins.
    pub starts: Vec<i64>,
    /// By feature and fold; empty for a feature that shows no target.
    pub shown: Vec<Vec<Shown>>,
}

/// It is not part of what was fitted: a preprocessing read back from its bundle has none and is the same.
impl PartialEq for Folds {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a fold is shown.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub overall: Means,
    /// By rank of the level.
    pub levels: Vec<Means>,
}

impl Folds {
    /// Folds of about equally many rows with these event times, in order.
    pub fn of(time: &[i64]) -> Self {
        let start = |fold: usize| time.get(fold * time.len() / FOLDS).map(|at| at.div_euclid(DAY) * DAY);
        Self { starts: (1..FOLDS).filter_map(start).collect(), shown: Vec::new() }
    }

    /// The fold of a row with this event time.
    pub fn at(&self, time: i64) -> usize {
        self.starts.partition_point(|start| *start <= time)
    }
}

/// Rows and sums of targets by fold: of a level, or of all rows. One sum, or one a class.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    rows: [u64; FOLDS],
    sums: Vec<[Sum; FOLDS]>,
}

impl Tally {
    /// Of nothing; `classes` is 0 unless there are several.
    pub fn new(classes: usize) -> Self {
        Self { rows: [0; FOLDS], sums: vec![[Sum::default(); FOLDS]; classes.max(1)] }
    }

    pub fn add(&mut self, fold: usize, target: f64) {
        self.rows[fold] += 1;
        match &mut self.sums[..] {
            [sum] => sum[fold].add(target),
            classes => {
                if let Some(sum) = classes.get_mut(target as usize) {
                    sum[fold].add(1.0);
                }
            }
        }
    }

    /// Rows outside the fold `without`.
    pub fn rows(&self, without: Option<usize>) -> u64 {
        self.rows.iter().sum::<u64>() - without.map_or(0, |fold| self.rows[fold])
    }

    /// Mean targets outside the fold `without`, drawn towards `overall` as if there were [`SHRINKAGE`] more rows of it;
    /// plain without. 0 of no rows.
    pub fn means(&self, without: Option<usize>, overall: Option<&Means>) -> Means {
        let rows = self.rows(without) as f64;
        let mean = |(at, sums): (usize, &[Sum; FOLDS])| {
            let mut all = Sum::default();
            let kept = sums.iter().enumerate().filter(|(fold, _)| Some(*fold) != without);
            kept.for_each(|(_, sum)| all.add(sum.value()));
            match overall.and_then(|overall| overall.as_slice().get(at)) {
                Some(overall) => (all.value() + SHRINKAGE * overall) / (rows + SHRINKAGE),
                None if rows == 0.0 => 0.0,
                None => all.value() / rows,
            }
        };
        let mut means: Vec<f64> = self.sums.iter().enumerate().map(mean).collect();
        if means.len() == 1 { Means::One(means.swap_remove(0)) } else { Means::Each(means) }
    }
}

/// What each fold is shown of a category with these levels.
pub(super) fn shown(levels: &[Tally], all: &Tally) -> Vec<Shown> {
    let fold = |fold| {
        // With all rows in one fold there is nothing else to show.
        let without = Some(fold).filter(|_| all.rows(Some(fold)) > 0);
        let overall = all.means(without, None);
        Shown { levels: levels.iter().map(|level| level.means(without, Some(&overall))).collect(), overall }
    };
    (0..FOLDS).map(fold).collect()
}
