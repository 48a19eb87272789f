use super::*;
use crate::learn::frame::Column;
use crate::learn::metrics::{auc, log_loss, rmse};
use crate::learn::samples;

fn settings(task: Task, threads: Option<usize>) -> Settings {
    Settings { task, threads, ..Settings::of(&samples::plan(), 7) }
}

fn keep_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn fit(algorithm: Algorithm, settings: &Settings, frame: &Frame, effort: Effort) -> (Preprocess, Learned) {
    let preprocess = Preprocess::fit(&samples::plan().features, frame, 0..frame.len());
    let sample = Sample { preprocess: &preprocess, frame, rows: 0..frame.len() };
    let learned = learner(algorithm, settings).fit(&sample, effort, &mut keep_on).unwrap();
    (preprocess, learned)
}

#[test]
fn every_learner_learns_and_comes_back_from_its_bytes() {
    let (train, test) = (samples::frame(20, 60, 1), samples::frame(10, 60, 2));
    let truth = test.classes(0..test.len());
    let settings = settings(Task::Binary, None);
    let mut losses = Vec::new();
    for algorithm in [Algorithm::Baseline, Algorithm::Linear, Algorithm::Boosting] {
        let (preprocess, learned) = fit(algorithm, &settings, &train, Effort::Search);
        let predictions = learned.model.predict(&preprocess, &test, 0..test.len()).unwrap();
        losses.push(log_loss(&truth, &predictions).unwrap());
        let back = load(algorithm, &learned.model.to_bytes().unwrap()).unwrap();
        let again = back.predict(&preprocess, &test, 0..test.len()).unwrap();
        assert!(predictions.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "{algorithm:?}");
        let parts = learned.model.contributions(&preprocess, &test, 0..test.len()).unwrap();
        for (parts, p) in parts.chunks_exact(4).zip(&predictions) {
            let odds = parts.iter().sum::<f64>();
            assert!((1.0 / (1.0 + (-odds).exp()) - p).abs() < 1e-5, "{algorithm:?}: {odds} for {p}");
        }
        if algorithm != Algorithm::Baseline {
            assert!(auc(&truth, &predictions).unwrap() > 0.65, "{algorithm:?}");
            let importance = learned.model.importance(&preprocess);
            assert!((importance.iter().map(|(_, w)| w).sum::<f64>() - 1.0).abs() < 1e-9);
            assert_eq!(importance.last().unwrap().0, "gap", "{algorithm:?}: {importance:?}");
        }
    }
    assert!(losses[1] < losses[0] && losses[2] < losses[0], "{losses:?}");
}

#[test]
fn the_linear_model_is_not_turned_round_by_the_more_frequent_class() {
    for turned in [false, true] {
        let mut frame = samples::frame(10, 60, 3);
        for y in &mut frame.target {
            *y = if turned { 1.0 - *y } else { *y };
        }
        let (preprocess, learned) = fit(Algorithm::Linear, &settings(Task::Binary, None), &frame, Effort::Search);
        let predictions = learned.model.predict(&preprocess, &frame, 0..frame.len()).unwrap();
        let classes = frame.classes(0..frame.len());
        assert!(auc(&classes, &predictions).unwrap() > 0.65);
        let rate = frame.positives(0..frame.len()) as f64 / frame.len() as f64;
        let mean = predictions.iter().sum::<f64>() / predictions.len() as f64;
        assert!((mean - rate).abs() < 0.01, "mean {mean}, rate {rate}");
    }
}

#[test]
fn ridge_finds_a_line_far_from_the_origin() {
    let mut frame = samples::frame(10, 60, 4);
    let Column::Number(x) = &frame.columns[0] else { panic!("x is a number") };
    frame.target = x.iter().map(|&x| 1_000.0 - 30.0 * f64::from(x)).collect();
    let (preprocess, learned) = fit(Algorithm::Linear, &settings(Task::Regression, None), &frame, Effort::Search);
    let predictions = learned.model.predict(&preprocess, &frame, 0..frame.len()).unwrap();
    assert!(rmse(&frame.target, &predictions).unwrap() < 0.1);
    assert_eq!(learned.model.importance(&preprocess)[0].0, "x");
}

#[test]
fn boosting_learns_numbers_too() {
    let mut frame = samples::frame(10, 60, 4);
    let Column::Number(x) = &frame.columns[0] else { panic!("x is a number") };
    frame.target = x.iter().map(|&x| if x > 0.5 { 10.0 } else { -10.0 }).collect();
    let (preprocess, learned) = fit(Algorithm::Boosting, &settings(Task::Regression, None), &frame, Effort::Search);
    let predictions = learned.model.predict(&preprocess, &frame, 0..frame.len()).unwrap();
    assert!(rmse(&frame.target, &predictions).unwrap() < 1.0);
}

#[test]
fn boosting_gives_the_same_bytes_at_any_number_of_threads() {
    let frame = samples::frame(20, 60, 5);
    let bytes = |threads| {
        let settings = settings(Task::Binary, Some(threads));
        fit(Algorithm::Boosting, &settings, &frame, Effort::Search).1.model.to_bytes().unwrap()
    };
    assert_eq!(bytes(1), bytes(2));
}

#[test]
fn the_search_sets_every_sixth_day_aside_and_a_refit_takes_them_all() {
    let frame = samples::frame(20, 60, 6);
    let settings = settings(Task::Binary, None);
    let (_, searched) = fit(Algorithm::Boosting, &settings, &frame, Effort::Search);
    assert_eq!(searched.rows, 1_020);
    let rounds = searched.model.rounds().unwrap();
    assert!(rounds < settings.boosting.max_rounds, "stopped early, at {rounds}");
    let (_, refitted) = fit(Algorithm::Boosting, &settings, &frame, searched.again(1_200));
    assert_eq!(refitted.rows, 1_200);
    assert_eq!(refitted.model.rounds(), Some((f64::from(rounds) * 1_200.0 / 1_020.0).round() as u32));
    assert_eq!(searched.again(1_000_000), Effort::Rounds((f64::from(rounds) * 1.2).round() as u32));
}

#[test]
fn a_fit_that_runs_ahead_gives_the_model_of_as_many_rounds_or_none() {
    let frame = samples::frame(20, 60, 4);
    let settings = settings(Task::Binary, None);
    let (preprocess, after) = fit(Algorithm::Boosting, &settings, &frame, Effort::Rounds(12));
    let sample = Sample { preprocess: &preprocess, frame: &frame, rows: 0..frame.len() };
    let ahead = |tell: fn(Leading)| {
        let lead = Lead::default();
        tell(lead.leading());
        boost_ahead(&settings, &sample, &lead).unwrap()
    };
    let early = ahead(|leading| leading.rounds(12)).unwrap();
    assert_eq!(early.model.to_bytes().unwrap(), after.model.to_bytes().unwrap());
    assert_eq!(early.model.rounds(), Some(12));
    assert!(ahead(|leading| drop(leading)).is_none());
    assert!(ahead(|leading| leading.rounds(1_000_000)).is_none());
    // Told only while it is under way, or after all its rounds.
    let lead = Lead::default();
    let late = std::thread::scope(|scope| {
        let leading = lead.leading();
        let fitting = scope.spawn(|| boost_ahead(&settings, &sample, &lead));
        leading.rounds(12);
        fitting.join().unwrap().unwrap().unwrap()
    });
    assert_eq!(late.model.to_bytes().unwrap(), after.model.to_bytes().unwrap());
}

#[test]
fn a_fit_says_how_far_it_is_and_can_be_stopped() {
    let frame = samples::frame(20, 60, 6);
    let preprocess = Preprocess::fit(&samples::plan().features, &frame, 0..frame.len());
    let sample = Sample { preprocess: &preprocess, frame: &frame, rows: 0..frame.len() };
    let mut heard = Vec::new();
    let result = learner(Algorithm::Boosting, &settings(Task::Binary, None)).fit(&sample, Effort::Search, &mut |p| {
        heard.push(p);
        if heard.len() == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(result, Err(LearnError::Interrupted)));
    assert_eq!((heard.len(), heard[0].done, heard[0].total), (1, 5, 40));
    assert!(heard[0].best.is_some());
}

#[test]
fn bytes_that_are_no_model_are_refused() {
    for algorithm in [Algorithm::Baseline, Algorithm::Linear, Algorithm::Boosting] {
        assert!(matches!(load(algorithm, b"{}x"), Err(LearnError::Input(_))), "{algorithm:?}");
    }
}

#[test]
fn a_single_class_is_not_taken_for_certain_by_the_baseline() {
    assert_eq!(constant(Task::Binary, &[1.0, 1.0, 1.0], 0), [0.875]);
    assert_eq!(constant(Task::Binary, &[], 0), [0.5]);
    assert_eq!(constant(Task::Regression, &[1.0, 3.0], 0), [2.0]);
    assert_eq!(constant(Task::Multiclass, &[0.0, 0.0, 2.0], 3), [2.5 / 4.5, 0.5 / 4.5, 1.5 / 4.5]);
}

#[test]
fn who_may_take_part_depends_on_rows_and_classes() {
    assert!(admitted(Algorithm::Baseline, 0, &[0, 0]).is_ok());
    assert!(admitted(Algorithm::Linear, 49, &[29, 20]).unwrap_err().contains("needs 50"));
    assert!(admitted(Algorithm::Boosting, 5_000, &[10, 4_990]).unwrap_err().contains("rarer has 10"));
    assert!(admitted(Algorithm::Boosting, 300, &[]).is_ok());
    assert!(admitted(Algorithm::Boosting, 500, &[5, 440, 55]).is_ok());
    assert!(admitted(Algorithm::Boosting, 500, &[490]).unwrap_err().contains("the rarer has 0"));
}

#[test]
fn every_learner_tells_several_classes_apart_and_comes_back_from_its_bytes() {
    let train = samples::several(20, 60, 1);
    let test = samples::several(10, 60, 2);
    let settings = settings(Task::Multiclass, None);
    let mut losses = Vec::new();
    for algorithm in [Algorithm::Baseline, Algorithm::Linear, Algorithm::Boosting] {
        let (preprocess, learned) = fit(algorithm, &settings, &train, Effort::Search);
        let predictions = learned.model.predict(&preprocess, &test, 0..test.len()).unwrap();
        assert_eq!(predictions.len(), 3 * test.len());
        assert!(predictions.chunks(3).all(|p| (p.iter().sum::<f64>() - 1.0).abs() < 1e-6), "{algorithm:?}");
        let truth: Vec<usize> = test.target.iter().map(|&y| y as usize).collect();
        losses.push(crate::learn::metrics::class_log_loss(&truth, &predictions, 3).unwrap());
        let back = load(algorithm, &learned.model.to_bytes().unwrap()).unwrap();
        let again = back.predict(&preprocess, &test, 0..test.len()).unwrap();
        assert!(predictions.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "{algorithm:?}");
        let parts = learned.model.contributions(&preprocess, &test, 0..test.len()).unwrap();
        assert_eq!(parts.len(), (preprocess.features.len() + 1) * test.len());
        if algorithm != Algorithm::Baseline {
            let importance = learned.model.importance(&preprocess);
            assert!(importance[0].0 == "x" && importance[0].1 > 0.5, "{algorithm:?}: {importance:?}");
        }
    }
    assert!(losses[1] < 0.9 * losses[0] && losses[2] < 0.9 * losses[0], "{losses:?}");
}

#[test]
fn what_is_missing_is_predicted_as_it_was_learned() {
    let mut frame = samples::frame(20, 60, 4);
    let Column::Number(gap) = frame.columns[1].clone() else { unreachable!() };
    // Of the missing ones four in five are positive, of the others one in five.
    for (row, value) in gap.iter().enumerate() {
        frame.target[row] = f64::from(u8::from((row % 5 == 0) != value.is_nan()));
    }
    let (preprocess, learned) = fit(Algorithm::Boosting, &settings(Task::Binary, None), &frame, Effort::Rounds(30));
    let predictions = learned.model.predict(&preprocess, &frame, 0..frame.len()).unwrap();
    let of = |missing: bool| {
        let chosen = predictions.iter().zip(&gap).filter(|(_, value)| value.is_nan() == missing);
        crate::learn::metrics::mean(chosen.map(|(p, _)| *p)).unwrap()
    };
    assert!(of(true) > 0.7 && of(false) < 0.3, "{} {}", of(true), of(false));
}
