use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// Made by `tests/reference/make_drift.py` with scipy.
const STORED: &str = include_str!("../../../tests/reference/drift.json");

#[derive(Deserialize)]
struct Stored {
    numeric: Vec<Numeric>,
    categories: Vec<Categories>,
    tails: Vec<Tail>,
}

#[derive(Deserialize)]
struct Numeric {
    name: String,
    reference: Vec<f64>,
    sample: Vec<f64>,
    wasserstein: Option<f64>,
    wasserstein_over_sd: Option<f64>,
    ks: Option<f64>,
    ks_limit: Option<f64>,
    psi: Option<f64>,
    psi_floor: Option<f64>,
}

#[derive(Deserialize)]
struct Categories {
    name: String,
    reference: Vec<u64>,
    sample: Vec<u64>,
    js: Option<f64>,
    chi2: Option<f64>,
    degrees: Option<u32>,
    p: Option<f64>,
}

#[derive(Deserialize)]
struct Tail {
    statistic: f64,
    degrees: u32,
    p: f64,
}

fn close(case: &str, what: &str, ours: Option<f64>, theirs: Option<f64>) {
    let equal = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(equal, "{what} of {case}: {ours:?}, scipy has {theirs:?}");
}

#[test]
fn distances_of_numbers_are_those_of_scipy() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.numeric.len() >= 15);
    for case in stored.numeric {
        let (name, a, b) = (case.name.as_str(), case.reference.as_slice(), case.sample.as_slice());
        let (n, m) = (b.len() as u64, a.len() as u64);
        close(name, "Wasserstein", wasserstein(a, b), case.wasserstein);
        close(name, "Wasserstein over sd", normalised_wasserstein(a, b), case.wasserstein_over_sd);
        close(name, "KS", kolmogorov_smirnov(a, b), case.ks);
        close(name, "KS limit", kolmogorov_smirnov_limit(n, m), case.ks_limit);
        close(name, "PSI", population_stability(a, b), case.psi);
        close(name, "PSI floor", population_stability_floor(n, m), case.psi_floor);
    }
}

#[test]
fn distances_of_categories_are_those_of_scipy() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.categories.len() >= 10);
    for case in stored.categories {
        let (name, a, b) = (case.name.as_str(), case.reference.as_slice(), case.sample.as_slice());
        let test = homogeneity(a, b);
        close(name, "Jensen-Shannon", jensen_shannon(a, b), case.js);
        close(name, "chi-square", test.map(|t| t.statistic), case.chi2);
        close(name, "p", test.map(|t| t.p), case.p);
        assert_eq!(test.map(|t| t.degrees), case.degrees, "{name}");
    }
}

#[test]
fn tails_of_chi_square_are_those_of_scipy_also_where_they_are_tiny() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    assert!(stored.tails.len() >= 90);
    for Tail { statistic, degrees, p } in stored.tails {
        let ours = chi_square_tail(statistic, degrees).unwrap();
        let near = (ours - p).abs() <= 1e-9 * p.max(1e-290);
        assert!(near, "tail of {statistic} with {degrees} degrees: {ours}, scipy has {p}");
    }
    assert_eq!([chi_square_tail(1.0, 0), chi_square_tail(-1.0, 3), chi_square_tail(f64::NAN, 3)], [None; 3]);
    assert_eq!(chi_square_tail(f64::INFINITY, 3), Some(0.0));
}

#[test]
fn what_is_not_a_number_makes_every_distance_undefined() {
    for odd in [f64::NAN, f64::INFINITY] {
        let (good, bad) = ([1.0, 2.0], [1.0, odd]);
        for (a, b) in [(&good, &bad), (&bad, &good)] {
            let all =
                [wasserstein(a, b), normalised_wasserstein(a, b), kolmogorov_smirnov(a, b), population_stability(a, b)];
            assert_eq!(all, [None; 4]);
        }
        assert_eq!(Sketch::of(&bad, None), None);
    }
    assert_eq!(Sketch::of(&[], None), None);
    assert_eq!([kolmogorov_smirnov_limit(0, 5), population_stability_floor(5, 0)], [None; 2]);
}

#[test]
fn a_sketch_stands_for_the_whole_sample() {
    let values: Vec<f64> = (0..30_000).map(|i| (f64::from(i) * 0.618_034).fract().powi(3)).collect();
    let sketch = Sketch::of(&values, Some(7)).unwrap();
    assert_eq!((sketch.n, sketch.quantiles.len(), sketch.positives), (30_000, Sketch::LARGEST, Some(7)));
    assert!(kolmogorov_smirnov(&values, &sketch.quantiles).unwrap() < 0.001);
    assert!(normalised_wasserstein(&values, &sketch.quantiles).unwrap() < 0.001);
    let few = Sketch::of(&[3.0, 1.0, 2.0], None).unwrap();
    assert_eq!(few.quantiles, [1.0, 2.0, 3.0]);
}

fn samples() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    // Few distinct values, so that ties are the rule.
    let sample = || prop::collection::vec((0_u8..30).prop_map(|v| f64::from(v) / 4.0), 1..50);
    (sample(), sample())
}

proptest! {
    #[test]
    fn distances_are_those_of_the_turned_question_and_none_of_order((a, b) in samples()) {
        let mut turned = a.clone();
        turned.reverse();
        prop_assert_eq!(wasserstein(&a, &b), wasserstein(&b, &turned));
        prop_assert_eq!(kolmogorov_smirnov(&a, &b), kolmogorov_smirnov(&b, &turned));
        prop_assert_eq!(wasserstein(&a, &turned), Some(0.0));
        prop_assert_eq!(population_stability(&a, &turned), Some(0.0));
    }

    #[test]
    fn a_shift_by_a_constant_is_that_far((a, _) in samples(), shift in -50.0_f64..50.0) {
        let moved: Vec<f64> = a.iter().map(|v| v + shift).collect();
        prop_assert!((wasserstein(&a, &moved).unwrap() - shift.abs()).abs() < 1e-9);
    }

    #[test]
    fn every_distance_keeps_its_bounds((a, b) in samples(), x in prop::collection::vec(0_u64..50, 1..8)) {
        prop_assert!((0.0..=1.0).contains(&kolmogorov_smirnov(&a, &b).unwrap()));
        prop_assert!(population_stability(&a, &b).unwrap() >= 0.0);
        let turned: Vec<u64> = x.iter().rev().copied().collect();
        if let Some(js) = jensen_shannon(&x, &turned) {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&js));
        }
    }
}
