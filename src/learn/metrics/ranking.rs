//! How well scores order the classes.

use super::Sum;

/// Area under the ROC curve: the chance that a positive row scores above a negative one, ties counting half.
/// `None` when only one class occurs or a score is NaN.
pub fn auc(truth: &[bool], score: &[f64]) -> Option<f64> {
    let groups = descending(truth, score)?;
    let (mut positives, mut negatives, mut twice_won) = (0_u64, 0_u64, 0_u128);
    for (p, n) in groups {
        // Positives met so far beat these negatives; those of the same score half of them.
        twice_won += u128::from(n) * u128::from(2 * positives + p);
        positives += p;
        negatives += n;
    }
    let pairs = u128::from(positives) * u128::from(negatives);
    (pairs > 0).then(|| twice_won as f64 / 2.0 / pairs as f64)
}

/// Average precision: `sum (R_i - R_(i-1)) P_i` over distinct thresholds, highest first (no interpolation). `None`
/// when no positive row occurs or a score is NaN.
pub fn average_precision(truth: &[bool], score: &[f64]) -> Option<f64> {
    let groups = descending(truth, score)?;
    let all: u64 = groups.iter().map(|(p, _)| p).sum();
    let (mut positives, mut rows, mut area) = (0_u64, 0_u64, Sum::default());
    for (p, n) in groups {
        positives += p;
        rows += p + n;
        area.add(p as f64 / all as f64 * (positives as f64 / rows as f64));
    }
    (all > 0).then(|| area.value())
}

/// Positives and negatives at each distinct score, highest score first; `None` if a score is NaN.
fn descending(truth: &[bool], score: &[f64]) -> Option<Vec<(u64, u64)>> {
    let mut rows: Vec<(f64, bool)> = score.iter().copied().zip(truth.iter().copied()).collect();
    if rows.iter().any(|(score, _)| score.is_nan()) {
        return None;
    }
    rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut groups: Vec<(u64, u64)> = Vec::new();
    let mut last = f64::NAN;
    for (score, positive) in rows {
        if score != last {
            groups.push((0, 0));
            last = score;
        }
        if let Some(group) = groups.last_mut() {
            if positive { group.0 += 1 } else { group.1 += 1 }
        }
    }
    Some(groups)
}
