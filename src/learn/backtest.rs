//! A rolling-origin backtest: at several instants of the past every window and learner is trained on what was known
//! then and judged on what came next (Tashman 2000: out-of-sample tests with rolling origins).

use std::ops::Range;

use super::LearnError;
use super::diagnose::take;
use super::frame::{Frame, day};
use super::judge::{Measure, compare, judge};
use super::learner::{Effort, Sample, Settings, Watch, learner};
use super::metrics::{mean, skill};
use super::preprocess::Preprocess;
use super::split;
use super::window::kept;
use crate::domain::backtest::{Backtest, Standing, Trial};
use crate::domain::plan::{Algorithm, ModelPlan, Window};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What is predicted, from what, by whom.
    pub plan: &'a ModelPlan,
    /// Of everything random.
    pub settings: &'a Settings,
    /// How many folds, each as long as the plan's holdout, counted from the end of the history.
    pub folds: u32,
    /// Days between training and judging; at least the plan's label delay is meant.
    pub gap_days: f64,
    /// Which windows; the first one is what others are compared with.
    pub windows: &'a [Window],
}

/// The losses of one window and algorithm over all folds, with the rows' times.
struct Line {
    window: Window,
    algorithm: Algorithm,
    time: Vec<i64>,
    losses: Vec<f64>,
}

/// Runs it on `frame`, whose rows are labelled and in order. `said` hears of each fold that begins. Folds before which
/// there is nothing to train on are left out.
///
/// # Errors
/// [`LearnError::Interrupted`] when `watch` said so; what rows cannot be predicted for. A learner that cannot be fitted is
/// absent.
pub fn backtest(
    frame: &Frame,
    question: Question,
    watch: &mut Watch,
    mut said: impl FnMut(u32, &str),
) -> Result<Backtest, LearnError> {
    let (mut trials, mut lines, mut absent) = (Vec::new(), Vec::<Line>::new(), Vec::new());
    for (fold, rows) in folds(frame, question).into_iter().enumerate() {
        let fold = fold as u32 + 1;
        let days = (day(frame.time[rows.start]), day(frame.time[rows.end - 1]));
        said(fold, &format!("fold {fold}: {} to {}", days.0, days.1));
        let boundary = frame.time[rows.start] - 1;
        let known = split::at(&frame.time[..rows.end], boundary, question.gap_days).train;
        for &window in question.windows {
            let mut train = kept(window, frame, known.clone(), frame.time[known.end - 1]);
            train.retain(|&row| frame.known.get(row).is_none_or(|&known| known <= boundary));
            let all: Vec<usize> = train.iter().copied().chain(rows.clone()).collect();
            let part = take(frame, &all);
            let (fitted, judged) = (0..train.len(), train.len()..all.len());
            let preprocess = Preprocess::fit(&question.plan.features, &part, fitted.clone());
            for algorithm in algorithms(question.plan) {
                if let Err(reason) = super::contest::admit(algorithm, question.settings, &part, fitted.clone()) {
                    absent.push(format!("fold {fold}, {}: {reason}", window.words()));
                    continue;
                }
                let sample = Sample { preprocess: &preprocess, frame: &part, rows: fitted.clone() };
                let learned = match learner(algorithm, question.settings).fit(&sample, Effort::Search, watch) {
                    Err(LearnError::Interrupted) => return Err(LearnError::Interrupted),
                    Err(reason) => {
                        absent.push(format!("fold {fold}, {}, {}: {reason}", window.words(), algorithm.name()));
                        continue;
                    }
                    Ok(learned) => learned,
                };
                let predictions = learned.model.predict(&preprocess, &part, judged.clone())?;
                let judgement = judge(Measure::of(question.plan), &part, judged.clone(), &predictions);
                let Some(loss) = judgement.loss else { continue };
                trials.push(Trial {
                    fold,
                    window,
                    algorithm: algorithm.name().to_owned(),
                    trained: train.len() as u64,
                    rows: judged.len() as u64,
                    days: days.clone(),
                    loss,
                    figures: judgement.figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
                });
                remember(&mut lines, window, algorithm, &frame.time[rows.clone()], &judgement.losses);
            }
        }
    }
    let standings = standings(&lines, question);
    let loss = Measure::of(question.plan).name().to_owned();
    Ok(Backtest { loss, gap_days: question.gap_days, trials, standings, absent })
}

/// The rows judged on in each fold, the oldest first.
fn folds(frame: &Frame, question: Question) -> Vec<Range<usize>> {
    let Some(&last) = frame.time.last() else { return Vec::new() };
    let length = (question.plan.holdout_days * super::frame::DAY as f64) as i64;
    let behind = |boundary: i64| frame.time.partition_point(|&t| t <= boundary);
    let of = |back: i64| behind(last - (back + 1) * length)..behind(last - back * length);
    let with_past = |rows: &Range<usize>| {
        !rows.is_empty() && {
            let boundary = frame.time[rows.start] - 1;
            // Without a row old enough nothing is held out.
            !split::at(&frame.time[..rows.end], boundary, question.gap_days).holdout.is_empty()
        }
    };
    (0..i64::from(question.folds)).rev().map(of).filter(with_past).collect()
}

fn algorithms(plan: &ModelPlan) -> Vec<Algorithm> {
    let others = plan.algorithms.iter().copied().filter(|a| *a != Algorithm::Baseline);
    std::iter::once(Algorithm::Baseline).chain(others).collect()
}

fn remember(lines: &mut Vec<Line>, window: Window, algorithm: Algorithm, time: &[i64], losses: &[f64]) {
    let at = lines.iter().position(|line| line.window == window && line.algorithm == algorithm).unwrap_or_else(|| {
        lines.push(Line { window, algorithm, time: Vec::new(), losses: Vec::new() });
        lines.len() - 1
    });
    lines[at].time.extend(time);
    lines[at].losses.extend(losses);
}

fn standings(lines: &[Line], question: Question) -> Vec<Standing> {
    let baseline = lines.iter().find(|line| line.algorithm == Algorithm::Baseline);
    let loss_of = |line: &Line| mean(line.losses.iter().copied());
    let mut standings: Vec<Standing> = lines
        .iter()
        .filter_map(|line| {
            let loss = loss_of(line)?;
            let same = |other: &&Line| other.algorithm == line.algorithm && other.window == question.windows[0];
            let first = lines.iter().find(same).filter(|first| first.window != line.window && first.time == line.time);
            let against = first.and_then(|first| {
                let base = loss_of(first).filter(|base| *base > 0.0)?;
                let of = compare(&line.time, &line.losses, &first.losses, question.settings.seed)?;
                Some([of.mean / base, of.low / base, of.high / base])
            });
            let of_baseline =
                baseline.filter(|baseline| baseline.time == line.time && line.algorithm != Algorithm::Baseline);
            Some(Standing {
                window: line.window,
                algorithm: line.algorithm.name().to_owned(),
                rows: line.losses.len() as u64,
                loss,
                skill: of_baseline.and_then(loss_of).and_then(|baseline| skill(loss, baseline)),
                against_first: against,
            })
        })
        .collect();
    standings.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    standings
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::domain::plan::Task;
    use crate::learn::frame::DAY;
    use crate::learn::samples;

    fn ask(frame: &Frame, plan: &ModelPlan, folds: u32, gap_days: f64, windows: &[Window]) -> Backtest {
        let settings = Settings::of(plan, 7);
        let question = Question { plan, settings: &settings, folds, gap_days, windows };
        backtest(frame, question, &mut |_| ControlFlow::Continue(()), |_, _| {}).unwrap()
    }

    #[test]
    fn every_fold_is_trained_on_its_past_only_and_judged_on_what_came_next() {
        let (frame, plan) = (samples::frame(40, 40, 1), samples::plan());
        let told = ask(&frame, &plan, 3, 2.0, &[Window::All]);
        let boosting: Vec<_> = told.trials.iter().filter(|trial| trial.algorithm == "boosting").collect();
        let spans: Vec<_> = boosting.iter().map(|t| (t.fold, t.days.0.as_str(), t.trained, t.rows)).collect();
        // Folds of 5 days end with the last one; 2 more days lie between them and what was known.
        let first = |fold: u32| spans[fold as usize - 1];
        assert_eq!((first(1).1, first(1).3), ("1970-01-26", 200));
        assert_eq!((first(3).1, first(3).3), ("1970-02-05", 200));
        assert!(spans.windows(2).all(|pair| pair[1].2 == pair[0].2 + 200), "{spans:?}");
        let last = 40 * 40 - 200;
        assert!((last - 81..=last - 80).contains(&(first(3).2 as usize)), "{spans:?}");
        assert_eq!(told.standings.last().map(|s| s.algorithm.as_str()), Some("baseline"));
        assert!(told.standings[0].skill.is_some_and(|skill| skill > 0.05), "{:?}", told.standings);
    }

    #[test]
    fn a_world_that_changed_is_learned_better_from_its_newest_days() {
        let mut frame = samples::frame(60, 60, 1);
        // Until day 30 the classes were the other way round.
        for row in 0..frame.len() {
            if frame.time[row] < 30 * DAY {
                frame.target[row] = 1.0 - frame.target[row];
            }
        }
        let plan = ModelPlan { algorithms: vec![Algorithm::Linear], ..samples::plan() };
        let windows = [Window::All, Window::Days(15.0), Window::Rows(900), Window::HalfLife(7.0)];
        let told = ask(&frame, &plan, 2, 0.0, &windows);
        assert_ne!(told.standings[0].window, Window::All);
        for standing in told.standings.iter().filter(|s| s.algorithm == "linear" && s.window != Window::All) {
            let [_, _, high] = standing.against_first.unwrap();
            assert!(high < 0.0, "{standing:?} is surely better");
        }
    }

    #[test]
    fn a_learner_that_cannot_be_fitted_is_absent_and_the_others_are_judged() {
        let mut frame = samples::frame(40, 40, 1);
        frame.target.iter_mut().for_each(|y| *y -= 0.5);
        let algorithms = vec![Algorithm::Poisson, Algorithm::Ridge];
        let plan = ModelPlan { algorithms, task: Task::Regression, ..samples::plan() };
        let told = ask(&frame, &plan, 2, 0.0, &[Window::All]);
        assert!(told.trials.iter().any(|trial| trial.algorithm == "ridge"));
        assert!(told.trials.iter().all(|trial| trial.algorithm != "poisson"));
        assert!(told.absent.iter().any(|reason| reason.starts_with("fold 1, ") && reason.contains("poisson")));
    }

    #[test]
    fn what_has_no_past_is_no_fold_and_little_data_says_who_is_absent() {
        let plan = samples::plan();
        assert!(ask(&samples::frame(0, 0, 1), &plan, 3, 0.0, &[Window::All]).trials.is_empty());
        assert!(ask(&samples::frame(4, 10, 1), &plan, 3, 0.0, &[Window::All]).trials.is_empty());
        let little = ask(&samples::frame(12, 10, 1), &plan, 5, 0.0, &[Window::All]);
        assert!(little.trials.iter().all(|trial| trial.algorithm != "boosting"));
        assert!(little.absent.iter().any(|reason| reason.contains("boosting needs 300")), "{:?}", little.absent);
    }
}
