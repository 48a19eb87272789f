//! Data drift, through the statistics of the score stage: eight features, 12,000 training rows in 40 days, runs of 300 rows
//! judged two of three. Six pipelines of 25 clean runs each, and the second run after one feature moved:
//!
//! | rows | clean runs that fire | caught |
//! | --- | --- | --- |
//! | alike | 0 of 150 | 0.25 σ: 2 of 6, 0.5 σ and 1 σ: 6 of 6 |
//! | days whose means differ by 0.5 σ | 2 of 150 | 0.5 σ: 0, 1.5 σ: 2, 3 σ: 5 of 6 |

use std::collections::BTreeMap;

use super::Noise;
use crate::alerts::data_drift::judge;
use crate::config::DataDriftRule;
use crate::domain::alert::Verdict;
use crate::domain::drift::{Input, Look};
use crate::domain::plan::{ColumnType, FeaturePlan, Task};
use crate::learn::drift::{Holdout, Reference, compare};
use crate::learn::frame::{Column, DAY, Frame};
use crate::learn::preprocess::Preprocess;

const FEATURES: usize = 8;
const TRAINED: usize = 12_000;
const ROWS: usize = 300;

/// `rows` rows of normal features whose means differ from day to day (a day has 300 rows) by `unease`; the first feature
/// is moved by `shift`.
fn columns(noise: &mut Noise, rows: usize, unease: f64, shift: f64) -> Vec<Column> {
    let mut column = |shift: f64| {
        let mut mean = 0.0;
        let values = (0..rows).map(|row| {
            if row % ROWS == 0 {
                mean = unease * noise.normal();
            }
            (noise.normal() + mean + shift) as f32
        });
        Column::Number(values.collect())
    };
    (0..FEATURES).map(|feature| column(if feature == 0 { shift } else { 0.0 })).collect()
}

fn reference(noise: &mut Noise, unease: f64) -> Reference {
    let columns = columns(noise, TRAINED, unease, 0.0);
    let time = (0..TRAINED as i64).map(|row| row / ROWS as i64 * DAY).collect();
    let frame = Frame {
        time,
        target: vec![0.0; TRAINED],
        classes: vec![],
        columns,
        known: Vec::new(),
        weights: vec![],
        source: vec![(0, 0); TRAINED],
    };
    let plan = |n: usize| FeaturePlan::column(format!("f{n}"), ColumnType::Float);
    let plans: Vec<FeaturePlan> = (0..FEATURES).map(plan).collect();
    let preprocess = Preprocess::fit(&plans, &frame, 0..TRAINED);
    let holdout = Holdout {
        task: Task::Binary,
        threshold: 0.5,
        preprocess: &preprocess,
        rows: &(0..0),
        predictions: &[],
        shown: &[],
    };
    Reference::of(&plans, &frame, 0..TRAINED, holdout, None, 7).unwrap()
}

fn look(noise: &mut Noise, reference: &Reference, run: i64, unease: f64, shift: f64) -> Look {
    let columns = columns(noise, ROWS, unease, shift);
    let features = reference.features.iter().zip(&columns).map(|(feature, column)| {
        let moved = compare(feature, column, 1.0 / FEATURES as f64, None).unwrap();
        let limit = moved.psi.limit.unwrap();
        Input { name: moved.name, psi: moved.psi.value, limit, p: moved.p, importance: moved.importance }
    });
    Look { run, at: chrono::DateTime::UNIX_EPOCH, rows: ROWS as u64, features: features.collect(), auc: None }
}

fn fires(looks: &[Look]) -> bool {
    judge(looks, &BTreeMap::new(), &DataDriftRule::default()).iter().any(|v| matches!(v, Verdict::Bad(_)))
}

/// Shares of clean runs that fire, and of second runs after each shift.
fn rates(pipelines: u64, runs: usize, unease: f64, shifts: [f64; 3]) -> (f64, [f64; 3]) {
    let (mut clean, mut caught) = (0, [0; 3]);
    for seed in 0..pipelines {
        let noise = &mut Noise::of(seed);
        let reference = reference(noise, unease);
        let calm: Vec<Look> = (0..runs).map(|run| look(noise, &reference, run as i64, unease, 0.0)).collect();
        clean += (1..=runs).filter(|until| fires(&calm[..*until])).count();
        for (caught, shift) in caught.iter_mut().zip(shifts) {
            let moved = |run: i64, noise: &mut Noise| look(noise, &reference, run, unease, shift);
            let looks = [calm[runs - 1].clone(), moved(1, noise), moved(2, noise)];
            *caught += usize::from(fires(&looks));
        }
    }
    let share = |n: usize, of: f64| n as f64 / of;
    (share(clean, pipelines as f64 * runs as f64), caught.map(|n| share(n, pipelines as f64)))
}

#[test]
fn rows_that_are_alike_do_not_alarm_and_a_feature_that_moves_does() {
    let (clean, caught) = rates(6, 25, 0.0, [0.25, 0.5, 1.0]);
    println!("independent rows: {:.1} false alarms per 1,000 runs, caught {caught:?}", clean * 1e3);
    assert_eq!(clean, 0.0);
    assert_eq!(caught[2], 1.0);
}

#[test]
fn days_that_differ_by_their_nature_are_allowed_to() {
    let (clean, caught) = rates(6, 25, 0.5, [0.5, 1.5, 3.0]);
    println!("days that differ: {:.1} false alarms per 1,000 runs, caught {caught:?}", clean * 1e3);
    assert!(clean <= 0.0134, "{clean}");
    assert!(caught[2] >= 0.6, "{caught:?}");
}
