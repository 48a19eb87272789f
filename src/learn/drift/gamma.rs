//! The chi-square distribution's tail by the regularised incomplete gamma function.

const MOST_TERMS: usize = 100_000;

/// The probability that a chi-square variable of `degrees` degrees of freedom exceeds `statistic`:
/// Q(degrees / 2, statistic / 2) (as `scipy.stats.chi2.sf`). `None` of no degrees or a statistic that is no number.
pub fn chi_square_tail(statistic: f64, degrees: u32) -> Option<f64> {
    if degrees == 0 || statistic.is_nan() || statistic < 0.0 {
        return None;
    }
    Some(upper(degrees, statistic / 2.0))
}

/// The statistic that a chi-square variable of `degrees` degrees of freedom exceeds with probability `tail` (as
/// `scipy.stats.chi2.isf`), by bisection. `None` of no degrees or a probability outside (0, 1).
pub fn chi_square_limit(tail: f64, degrees: u32) -> Option<f64> {
    if degrees == 0 || !(tail > 0.0 && tail < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, f64::from(degrees));
    while upper(degrees, high / 2.0) > tail {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return Some(middle);
        }
        if upper(degrees, middle / 2.0) > tail { low = middle } else { high = middle }
    }
}

/// Q(degrees / 2, x): one minus the power series left of the mode, the continued fraction (Lentz's method) right of it
/// (Abramowitz and Stegun 6.5.29 and 6.5.31).
fn upper(degrees: u32, x: f64) -> f64 {
    let a = f64::from(degrees) / 2.0;
    if x == 0.0 {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let front = (a * x.ln() - x - ln_gamma_of_half(degrees)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..MOST_TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * f64::EPSILON / 4.0 {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut fraction = d;
    for n in 1..MOST_TERMS {
        let numerator = -(n as f64) * (n as f64 - a);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b, TINY);
        c = nonzero(b + numerator / c, TINY);
        fraction *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

fn nonzero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// ln Γ(n / 2) for a whole n of one and more, by Γ(x + 1) = x Γ(x) from Γ(1/2) = √π or Γ(1) = 1.
fn ln_gamma_of_half(n: u32) -> f64 {
    let (start, first) = if n % 2 == 1 { (0.5 * std::f64::consts::PI.ln(), 1) } else { (0.0, 2) };
    (first..n).step_by(2).fold(start, |sum, k| sum + (f64::from(k) / 2.0).ln())
}
