//! What it costs to compare rows with those a model was made of.

use std::ops::ControlFlow;
use std::time::Instant;

use landfall::domain::plan::{Algorithm, ColumnType, FeaturePlan, Task};
use landfall::learn::bundle::{Bundle, Content, Manifest, Span, Stamp, Twin};
use landfall::learn::drift::{Fresh, Holdout, Reference, account};
use landfall::learn::frame::{Column, DAY, Frame};
use landfall::learn::learner::{Effort, Sample, Settings, learner};
use landfall::learn::preprocess::Preprocess;
use landfall::learn::random::Random;

use super::case::{Case, Measured};
use super::ours;

const ROWS: usize = 100_000;
const NUMBERS: usize = 16;
const TEXTS: usize = 4;
const LEVELS: usize = 50;

/// Keeps what is to be compared with of the first rows (the fit), and compares the others (the prediction).
pub fn measure() -> Measured {
    let (frame, features) = made();
    let plan = ours::plan(Case::Diagnosis);
    let settings = Settings::of(&plan, ours::SEED);
    let fit = |preprocess: &Preprocess| {
        let sample = Sample { preprocess, frame: &frame, rows: 0..ROWS };
        learner(Algorithm::Boosting, &settings).fit(&sample, Effort::Rounds(100), &mut |_| ControlFlow::Continue(()))
    };
    let preprocess = Preprocess::fit(&features, &frame, 0..ROWS);
    let model = fit(&preprocess).unwrap().model;
    let predictions = model.predict(&preprocess, &frame, 0..2 * ROWS).unwrap();
    let (cpu, began) = (ours::processor(), Instant::now());
    let reference = {
        let (rows, shown) = (ROWS / 2..ROWS, &predictions[ROWS / 2..ROWS]);
        let holdout = Holdout {
            task: Task::Binary,
            threshold: 0.5,
            preprocess: &preprocess,
            rows: &rows,
            predictions: shown,
            shown,
        };
        Reference::of(&features, &frame, 0..ROWS, holdout, None, ours::SEED).unwrap()
    };
    let (kept, kept_cpu) = (began.elapsed().as_secs_f64(), ours::processor() - cpu);
    let judged = fit(&preprocess).unwrap().model;
    let twin = |model| Twin { preprocess: preprocess.clone(), model, calibrator: None, interval: None };
    let span = Span::of(&frame, 0..ROWS);
    let bundle = bundle(Task::Binary, &features, span, [twin(judged), twin(model)], reference);
    let rows: Vec<usize> = (ROWS..2 * ROWS).collect();
    let batch = landfall::learn::diagnose::take(&frame, &rows);
    let (cpu, began) = (ours::processor(), Instant::now());
    let fresh = Fresh { run: 2, frame: &batch, predictions: &predictions[ROWS..], unseen: &[] };
    let told = account(&bundle, &fresh).unwrap().unwrap();
    let (compared, compared_cpu) = (began.elapsed().as_secs_f64(), ours::processor() - cpu);
    Measured {
        train: ROWS as u64,
        test: told.rows,
        fit: kept,
        predict: compared,
        fit_cpu: kept_cpu,
        predict_cpu: compared_cpu,
        peak: ours::peak(),
        loss: 0.0,
        rank: told.classifier.map_or(0.5, |classifier| classifier.auc),
        parts: Vec::new(),
    }
}

/// A bundle in memory of two twins that were fitted on `span`, the judged one first.
pub fn bundle(
    task: Task,
    features: &[FeaturePlan],
    span: Span,
    [judged, serving]: [Twin; 2],
    reference: Reference,
) -> Bundle {
    let content = Content {
        task,
        classes: Vec::new(),
        target: "late".into(),
        time: "time".into(),
        features: features.iter().map(|feature| feature.name.clone()).collect(),
        algorithm: Algorithm::Boosting,
        recipe: String::new(),
        data: String::new(),
        seed: ours::SEED,
        threshold: 0.5,
        judged: span,
        serving: span,
        baseline: 0.5,
        baselines: Vec::new(),
        rounds: serving.model.rounds(),
        continued: None,
    };
    let stamp = Stamp {
        pipeline: "made".into(),
        version: 1,
        run: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
        landfall: String::new(),
        hash: String::new(),
    };
    Bundle { manifest: Manifest { format: 1, content, stamp }, judged, serving, reference }
}

/// Twice the rows, over 200 days, a chance that rises with the first number.
fn made() -> (Frame, Vec<FeaturePlan>) {
    let (mut random, mut frame) = (Random::seeded(ours::SEED), Frame::default());
    for at in 0..NUMBERS {
        let values =
            (0..2 * ROWS).map(|_| if at > 0 && random.below(50) == 0 { f32::NAN } else { random.unit() as f32 });
        frame.columns.push(Column::Number(values.collect()));
    }
    for _ in 0..TEXTS {
        let codes = (0..2 * ROWS).map(|_| random.below(LEVELS) as u32).collect();
        frame.columns.push(Column::Category { codes, levels: (0..LEVELS).map(|n| format!("level {n}")).collect() });
    }
    let Column::Number(first) = &frame.columns[0] else { unreachable!() };
    frame.target = first.iter().map(|x| f64::from(u8::from(random.unit() < f64::from(*x)))).collect();
    frame.time = (0..2 * ROWS as i64).map(|row| row * (DAY / 1_000)).collect();
    frame.source = (0..2 * ROWS as i64).map(|row| (1, row)).collect();
    let kind = |at: usize| if at < NUMBERS { ColumnType::Float } else { ColumnType::Text };
    let features = (0..NUMBERS + TEXTS).map(|at| FeaturePlan::column(format!("f{at}"), kind(at))).collect();
    (frame, features)
}
