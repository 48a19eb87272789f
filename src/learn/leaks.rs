//! Features that may know what they are to predict.
//!
//! A column filled in after the event makes a model that is brilliant on paper and useless when it serves. Three signs are
//! looked for: it alone explains the target, its nulls do, or it is null for as long as the outcome is not known.

use std::ops::Range;

use super::frame::{Column, Frame, MISSING, Open};
use super::metrics::{auc, mean, quantile, r2};
use crate::domain::model::{Leak, LeakSign};
use crate::domain::plan::{FeaturePlan, Task};

/// AUC, or share of variance explained, above which one feature is too good to be true.
const SUSPICIOUS: f64 = 0.97;
/// By how much more often a feature must be null while the outcome is open.
const LATE: f64 = 0.9;
/// Fewer open rows say nothing.
const LEAST_OPEN: u64 = 20;
/// Rows looked at, evenly spaced.
const ROWS: usize = 50_000;
/// Fewer say nothing; nor do fewer of a class than a tenth of it.
const LEAST_ROWS: usize = 100;
/// Values that are told apart, and rows that are told by the others.
const BINS: usize = 64;
const BLOCKS: usize = 20;

/// Suspicious features among `features` (with which `frame` was read), by the training `rows`, whose target is known, and
/// by how often each was null in the rows whose outcome is `open`.
pub fn find(features: &[FeaturePlan], frame: &Frame, rows: Range<usize>, task: Task, open: &Open) -> Vec<Leak> {
    let step = rows.len().div_ceil(ROWS).max(1);
    let sample: Vec<usize> = rows.step_by(step).collect();
    let targets = targets(frame, &sample, task);
    let mut leaks = Vec::new();
    for (at, (plan, column)) in features.iter().zip(&frame.columns).enumerate() {
        let missing: Vec<usize> = sample.iter().map(|&row| usize::from(is_missing(column, row))).collect();
        let nulls = missing.iter().sum::<usize>();
        let mut add = |sign, value| leaks.push(Leak { feature: plan.name.clone(), sign, value });
        if sample.len() >= LEAST_ROWS {
            let (bins, n) = binned(column, &sample);
            if let Some((sign, value)) = worst(&targets, &bins, n) {
                let nulls = (nulls > 0).then(|| worst(&targets, &missing, 2)).flatten();
                match nulls {
                    Some((LeakSign::Auc, value)) => add(LeakSign::NullAuc, value),
                    Some((_, value)) => add(LeakSign::NullR2, value),
                    None => add(sign, value),
                }
            }
        }
        let share = nulls as f64 / sample.len().max(1) as f64;
        let late = open.missing.get(at).map_or(0.0, |missing| *missing as f64 / open.rows.max(1) as f64);
        if open.rows >= LEAST_OPEN && !sample.is_empty() && late - share >= LATE {
            add(LeakSign::Late, late);
        }
    }
    leaks
}

/// What is to be explained: a number, or for each class whether it is that one.
enum Target {
    Number(Vec<f64>),
    Class(Vec<bool>),
}

fn targets(frame: &Frame, sample: &[usize], task: Task) -> Vec<Target> {
    let all: Vec<f64> = sample.iter().map(|&row| frame.target[row]).collect();
    match task {
        Task::Regression => vec![Target::Number(all)],
        Task::Binary => vec![Target::Class(all.iter().map(|&y| y >= 0.5).collect())],
        Task::Multiclass => {
            let class = |class: usize| Target::Class(all.iter().map(|&y| y == class as f64).collect());
            (0..frame.classes.len()).map(class).collect()
        }
    }
}

fn is_missing(column: &Column, row: usize) -> bool {
    match column {
        Column::Number(values) => values[row].is_nan(),
        Column::Category { codes, .. } => codes[row] == MISSING,
    }
}

/// The bin of each row (0 for a missing value) and the number of bins.
fn binned(column: &Column, sample: &[usize]) -> (Vec<usize>, usize) {
    match column {
        Column::Number(values) => {
            let present: Vec<f64> = sample.iter().map(|&row| f64::from(values[row])).filter(|v| !v.is_nan()).collect();
            let mut edges: Vec<f64> =
                (1..BINS).filter_map(|bin| quantile(&present, bin as f64 / BINS as f64)).collect();
            edges.dedup();
            let bin = |value: f64| if value.is_nan() { 0 } else { 1 + edges.partition_point(|edge| *edge < value) };
            (sample.iter().map(|&row| bin(f64::from(values[row]))).collect(), edges.len() + 2)
        }
        Column::Category { codes, levels } => {
            let bin = |code: u32| if code == MISSING { 0 } else { code as usize + 1 };
            (sample.iter().map(|&row| bin(codes[row])).collect(), levels.len() + 1)
        }
    }
}

/// How well the bins alone explain the targets, where that is suspicious: the most of all classes.
fn worst(targets: &[Target], bins: &[usize], n: usize) -> Option<(LeakSign, f64)> {
    let judged = targets.iter().filter_map(|target| match target {
        Target::Number(y) => Some((LeakSign::R2, r2(y, &told(y, bins, n))?)),
        Target::Class(y) => {
            let positives = y.iter().filter(|y| **y).count();
            let enough = positives.min(y.len() - positives) >= LEAST_ROWS / 10;
            let numbers: Vec<f64> = y.iter().map(|y| f64::from(u8::from(*y))).collect();
            enough.then(|| auc(y, &told(&numbers, bins, n))).flatten().map(|auc| (LeakSign::Auc, auc))
        }
    });
    judged.filter(|(_, value)| *value > SUSPICIOUS).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What each row's bin has on average in the other half of the rows: even blocks tell odd ones, and the other way round, so
/// that a text that is different in every row explains nothing.
fn told(y: &[f64], bins: &[usize], n: usize) -> Vec<f64> {
    let half = |row: usize| row * BLOCKS / y.len() % 2;
    let overall = mean(y.iter().copied()).unwrap_or(0.0);
    let mut sums = vec![[(0.0, 0.0); 2]; n];
    for (row, (y, bin)) in y.iter().zip(bins).enumerate() {
        let (sum, rows) = &mut sums[*bin][half(row)];
        *sum += y;
        *rows += 1.0;
    }
    let mean = |(row, bin): (usize, &usize)| {
        let (sum, rows) = sums[*bin][1 - half(row)];
        (sum + overall) / (rows + 1.0)
    };
    bins.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::samples::{frame, plan};

    const NONE: Open = Open { rows: 0, missing: Vec::new(), infinite: Vec::new() };

    fn found(frame: &Frame, task: Task, open: &Open) -> Vec<(String, LeakSign)> {
        let leaks = find(&plan().features, frame, 0..frame.len(), task, open);
        leaks.into_iter().map(|leak| (leak.feature, leak.sign)).collect()
    }

    #[test]
    fn an_honest_frame_is_not_suspected() {
        let mut honest = frame(20, 60, 3);
        assert_eq!(found(&honest, Task::Binary, &NONE), []);
        // A text that differs in every row explains nothing that it has not seen.
        honest.columns[2] = Column::Category {
            codes: (0..1_200).collect(),
            levels: (0..1_200).map(|level| level.to_string()).collect(),
        };
        assert_eq!(found(&honest, Task::Binary, &NONE), []);
    }

    #[test]
    fn a_feature_that_is_the_target_in_other_words_is_found() {
        let mut leaky = frame(20, 60, 3);
        let target = leaky.target.clone();
        let jitter = |row: usize| (row % 7) as f32 / 10.0;
        leaky.columns[0] =
            Column::Number(target.iter().enumerate().map(|(row, &y)| -3.0 * y as f32 + jitter(row)).collect());
        leaky.columns[2] = Column::Category {
            codes: target.iter().map(|&y| y as u32).collect(),
            levels: vec!["landed".to_owned(), "delayed".to_owned()],
        };
        let expected = [("x".to_owned(), LeakSign::Auc), ("colour".to_owned(), LeakSign::Auc)];
        assert_eq!(found(&leaky, Task::Binary, &NONE), expected);
        leaky.target = (0..1_200).map(|row| f64::from(row % 101)).collect();
        leaky.columns[0] = Column::Number(leaky.target.iter().map(|&y| 2.0 * y as f32 - 5.0).collect());
        assert_eq!(found(&leaky, Task::Regression, &NONE), [("x".to_owned(), LeakSign::R2)]);
    }

    #[test]
    fn a_feature_that_tells_one_of_several_classes_is_found() {
        let mut leaky = frame(20, 60, 3);
        leaky.classes = ["early", "late", "never"].map(str::to_owned).to_vec();
        leaky.target = (0..1_200).map(|row| f64::from(row % 5 / 2)).collect();
        leaky.columns[0] = Column::Number(leaky.target.iter().map(|&y| f32::from(y == 2.0)).collect());
        assert_eq!(found(&leaky, Task::Multiclass, &NONE), [("x".to_owned(), LeakSign::Auc)]);
    }

    #[test]
    fn nulls_that_coincide_with_the_target_are_found() {
        let mut leaky = frame(20, 60, 3);
        let gap = leaky.target.iter().enumerate().map(|(row, &y)| if y > 0.5 { f32::NAN } else { (row % 9) as f32 });
        leaky.columns[1] = Column::Number(gap.collect());
        assert_eq!(found(&leaky, Task::Binary, &NONE), [("gap".to_owned(), LeakSign::NullAuc)]);
    }

    #[test]
    fn what_is_null_until_the_outcome_is_known_is_found() {
        let honest = frame(20, 60, 3);
        let open = |missing: u64| Open { rows: 50, missing: vec![missing, 8, 0], infinite: Vec::new() };
        assert_eq!(found(&honest, Task::Binary, &open(50)), [("x".to_owned(), LeakSign::Late)]);
        assert_eq!(found(&honest, Task::Binary, &open(30)), []);
    }
}
