//! Where a probability begins to count as positive.

use super::metrics::Confusion;
use crate::domain::plan::Calling;

/// The threshold at which calls are best, for probabilities `p` with these outcomes: half way to the next lower
/// probability, so that it does not hang on one row. `None` when it is given, or when there are not both outcomes.
pub fn best(calling: Calling, truth: &[bool], p: &[f64]) -> Option<f64> {
    let positives = truth.iter().filter(|y| **y).count() as u64;
    let negatives = truth.len() as u64 - positives;
    if calling == Calling::Given || positives == 0 || negatives == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..truth.len().min(p.len())).filter(|&row| !p[row].is_nan()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    // Nobody called is the beginning, and stays where calls cost more than they bring.
    let (mut counts, mut at) =
        (Confusion { false_negative: positives, true_negative: negatives, ..Confusion::default() }, 1.0);
    let mut found = (worth(calling, &counts), at);
    let groups: Vec<&[usize]> = order.chunk_by(|&a, &b| p[a] == p[b]).collect();
    for (place, rows) in groups.iter().enumerate() {
        for &row in *rows {
            match truth[row] {
                true => {
                    (counts.true_positive, counts.false_negative) =
                        (counts.true_positive + 1, counts.false_negative - 1)
                }
                false => {
                    (counts.false_positive, counts.true_negative) =
                        (counts.false_positive + 1, counts.true_negative - 1)
                }
            }
        }
        let own = p[rows[0]];
        at = groups.get(place + 1).map_or(own, |next| (own + p[next[0]]) / 2.0);
        let worth = worth(calling, &counts);
        if worth > found.0 {
            found = (worth, at);
        }
    }
    Some(found.1)
}

/// What calls are worth: the more the better.
pub fn worth(calling: Calling, counts: &Confusion) -> f64 {
    match calling {
        Calling::Given | Calling::F1 => counts.f1(),
        Calling::Cost { miss, false_alarm } => {
            let cost = miss * counts.false_negative as f64 + false_alarm * counts.false_positive as f64;
            -cost / counts.total().max(1) as f64
        }
    }
}

/// How a threshold was found, in one sentence.
pub fn told(calling: Calling, threshold: f64, truth: &[bool], p: &[f64]) -> String {
    let [there, half] = [threshold, 0.5].map(|at| worth(calling, &Confusion::of(truth, p, at)));
    let (rows, what) = (truth.len(), if calling == Calling::F1 { "F1" } else { "cost a row" });
    let shown = |worth: f64| format!("{:.3}", worth.abs());
    format!("{threshold:.3} on {rows} rows predicted ahead: {what} {}, at 0.5 it is {}", shown(there), shown(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: [f64; 8] = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1];
    const Y: [bool; 8] = [true, true, false, true, true, false, false, false];

    #[test]
    fn f1_is_greatest_where_the_last_positive_is_still_called() {
        // Called down to 0.4: four right, one wrong, none missed.
        let at = best(Calling::F1, &Y, &P).unwrap();
        assert!((at - 0.35).abs() < 1e-12);
        assert!((worth(Calling::F1, &Confusion::of(&Y, &P, at)) - 8.0 / 9.0).abs() < 1e-12);
        assert_eq!(told(Calling::F1, at, &Y, &P), "0.350 on 8 rows predicted ahead: F1 0.889, at 0.5 it is 0.750");
    }

    #[test]
    fn the_dearer_a_miss_the_lower_the_threshold() {
        let at = |miss, false_alarm| best(Calling::Cost { miss, false_alarm }, &Y, &P).unwrap();
        assert!((at(10.0, 1.0) - 0.35).abs() < 1e-12);
        assert!((at(1.0, 10.0) - 0.75).abs() < 1e-12, "two sure ones, and no false alarm");
        assert_eq!(best(Calling::Cost { miss: 1.0, false_alarm: 50.0 }, &[false, true], &[0.9, 0.1]), Some(1.0));
    }

    #[test]
    fn every_threshold_is_tried_and_none_is_better() {
        let mut random = crate::learn::random::Random::seeded(5);
        let p: Vec<f64> = (0..300).map(|_| (random.unit() * 40.0).round() / 40.0).collect();
        let y: Vec<bool> = p.iter().map(|p| random.unit() < *p).collect();
        for calling in [Calling::F1, Calling::Cost { miss: 3.0, false_alarm: 1.0 }] {
            let of = |at: f64| worth(calling, &Confusion::of(&y, &p, at));
            let found = of(best(calling, &y, &p).unwrap());
            assert!((0..=100).all(|i| of(f64::from(i) / 100.0) <= found + 1e-12), "{calling:?}");
        }
    }

    #[test]
    fn one_outcome_alone_or_a_given_threshold_finds_nothing() {
        assert_eq!(best(Calling::F1, &[true, true], &[0.1, 0.2]), None);
        assert_eq!(best(Calling::Given, &Y, &P), None);
    }
}
