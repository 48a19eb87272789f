//! Naive Bayes, amounts, what goes by the time, weights, losses of boosting, directions.

use std::ops::ControlFlow;

use serde::Deserialize;

use super::*;
use crate::domain::plan::Loss;
use crate::learn::frame::{Column, DAY};
use crate::learn::metrics::{auc, rmse};
use crate::learn::samples;

const STORED: &str = include_str!("../../../tests/reference/learners.json");

#[derive(Deserialize)]
struct Stored {
    bayes: Vec<Bayes>,
}

#[derive(Deserialize)]
struct Bayes {
    name: String,
    classes: usize,
    x: Vec<[f32; 2]>,
    y: Vec<f64>,
    p: Vec<Vec<f64>>,
}

fn settings(task: Task) -> Settings {
    Settings { task, ..Settings::of(&samples::plan(), 7) }
}

fn fit(algorithm: Algorithm, settings: &Settings, frame: &Frame) -> (Preprocess, Learned) {
    let features = &samples::plan().features[..frame.columns.len()];
    let preprocess = Preprocess::fit(features, frame, 0..frame.len());
    let sample = Sample { preprocess: &preprocess, frame, rows: 0..frame.len() };
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    let learned = learner(algorithm, settings).fit(&sample, Effort::Search, &mut go_on).unwrap();
    (preprocess, learned)
}

fn predictions(algorithm: Algorithm, settings: &Settings, frame: &Frame) -> Vec<f64> {
    let (preprocess, learned) = fit(algorithm, settings, frame);
    learned.model.predict(&preprocess, frame, 0..frame.len()).unwrap()
}

/// A target that grows with x by a factor, and is often 0.
fn amounts(seed: u64) -> Frame {
    let mut frame = samples::frame(20, 60, seed);
    let Column::Number(x) = &frame.columns[0] else { panic!("x is a number") };
    frame.target = x.iter().zip(&frame.target).map(|(&x, late)| late * (2.0 * f64::from(x)).exp()).collect();
    frame
}

#[test]
fn naive_bayes_has_the_probabilities_of_scikit_learn() {
    let stored: Stored = serde_json::from_str(STORED).unwrap();
    for case in stored.bayes {
        let columns = (0..2).map(|at| Column::Number(case.x.iter().map(|x| x[at]).collect())).collect();
        let n = case.y.len();
        let mut frame = Frame { time: vec![0; n], source: vec![(1, 1); n], columns, ..Frame::default() };
        (frame.target, frame.classes) = (case.y.clone(), (0..case.classes).map(|at| at.to_string()).collect());
        let task = if case.classes > 2 { Task::Multiclass } else { Task::Binary };
        let ours = predictions(Algorithm::NaiveBayes, &settings(task), &frame);
        let theirs: Vec<f64> = match task {
            Task::Multiclass => case.p.concat(),
            _ => case.p.iter().map(|p| p[1]).collect(),
        };
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() < 1e-9, "{}: {ours} instead of {theirs}", case.name);
        }
    }
}

#[test]
fn each_of_them_comes_back_from_its_bytes_and_explains_itself() {
    let (classes, several, numbers) = (samples::frame(20, 60, 1), samples::several(20, 60, 1), amounts(1));
    for (_, algorithm) in Algorithm::NAMES {
        for (task, frame) in [(Task::Binary, &classes), (Task::Multiclass, &several), (Task::Regression, &numbers)] {
            if !algorithm.does(task) {
                continue;
            }
            let (preprocess, learned) = fit(algorithm, &settings(task), frame);
            let (model, rows) = (&learned.model, 0..frame.len());
            let back = load(algorithm, &model.to_bytes().unwrap()).unwrap();
            let before = model.predict(&preprocess, frame, rows.clone()).unwrap();
            let after = back.predict(&preprocess, frame, rows.clone()).unwrap();
            assert!(before.iter().zip(&after).all(|(a, b)| a.to_bits() == b.to_bits()), "{algorithm:?} {task:?}");
            assert!(before.iter().all(|p| p.is_finite()), "{algorithm:?} {task:?}");
            let parts = model.contributions(&preprocess, frame, rows).unwrap();
            for (parts, p) in parts.chunks(4).zip(&before).filter(|_| task == Task::Binary) {
                let odds: f64 = parts.iter().sum();
                assert!((1.0 / (1.0 + (-odds).exp()) - p).abs() < 1e-5, "{algorithm:?}: {odds} for {p}");
            }
            let amounts = matches!(algorithm, Algorithm::Poisson | Algorithm::Tweedie);
            for (parts, p) in parts.chunks(4).zip(&before).filter(|_| task == Task::Regression) {
                let sum: f64 = parts.iter().sum();
                let told = if amounts { sum.exp() } else { sum };
                assert!((told - p).abs() < 1e-4 * p.abs().max(1.0), "{algorithm:?}: {told} for {p}");
            }
            assert_eq!(model.importance(&preprocess).len(), 3);
            assert!(matches!(load(algorithm, b"{}x"), Err(LearnError::Input(_))), "{algorithm:?}");
        }
    }
}

#[test]
fn amounts_are_learned_on_their_own_scale() {
    let frame = amounts(2);
    let base = rmse(&frame.target, &predictions(Algorithm::Baseline, &settings(Task::Regression), &frame)).unwrap();
    for algorithm in [Algorithm::Poisson, Algorithm::Tweedie, Algorithm::Ridge, Algorithm::Lasso, Algorithm::ElasticNet]
    {
        let error = rmse(&frame.target, &predictions(algorithm, &settings(Task::Regression), &frame)).unwrap();
        assert!(error < 0.95 * base, "{algorithm:?}: {error} of {base}");
    }
    assert!(predictions(Algorithm::Poisson, &settings(Task::Regression), &frame).iter().all(|p| *p > 0.0));
}

#[test]
fn the_last_day_and_the_hour_of_the_season_answer_for_the_next() {
    let hours = 24 * 15;
    let time: Vec<i64> = (0..hours).map(|hour| hour * DAY / 24).collect();
    let target: Vec<f64> =
        (0..hours).map(|hour| (hour % 24) as f64 + if hour >= 24 * 14 { 100.0 } else { 0.0 }).collect();
    let mut frame = Frame { source: vec![(1, 1); time.len()], time, target, ..Frame::default() };
    let of = |algorithm, days, frame: &Frame| {
        predictions(algorithm, &Settings { season_days: days, ..settings(Task::Regression) }, frame)
    };
    assert_eq!(of(Algorithm::LastValue, 7.0, &frame)[0], 111.5, "the mean of the last day");
    frame.target.truncate(24 * 14);
    frame.time.truncate(24 * 14);
    assert_eq!(of(Algorithm::Seasonal, 1.0, &frame)[..3], [0.0, 1.0, 2.0]);
    assert_eq!(of(Algorithm::Seasonal, 7.0, &frame)[30], 6.0);
    frame.target.iter_mut().for_each(|y| *y = f64::from(u8::from(*y >= 12.0)));
    let p = predictions(Algorithm::Seasonal, &settings(Task::Binary), &frame);
    assert!(p[3] > 0.0 && p[3] < 0.2 && p[15] > 0.8 && p[15] < 1.0, "an hour of few rows is not certain");
}

#[test]
fn rows_that_count_nothing_teach_nothing() {
    let mut frame = samples::frame(20, 60, 5);
    let half = frame.len() / 2;
    let turned: Vec<f64> =
        (0..frame.len()).map(|row| if row < half { 1.0 - frame.target[row] } else { frame.target[row] }).collect();
    let truth = frame.classes(0..frame.len());
    frame.target = turned;
    frame.weights = (0..frame.len()).map(|row| if row < half { 0.0 } else { 1.0 }).collect();
    for algorithm in [Algorithm::Linear, Algorithm::Boosting, Algorithm::NaiveBayes] {
        let area = auc(&truth, &predictions(algorithm, &settings(Task::Binary), &frame)).unwrap();
        assert!(area > 0.65, "{algorithm:?}: {area}");
    }
}

#[test]
fn boosting_makes_small_what_it_is_told_to() {
    let frame = amounts(3);
    let share_above = |loss, quantile| {
        let mut settings = settings(Task::Regression);
        (settings.boosting.loss, settings.boosting.quantile) = (loss, quantile);
        let p = predictions(Algorithm::Boosting, &settings, &frame);
        p.iter().zip(&frame.target).filter(|(p, y)| y > p).count() as f64 / p.len() as f64
    };
    let (high, middle) = (share_above(Loss::Quantile, 0.9), share_above(Loss::Quantile, 0.5));
    assert!(high > 0.0 && high < 0.2 && high < middle - 0.1, "{high} above the 90 % quantile, {middle} the median");
    for loss in [Loss::Squared, Loss::Absolute, Loss::Huber, Loss::Poisson, Loss::Tweedie] {
        let share = share_above(loss, 0.0);
        assert!((0.1..0.7).contains(&share), "{loss:?}: {share}");
    }
}

#[test]
fn a_direction_is_kept_whatever_the_rows_say() {
    let frame = samples::frame(20, 60, 6);
    let mut settings = settings(Task::Binary);
    settings.boosting.monotone = vec![("x".to_owned(), false)];
    let p = predictions(Algorithm::Boosting, &settings, &frame);
    let truth = frame.classes(0..frame.len());
    let free = auc(&truth, &predictions(Algorithm::Boosting, &self::settings(Task::Binary), &frame)).unwrap();
    assert!(auc(&truth, &p).unwrap() < free - 0.05, "x raises the chance, and may not");
}

#[test]
fn a_prediction_never_falls_along_a_feature_that_may_only_raise_it_nor_rises_along_one_that_may_only_lower_it() {
    // x raises the chance, which the one direction goes along with and the other forbids.
    let frame = samples::frame(20, 60, 6);
    let grid: Vec<f32> = (-2..=102).map(|x| x as f32 / 100.0).collect();
    let steps = |monotone: Option<bool>| -> Vec<f64> {
        let mut settings = settings(Task::Binary);
        settings.boosting.monotone = monotone.map(|up| ("x".to_owned(), up)).into_iter().collect();
        let (preprocess, learned) = fit(Algorithm::Boosting, &settings, &frame);
        let along = |row: usize| {
            let mut moved = crate::learn::diagnose::take(&frame, &vec![row; grid.len()]);
            moved.columns[0] = Column::Number(grid.clone());
            let p = learned.model.predict(&preprocess, &moved, 0..grid.len()).unwrap();
            p.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>()
        };
        // Of all colours, with gaps and without.
        (0..60).flat_map(along).collect()
    };
    let (up, down, free) = (steps(Some(true)), steps(Some(false)), steps(None));
    assert!(up.iter().all(|step| *step >= 0.0) && up.iter().any(|step| *step > 0.0));
    assert!(down.iter().all(|step| *step <= 0.0));
    assert!(free.iter().any(|step| *step < 0.0), "without a direction noise makes it fall here and there");
}

#[test]
fn weighted_fits_are_the_same_at_any_number_of_threads() {
    let mut frame = samples::several(20, 60, 5);
    frame.weights = (0..frame.len()).map(|row| 0.5 + (row % 7) as f64).collect();
    let bytes = |threads| {
        let settings = Settings { threads: Some(threads), ..settings(Task::Multiclass) };
        fit(Algorithm::Boosting, &settings, &frame).1.model.to_bytes().unwrap()
    };
    assert_eq!(bytes(1), bytes(2));
}

#[test]
fn rare_gaps_are_told_from_the_greatest_numbers_and_a_greater_number_yet_is_no_gap() {
    let mut frame = samples::frame(100, 60, 8);
    let Column::Number(x) = &mut frame.columns[0] else { panic!("x is a number") };
    x.iter_mut().step_by(300).for_each(|x| *x = f32::NAN);
    let x = x.clone();
    // A column with frequent gaps would leave each split the choice of a side.
    frame.columns.truncate(1);
    frame.target = x.iter().map(|x| if x.is_nan() { 10.0 } else { f64::from(*x > 0.99) * -10.0 }).collect();
    let (preprocess, learned) = fit(Algorithm::Boosting, &settings(Task::Regression), &frame);
    let Column::Number(x) = &mut frame.columns[0] else { panic!("x is a number") };
    (x[0], x[1], x[2], x[3]) = (f32::NAN, 0.999, 5.0, 0.5);
    let told = learned.model.predict(&preprocess, &frame, 0..4).unwrap();
    assert!(told[0] > 8.0, "a gap: {told:?}");
    assert!(told[1] < -8.0 && told[2] < -8.0, "a great number, and one greater than all: {told:?}");
    assert!(told[3].abs() < 2.0, "{told:?}");
}
