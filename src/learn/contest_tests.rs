use super::*;
use crate::domain::model::Verdict;
use crate::domain::plan::{ColumnType, LearningPlan, PromotionPlan};
use crate::learn::bundle::{self, Content, Span, Stamp};
use crate::learn::drift::{Reference, Sketch};
use crate::learn::frame::Column;
use crate::learn::learner::Progress;
use crate::learn::samples;
use std::ops::ControlFlow;

fn keep_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn run(frame: &Frame, plan: &ModelPlan, incumbent: Option<&Incumbent>) -> Outcome {
    hold(frame, plan, &Settings::of(plan, 7), incumbent, &mut keep_on).unwrap().unwrap()
}

/// The outcome as a stored bundle.
fn store(frame: &Frame, plan: &ModelPlan, outcome: &Outcome) -> bundle::Files {
    let validation = Sketch::of(&outcome.validation, Some(1));
    store_with(frame, plan, outcome, Some(&Reference { validation, ..Reference::default() }))
}

fn store_with(frame: &Frame, plan: &ModelPlan, outcome: &Outcome, reference: Option<&Reference>) -> bundle::Files {
    let content = Content {
        task: plan.task,
        classes: frame.classes.clone(),
        target: plan.target.clone(),
        time: plan.time.clone(),
        features: plan.features.iter().map(|f| f.name.clone()).collect(),
        algorithm: outcome.algorithm,
        recipe: bundle::recipe(plan, outcome.algorithm),
        data: "d".to_owned(),
        seed: 7,
        threshold: 0.5,
        judged: Span::of(frame, outcome.fitted.0.clone()),
        serving: Span::of(frame, outcome.fitted.1.clone()),
        baseline: 0.4,
        baselines: Vec::new(),
        rounds: outcome.serving.model.rounds(),
        continued: outcome.continued,
    };
    let stamp = Stamp {
        pipeline: "p".to_owned(),
        version: 3,
        run: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
        landfall: "0".to_owned(),
        hash: String::new(),
    };
    bundle::pack(content, stamp, &outcome.judged, &outcome.serving, &Default::default(), reference).unwrap().0
}

fn bundle(frame: &Frame, plan: &ModelPlan) -> Bundle {
    bundle::unpack(&store(frame, plan, &run(frame, plan, None))).unwrap()
}

#[test]
fn the_first_version_is_promoted_when_it_beats_the_baseline() {
    let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    let outcome = run(&frame, &plan, None);
    assert_eq!(outcome.decision.verdict, Verdict::Promoted);
    assert_ne!(outcome.algorithm, Algorithm::Baseline);
    assert!(outcome.challenger.loss < outcome.baseline.loss);
    assert_eq!(outcome.split, Split { train: 0..1_000, holdout: 1_000..1_200 });
    assert_eq!(outcome.judged.preprocess.rows, 1_000);
    assert_eq!(outcome.serving.preprocess.rows, 1_200);
}

#[test]
fn without_refit_the_judged_twin_serves() {
    let (frame, plan) = (samples::frame(30, 40, 1), ModelPlan { refit: false, ..samples::plan() });
    let outcome = run(&frame, &plan, None);
    assert_eq!(outcome.judged.predict(&frame).unwrap(), outcome.serving.predict(&frame).unwrap());
    assert_eq!(outcome.fitted.1, outcome.split.train);
}

#[test]
fn nothing_to_learn_from_makes_nothing_and_little_makes_the_baseline() {
    let plan = samples::plan();
    let none = hold(&samples::frame(0, 0, 1), &plan, &Settings::of(&plan, 7), None, &mut keep_on).unwrap();
    assert!(none.is_none());
    for rows in [1, 2, 20] {
        let outcome = run(&samples::frame(rows, 1, 1), &plan, None);
        assert_eq!((outcome.algorithm, outcome.decision.verdict), (Algorithm::Baseline, Verdict::Promoted));
        assert!(outcome.decision.reason.contains("too little to judge on"), "{}", outcome.decision.reason);
        assert!(outcome.decision.reason.contains("linear needs 50"), "{}", outcome.decision.reason);
    }
}

#[test]
fn the_same_recipe_on_newer_data_is_promoted_unless_it_is_worse() {
    let plan = samples::plan();
    let (before, after) = (samples::frame(30, 40, 1), samples::frame(31, 40, 1));
    let champion = bundle(&before, &plan);
    let incumbent = Incumbent::Present { version: 3, bundle: &champion, frame: None };
    let outcome = run(&after, &plan, Some(&incumbent));
    assert_eq!(outcome.decision.verdict, Verdict::Promoted, "{}", outcome.decision.reason);
    assert!(outcome.decision.reason.starts_with("not worse than version 3"), "{}", outcome.decision.reason);
    // The champion is judged on the rows its twin has not seen: the twin was trained on the first 25 days.
    let (version, rows, judgement) = outcome.champion.unwrap();
    assert_eq!((version, rows.clone(), judgement.losses.len()), (3, 1_040..1_240, 200));
    let strict = ModelPlan { promotion: PromotionPlan { tolerance: -1.0, ..plan.promotion.clone() }, ..plan };
    assert_eq!(run(&after, &strict, Some(&incumbent)).decision.verdict, Verdict::Kept);
}

#[test]
fn the_champion_is_not_judged_on_rows_it_has_seen() {
    let plan = samples::plan();
    let frame = samples::frame(30, 40, 1);
    let champion = bundle(&frame, &plan);
    let longer = ModelPlan { holdout_days: 8.0, ..plan };
    let incumbent = Incumbent::Present { version: 3, bundle: &champion, frame: None };
    let outcome = run(&frame, &longer, Some(&incumbent));
    let (_, rows, _) = outcome.champion.unwrap();
    assert_eq!((outcome.split.holdout, rows), (880..1_200, 1_000..1_200));
    let mut newer = samples::frame(25, 40, 1);
    newer.drop_before(0);
    let past = run(&newer, &longer, Some(&incumbent));
    assert_eq!(past.decision.verdict, Verdict::Provisional);
    assert!(past.champion.is_none());
}

#[test]
fn another_window_or_the_wish_for_calibration_is_another_recipe() {
    let plan = samples::plan();
    let of = |plan: &ModelPlan| bundle::recipe(plan, Algorithm::Boosting);
    let window = ModelPlan { window: Window::Days(28.0), ..plan.clone() };
    let mut calibrated = plan.clone();
    calibrated.learning.calibrate = true;
    let recipes = [of(&plan), of(&window), of(&calibrated)];
    assert_eq!(recipes.iter().collect::<std::collections::HashSet<_>>().len(), 3, "{recipes:?}");
}

#[test]
fn another_recipe_must_be_clearly_better() {
    let frame = samples::frame(30, 40, 1);
    let plan = samples::plan();
    let linear = ModelPlan { algorithms: vec![Algorithm::Linear], ..plan.clone() };
    let baseline = ModelPlan { algorithms: vec![], ..plan.clone() };
    let weak = bundle(&frame, &baseline);
    let incumbent = Incumbent::Present { version: 3, bundle: &weak, frame: None };
    let over_baseline = run(&frame, &linear, Some(&incumbent));
    assert_eq!(over_baseline.decision.verdict, Verdict::Promoted, "{}", over_baseline.decision.reason);
    assert!(over_baseline.decision.reason.starts_with("better than version 3"));
    let strong = bundle(&frame, &linear);
    let incumbent = Incumbent::Present { version: 4, bundle: &strong, frame: None };
    let boosting = ModelPlan { algorithms: vec![Algorithm::Boosting], ..plan };
    let beside = run(&frame, &boosting, Some(&incumbent));
    assert_eq!(beside.decision.verdict, Verdict::Kept, "{}", beside.decision.reason);
    assert!(beside.decision.reason.starts_with("not better than version 4"), "{}", beside.decision.reason);
}

#[test]
fn a_champion_that_cannot_score_is_replaced_by_whoever_can() {
    let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    let unfit = Incumbent::Unfit { version: 3, reason: "column \"x\" is missing".to_owned() };
    let outcome = run(&frame, &plan, Some(&unfit));
    assert_eq!(outcome.decision.verdict, Verdict::Promoted);
    assert!(outcome.decision.reason.contains("version 3 can no longer score"));
    let tiny = run(&samples::frame(3, 1, 1), &plan, Some(&unfit));
    assert_eq!((tiny.algorithm, tiny.decision.verdict), (Algorithm::Baseline, Verdict::Promoted));
}

#[test]
fn the_same_data_and_seed_give_the_same_bundle_at_any_number_of_threads() {
    let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    let with = |threads| {
        let settings = Settings { threads: Some(threads), ..Settings::of(&plan, 7) };
        let outcome = hold(&frame, &plan, &settings, None, &mut keep_on).unwrap().unwrap();
        store(&frame, &plan, &outcome)
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn a_bundle_scores_as_before_and_a_damaged_one_is_refused() {
    let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    let outcome = run(&frame, &plan, None);
    let files = store(&frame, &plan, &outcome);
    let test =
        |files: &bundle::Files, judged: &Twin| bundle::self_test(files, judged, &outcome.serving, &frame, 1_000..1_200);
    assert_eq!(test(&files, &outcome.judged), Ok(()));
    // Models that are not those in the bundle.
    let reason = test(&files, &outcome.serving).unwrap_err();
    assert!(reason.contains("the judged twin read back from its bytes predicts"), "{reason}");
    let damaged = |name: &str, change: fn(&mut Vec<u8>)| {
        let mut files = files.clone();
        change(&mut files.iter_mut().find(|(n, _)| *n == name).unwrap().1);
        bundle::unpack(&files).err().unwrap().to_string()
    };
    assert!(damaged("model.bin", |bytes| bytes[20] ^= 1).contains("damaged"));
    assert!(damaged("manifest.json", |bytes| bytes.truncate(10)).contains("manifest.json cannot be read"));
    let other_format = damaged("manifest.json", |bytes| {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replacen("\"format\": 1", "\"format\": 9", 1).into_bytes();
    });
    assert!(other_format.contains("format 9, this Landfall reads format 1"), "{other_format}");
    let missing: bundle::Files = files.iter().filter(|(n, _)| *n != "judged.bin").cloned().collect();
    assert!(bundle::unpack(&missing).err().unwrap().to_string().contains("no judged.bin"));
}

#[test]
fn a_bundle_keeps_what_was_predicted_on_the_holdout_and_one_made_without_still_loads() {
    let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    let outcome = run(&frame, &plan, None);
    let files = store(&frame, &plan, &outcome);
    let kept = bundle::unpack(&files).unwrap().reference.validation.unwrap();
    let mut predicted = outcome.judged.model.predict(&outcome.judged.preprocess, &frame, 1_000..1_200).unwrap();
    predicted.sort_by(f64::total_cmp);
    assert_eq!((kept.n, kept.quantiles), (200, predicted));
    let without = store_with(&frame, &plan, &outcome, None);
    assert_eq!(bundle::unpack(&without).unwrap().reference, Reference::default());
    let lost: bundle::Files = files.into_iter().filter(|(name, _)| *name != "reference.json").collect();
    assert!(bundle::unpack(&lost).err().unwrap().to_string().contains("damaged"));
}

#[test]
fn the_window_drops_what_is_too_old() {
    let mut frame = samples::frame(30, 40, 1);
    window(&mut frame, &ModelPlan { window: Window::Days(10.0), ..samples::plan() });
    assert_eq!(frame.len(), 401);
    window(&mut frame, &samples::plan());
    assert_eq!(frame.len(), 401);
    let mut frame = samples::frame(30, 40, 1);
    let weighed = ModelPlan { window: Window::HalfLife(2.0), ..samples::plan() };
    window(&mut frame, &weighed);
    let cut = split::split(&frame.time, weighed.holdout_days, 0.0);
    assert!((60..160).contains(&cut.train.len()), "{cut:?}");
    assert_eq!(cut.holdout.len(), 200, "what is judged is judged whole");
}

#[test]
fn who_cannot_be_fitted_is_named_and_the_others_go_on() {
    let (mut frame, mut plan) = (samples::frame(30, 40, 1), samples::plan());
    plan.task = Task::Regression;
    plan.algorithms = vec![Algorithm::Poisson, Algorithm::Ols, Algorithm::Ridge];
    let Column::Number(x) = &frame.columns[0] else { panic!("x is a number") };
    frame.target = x.iter().map(|&x| 3.0 * f64::from(x) - 1.0).collect();
    // Two columns that are the same: without a penalty there is no single answer.
    frame.columns[1] = frame.columns[0].clone();
    let outcome = run(&frame, &plan, None);
    assert_ne!(outcome.algorithm, Algorithm::Baseline);
    let said = outcome.absent.join("; ");
    let reason = "poisson could not be fitted: a logarithmic link needs a target that is never negative";
    assert_eq!(said, reason, "and least squares finds one of the many answers");
}

#[test]
fn probabilities_that_are_too_sure_are_corrected_in_both_twins_and_stored() {
    let (frame, mut plan) = (samples::frame(90, 60, 1), samples::plan());
    plan.algorithms = vec![Algorithm::NaiveBayes];
    plan.learning.calibrate = true;
    // Three times the same column: naive Bayes counts its word three times.
    let mut frame = frame;
    frame.columns = vec![frame.columns[0].clone(), frame.columns[0].clone(), frame.columns[0].clone()];
    plan.features = ["x", "y", "z"].map(|name| samples::feature(name, ColumnType::Float)).to_vec();
    let corrected = run(&frame, &plan, None);
    let told = corrected.calibration.clone().unwrap();
    assert!(told.loss.1 < told.loss.0, "{told:?}");
    assert!(corrected.decision.checks.iter().any(|check| check.name == "probabilities corrected"));
    let raw = run(
        &frame,
        &ModelPlan { learning: LearningPlan { calibrate: false, ..plan.learning.clone() }, ..plan.clone() },
        None,
    );
    assert!(corrected.challenger.loss < raw.challenger.loss, "on the holdout too");
    assert!(corrected.judged.calibrator.is_some() && corrected.serving.calibrator == corrected.judged.calibrator);
    let files = store(&frame, &plan, &corrected);
    assert!(files.iter().any(|(name, _)| *name == "calibrator.json"));
    let back = bundle::unpack(&files).unwrap();
    assert_eq!(back.serving.predict(&frame).unwrap(), corrected.serving.predict(&frame).unwrap());
    bundle::self_test(&files, &corrected.judged, &corrected.serving, &frame, 0..200).unwrap();
    let damaged: bundle::Files = files
        .into_iter()
        .map(|(name, bytes)| (name, if name == "calibrator.json" { b"{}".to_vec() } else { bytes }))
        .collect();
    assert!(bundle::unpack(&damaged).err().unwrap().to_string().contains("damaged"));
}

#[test]
fn the_whole_contest_is_the_same_at_any_number_of_threads() {
    let mut numbers = samples::frame(40, 60, 3);
    let Column::Number(x) = &numbers.columns[0] else { panic!("x is a number") };
    numbers.target = x.iter().zip(&numbers.target).map(|(&x, late)| late * (2.0 * f64::from(x)).exp()).collect();
    let tasks = [
        (Task::Binary, samples::frame(40, 60, 3)),
        (Task::Multiclass, samples::several(40, 60, 3)),
        (Task::Regression, numbers),
    ];
    for (task, frame) in tasks {
        let mut plan = samples::plan();
        plan.task = task;
        plan.learning.auto = true;
        plan.learning.calibrate = task.of_classes();
        plan.learning.interval = Some(0.8).filter(|_| task == Task::Regression);
        let bytes = |threads| {
            let settings = Settings { threads: Some(threads), ..Settings::of(&plan, 7) };
            let outcome = hold(&frame, &plan, &settings, None, &mut keep_on).unwrap().unwrap();
            assert_eq!(outcome.judged.interval.is_some(), task == Task::Regression, "{:?}", outcome.absent);
            store(&frame, &plan, &outcome)
        };
        assert!(bytes(1) == bytes(2), "{task:?}");
    }
}

#[test]
fn bounds_come_with_the_model_are_judged_and_survive_the_bundle() {
    let (mut frame, mut plan) = (samples::frame(60, 40, 5), samples::plan());
    let Column::Number(x) = &frame.columns[0] else { unreachable!() };
    frame.target = x.iter().zip(&frame.target).map(|(&x, &noise)| f64::from(x) * (1.0 + noise)).collect();
    plan.task = Task::Regression;
    plan.learning.interval = Some(0.8);
    let outcome = run(&frame, &plan, None);
    let of = |name| outcome.challenger.figures.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    assert!((0.7..=0.95).contains(&of("coverage").unwrap()), "{:?}", outcome.challenger.figures);
    assert!(of("interval_width").unwrap() > 0.0);
    assert!(outcome.decision.checks.iter().any(|check| check.detail.contains("asked 80 %")));
    let files = store(&frame, &plan, &outcome);
    let back = bundle::unpack(&files).unwrap();
    let predictions = outcome.serving.predict(&frame).unwrap();
    let bounds = outcome.serving.bounds(&frame, 0..frame.len(), &predictions).unwrap();
    assert_eq!(back.serving.bounds(&frame, 0..frame.len(), &predictions).unwrap(), bounds);
    assert!(bounds.iter().zip(&predictions).all(|((low, high), p)| low <= p && p <= high));
    bundle::self_test(&files, &outcome.judged, &outcome.serving, &frame, 0..200).unwrap();
    let without = run(&frame, &ModelPlan { learning: LearningPlan::default(), ..plan }, None);
    assert!(without.serving.bounds(&frame, 0..9, &predictions).unwrap().is_empty());
    assert!(store(&frame, &samples::plan(), &without).iter().all(|(name, _)| !name.contains("lower")));
}

#[test]
fn what_was_not_known_at_the_cut_is_judged_without_and_served_with() {
    let (mut frame, plan) = (samples::frame(30, 40, 1), samples::plan());
    // Outcomes of day 10 came on day 28, all others at once: the holdout is the last five days.
    frame.known = frame.time.iter().map(|t| if t / DAY == 10 { 28 * DAY } else { *t }).collect();
    window(&mut frame, &plan);
    let outcome = run(&frame, &plan, None);
    assert_eq!(outcome.split, Split { train: 0..960, holdout: 1_000..1_200 });
    assert_eq!((outcome.judged.preprocess.rows, outcome.serving.preprocess.rows), (960, 1_200));
    let bytes = |outcome: &Outcome| store(&frame, &plan, outcome);
    assert!(bytes(&outcome) == bytes(&run(&frame, &plan, None)));
}

#[test]
fn several_classes_are_asked_whether_they_are_as_sure_as_they_should_be() {
    let (frame, plan) = (samples::several(40, 60, 3), ModelPlan { task: Task::Multiclass, ..samples::plan() });
    let first = run(&frame, &plan, None);
    assert_eq!(first.decision.verdict, Verdict::Promoted);
    let asked = |outcome: &Outcome| outcome.decision.checks.iter().any(|c| c.name == "calibration slope is sane");
    assert!(asked(&first), "{:?}", first.decision.checks);
    let champion = bundle::unpack(&store(&frame, &plan, &first)).unwrap();
    let incumbent = Incumbent::Present { version: 3, bundle: &champion, frame: None };
    assert!(asked(&run(&samples::several(42, 60, 3), &plan, Some(&incumbent))));
}

#[test]
fn the_errors_of_one_series_are_told_beside_those_of_repeating_the_last_season() {
    let (mut frame, mut plan) = (samples::frame(40, 24, 5), samples::plan());
    (plan.task, plan.algorithms) = (Task::Regression, vec![Algorithm::Linear]);
    plan.learning.season_days = 1.0;
    let Column::Number(x) = &frame.columns[0] else { unreachable!() };
    frame.target = x.iter().zip(&frame.target).map(|(&x, &noise)| f64::from(x) + noise).collect();
    let outcome = run(&frame, &plan, None);
    let of = |judgement: &Judgement, wanted: &str| {
        judgement.figures.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value)
    };
    let train = &frame.target[outcome.split.train.clone()];
    let scale =
        train.iter().zip(&train[24..]).map(|(before, y)| (y - before).abs()).sum::<f64>() / (train.len() - 24) as f64;
    for judgement in [&outcome.challenger, &outcome.baseline] {
        let mase = of(judgement, "mae").unwrap() / scale;
        assert!((of(judgement, "mase").unwrap() - mase).abs() < 1e-12, "{:?}", judgement.figures);
    }
    // Many rows of one instant are no series.
    frame.time.iter_mut().for_each(|time| *time -= *time % DAY);
    assert_eq!(of(&run(&frame, &plan, None).challenger, "mase"), None);
}

#[test]
fn a_regression_is_judged_by_the_loss_that_is_learned() {
    let (mut frame, mut plan) = (samples::frame(60, 40, 5), samples::plan());
    let Column::Number(x) = &frame.columns[0] else { unreachable!() };
    frame.target = x.iter().zip(&frame.target).map(|(&x, &noise)| f64::from(x) + 3.0 * noise).collect();
    plan.task = Task::Regression;
    plan.algorithms = vec![Algorithm::Boosting];
    (plan.boosting.loss, plan.boosting.quantile) = (crate::domain::plan::Loss::Quantile, 0.9);
    let outcome = run(&frame, &plan, None);
    assert_eq!(outcome.algorithm, Algorithm::Boosting, "{}", outcome.decision.reason);
    let pinball = |p: &[f64]| {
        let rows = frame.target[outcome.split.holdout.clone()].iter().zip(p);
        crate::learn::metrics::mean(rows.map(|(&y, &p)| crate::learn::metrics::row_pinball(y, p, 0.9))).unwrap()
    };
    assert!((outcome.challenger.loss.unwrap() - pinball(&outcome.validation)).abs() < 1e-12);
    let own = outcome.challenger.figures.iter().find(|(name, _)| *name == "own_loss").unwrap().1;
    assert!((own - outcome.challenger.loss.unwrap()).abs() < 1e-12);
    assert!(outcome.decision.checks.iter().any(|check| check.detail.starts_with("quantile loss ")));
}

#[test]
fn a_threshold_is_found_ahead_of_the_holdout_kept_and_said() {
    let (frame, mut plan) = (samples::frame(90, 60, 1), samples::plan());
    plan.learning.calling = crate::domain::plan::Calling::Cost { miss: 5.0, false_alarm: 1.0 };
    let outcome = run(&frame, &plan, None);
    assert!(outcome.plan.threshold < 0.4, "a miss is five times as dear: {}", outcome.plan.threshold);
    assert!(outcome.decision.checks.iter().any(|check| check.name == "threshold found"));
    let recall = |outcome: &Outcome| outcome.challenger.figures.iter().find(|(name, _)| *name == "recall").unwrap().1;
    assert!(recall(&outcome) > recall(&run(&frame, &samples::plan(), None)));
}

#[test]
fn bounds_that_cannot_be_fitted_are_left_out_with_the_reason_and_the_contest_goes_on() {
    let (mut frame, mut plan) = (samples::frame(40, 40, 1), samples::plan());
    // What no tree can learn in f32.
    frame.target[100] = 1e60;
    (plan.task, plan.algorithms) = (Task::Regression, vec![Algorithm::Linear]);
    plan.learning.interval = Some(0.9);
    let outcome = run(&frame, &plan, None);
    assert!(outcome.absent.iter().any(|reason| reason.contains("no bounds are given")), "{:?}", outcome.absent);
    assert!(outcome.judged.interval.is_none() && outcome.serving.interval.is_none());
}
