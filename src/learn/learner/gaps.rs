//! What is missing, laid out for trees without gaps: in bins of its own, right of every number, and left of them too
//! where it is frequent.
//!
//! Rows without gaps are summed up faster. hessboost, shown none, sends the gaps of later rows to the right of every split,
//! which is as good where gaps are rare. Where they are frequent each split does better to choose the side (docs/models.md
//! has the figures): such a column is there twice, with the gaps behind every number and before, and a split on the second
//! one becomes, in the model, a split on the first whose gaps go left. hessboost cuts a column of many values at its
//! quantiles, so that gaps would share a bin with the numbers beside them: a column with gaps is rounded to as few numbers
//! as there are other bins.

use hessboost::prelude::{BoostedModel, ModelFormat};
use rayon::prelude::*;
use serde_json::Value;

use crate::learn::LearnError;

/// Where gaps lie, or the negative of it. Not next to the greatest number, for a later row may have a greater one. Numbers
/// from here on have no place for gaps behind them.
const BEHIND: f32 = f32::MAX / 4.0;

/// One in so many columns may be there twice: more would cost what rows without gaps save.
const TWICE: usize = 8;

/// Rows that are rounded at a time.
const BLOCK: usize = 4_096;

/// Rows that the quantiles of a column are told from, evenly spaced.
const SAMPLE: usize = 200_000;

/// How the gaps of rows were closed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Closed {
    /// Columns before any of them was there twice.
    width: usize,
    /// Columns that are there a second time, behind the others.
    twice: Vec<Twice>,
}

#[derive(Debug, Clone, PartialEq)]
struct Twice {
    column: usize,
    /// Its least number.
    least: f32,
}

/// Closes the gaps (NaN) in each column of `values` (row by row, `width` columns): they become one number behind all others,
/// which are rounded down to the least ones of the other of `bins` bins. Columns without gaps stay as they are, and so do
/// those with numbers too great. A column whose gaps would fill a bin of as many rows each is there twice afterwards; where
/// there are too many such columns, all stay as they are.
pub(super) fn close(values: &mut Vec<f32>, width: usize, bins: usize) -> Closed {
    let mut closed = Closed::open(width);
    let (mut gaps, mut most) = (vec![0_usize; width], vec![f32::NEG_INFINITY; width]);
    for row in values.chunks_exact(width.max(1)) {
        for (at, value) in row.iter().enumerate() {
            gaps[at] += usize::from(value.is_nan());
            most[at] = most[at].max(*value);
        }
    }
    let frequent: Vec<usize> = (0..width).filter(|&at| gaps[at] * bins * width > values.len()).collect();
    if frequent.len() * TWICE > width || frequent.iter().any(|&at| most[at] >= BEHIND) {
        return closed;
    }
    let edges: Vec<Option<Vec<f32>>> = (0..width)
        .into_par_iter()
        .map(|at| (gaps[at] > 0 && most[at] < BEHIND).then(|| edges(&sample(values, width, at), bins - 1)))
        .collect();
    values.par_chunks_mut(width.max(1) * BLOCK).flat_map_iter(|block| block.chunks_exact_mut(width)).for_each(|row| {
        for (value, edges) in row.iter_mut().zip(&edges) {
            let Some(edges) = edges else { continue };
            *value = match value.is_nan() {
                true => BEHIND,
                // A number below the first edge was not in the sample, and lies in the first bin.
                false => edges[edges.partition_point(|edge| edge <= value).saturating_sub(1)],
            };
        }
    });
    let least = |at: usize| edges[at].as_ref().and_then(|edges| edges.first().copied());
    closed.twice = frequent.into_iter().filter_map(|column| Some(Twice { column, least: least(column)? })).collect();
    closed.widen(values);
    closed
}

impl Closed {
    /// Of rows of `width` columns that stay as they are.
    pub(super) fn open(width: usize) -> Self {
        Self { width, twice: Vec::new() }
    }

    /// Columns of the rows that trees are grown on.
    pub(super) fn width(&self) -> usize {
        self.width + self.twice.len()
    }

    /// Puts the second columns behind the others of each row, for rows whose gaps are closed, and for rows that are as they
    /// were (their gaps go right by themselves).
    pub(super) fn widen(&self, values: &mut Vec<f32>) {
        let (width, wide) = (self.width, self.width());
        if wide == width {
            return;
        }
        let rows = values.len() / width;
        values.reserve_exact(rows * (wide - width));
        values.resize(rows * wide, 0.0);
        for row in (0..rows).rev() {
            values.copy_within(row * width..(row + 1) * width, row * wide);
            let row = &mut values[row * wide..(row + 1) * wide];
            for (at, twice) in self.twice.iter().enumerate() {
                let value = row[twice.column];
                row[width + at] = if value.is_nan() || value == BEHIND { -BEHIND } else { value };
            }
        }
    }

    /// The same model for rows as they are: a split on a second column is one on the first, and its gaps go left.
    ///
    /// # Errors
    /// [`LearnError::Input`] when hessboost does not take its own format back.
    pub(super) fn opened(&self, model: BoostedModel) -> Result<BoostedModel, LearnError> {
        if self.twice.is_empty() {
            return Ok(model);
        }
        let wrong = |e: &dyn std::fmt::Display| LearnError::internal("cannot open the gaps of a boosted model", e);
        let bytes = model.encode(ModelFormat::Json).map_err(|e| wrong(&e))?;
        let mut model: Value = serde_json::from_slice(&bytes).map_err(|e| wrong(&e))?;
        model["n_features"] = self.width.into();
        for tree in model["trees"].as_array_mut().into_iter().flatten() {
            for node in tree["nodes"].as_array_mut().into_iter().flatten() {
                self.open_node(node);
            }
        }
        let bytes = serde_json::to_vec(&model).map_err(|e| wrong(&e))?;
        BoostedModel::decode(&bytes, ModelFormat::Json).map_err(|e| wrong(&e))
    }

    fn open_node(&self, node: &mut Value) {
        let second = node["split_feature"].as_u64().and_then(|at| (at as usize).checked_sub(self.width));
        let Some(twice) = second.and_then(|at| self.twice.get(at)) else { return };
        node["split_feature"] = twice.column.into();
        node["default_left"] = true.into();
        if node["split_cond"].as_f64().is_some_and(|limit| limit <= f64::from(twice.least)) {
            // Gaps to one side, numbers to the other, also those below all that were seen.
            node["split_cond"] = (-BEHIND).into();
        }
    }
}

/// Numbers of column `at`, by size.
fn sample(values: &[f32], width: usize, at: usize) -> Vec<f32> {
    let column = values[at..].iter().step_by(width);
    let every = column.len().div_ceil(SAMPLE);
    let mut sample: Vec<f32> = column.copied().filter(|value| !value.is_nan()).step_by(every).collect();
    sample.sort_unstable_by(f32::total_cmp);
    sample
}

/// The least number of each of at most `most` bins of `sorted` numbers: a bin for each different one if there are no more,
/// otherwise about as many rows in each, and a number that fills a bin alone has it alone.
fn edges(sorted: &[f32], most: usize) -> Vec<f32> {
    let alike = || sorted.chunk_by(|a, b| a == b);
    if alike().take(most + 1).count() <= most {
        return alike().map(|equal| equal[0]).collect();
    }
    let wide = sorted.len().div_ceil(most);
    let heavy = |equal: &[f32]| equal.len() >= wide;
    // Rows and bins that are left for numbers that share one.
    let mut free = most - alike().filter(|equal| heavy(equal)).count();
    let mut rest: usize = alike().filter(|equal| !heavy(equal)).map(<[f32]>::len).sum();
    let mut edges = Vec::with_capacity(most);
    let (mut filled, mut share) = (0, 0);
    for equal in alike() {
        if heavy(equal) {
            edges.push(equal[0]);
            filled = share;
            continue;
        }
        if filled >= share && free > 0 {
            (share, filled) = (rest.div_ceil(free), 0);
            free -= 1;
            edges.push(equal[0]);
        }
        filled += equal.len();
        rest -= equal.len();
    }
    edges
}

#[cfg(test)]
mod tests {
    use hessboost::prelude::{DMatrix, Iterations, Trainer, TrainingParams};

    use super::*;
    use crate::learn::random::Random;

    /// Rows of a column: numbers 0 to 9, and now and then a gap.
    fn column(every: u16) -> impl Iterator<Item = f32> {
        (0..1_000_u16).map(move |row| if row.is_multiple_of(every) { f32::NAN } else { f32::from(row % 10) })
    }

    fn zipped(one: impl Iterator<Item = f32>, two: impl Iterator<Item = f32>) -> Vec<f32> {
        one.zip(two).flat_map(|(one, two)| [one, two]).collect()
    }

    #[test]
    fn rare_gaps_lie_behind_every_number_and_few_numbers_stay_what_they_are() {
        let great = column(500).map(|value| if value == 3.0 { f32::MAX } else { value });
        let before = zipped(column(500), great);
        let mut values = before.clone();
        close(&mut values, 2, 16);
        for (now, before) in values.chunks(2).zip(before.chunks(2)) {
            assert_eq!(now[0], if before[0].is_nan() { BEHIND } else { before[0] });
            assert!(
                now[1] == before[1] || now[1].is_nan() && before[1].is_nan(),
                "behind the greatest there is nothing"
            );
        }
        close(&mut Vec::new(), 0, 16);
    }

    #[test]
    fn where_many_columns_have_frequent_gaps_all_stay_as_they_are() {
        let before = zipped(column(500), column(10));
        let mut values = before.clone();
        assert_eq!(close(&mut values, 2, 16), Closed::open(2));
        assert!(values.iter().zip(&before).all(|(now, before)| now.to_bits() == before.to_bits()));
    }

    /// Rows of eight columns: the first is 0 to 9 with a gap in every tenth row, the others are random.
    fn wide() -> Vec<f32> {
        let mut random = Random::seeded(5);
        column(10).flat_map(|first| std::iter::once(first).chain([0.0; 7].map(|_| random.unit() as f32))).collect()
    }

    #[test]
    fn a_column_with_frequent_gaps_is_there_twice_with_the_gaps_on_either_side() {
        let before = wide();
        let (mut values, mut later) = (before.clone(), before.clone());
        let closed = close(&mut values, 8, 16);
        assert_eq!(closed.width(), 9);
        closed.widen(&mut later);
        for ((now, before), later) in values.chunks(9).zip(before.chunks(8)).zip(later.chunks(9)) {
            let gap = before[0].is_nan();
            assert_eq!(now[0], if gap { BEHIND } else { before[0] });
            assert_eq!(now[8], if gap { -BEHIND } else { before[0] });
            assert_eq!(now[1..8], before[1..]);
            assert_eq!(later[0].to_bits(), before[0].to_bits());
            assert_eq!(later[1..], now[1..]);
        }
    }

    #[test]
    fn a_split_on_a_second_column_is_one_on_the_first_with_gaps_to_the_left() {
        let mut values = wide();
        let rows = values.len() / 8;
        // Gaps are as low numbers are: no split that sends them right does as well.
        let label = |row: usize| if row.is_multiple_of(10) || row % 10 < 4 { 1.0 } else { -1.0 };
        let labels: Vec<f32> = (0..rows).map(label).collect();
        let raw = values.clone();
        let closed = close(&mut values, 8, 16);
        let train = DMatrix::from_dense_vec(values, rows, 9).and_then(|matrix| matrix.with_labels(&labels)).unwrap();
        let params = TrainingParams::builder().max_leaves(2).eta(1.0).max_bin(16).base_score(0.0).build().unwrap();
        let model = Trainer::new(&params, &train, 1).train().unwrap().model;
        let grown = model.trees()[0].nodes()[0];
        assert_eq!(grown.split_feature, 8);
        let model = closed.opened(model).unwrap();
        assert_eq!(model.n_features(), 8);
        let root = &model.trees()[0].nodes()[0];
        assert_eq!((root.split_feature, root.split_cond, root.default_left), (0, grown.split_cond, true));
        let scores = model.predict_rows(&raw, Iterations::Best).unwrap().into_vec();
        for (row, score) in scores.iter().enumerate() {
            assert_eq!(score.signum(), label(row), "row {row}");
        }
    }

    #[test]
    fn numbers_below_all_that_were_seen_are_not_taken_for_gaps() {
        let closed = Closed { width: 1, twice: vec![Twice { column: 0, least: 2.0 }] };
        let opened = |limit: f32| {
            let mut node = serde_json::json!({ "split_feature": 1, "split_cond": limit, "default_left": false });
            closed.open_node(&mut node);
            node["split_cond"].as_f64().unwrap() as f32
        };
        assert_eq!((opened(2.0), opened(2.5)), (-BEHIND, 2.5));
    }

    #[test]
    fn a_column_with_gaps_has_no_more_numbers_than_bins_and_each_of_about_as_many_rows() {
        let mut random = Random::seeded(3);
        // Half of the rows are 0.5, one in five hundred is a gap, and the other column has none.
        let number = |at: usize, unit: f64| match (at % 500, at % 2) {
            (7, _) => f32::NAN,
            (_, 0) => 0.5,
            _ => unit as f32,
        };
        let mut values: Vec<f32> =
            (0..20_000).flat_map(|at| [number(at, random.unit()), random.unit() as f32]).collect();
        let before = values.clone();
        close(&mut values, 2, 16);
        assert!(values.iter().zip(&before).skip(1).step_by(2).all(|(after, before)| after == before));
        let mut column: Vec<(f32, f32)> =
            values.iter().copied().zip(before).step_by(2).filter(|(_, before)| !before.is_nan()).collect();
        column.sort_by(|a, b| a.1.total_cmp(&b.1));
        assert!(column.is_sorted_by(|a, b| a.0 <= b.0) && column.iter().all(|(after, before)| after <= before));
        let bins: Vec<usize> = column.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).collect();
        assert_eq!(bins.len(), 15, "{bins:?}");
        assert_eq!(column.iter().filter(|(after, _)| *after == 0.5).count(), 10_000, "0.5 has a bin alone");
        assert!(bins.iter().all(|rows| *rows < 1_000 || *rows == 10_000), "{bins:?}");
    }
}
