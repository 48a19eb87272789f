//! What is rarely missing, laid out for trees: right of every number, in a bin of its own.
//!
//! Without gaps a fit is quicker, and hessboost, shown none, sends the gaps of later rows to the right of every split.
//! Where gaps are frequent that costs accuracy: each split then does better to choose the side (docs/models.md has the
//! figures). hessboost cuts a column of many values at its quantiles and never below the greatest of them, so rare gaps
//! would share a bin with the greatest numbers: a column with gaps is rounded to as few numbers as there are other bins.

/// Where gaps lie. Not next to the greatest number, for a later row may have a greater one. Numbers from here on have no
/// place for gaps behind them.
const BEHIND: f32 = f32::MAX / 4.0;

/// Rows that the quantiles of a column are told from, evenly spaced.
const SAMPLE: usize = 200_000;

/// Closes the gaps (NaN) in each column of `values` (row by row, `width` columns) where none has so many that they would
/// fill one of `bins` bins of as many rows each: they become one number behind all others, which are rounded down to the
/// least ones of the other bins. Columns without gaps stay as they are, and so do those with numbers too great.
pub(super) fn close(values: &mut [f32], width: usize, bins: usize) {
    let (mut gaps, mut most) = (vec![0_usize; width], vec![f32::NEG_INFINITY; width]);
    for row in values.chunks_exact(width.max(1)) {
        for (at, value) in row.iter().enumerate() {
            gaps[at] += usize::from(value.is_nan());
            most[at] = most[at].max(*value);
        }
    }
    if gaps.iter().any(|gaps| gaps * bins * width > values.len()) {
        return;
    }
    let edges: Vec<Option<Vec<f32>>> = (0..width)
        .map(|at| (gaps[at] > 0 && most[at] < BEHIND).then(|| edges(&sample(values, width, at), bins - 1)))
        .collect();
    for row in values.chunks_exact_mut(width.max(1)) {
        for (value, edges) in row.iter_mut().zip(&edges) {
            let Some(edges) = edges else { continue };
            *value = match value.is_nan() {
                true => BEHIND,
                // A number below the first edge was not in the sample, and lies in the first bin.
                false => edges[edges.partition_point(|edge| edge <= value).saturating_sub(1)],
            };
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
        close(&mut [], 0, 16);
    }

    #[test]
    fn where_one_column_has_frequent_gaps_all_stay_as_they_are() {
        let before = zipped(column(500), column(10));
        let mut values = before.clone();
        close(&mut values, 2, 16);
        assert!(values.iter().zip(&before).all(|(now, before)| now.to_bits() == before.to_bits()));
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
