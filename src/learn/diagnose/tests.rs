use std::ops::{ControlFlow, Range};

use super::*;
use crate::domain::plan::Algorithm;
use crate::learn::frame::Column;
use crate::learn::learner::{Effort, Progress, Sample, Settings, learner};
use crate::learn::metrics;
use crate::learn::preprocess::Preprocess;
use crate::learn::samples;

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn fitted(plan: &ModelPlan, frame: &Frame, algorithm: Algorithm) -> Twin {
    let preprocess = Preprocess::fit(&plan.features, frame, 0..frame.len());
    let sample = Sample { preprocess: &preprocess, frame, rows: 0..frame.len() };
    let learner = learner(algorithm, &Settings::of(plan, 7));
    let learned = learner.fit(&sample, Effort::Search, &mut go_on).unwrap();
    Twin { model: learned.model, preprocess, calibrator: None, interval: None }
}

fn seen(plan: &ModelPlan, twin: &Twin, frame: &Frame) -> Diagnosis {
    diagnose(Look { plan, twin, frame, seed: 3 }, 0..frame.len()).unwrap()
}

#[test]
fn a_binary_model_is_seen_from_every_side() {
    let (plan, frame) = (samples::plan(), samples::frame(20, 60, 2));
    let twin = fitted(&plan, &samples::frame(20, 60, 1), Algorithm::Boosting);
    let seen = seen(&plan, &twin, &frame);
    assert_eq!((seen.rows, seen.sampled, seen.residuals.is_none()), (1_200, 1_200, true));
    assert_eq!(seen.days, Some(("1970-01-01".to_owned(), "1970-01-20".to_owned())));
    let classes = seen.classes.unwrap();
    assert_eq!(classes.confusion.iter().sum::<u64>(), 1_200);
    assert_eq!((classes.roc[0], *classes.roc.last().unwrap()), ((0.0, 0.0), (1.0, 1.0)));
    assert!(classes.roc.len() <= 101 && classes.precision_recall.len() <= 103);
    assert!(classes.roc.windows(2).all(|w| w[0].0 <= w[1].0 && w[0].1 <= w[1].1));
    assert_eq!(classes.calibration.iter().map(|bin| bin.rows).sum::<u64>(), 1_200);
    // x and colour decide, gap is noise.
    assert_eq!(seen.permutation.last().unwrap().feature, "gap");
    assert!(seen.permutation[0].mean > 0.02 && seen.permutation[0].deviation < seen.permutation[0].mean);
    let x = seen.dependence.iter().find(|d| d.feature == "x").unwrap();
    assert!(x.points.last().unwrap().2 > x.points[0].2 + 0.2, "{x:?}");
    let colour = seen.dependence.iter().find(|d| d.feature == "colour").unwrap();
    let most = colour.points.iter().max_by(|a, b| a.2.total_cmp(&b.2)).unwrap();
    assert_eq!((most.0.as_str(), colour.points.len()), ("red", 3));
    assert_eq!((seen.by_day.len(), seen.by_day[0].rows), (20, 60));
}

#[test]
fn the_segment_in_which_the_world_has_changed_is_found() {
    let plan = samples::plan();
    let twin = fitted(&plan, &samples::frame(20, 60, 1), Algorithm::Boosting);
    let mut frame = samples::frame(40, 60, 2);
    let (Column::Number(x), Column::Category { codes, .. }) = (&frame.columns[0], &frame.columns[2]) else {
        panic!("x and colour")
    };
    // Green rows of high x do the opposite of what was learned.
    let turned: Vec<usize> = (0..frame.len()).filter(|&row| codes[row] == 2 && x[row] > 0.8).collect();
    turned.iter().for_each(|&row| frame.target[row] = 0.0);
    let seen = seen(&plan, &twin, &frame);
    let worst = &seen.segments[0];
    assert!(worst.what.starts_with("x ≥ 0.7") && worst.what.ends_with(", colour = green"), "{:?}", seen.segments);
    assert!(worst.loss > 1.3 * worst.overall && worst.actual < 0.1 && worst.predicted > 0.5, "{worst:?}");
    assert!((worst.share - worst.loss * worst.rows as f64 / (worst.overall * 2_400.0)).abs() < 1e-9);
}

#[test]
fn a_model_as_bad_everywhere_has_no_worst_segment() {
    let (plan, mut frame) = (samples::plan(), samples::frame(40, 60, 5));
    let mut random = crate::learn::random::Random::seeded(9);
    frame.target.iter_mut().for_each(|y| *y = f64::from(u8::from(random.unit() < 0.5)));
    let twin = fitted(&plan, &frame, Algorithm::Baseline);
    assert_eq!(seen(&plan, &twin, &frame).segments, []);
}

#[test]
fn a_regression_shows_its_residuals() {
    let mut plan = samples::plan();
    plan.task = Task::Regression;
    let mut frame = samples::frame(20, 60, 4);
    let Column::Number(x) = &frame.columns[0] else { panic!("x is a number") };
    frame.target = x.iter().map(|&x| 10.0 * f64::from(x)).collect();
    let twin = fitted(&plan, &frame, Algorithm::Linear);
    let seen = seen(&plan, &twin, &frame);
    assert!(seen.classes.is_none());
    let residuals = seen.residuals.unwrap();
    assert!(residuals.quantiles.windows(2).all(|w| w[0] <= w[1]));
    assert_eq!(residuals.histogram.iter().map(|(.., rows)| rows).sum::<u64>(), 1_200);
    assert_eq!(residuals.by_prediction.iter().map(|bin| bin.rows).collect::<Vec<_>>(), [120; 10]);
    assert!(residuals.by_prediction.iter().all(|bin| (bin.predicted - bin.actual).abs() < 0.1));
    assert_eq!(seen.permutation[0].feature, "x");
}

#[test]
fn one_row_one_class_and_rows_without_a_value_are_seen_too() {
    let (plan, train) = (samples::plan(), samples::frame(20, 60, 1));
    let twin = fitted(&plan, &train, Algorithm::Boosting);
    let mut one = rows::take(&train, &[3]);
    one.columns[0] = Column::Number(vec![f32::NAN]);
    one.columns[2] = Column::Category { codes: vec![crate::learn::frame::MISSING], levels: vec![] };
    let seen_one = seen(&plan, &twin, &one);
    let classes = seen_one.classes.unwrap();
    assert_eq!((seen_one.rows, classes.auc, classes.roc.len()), (1, None, 0));
    let none = rows::take(&train, &[]);
    let seen_none = seen(&plan, &twin, &none);
    assert_eq!((seen_none.rows, seen_none.days, seen_none.by_day.len()), (0, None, 0));
}

#[test]
fn the_same_seed_shuffles_the_same_way() {
    let (plan, frame) = (samples::plan(), samples::frame(20, 60, 2));
    let twin = fitted(&plan, &frame, Algorithm::Linear);
    let with = |seed| diagnose(Look { plan: &plan, twin: &twin, frame: &frame, seed }, 0..frame.len()).unwrap();
    assert_eq!(with(1), with(1));
    assert_ne!(with(1).permutation, with(2).permutation);
}

#[test]
fn a_curve_has_the_area_its_figure_says() {
    let truth = [true, false, true, true, false, false, true, false];
    let score = [0.9, 0.8, 0.8, 0.6, 0.5, 0.5, 0.4, 0.1];
    let roc = metrics::roc(&truth, &score);
    let area: f64 = roc.windows(2).map(|w| (w[1].0 - w[0].0) * (w[1].1 + w[0].1) / 2.0).sum();
    assert!((area - metrics::auc(&truth, &score).unwrap()).abs() < 1e-12);
    let curve = metrics::precision_recall(&truth, &score);
    let mut before = 0.0;
    let steps = curve.iter().map(|(recall, precision)| {
        let step = (recall - before) * precision;
        before = *recall;
        step
    });
    assert!((steps.sum::<f64>() - metrics::average_precision(&truth, &score).unwrap()).abs() < 1e-12);
}

#[test]
fn the_learning_curve_grows_to_the_model_itself_and_leaves_out_what_is_too_little() {
    let (frame, plan) = (samples::frame(60, 60, 1), samples::plan());
    let preprocess = Preprocess::fit(&plan.features, &frame, 0..3_000);
    let sample = Sample { preprocess: &preprocess, frame: &frame, rows: 0..3_000 };
    let settings = Settings::of(&plan, 7);
    let model = learner(Algorithm::Linear, &settings).fit(&sample, Effort::Search, &mut go_on).unwrap().model;
    let loss = |twin: &Twin| {
        let predictions = twin.model.predict(&twin.preprocess, &frame, 3_000..3_600).unwrap();
        metrics::log_loss(&frame.classes(3_000..3_600), &predictions).unwrap()
    };
    let twin = Twin { preprocess, model, calibrator: None, interval: None };
    let curve =
        |frame: &Frame, of| learning(Look { plan: &plan, twin: &twin, frame, seed: 7 }, (0..3_000, 3_000..3_600), of);
    let rows = |of| curve(&frame, of).iter().map(|point| point.rows).collect::<Vec<_>>();
    assert_eq!(rows(Algorithm::Linear), [187, 375, 750, 1_500, 3_000]);
    assert_eq!(rows(Algorithm::Boosting), [375, 750, 1_500, 3_000], "boosting needs 300");
    assert_eq!(curve(&frame, Algorithm::Baseline), []);
    let points = curve(&frame, Algorithm::Linear);
    assert!((points[4].loss - loss(&twin)).abs() < 1e-12 && points[..4].iter().all(|point| point.loss < 0.69));
    // The smaller fits are of the newest rows before the holdout, and of nothing behind them.
    let turned = |rows: Range<usize>| {
        let mut frame = frame.clone();
        frame.target[rows].iter_mut().for_each(|y| *y = 1.0 - *y);
        curve(&frame, Algorithm::Linear)
    };
    assert_eq!(turned(0..1_500), points);
    assert_ne!(turned(1_500..1_501)[3], points[3]);
    assert_ne!(turned(2_999..3_000)[0], points[0]);
}

#[test]
fn the_learning_curve_takes_nothing_from_between_training_and_holdout() {
    let (mut frame, plan) = (samples::frame(60, 60, 1), samples::plan());
    let twin = fitted(&plan, &samples::frame(40, 60, 2), Algorithm::Linear);
    let curve = |frame: &Frame| {
        learning(Look { plan: &plan, twin: &twin, frame, seed: 7 }, (0..2_400, 3_000..3_600), Algorithm::Linear)
    };
    let before = curve(&frame);
    frame.target[2_400..3_000].iter_mut().for_each(|y| *y = 1.0 - *y);
    assert_eq!((curve(&frame), before.len()), (before, 5));
}
