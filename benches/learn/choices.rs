//! Why the defaults are what they are: each is varied alone, on the year of flights, from several origins in time.
//!
//! From each of [`ORIGINS`] on, a model of everything before is judged on the 28 days after it. The loss told is the mean
//! over all rows of all these spans, as a part of the loss with the defaults.

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Instant;

use landfall::domain::feature::Encoding;
use landfall::domain::plan::{Algorithm, ModelPlan, Task, Window};
use landfall::learn::contest::hold;
use landfall::learn::diagnose::take;
use landfall::learn::frame::{DAY, Frame};
use landfall::learn::judge::{Measure, compare, losses};
use landfall::learn::learner::{Effort, Sample, Settings, learner};
use landfall::learn::preprocess::Preprocess;

use super::case::Case;
use super::ours;

/// Days after the first at which models are made.
const ORIGINS: [i64; 5] = [60, 125, 190, 255, 320];
/// Days on which each is judged.
const SPAN: i64 = 28;

/// What is varied.
type Change = fn(&mut ModelPlan);

/// Prints a table of every choice, for chances and for numbers; of those named in `parts` (`settings`, `texts`,
/// `calibration`, `tolerance`, separated by commas), or of all where it is `1`.
pub fn print(year: &Path, parts: &str) {
    let wanted = |part: &str| parts == "1" || parts.split(',').any(|one| one == part);
    println!("| task | learner | changed | loss | of the default's | seconds |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for case in [Case::BoostedChances, Case::BoostedNumbers] {
        let mut plan = ours::plan(case);
        plan.boosting.max_rounds = 400;
        plan.boosting.early_stop = 30;
        let frame = ours::read(year, &plan);
        let settings = [(Algorithm::Boosting, boosting()), (Algorithm::Linear, linear())];
        for (algorithm, choices) in settings.into_iter().filter(|_| wanted("settings")) {
            plan.algorithms = vec![algorithm];
            let (default, _) = backtest(&frame, &plan);
            println!("| {:?} | {algorithm:?} | nothing | {default:.4} | | |", plan.task);
            for (what, change) in choices {
                let mut plan = plan.clone();
                change(&mut plan);
                let (loss, seconds) = backtest(&frame, &plan);
                println!(
                    "| {:?} | {algorithm:?} | {what} | {loss:.4} | {:+.2} % | {seconds:.1} |",
                    plan.task,
                    100.0 * (loss / default - 1.0)
                );
            }
        }
        for algorithm in [Algorithm::Linear, Algorithm::Boosting] {
            plan.algorithms = vec![algorithm];
            if wanted("texts") {
                encodings(&frame, &plan);
            }
            if wanted("calibration") && plan.task == Task::Binary {
                calibration(&frame, &plan);
            }
        }
        if wanted("tolerance") {
            refreshes(&frame, &plan);
        }
    }
}

/// How texts become numbers: `carrier` (16 levels), `origin` (3) and `dest` (105), each varied alone.
fn encodings(frame: &Frame, plan: &ModelPlan) {
    let (default, _) = backtest(frame, plan);
    for column in ["carrier", "origin", "dest"] {
        for encoding in [Encoding::OneHot, Encoding::Ordinal, Encoding::Target] {
            let mut plan = plan.clone();
            plan.features.iter_mut().filter(|f| f.name == column).for_each(|f| f.encoding = encoding);
            let (loss, seconds) = backtest(frame, &plan);
            println!(
                "| {:?} | {:?} | {column} as {encoding:?} | {loss:.4} | {:+.2} % | {seconds:.1} |",
                plan.task,
                plan.algorithms[0],
                100.0 * (loss / default - 1.0)
            );
        }
    }
}

/// What the correction of probabilities does to the loss after every origin.
fn calibration(frame: &Frame, plan: &ModelPlan) {
    for (at, origin) in ORIGINS.into_iter().enumerate() {
        let rows: Vec<usize> = days(frame, 0, origin + SPAN).collect();
        let known = take(frame, &rows);
        let mut plan = ModelPlan { holdout_days: SPAN as f64, refit: false, ..plan.clone() };
        let mut loss = |calibrate: bool| {
            plan.learning.calibrate = calibrate;
            let settings = Settings::of(&plan, ours::SEED);
            let outcome = hold(&known, &plan, &settings, None, &mut |_| ControlFlow::Continue(())).unwrap().unwrap();
            let corrected = outcome.calibration.map_or_else(|| "left as they are".to_owned(), |how| how.told());
            (outcome.challenger.loss.unwrap(), corrected)
        };
        let ((plain, _), (corrected, told)) = (loss(false), loss(true));
        println!(
            "| {:?} | {:?} | calibrate, origin {} | {corrected:.4} | {:+.2} % | {told} |",
            plan.task,
            plan.algorithms[0],
            at + 1,
            100.0 * (corrected / plain - 1.0)
        );
    }
}

fn boosting() -> Vec<(&'static str, Change)> {
    vec![
        ("learning rate 0.05", |plan| plan.boosting.learning_rate = 0.05),
        ("learning rate 0.2", |plan| plan.boosting.learning_rate = 0.2),
        ("15 leaves", |plan| plan.boosting.max_leaves = 15),
        ("63 leaves", |plan| plan.boosting.max_leaves = 63),
        ("least weight of a leaf 1", |plan| plan.boosting.min_child_weight = 1.0),
        ("least weight of a leaf 20", |plan| plan.boosting.min_child_weight = 20.0),
        ("least weight of a leaf 100", |plan| plan.boosting.min_child_weight = 100.0),
        ("lambda 0", |plan| plan.boosting.lambda = 0.0),
        ("lambda 10", |plan| plan.boosting.lambda = 10.0),
        ("patience of 10 rounds", |plan| plan.boosting.early_stop = 10),
        ("patience of 60 rounds", |plan| plan.boosting.early_stop = 60),
        ("window of 14 days", |plan| plan.window = Window::Days(14.0)),
        ("window of 28 days", |plan| plan.window = Window::Days(28.0)),
        ("window of 56 days", |plan| plan.window = Window::Days(56.0)),
        ("window of 112 days", |plan| plan.window = Window::Days(112.0)),
    ]
}

fn linear() -> Vec<(&'static str, Change)> {
    vec![
        ("penalty 0.001", |plan| plan.linear.penalty = 0.001),
        ("penalty 100", |plan| plan.linear.penalty = 100.0),
        ("penalty 10,000", |plan| plan.linear.penalty = 10_000.0),
        ("window of 28 days", |plan| plan.window = Window::Days(28.0)),
        ("window of 112 days", |plan| plan.window = Window::Days(112.0)),
    ]
}

/// Mean loss over the spans after every origin, and the seconds of all fits.
fn backtest(frame: &Frame, plan: &ModelPlan) -> (f64, f64) {
    let (mut total, mut rows, began) = (0.0, 0, Instant::now());
    for origin in ORIGINS {
        let test = days(frame, origin, origin + SPAN);
        let losses = losses_of(frame, plan, origin, test);
        total += losses.iter().sum::<f64>();
        rows += losses.len();
    }
    (total / rows as f64, began.elapsed().as_secs_f64())
}

/// Losses on `test` of a model of what lies before day `origin` (and in the plan's window).
fn losses_of(frame: &Frame, plan: &ModelPlan, origin: i64, test: Range<usize>) -> Vec<f64> {
    let from = match plan.window {
        Window::Days(days) => (origin - days as i64).max(0),
        _ => 0,
    };
    let train = days(frame, from, origin);
    let preprocess = Preprocess::fit(&plan.features, frame, train.clone());
    let sample = Sample { preprocess: &preprocess, frame, rows: train };
    let mut watch = |_| ControlFlow::Continue(());
    let learner = learner(plan.algorithms[0], &Settings::of(plan, ours::SEED));
    let model = learner.fit(&sample, Effort::Search, &mut watch).unwrap().model;
    let predictions = model.predict(&preprocess, frame, test.clone()).unwrap();
    losses(Measure::of(plan), &frame.target[test], &predictions)
}

/// Rows of the days from `from` up to `to`, counted from the first.
fn days(frame: &Frame, from: i64, to: i64) -> Range<usize> {
    let at = |day: i64| frame.time.partition_point(|&time| time < frame.time[0] + day * DAY);
    at(from)..at(to)
}

/// How often a model that knows one more week meets the rule of promotion, by its tolerance.
fn refreshes(frame: &Frame, plan: &ModelPlan) {
    let mut upper = Vec::new();
    for week in 12..50 {
        let origin = week * 7;
        let test = days(frame, origin, origin + 14);
        let [older, newer] = [origin - 7, origin].map(|origin| losses_of(frame, plan, origin, test.clone()));
        let difference = compare(&frame.time[test], &newer, &older, ours::SEED).unwrap();
        upper.push(difference.high / (older.iter().sum::<f64>() / older.len() as f64));
    }
    for tolerance in [0.0, 0.005, 0.01, 0.02, 0.05] {
        let promoted = upper.iter().filter(|&&upper| upper <= tolerance).count();
        println!(
            "| {:?} | refresh after a week | tolerance {tolerance} | | {promoted} of {} promoted | |",
            plan.task,
            upper.len()
        );
    }
}
