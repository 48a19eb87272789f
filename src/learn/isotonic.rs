//! Isotonic regression: the rising step function nearest to the outcomes.

/// Fits outcomes that may only rise with `x`, by pooling adjacent violators (Ayer et al. 1955): the ends of its steps,
/// `(x, y)` ascending. Rows of equal `x` count together, as in scikit-learn's `IsotonicRegression`.
pub fn fit(x: &[f64], outcome: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut order: Vec<usize> = (0..x.len().min(outcome.len())).filter(|&row| !x[row].is_nan()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    // (first x, last x, sum, rows) of each step.
    let mut steps: Vec<(f64, f64, f64, f64)> = Vec::new();
    for rows in order.chunk_by(|&a, &b| x[a] == x[b]) {
        let mut step = (x[rows[0]], x[rows[0]], rows.iter().map(|&row| outcome[row]).sum::<f64>(), rows.len() as f64);
        while let Some(last) = steps.last()
            && last.2 * step.3 >= step.2 * last.3
        {
            step = (last.0, step.1, last.2 + step.2, last.3 + step.3);
            steps.pop();
        }
        steps.push(step);
    }
    let ends = |&(first, last, sum, rows): &(f64, f64, f64, f64)| {
        let both = [(first, sum / rows), (last, sum / rows)];
        both.into_iter().take(if first < last { 2 } else { 1 })
    };
    steps.iter().flat_map(ends).unzip()
}

/// The height at `x` of the line through the points, level beyond its ends; NaN without points.
pub fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let after = from.partition_point(|&end| end < x);
    match (after.checked_sub(1), after < from.len()) {
        (_, true) if from[after] == x => to[after],
        (Some(before), true) => {
            let share = (x - from[before]) / (from[after] - from[before]);
            to[before] + share * (to[after] - to[before])
        }
        (None, true) => to[after],
        (Some(before), false) => to[before],
        (None, false) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const STORED: &str = include_str!("../../tests/reference/isotonic.json");

    #[derive(Deserialize)]
    struct Case {
        name: String,
        x: Vec<f64>,
        y: Vec<f64>,
        at: Vec<f64>,
        height: Vec<f64>,
    }

    #[test]
    fn heights_are_those_of_scikit_learn() {
        let cases: Vec<Case> = serde_json::from_str(STORED).unwrap();
        assert!(cases.len() >= 6);
        for case in cases {
            let (from, to) = fit(&case.x, &case.y);
            assert!(to.is_sorted() && from.is_sorted(), "{}", case.name);
            for (x, height) in case.at.iter().zip(&case.height) {
                let ours = interpolate(&from, &to, *x);
                assert!((ours - height).abs() < 1e-9, "{} at {x}: {ours}, not {height}", case.name);
            }
        }
    }

    #[test]
    fn without_points_there_is_no_height() {
        assert_eq!(fit(&[], &[]), (vec![], vec![]));
        assert!(interpolate(&[], &[], 0.5).is_nan());
    }
}
