//! Landfall's side of a measurement.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use landfall::domain::dataset::{DatasetKind, Part};
use landfall::domain::plan::{Algorithm, BoostingPlan, LinearPlan, ModelPlan, Task};
use landfall::learn::bundle::{Span, Twin};
use landfall::learn::diagnose::{Look, seen, take};
use landfall::learn::drift::{Fresh, Holdout, Reference, account};
use landfall::learn::frame::{Frame, Open, Wanted, read_labelled};
use landfall::learn::leaks;
use landfall::learn::learner::{Effort, Sample, Settings, learner};
use landfall::learn::metrics;
use landfall::learn::place::Place;
use landfall::learn::preprocess::Preprocess;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::case::{Case, Measured};
use super::data;

const TREES: u32 = 100;
/// Minutes late from which the next class begins.
const LATE: [f64; 3] = [-5.0, 16.0, 61.0];
/// Of everything random.
pub const SEED: u64 = 1;
/// Rows that are diagnosed.
const DIAGNOSED: usize = 100_000;

/// Measures one case on the parts in `folder`.
pub fn measure(case: Case, folder: &Path) -> Measured {
    if case == Case::Drift {
        return super::drift::measure();
    }
    let mut plan = plan(case);
    let mut frame = read(folder, &plan);
    if case == Case::Multinomial {
        plan.task = Task::Multiclass;
        frame.classes = ["early", "on time", "late", "very late"].map(str::to_owned).to_vec();
        let class = |&y: &f64| LATE.iter().filter(|&&from| y >= from).count() as f64;
        frame.target = frame.target.iter().map(class).collect();
    }
    let cut = match case {
        Case::Diagnosis => frame.len() - DIAGNOSED,
        _ => {
            let (first, last) = (frame.time[0], *frame.time.last().unwrap());
            frame.time.partition_point(|&time| time <= first + (last - first) / 5 * 4)
        }
    };
    let settings = Settings::of(&plan, SEED);
    let (cpu, began) = (processor(), Instant::now());
    let preprocess = Preprocess::fit(&plan.features, &frame, 0..cut);
    let sample = Sample { preprocess: &preprocess, frame: &frame, rows: 0..cut };
    let effort = Effort::Rounds(TREES);
    let mut watch = |_| ControlFlow::Continue(());
    let model = learner(plan.algorithms[0], &settings).fit(&sample, effort, &mut watch).unwrap().model;
    let (fit, fit_cpu) = (began.elapsed().as_secs_f64(), processor() - cpu);
    let (cpu, began) = (processor(), Instant::now());
    let predictions = model.predict(&preprocess, &frame, cut..frame.len()).unwrap();
    let (mut predict, mut predict_cpu) = (began.elapsed().as_secs_f64(), processor() - cpu);
    let mut parts = Vec::new();
    if case == Case::Diagnosis {
        let twin = Twin { preprocess, model, calibrator: None, interval: None };
        (parts, predict, predict_cpu) = diagnosed(&plan, &frame, cut, twin, &predictions);
    }
    let (loss, rank) = judged(case, &frame, cut, &predictions);
    let (train, test) = (cut as u64, (frame.len() - cut) as u64);
    Measured { train, test, fit, predict, fit_cpu, predict_cpu, peak: peak(), loss, rank, parts }
}

/// Diagnoses a model on the rows from `cut` on as the train stage does, keeps what later rows are compared with, and
/// compares the same rows once more as the score stage does: seconds of the parts, of all, and of the processor.
fn diagnosed(
    plan: &ModelPlan,
    frame: &Frame,
    cut: usize,
    twin: Twin,
    predictions: &[f64],
) -> (Vec<(String, f64)>, f64, f64) {
    let (rows, mut parts) = (cut..frame.len(), Vec::new());
    let (cpu, began) = (processor(), Instant::now());
    let mut last = began;
    let mut part = |name: &str| {
        parts.push((name.to_owned(), last.elapsed().as_secs_f64()));
        last = Instant::now();
    };
    let look = Look { plan, twin: &twin, frame, seed: SEED };
    leaks::find(&plan.features, frame, 0..cut, plan.task, &Open::default());
    part("leaks");
    seen(look, (0..cut, rows.clone()), Some(plan.algorithms[0])).unwrap();
    part("diagnosis with the learning curve");
    let holdout = Holdout {
        task: plan.task,
        threshold: plan.threshold,
        preprocess: &twin.preprocess,
        rows: &rows,
        predictions,
        shown: predictions,
    };
    let reference = Reference::of(&plan.features, frame, 0..frame.len(), holdout, None, SEED).unwrap();
    part("what later rows are compared with");
    let batch = take(frame, &rows.clone().collect::<Vec<_>>());
    let serving = twin.copy(plan.algorithms[0]).unwrap();
    let bundle = super::drift::bundle(plan.task, &plan.features, Span::of(frame, 0..cut), [twin, serving], reference);
    part("(the bench's own)");
    account(&bundle, &Fresh { run: 2, frame: &batch, predictions, unseen: &[] }).unwrap();
    part("comparison");
    (parts, began.elapsed().as_secs_f64(), processor() - cpu)
}

/// The labelled rows of the parts in `folder`.
pub fn read(folder: &Path, plan: &ModelPlan) -> Frame {
    let place = Place::open(&folder.display().to_string()).unwrap();
    let parts: Vec<Part> = data::files(folder)
        .iter()
        .map(|path| Part {
            kind: DatasetKind::Clean,
            partition: String::new(),
            path: path.file_name().unwrap().to_string_lossy().into_owned(),
            rows: 1,
            bytes: 0,
            hash: String::new(),
            from: None,
            to: None,
        })
        .collect();
    let wanted = Wanted { target: Some(&plan.target), ..Wanted::unlabelled(&plan.features, &plan.time) };
    read_labelled(&place, &parts, wanted).unwrap()
}

fn judged(case: Case, frame: &Frame, cut: usize, predictions: &[f64]) -> (f64, f64) {
    let target = &frame.target[cut..];
    if case == Case::Multinomial {
        let (truth, classes) = (target.iter().map(|&y| y as usize).collect::<Vec<_>>(), frame.classes.len());
        let (auc, _) = metrics::ovr_auc(&truth, predictions, classes).unwrap();
        return (metrics::class_log_loss(&truth, predictions, classes).unwrap(), auc);
    }
    if case.of_numbers() {
        return (metrics::rmse(target, predictions).unwrap(), metrics::r2(target, predictions).unwrap());
    }
    let truth: Vec<bool> = target.iter().map(|&y| y >= 0.5).collect();
    (metrics::log_loss(&truth, predictions).unwrap(), metrics::auc(&truth, predictions).unwrap())
}

/// What the shipped pipelines learn from and predict, with the settings of the yardstick.
pub fn plan(case: Case) -> ModelPlan {
    let folder = if case.of_numbers() { "config/examples/flights-minutes" } else { "config/demo" };
    let workspace = landfall::config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
    let mut plan = workspace.pipelines[0].model.clone().unwrap();
    plan.algorithms = match case {
        Case::Ridge | Case::ElasticNet | Case::Logistic | Case::Multinomial | Case::Drift => vec![Algorithm::Linear],
        Case::BoostedNumbers | Case::BoostedChances | Case::Diagnosis => vec![Algorithm::Boosting],
    };
    plan.linear = LinearPlan { penalty: 1.0, l1_ratio: if case == Case::ElasticNet { 0.5 } else { 0.0 } };
    plan.boosting = BoostingPlan {
        max_rounds: TREES,
        learning_rate: 0.1,
        max_leaves: 31,
        max_depth: 0,
        min_child_weight: 5.0,
        lambda: 1.0,
        early_stop: TREES,
        ..plan.boosting
    };
    plan
}

/// Processor seconds of this process.
pub fn processor() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}

/// Most resident memory of this process, bytes: `VmHWM` where there is one, for `ru_maxrss` survives an exec.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    match line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()) {
        Some(kilobytes) => kilobytes * 1024,
        None => getrusage(UsageWho::RUSAGE_SELF).unwrap().max_rss().unsigned_abs(),
    }
}
