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

/// The ROC curve: (false positive rate, true positive rate) at every distinct threshold, from (0, 0) to (1, 1), as
/// scikit-learn's `roc_curve` with `drop_intermediate=False`. Empty when only one class occurs or a score is NaN.
pub fn roc(truth: &[bool], score: &[f64]) -> Vec<(f64, f64)> {
    let (groups, positives, negatives) = counted(truth, score);
    if positives == 0 || negatives == 0 {
        return Vec::new();
    }
    let rates = running(groups).map(|(p, n)| (n as f64 / negatives as f64, p as f64 / positives as f64));
    std::iter::once((0.0, 0.0)).chain(rates).collect()
}

/// The precision-recall curve: (recall, precision) at every distinct threshold, highest first, as scikit-learn's
/// `precision_recall_curve` turned round, without its last point (0, 1). Empty without positives or when a score is NaN.
pub fn precision_recall(truth: &[bool], score: &[f64]) -> Vec<(f64, f64)> {
    let (groups, positives, _) = counted(truth, score);
    if positives == 0 {
        return Vec::new();
    }
    running(groups).map(|(p, n)| (p as f64 / positives as f64, p as f64 / (p + n) as f64)).collect()
}

/// What the highest `share` of the scores holds, in whole rows upwards: the share of all positive rows that is there
/// (recall), and how many times more positive rows than among as many taken blindly (lift). Rows of one score at the edge
/// count in part. `None` when no positive row occurs or a score is NaN.
pub fn top(truth: &[bool], score: &[f64], share: f64) -> Option<(f64, f64)> {
    let groups = descending(truth, score)?;
    let (positives, rows) = groups.iter().fold((0, 0), |(positives, rows), (p, n)| (positives + p, rows + p + n));
    // The product of a share like 0.1 may lie a rounding error above a whole number.
    let taken = (share * rows as f64 * (1.0 - 1e-12)).ceil();
    let (mut room, mut found) = (taken, 0.0);
    for (p, n) in groups {
        let part = (room / (p + n) as f64).min(1.0);
        found += part * p as f64;
        room -= part * (p + n) as f64;
        if room <= 0.0 {
            break;
        }
    }
    let recall = found / positives as f64;
    (positives > 0 && taken > 0.0).then(|| (recall, recall * rows as f64 / taken))
}

fn counted(truth: &[bool], score: &[f64]) -> (Vec<(u64, u64)>, u64, u64) {
    let groups = descending(truth, score).unwrap_or_default();
    let (positives, negatives) = groups.iter().fold((0, 0), |(p, n), group| (p + group.0, n + group.1));
    (groups, positives, negatives)
}

/// Positives and negatives down to each threshold.
fn running(groups: Vec<(u64, u64)>) -> impl Iterator<Item = (u64, u64)> {
    groups.into_iter().scan((0, 0), |sum, (p, n)| {
        *sum = (sum.0 + p, sum.1 + n);
        Some(*sum)
    })
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
