//! Solving a symmetric positive definite system.

/// Solves `matrix · x = right` for a symmetric positive definite `matrix` (row by row; only its lower half is read and
/// it is overwritten). `None` when it is singular to working precision: a pivot below 1e-13 of its diagonal.
///
/// Source: Golub and Van Loan, Matrix Computations, algorithm 4.2.1 (outer-product Cholesky).
pub(super) fn solve(mut matrix: Vec<f64>, right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        let diagonal = matrix[i * n + i];
        for j in 0..=i {
            let (above, below) = matrix.split_at(i * n);
            let product = |k: usize| if j < i { above[j * n + k] } else { below[k] };
            let sum: f64 = (0..j).map(|k| below[k] * product(k)).sum();
            let rest = matrix[i * n + j] - sum;
            matrix[i * n + j] = if j < i {
                rest / matrix[j * n + j]
            } else if rest > 1e-13 * diagonal.abs() {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    let mut x = right.to_vec();
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| matrix[i * n + k] * x[k]).sum();
        x[i] = (x[i] - sum) / matrix[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| matrix[k * n + i] * x[k]).sum();
        x[i] = (x[i] - sum) / matrix[i * n + i];
    }
    Some(x)
}
