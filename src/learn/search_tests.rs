use std::ops::ControlFlow;

use super::*;
use crate::learn::frame::DAY;
use crate::learn::learner::Progress;
use crate::learn::samples;
use crate::learn::split::split;

fn look(plan: &ModelPlan, frame: &Frame, seed: u64) -> Found {
    let cut = split(&frame.time, plan.holdout_days, 0.0);
    let mut go_on = |_: Progress| ControlFlow::Continue(());
    search(frame, plan, &Settings::of(plan, seed), &cut, &mut go_on).unwrap()
}

fn told(found: &Found) -> Vec<(String, Option<f64>, Option<u32>, bool)> {
    found.standings.iter().map(|s| (s.who.clone(), s.loss, s.rounds, s.chosen)).collect()
}

#[test]
fn without_a_wish_or_without_rows_nothing_is_searched() {
    let (frame, mut plan) = (samples::frame(40, 60, 1), samples::plan());
    let found = look(&plan, &frame, 7);
    assert!(found.standings.is_empty() && found.plan == plan);
    plan.learning.auto = true;
    let found = look(&plan, &samples::frame(4, 10, 1), 7);
    assert!(found.standings.is_empty() && found.plan == plan);
}

#[test]
fn the_leaderboard_tries_baseline_linear_and_three_kinds_of_boosting_and_sends_one_on() {
    let (frame, mut plan) = (samples::frame(40, 60, 1), samples::plan());
    plan.learning.auto = true;
    let found = look(&plan, &frame, 7);
    let who: Vec<&str> = found.standings.iter().map(|s| s.who.split(',').next().unwrap()).collect();
    assert_eq!(who.iter().filter(|who| **who == "boosting").count(), 3, "{who:?}");
    assert!(who.contains(&"linear") && who.contains(&"baseline") && who.len() == 5);
    assert!(found.standings.is_sorted_by(|a, b| a.loss <= b.loss));
    assert_eq!(found.plan.algorithms.len(), 1);
    let chosen: Vec<&Standing> = found.standings.iter().filter(|s| s.chosen).collect();
    assert_eq!(chosen.len(), 1);
    assert!(chosen[0].who.starts_with(found.plan.algorithms[0].name()));
}

#[test]
fn what_is_drawn_goes_by_the_seed_and_the_holdout_is_not_looked_at() {
    let (mut frame, mut plan) = (samples::frame(40, 60, 2), samples::plan());
    plan.learning.search = Some(SearchPlan { halving: false, trials: 3 });
    let first = look(&plan, &frame, 7);
    assert_eq!(first.standings.len(), 7, "three of each algorithm and the baseline");
    assert_eq!(told(&first), told(&look(&plan, &frame, 7)));
    assert_ne!(told(&first), told(&look(&plan, &frame, 8)));
    let holdout = split(&frame.time, plan.holdout_days, 0.0).holdout;
    frame.target[holdout].iter_mut().for_each(|y| *y = 1.0 - *y);
    assert_eq!(told(&first), told(&look(&plan, &frame, 7)), "turned outcomes of the holdout change nothing");
    assert_eq!(first.plan.algorithms, plan.algorithms, "each algorithm enters with its best settings");
}

#[test]
fn halving_sends_a_third_of_the_field_to_twice_as_many_rows() {
    let (frame, mut plan) = (samples::frame(60, 60, 3), samples::plan());
    plan.algorithms = vec![Algorithm::Linear];
    plan.learning.search = Some(SearchPlan { halving: true, trials: 8 });
    let found = look(&plan, &frame, 7);
    assert_eq!(found.standings.len(), 9);
    assert!(found.standings[0].chosen && found.standings[0].loss.is_some());
    assert_eq!(found.plan.linear.penalty, found.plan.linear.penalty.clamp(1e-3, 1e4));
}

#[test]
fn of_a_rung_the_better_third_goes_on_to_twice_as_many_rows_until_it_has_all() {
    assert_eq!(rungs(true, 21), [(0.25, 21), (0.5, 7), (1.0, 3)]);
    assert_eq!(rungs(true, 8), [(0.25, 8), (0.5, 3), (1.0, 1)], "a third of eight is three, not two");
    assert_eq!(rungs(true, 1), [(0.25, 1), (0.5, 1), (1.0, 1)]);
    assert_eq!(rungs(false, 8), [(1.0, 8)]);
}

#[test]
fn without_time_only_the_baseline_is_tried_and_what_was_left_is_counted() {
    let (frame, mut plan) = (samples::frame(40, 60, 1), samples::plan());
    plan.learning.search = Some(SearchPlan { halving: false, trials: 2 });
    plan.learning.budget_seconds = 0.0;
    let found = look(&plan, &frame, 7);
    assert_eq!((found.left, found.plan.boosting, found.plan.algorithms), (4, plan.boosting, plan.algorithms));
}

#[test]
fn a_search_can_be_stopped() {
    let (frame, mut plan) = (samples::frame(40, 60, 1), samples::plan());
    plan.learning.auto = true;
    let cut = split(&frame.time, plan.holdout_days, 0.0);
    let mut stop = |_: Progress| ControlFlow::Break(());
    let result = search(&frame, &plan, &Settings::of(&plan, 7), &cut, &mut stop);
    assert!(matches!(result, Err(LearnError::Interrupted)));
}

#[test]
fn what_was_found_for_the_linear_model_is_not_taken_back_by_a_learner_without_settings() {
    let plan = samples::plan();
    let mut tuned = Trial { loss: Some(0.4), ..Trial::new(Algorithm::Linear, &plan) };
    tuned.plan.linear.penalty = 5.0;
    let other = Trial { loss: Some(0.5), ..Trial::new(Algorithm::NaiveBayes, &plan) };
    assert_eq!(chosen(&plan, vec![tuned, other], 0).plan.linear.penalty, 5.0);
}

#[test]
fn a_penalty_is_searched_for_whoever_has_one_and_the_best_is_for_all_of_them() {
    let (frame, mut plan) = (samples::frame(40, 60, 2), samples::plan());
    plan.task = Task::Regression;
    plan.algorithms = vec![Algorithm::Ridge, Algorithm::Poisson];
    plan.learning.search = Some(SearchPlan { halving: false, trials: 4 });
    let found = look(&plan, &frame, 7);
    let of = |name: &str| found.standings.iter().filter(|s| s.who.starts_with(name)).count();
    assert_eq!((of("ridge, penalty"), of("poisson, penalty"), of("baseline")), (4, 4, 1), "{:?}", told(&found));
    let best = found.standings.iter().find(|s| s.who.contains("penalty")).unwrap();
    assert!(best.chosen && best.who.ends_with(&format!("penalty {}", figure(found.plan.linear.penalty))));
    assert_eq!(found.standings.iter().filter(|s| s.chosen).count(), 1);
}

#[test]
fn outcomes_that_were_not_known_at_the_inner_cut_are_not_learned_from() {
    let (mut frame, mut plan) = (samples::frame(40, 60, 2), samples::plan());
    plan.learning.search = Some(SearchPlan { halving: false, trials: 2 });
    let late = |time: i64| (10..15).contains(&time.div_euclid(DAY));
    frame.known = frame.time.iter().map(|&time| if late(time) { 34 * DAY } else { time }).collect();
    let first = look(&plan, &frame, 7);
    for row in 0..frame.len() {
        if late(frame.time[row]) {
            frame.target[row] = 1.0 - frame.target[row];
        }
    }
    assert_eq!(told(&first), told(&look(&plan, &frame, 7)));
}
