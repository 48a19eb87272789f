use serde::Deserialize;

use super::domain::{Kept, classify, interval};
use super::errors::{Errors, Predicted};
use super::feature::Feature;
use super::*;
use crate::domain::plan::{ColumnType, ModelPlan, Task};
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::preprocess::{Preprocess, Unseen};
use crate::learn::random::Random;
use crate::learn::samples;

/// Made by `tests/reference/make_inputs.py` with scipy and scikit-learn.
const STORED: &str = include_str!("../../../tests/reference/inputs.json");

#[derive(Deserialize)]
struct Stored {
    tables: Vec<Table>,
    ks: Vec<Ks>,
    limits: Vec<Limit>,
    binary: Vec<Binary>,
    classes: Vec<Classes>,
    intervals: Vec<Interval>,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    reference: Vec<u64>,
    sample: Vec<u64>,
    psi: Option<f64>,
    psi_degrees: Option<u32>,
    chi2: Option<f64>,
    degrees: Option<u32>,
    p: Option<f64>,
    v: Option<f64>,
}

#[derive(Deserialize)]
struct Ks {
    d: f64,
    n: u64,
    m: u64,
    p: f64,
}

#[derive(Deserialize)]
struct Limit {
    tail: f64,
    degrees: u32,
    limit: f64,
}

#[derive(Deserialize)]
struct Binary {
    name: String,
    p: Vec<f64>,
    threshold: f64,
    auc: Option<f64>,
    log_loss: f64,
    accuracy: f64,
    f1: f64,
}

#[derive(Deserialize)]
struct Classes {
    name: String,
    rows: Vec<Vec<f64>>,
    accuracy: f64,
    log_loss: f64,
}

#[derive(Deserialize)]
struct Interval {
    name: String,
    truth: Vec<bool>,
    score: Vec<f64>,
    auc: f64,
    low: f64,
    high: f64,
}

fn stored() -> Stored {
    serde_json::from_str(STORED).unwrap()
}

fn close(case: &str, what: &str, ours: Option<f64>, theirs: Option<f64>) {
    let equal = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
        (ours, theirs) => ours == theirs,
    };
    assert!(equal, "{what} of {case}: {ours:?}, stored is {theirs:?}");
}

#[test]
fn stability_and_pooled_chi_square_of_tables_are_those_of_scipy() {
    for case in stored().tables {
        let (name, a, b) = (case.name.as_str(), case.reference.as_slice(), case.sample.as_slice());
        let index = stability(a, b);
        close(name, "PSI", index.map(|i| i.0), case.psi);
        assert_eq!(index.map(|i| i.1), case.psi_degrees, "{name}");
        let test = pooled(a, b);
        close(name, "chi-square", test.map(|t| t.0.statistic), case.chi2);
        close(name, "p", test.map(|t| t.0.p), case.p);
        close(name, "Cramér's V", test.map(|t| t.1), case.v);
        assert_eq!(test.map(|t| t.0.degrees), case.degrees, "{name}");
    }
}

#[test]
fn probabilities_of_d_and_limits_of_chi_square_are_those_of_scipy() {
    let stored = stored();
    for Ks { d, n, m, p } in stored.ks {
        close(&format!("D {d} of {n} and {m}"), "p", kolmogorov_smirnov_p(d, n, m), Some(p));
    }
    for Limit { tail, degrees, limit } in stored.limits {
        close(&format!("{tail} with {degrees}"), "limit", chi_square_limit(tail, degrees), Some(limit));
    }
    assert_eq!([kolmogorov_smirnov_p(0.1, 0, 5), kolmogorov_smirnov_p(f64::NAN, 5, 5)], [None; 2]);
    assert_eq!([chi_square_limit(0.0, 3), chi_square_limit(0.1, 0)], [None; 2]);
}

#[test]
fn expected_metrics_are_those_scikit_learn_has_of_rows_weighted_by_their_probabilities() {
    let stored = stored();
    let of = |figures: &[(&str, f64)], name: &str| figures.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
    for case in stored.binary {
        let figures = expect::binary(&case.p, &case.p, case.threshold);
        close(&case.name, "AUC", of(&figures, "auc"), case.auc);
        close(&case.name, "log loss", of(&figures, "log_loss"), Some(case.log_loss));
        close(&case.name, "accuracy", of(&figures, "accuracy"), Some(case.accuracy));
        close(&case.name, "F1", of(&figures, "f1").or(Some(0.0)), Some(case.f1));
    }
    for case in stored.classes {
        let (flat, classes) = (case.rows.concat(), case.rows.first().map_or(0, Vec::len));
        let figures = expect::classes(&flat, &flat, classes);
        close(&case.name, "accuracy", of(&figures, "accuracy"), Some(case.accuracy));
        close(&case.name, "log loss", of(&figures, "log_loss"), Some(case.log_loss));
    }
    assert_eq!(expect::binary(&[0.2, f64::NAN], &[0.2, 0.3], 0.5), [], "no probabilities");
    assert_eq!(expect::binary(&[], &[], 0.5), []);
}

#[test]
fn intervals_of_the_auc_are_those_of_delong() {
    for case in stored().intervals {
        let ours = interval(&case.truth, &case.score).unwrap();
        close(&case.name, "AUC", Some(ours.0), Some(case.auc));
        close(&case.name, "lower end", Some(ours.1), Some(case.low));
        close(&case.name, "upper end", Some(ours.2), Some(case.high));
    }
    assert_eq!(interval(&[true, true], &[0.1, 0.2]), None);
}

fn numbers(rows: usize, seed: u64, shift: f64) -> Column {
    let mut random = Random::seeded(seed);
    Column::Number((0..rows).map(|_| (random.unit() + shift) as f32).collect())
}

/// Days of 250 rows.
fn times(rows: usize) -> Vec<i64> {
    (0..rows as i64).map(|row| row / 250 * crate::learn::frame::DAY).collect()
}

fn known(column: &Column) -> Feature {
    let mut feature = Feature::of("x", ColumnType::Float, column);
    feature.classes = spread::classes(&feature, column, &spread::chunks(&times(feature::length(column)), 7));
    feature
}

#[test]
fn numbers_lie_in_ten_bins_of_equal_share_and_a_bin_of_what_is_missing() {
    let Column::Number(mut values) = numbers(5_000, 1, 0.0) else { panic!() };
    values[..500].fill(f32::NAN);
    let feature = known(&Column::Number(values));
    assert_eq!((feature.counts.len(), feature.counts[10]), (11, 500));
    assert!(feature.counts[..10].iter().all(|n| (449..=451).contains(n)), "{:?}", feature.counts);
    assert_eq!(feature.classes.iter().map(|class| class.rows).collect::<Vec<_>>(), [64, 256, 1_024]);
    let day = |chunk: &std::ops::Range<usize>| chunk.start % 250;
    let cut = spread::chunks(&times(5_000), 7);
    assert!(cut[1].1.iter().all(|chunk| day(chunk) == 0 || chunk.end == 5_000), "they begin with their day");
    assert!(cut[0].1.iter().any(|chunk| day(chunk) > 0), "unless a day is much longer");
    assert!(feature.bin_name(0).starts_with("≤ 0.1") || feature.bin_name(0).starts_with("≤ 0.0"));
    assert!(feature.bin_name(9).starts_with("> 0."));
    assert_eq!(feature.bin_name(10), "missing");
    let constant = known(&Column::Number(vec![3.0; 400]));
    assert_eq!((constant.counts.as_slice(), constant.bin_name(0)), ([400, 0].as_slice(), "any".to_owned()));
    let empty = known(&Column::Number(vec![f32::NAN; 400]));
    assert_eq!(empty.counts, [0, 400]);
}

#[test]
fn rows_that_are_alike_are_near_and_rows_that_moved_are_beyond_their_limits() {
    let feature = known(&numbers(20_000, 1, 0.0));
    let near = compare(&feature, &numbers(300, 2, 0.0), 0.5, None).unwrap();
    assert!(near.drift() < 1.0 && near.p > 0.01, "{near:?}");
    let far = compare(&feature, &numbers(300, 2, 0.3), 0.5, None).unwrap();
    assert!(far.drift() > 1.0 && far.p < 1e-6 && far.ks_p < Some(1e-6), "{far:?}");
    for (name, one) in [("js", Some(far.js)), ("ks", far.ks), ("wasserstein", far.wasserstein)] {
        assert!(one.is_some_and(|one| one.value > one.limit.unwrap()), "{name}: {one:?}");
    }
    assert_eq!(far.chunk, (256, 20));
    assert!((far.out_of_range.unwrap() - 0.3).abs() < 0.08, "{:?}", far.out_of_range);
    assert!((far.weight() - 0.5 * far.drift()).abs() < 1e-12);
    let shares: f64 = far.bins.iter().map(|bin| bin.batch).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    assert!(compare(&feature, &Column::Number(vec![]), 0.5, None).is_none());
}

#[test]
fn texts_tell_their_new_and_their_vanished_levels() {
    let text = |counts: &[(&str, usize)]| Column::Category {
        codes: counts.iter().zip(0..).flat_map(|((_, n), code)| vec![code; *n]).chain([MISSING; 10]).collect(),
        levels: counts.iter().map(|(name, _)| (*name).to_owned()).collect(),
    };
    let feature = known(&text(&[("EWR", 500), ("JFK", 300), ("LGA", 190)]));
    assert_eq!(feature.counts, [500, 300, 190, 0, 10]);
    let unseen = Unseen { feature: "x".to_owned(), rows: 90, levels: vec![("BOS".to_owned(), 20)] };
    let moved = compare(&feature, &text(&[("BOS", 20), ("EWR", 70)]), 1.0, Some(&unseen)).unwrap();
    assert_eq!(moved.vanished, [("JFK".to_owned(), 30), ("LGA".to_owned(), 19)]);
    assert_eq!((moved.new_share, moved.new_levels), (Some(20.0 / 90.0), vec![("BOS".to_owned(), 20)]));
    assert_eq!((moved.ks, moved.out_of_range), (None, None));
    assert_eq!(moved.missing, (0.01, 0.1));
    assert!(moved.psi.value > 1.0 && moved.cramer_v.unwrap() > 0.15);
    let names: Vec<&str> = moved.bins.iter().map(|bin| bin.name.as_str()).collect();
    assert_eq!(names, ["EWR", "JFK", "LGA", "other", "missing"]);
}

#[test]
fn where_training_days_differ_a_day_may_differ() {
    // Days of 250 rows whose level goes up and down.
    let level = |day: usize| 0.5 * ((day % 7) as f64 / 7.0);
    let day = |day: usize| numbers(250, day as u64, level(day));
    let mut values: Vec<f32> = Vec::new();
    for n in 0..60 {
        let Column::Number(of) = day(n) else { panic!() };
        values.extend(of);
    }
    let feature = known(&Column::Number(values));
    let usual = compare(&feature, &day(62), 1.0, None).unwrap();
    assert!(usual.psi.value > 0.2, "a fixed limit would alarm: {usual:?}");
    assert!(usual.drift() < 1.0 && usual.p > 0.01, "{usual:?}");
    let far = compare(&feature, &numbers(250, 62, 1.5), 1.0, None).unwrap();
    assert!(far.drift() > 1.0 && far.p < 0.001, "{far:?}");
}

fn with(frame: &Frame, change: impl Fn(f32) -> f32) -> Frame {
    let mut moved = frame.clone();
    if let Column::Number(x) = &mut moved.columns[0] {
        x.iter_mut().for_each(|v| *v = change(*v));
    }
    moved
}

#[test]
fn a_model_tells_rows_apart_by_the_feature_that_moved_and_not_otherwise() {
    let frame = samples::frame(30, 40, 1);
    let preprocess = Preprocess::fit(&samples::plan().features, &frame, 0..frame.len());
    let kept: Vec<Kept> = frame.columns.iter().map(|column| Kept::of(column.clone())).collect();
    let other = samples::frame(10, 40, 2);
    let of = |batch: &Frame| classify(&kept, batch, &preprocess, 7).unwrap();
    let alike = of(&other).unwrap();
    assert!(alike.low < 0.5 && alike.high > 0.47, "{alike:?}");
    let moved = of(&with(&other, |x| x + 0.4)).unwrap();
    assert!(moved.low > 0.6 && moved.features[0].0 == "x" && moved.features[0].1 > 0.5, "{moved:?}");
    assert_eq!(moved, of(&with(&other, |x| x + 0.4)).unwrap(), "the same seed, the same answer");
    assert_eq!(of(&samples::frame(1, 40, 2)), None, "too few rows");
}

#[test]
fn the_error_of_numbers_is_expected_where_it_is_made() {
    // Twice as far off where x is large.
    let mut frame = samples::frame(50, 40, 1);
    let Column::Number(x) = frame.columns[0].clone() else { panic!() };
    let mut random = Random::seeded(3);
    for (target, x) in frame.target.iter_mut().zip(&x) {
        *target = (random.unit() - 0.5) * if *x > 0.5 { 4.0 } else { 2.0 };
    }
    let preprocess = Preprocess::fit(&samples::plan().features, &frame, 0..frame.len());
    let (rows, predictions): (Vec<usize>, Vec<f64>) = (0..frame.len()).map(|row| (row, 0.0)).unzip();
    let known = Predicted { preprocess: &preprocess, frame: &frame, rows: &rows, predictions: &predictions };
    let models = Errors::fit(known, 7).unwrap().unwrap();
    let of = |frame: &Frame| {
        let (absolute, squared) = models.expect(Predicted { frame, ..known }).unwrap();
        errors::figures(&absolute, &squared)[0].1
    };
    let (easy, hard) = (of(&with(&frame, |_| 0.2)), of(&with(&frame, |_| 0.8)));
    assert!((easy - 0.5).abs() < 0.08 && (hard - 1.0).abs() < 0.12, "{easy} {hard}");
}

#[test]
fn a_reference_from_before_is_a_sketch_and_nothing_else() {
    let old = r#"{"n": 3, "quantiles": [0.1, 0.2, 0.3], "positives": 1}"#;
    let reference: Reference = serde_json::from_str(old).unwrap();
    assert_eq!(reference.validation.as_ref().unwrap().n, 3);
    assert!(reference.features.is_empty() && reference.score.is_none());
    let none: Reference = serde_json::from_str("{}").unwrap();
    assert_eq!(none, Reference::default());
    let frame = samples::frame(30, 40, 1);
    let plan: ModelPlan = samples::plan();
    let preprocess = Preprocess::fit(&plan.features, &frame, 0..1_000);
    let predictions = vec![0.25; 200];
    let holdout = Holdout {
        task: Task::Binary,
        threshold: 0.5,
        preprocess: &preprocess,
        rows: &(1_000..1_200),
        predictions: &predictions,
        shown: &predictions,
    };
    let whole = Reference::of(&plan.features, &frame, 0..1_200, holdout, reference.validation, 7).unwrap();
    let again: Reference = serde_json::from_slice(&serde_json::to_vec(&whole).unwrap()).unwrap();
    assert_eq!(again, whole);
}

#[test]
fn errors_whose_squares_no_tree_can_hold_are_not_learned() {
    let mut frame = samples::frame(50, 40, 1);
    frame.target[7] = 1e20;
    let preprocess = Preprocess::fit(&samples::plan().features, &frame, 0..frame.len());
    let (rows, predictions): (Vec<usize>, Vec<f64>) = (0..frame.len()).map(|row| (row, 0.0)).unzip();
    let known = Predicted { preprocess: &preprocess, frame: &frame, rows: &rows, predictions: &predictions };
    assert!(Errors::fit(known, 7).unwrap().is_none());
}
