//! Sums over a block of rows: where the time of every solver goes.

/// Rows that are added at once: each sum is read and written once for all of them.
const ROWS: usize = 4;

/// Adds `Σ weight · row` over the rows of `values`, one weight each, to `sums`.
pub(super) fn add_rows(sums: &mut [f64], values: &[f64], weights: &[f64]) {
    for (row, weight) in values.chunks_exact(sums.len().max(1)).zip(weights) {
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += weight * x;
        }
    }
}

/// Adds `Σ weight · row · rowᵀ` over the rows of `values`, `width` numbers each, to the lower half of `sums`, whose lines
/// begin every `stride` numbers.
#[allow(clippy::needless_range_loop, reason = "five slices side by side, which a zip of zips makes slow")]
pub(super) fn add_products(sums: &mut [f64], stride: usize, values: &[f64], width: usize, weights: &[f64]) {
    let rows = weights.len() / ROWS * ROWS;
    let (together, alone) = values.split_at(rows * width);
    for (rows, weights) in together.chunks_exact(ROWS * width.max(1)).zip(weights.chunks_exact(ROWS)) {
        let ((a, b), (c, d)) = {
            let (first, second) = rows.split_at(2 * width);
            (first.split_at(width), second.split_at(width))
        };
        for i in 0..width {
            let line = &mut sums[i * stride..=i * stride + i];
            let (a_i, b_i) = (weights[0] * a[i], weights[1] * b[i]);
            let (c_i, d_i) = (weights[2] * c[i], weights[3] * d[i]);
            let (a, b, c, d) = (&a[..=i], &b[..=i], &c[..=i], &d[..=i]);
            for j in 0..line.len() {
                line[j] += (a_i * a[j] + b_i * b[j]) + (c_i * c[j] + d_i * d[j]);
            }
        }
    }
    for (row, weight) in alone.chunks_exact(width.max(1)).zip(&weights[rows..]) {
        for i in 0..width {
            let scaled = weight * row[i];
            for (sum, x) in sums[i * stride..=i * stride + i].iter_mut().zip(row) {
                *sum += scaled * x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{add_products, add_rows};

    #[test]
    #[allow(clippy::needless_range_loop, reason = "two tables by the same indices")]
    fn every_row_counts_once_whether_added_alone_or_with_others() {
        for rows in [0_usize, 1, 3, 4, 5, 8, 11] {
            let value = |row: usize, column: usize| ((row * 7 + column * 3) % 11) as f64 - 4.0;
            let values: Vec<f64> = (0..rows * 3).map(|at| value(at / 3, at % 3)).collect();
            let weights: Vec<f64> = (0..rows).map(|row| row as f64 + 0.5).collect();
            let (mut sums, mut products) = (vec![1.0; 3], vec![2.0; 3 * 4]);
            add_rows(&mut sums, &values, &weights);
            add_products(&mut products, 4, &values, 3, &weights);
            for i in 0..3 {
                let sum: f64 = (0..rows).map(|row| weights[row] * value(row, i)).sum();
                assert_eq!(sums[i], 1.0 + sum);
                for j in 0..4 {
                    let sum: f64 = (0..rows).map(|row| weights[row] * value(row, i) * value(row, j)).sum();
                    assert_eq!(products[i * 4 + j], 2.0 + if j <= i { sum } else { 0.0 }, "{i} {j} of {rows}");
                }
            }
        }
    }
}
