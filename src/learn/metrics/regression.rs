//! Numbers against numbers. Errors are `prediction - truth`.

use super::{mean, sum};

/// Squared error of one row.
pub fn row_squared_error(truth: f64, p: f64) -> f64 {
    (p - truth).powi(2)
}

/// Pseudo-Huber error of one row with a slope of 1, `sqrt(1 + (p - y)^2) - 1`.
pub fn row_pseudo_huber(truth: f64, p: f64) -> f64 {
    (1.0 + (p - truth).powi(2)).sqrt() - 1.0
}

/// Quantile ("pinball") loss of one row, as scikit-learn's `mean_pinball_loss`.
pub fn row_pinball(truth: f64, p: f64, quantile: f64) -> f64 {
    let off = truth - p;
    if off >= 0.0 { quantile * off } else { (quantile - 1.0) * off }
}

/// Unit deviance of Tweedie's distribution with this power of the variance (1 is Poisson's), as scikit-learn's
/// `mean_tweedie_deviance`. It knows no predictions at or below 0, which count as the smallest positive one that leaves
/// it finite, and no negative truth, which counts as 0.
pub fn row_deviance(truth: f64, p: f64, power: f64) -> f64 {
    let (y, p) = (truth.max(0.0), p.max(1e-9));
    if power == 1.0 {
        let log = if y > 0.0 { y * (y / p).ln() } else { 0.0 };
        return 2.0 * (log - y + p);
    }
    let (one, two) = (1.0 - power, 2.0 - power);
    2.0 * (y.powf(two) / (one * two) - y * p.powf(one) / one + p.powf(two) / two)
}

/// Mean squared error; `None` of no rows.
pub fn mse(truth: &[f64], p: &[f64]) -> Option<f64> {
    mean(truth.iter().zip(p).map(|(&y, &p)| row_squared_error(y, p)))
}

/// Root of the mean squared error; `None` of no rows.
pub fn rmse(truth: &[f64], p: &[f64]) -> Option<f64> {
    mse(truth, p).map(f64::sqrt)
}

/// Mean absolute error; `None` of no rows.
pub fn mae(truth: &[f64], p: &[f64]) -> Option<f64> {
    mean(errors(truth, p).map(f64::abs))
}

/// Median of the absolute errors; `None` of no rows.
pub fn median_absolute_error(truth: &[f64], p: &[f64]) -> Option<f64> {
    quantile(&errors(truth, p).map(f64::abs).collect::<Vec<_>>(), 0.5)
}

/// Largest absolute error; `None` of no rows.
pub fn max_error(truth: &[f64], p: &[f64]) -> Option<f64> {
    errors(truth, p).map(f64::abs).reduce(f64::max)
}

/// Mean absolute error as a share of the truth, which counts as no nearer to 0 than 2^-52, as scikit-learn's
/// `mean_absolute_percentage_error`; `None` of no rows.
pub fn mape(truth: &[f64], p: &[f64]) -> Option<f64> {
    mean(errors(truth, p).zip(truth).map(|(e, y)| e.abs() / y.abs().max(f64::EPSILON)))
}

/// Sum of the absolute errors as a share of the sum of the absolute truth; `None` where that is 0.
pub fn wape(truth: &[f64], p: &[f64]) -> Option<f64> {
    let size = sum(truth.iter().map(|y| y.abs()));
    (size > 0.0).then(|| sum(errors(truth, p).map(f64::abs)) / size)
}

/// Mean squared difference of the logarithms of 1 + prediction and 1 + truth; `None` of no rows, or where either is -1 or
/// less.
pub fn msle(truth: &[f64], p: &[f64]) -> Option<f64> {
    let known = truth.iter().chain(p).all(|value| *value > -1.0);
    known.then(|| mean(truth.iter().zip(p).map(|(y, p)| (p.ln_1p() - y.ln_1p()).powi(2))))?
}

/// Share of the truth's variance that the errors' variance leaves: `1 - Var(e) / Var(y)`, which a bias does not lower. For
/// a truth that never varies it is 1 when the error never varies either and 0 otherwise; `None` of no rows.
pub fn explained_variance(truth: &[f64], p: &[f64]) -> Option<f64> {
    let squares = |values: &[f64]| {
        let centre = mean(values.iter().copied())?;
        Some(sum(values.iter().map(|value| (value - centre).powi(2))))
    };
    let left = squares(&errors(truth, p).collect::<Vec<_>>())?;
    Some(share_explained(left, squares(truth)?))
}

/// What a forecast that repeats the last season is off by on average: the mean of |y(t) - y(t - season)| over the rows that
/// have one exactly a season before them. A mean absolute error over this is the MASE (Hyndman and Koehler 2006). `time`
/// (ascending) and `season` are in microseconds. `None` where no row has one, or two rows have one instant and so are not
/// one series.
pub fn seasonal_scale(time: &[i64], truth: &[f64], season: i64) -> Option<f64> {
    let before = |at: usize| time.binary_search(&(time[at] - season)).ok().filter(|before| *before < at);
    let one_series = time.windows(2).all(|pair| pair[0] < pair[1]);
    one_series.then(|| mean((0..time.len()).filter_map(|at| Some((truth[at] - truth[before(at)?]).abs()))))?
}

/// Mean error: positive when the predictions are too high; `None` of no rows.
pub fn bias(truth: &[f64], p: &[f64]) -> Option<f64> {
    mean(errors(truth, p))
}

/// Coefficient of determination, `1 - SSe / SSt`. For a truth that never varies it is 1 when every prediction is
/// right and 0 otherwise; `None` of fewer than two rows.
pub fn r2(truth: &[f64], p: &[f64]) -> Option<f64> {
    if truth.len() < 2 {
        return None;
    }
    let centre = mean(truth.iter().copied())?;
    let unexplained = sum(errors(truth, p).map(|e| e * e));
    let total = sum(truth.iter().map(|y| (y - centre).powi(2)));
    Some(share_explained(unexplained, total))
}

fn share_explained(unexplained: f64, total: f64) -> f64 {
    match (unexplained, total) {
        (0.0, _) => 1.0,
        (_, 0.0) => 0.0,
        (unexplained, total) => 1.0 - unexplained / total,
    }
}

/// The `q`-quantile (0 to 1), linear between neighbours as numpy's default; `None` of no values or a NaN.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

fn errors<'a>(truth: &'a [f64], p: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    truth.iter().zip(p).map(|(y, p)| p - y)
}
