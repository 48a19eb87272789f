//! The train stage: fit the challengers on the labelled history, judge them on its end, decide, refit the winner.
//!
//! What is judged and what serves are two models of one recipe, both in the bundle; see [`crate::learn`]. When there
//! was no champion before, or one that can no longer score, and the new version is promoted, the rows of the batch
//! that wait for their outcome are predicted here, by the code of the score stage.

mod report;
mod told;

#[cfg(test)]
mod degenerate;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use super::score::{Batch, Model, Rows, Staging, count, score};
use super::{Events, StageError};
use crate::domain::dataset::Part;
use crate::domain::diagnosis;
use crate::domain::job::{Job, ModelRef, TrainJob, WorkerEvent};
use crate::domain::model::{Leak, ModelCard, Verdict};
use crate::domain::plan::{FeaturePlan, ModelPlan, Task};
use crate::learn::bundle::{self, Bundle, Content, Files, Span, Stamp};
use crate::learn::classes::called;
use crate::learn::contest::{self, Incumbent, Outcome};
use crate::learn::derive::Beyond;
use crate::learn::diagnose::{Look, seen};
use crate::learn::drift::{Holdout, Reference, Sketch};
use crate::learn::frame::{Frame, Open, Wanted, read_labelled, read_with_open};
use crate::learn::learner::{Progress, Settings, constant};
use crate::learn::place::Place;
use crate::learn::split::Split;
use crate::learn::{LearnError, leaks, metrics, split};

/// The self-test scores at most this many of the newest rows.
const SELF_TEST_ROWS: usize = 10_000;

/// Does the job; returns its one-line summary.
///
/// Too few rows, one class in the target, one row: none of these is an error. The baseline then serves, or the
/// champion stays, and the decision says why. Without a labelled row no version is made.
///
/// # Errors
/// [`StageError::Lake`] when the lake cannot be read or written, [`StageError::Input`] when the history does not have
/// the columns of the plan.
pub fn run(job: &Job, work: &TrainJob, events: &Events) -> Result<String, StageError> {
    let place = Place::open(&job.lake)?;
    let plan = &work.plan;
    events.progress(0, None, "rows", "reading the history");
    let beyond = beyond(&place, work, &plan.features)?;
    let (mut frame, open) = history(&place, work, &plan.features, &beyond)?;
    if frame.is_empty() {
        events.info(format!("no row of the history has a value in {:?} yet: nothing to learn from", plan.target));
        return Ok("no labelled rows yet, nothing to learn from".to_owned());
    }
    told::classes(&mut frame, plan.task, events);
    told::hint(&frame, plan, events);
    told::infinite(plan, &open, events);
    let champion = Champion::find(&place, work)?;
    let incumbent = champion.as_ref().map(Champion::incumbent);
    let continued = champion.as_ref().is_some_and(|champion| champion.goes_on(plan, work.version));
    let settings = Settings { continued, ..Settings::of(plan, job.seed) };
    let mut watch = |progress: Progress| {
        let note = match progress.best {
            Some((round, loss)) => format!("boosting: best round {round}, loss {loss:.4}"),
            None => "boosting: fitting on all rows".to_owned(),
        };
        events.progress(u64::from(progress.done), Some(u64::from(progress.total)), "rounds", &note);
        ControlFlow::Continue(())
    };
    let Some(mut outcome) = contest::hold(&frame, plan, &settings, incumbent.as_ref(), &mut watch)? else {
        return Ok("no labelled rows yet, nothing to learn from".to_owned());
    };
    outcome.absent.iter().for_each(|reason| events.info(reason.clone()));
    told::searched(&outcome, events);
    let data = fingerprint(&work.history, Span::of(&frame, outcome.fitted.1.clone()), &beyond);
    let leaks = leaks::find(&plan.features, &frame, outcome.split.train.clone(), plan.task, &open);
    leaks.iter().for_each(|leak| events.warn(format!("a leak? {}", leak.told())));
    let (files, hash) = pack(job, work, &frame, &outcome, &data)?;
    test(&frame, &files, &mut outcome, events);
    let staging = Staging { job };
    for (file, bytes) in &files {
        events.artifact(staging.model(work.version, file, bytes)?);
    }
    look(job, work, &frame, &outcome, events)?;
    report::holdout(work, &frame, &outcome, |metric| events.metric(metric));
    events.send(WorkerEvent::Model(Box::new(card(job, work, &frame, &outcome, (hash, data), leaks))));
    if outcome.decision.verdict == Verdict::Promoted && !matches!(champion, Some(Champion::Present { .. })) {
        let bundle = bundle::unpack(&files)?;
        let batch = Batch {
            plan: &outcome.plan,
            rows: &work.batch,
            predictions: &work.predictions,
            trailing: &[],
            shadow: None,
            beyond: &beyond,
        };
        let model = Model { version: work.version, bundle: &bundle };
        let merged = score(job, &place, batch, model, Rows::Waiting, events)?;
        events.info(merged.summary(work.version));
    }
    Ok(format!(
        "{} {} {} on {} rows",
        outcome.algorithm.name(),
        work.version,
        outcome.decision.verdict.name(),
        count(outcome.fitted.1.len())
    ))
}

/// What features look at beside their own row.
fn beyond(place: &Place, work: &TrainJob, features: &[FeaturePlan]) -> Result<Beyond, LearnError> {
    Beyond::read(place, &work.history, Path::new(&work.workspace), features, &work.plan.time)
}

fn history(
    place: &Place,
    work: &TrainJob,
    features: &[FeaturePlan],
    beyond: &Beyond,
) -> Result<(Frame, Open), LearnError> {
    let wanted = Wanted::labelled(&work.plan, features, beyond);
    let (mut frame, open) = read_with_open(place, &work.history, wanted)?;
    contest::window(&mut frame, &work.plan);
    Ok((frame, open))
}

/// The labelled history with the plan's features, all of it. `root` is the workspace's folder.
pub(super) fn labelled(place: &Place, plan: &ModelPlan, history: &[Part], root: &str) -> Result<Frame, LearnError> {
    let beyond = &Beyond::read(place, history, Path::new(root), &plan.features, &plan.time)?;
    let mut frame = read_labelled(place, history, Wanted::labelled(plan, &plan.features, beyond))?;
    if plan.task == Task::Multiclass {
        frame.merge_rare_classes();
    }
    Ok(frame)
}

/// The champion as far as it can be had.
enum Champion {
    Present { version: i64, bundle: Box<Bundle>, frame: Option<Frame> },
    Unfit { version: i64, reason: String },
}

impl Champion {
    fn find(place: &Place, work: &TrainJob) -> Result<Option<Self>, LearnError> {
        let Some(ModelRef { version, bundle }) = &work.champion else { return Ok(None) };
        let unfit = |reason| Ok(Some(Self::Unfit { version: *version, reason }));
        let bundle = match bundle::load(place, bundle) {
            Err(LearnError::Input(reason)) => return unfit(reason),
            other => other?,
        };
        if let Err(reason) = contest::suits(&bundle, &work.plan) {
            return unfit(reason);
        }
        let features = bundle.judged.preprocess.plan();
        let read = |f: &FeaturePlan| (f.name.clone(), f.ty, f.steps.clone());
        let same = features.iter().map(read).eq(work.plan.features.iter().map(read));
        let frame = match same {
            true => None,
            false => match beyond(place, work, &features).and_then(|beyond| history(place, work, &features, &beyond)) {
                Err(LearnError::Input(reason)) => return unfit(reason),
                other => Some(other?.0),
            },
        };
        Ok(Some(Self::Present { version: *version, bundle: Box::new(bundle), frame }))
    }

    /// Whether version `next` may add to it: too few versions came since one was fitted anew.
    fn goes_on(&self, plan: &ModelPlan, next: i64) -> bool {
        let Self::Present { version, bundle, .. } = self else { return false };
        let full = bundle.manifest.content.continued.map_or(*version, |of| of.full);
        next - full < i64::from(plan.learning.refit_every)
    }

    fn incumbent(&self) -> Incumbent<'_> {
        match self {
            Self::Present { version, bundle, frame } => {
                Incumbent::Present { version: *version, bundle, frame: frame.as_ref() }
            }
            Self::Unfit { version, reason } => Incumbent::Unfit { version: *version, reason: reason.clone() },
        }
    }
}

fn pack(
    job: &Job,
    work: &TrainJob,
    frame: &Frame,
    outcome: &Outcome,
    data: &str,
) -> Result<(Files, String), LearnError> {
    let plan = &work.plan;
    let serving = Span::of(frame, outcome.fitted.1.clone());
    let baseline = constant(plan.task, &frame.target[outcome.fitted.1.clone()], frame.classes.len());
    let content = Content {
        task: plan.task,
        classes: frame.classes.clone(),
        target: plan.target.clone(),
        time: plan.time.clone(),
        features: plan.features.iter().map(|f| f.name.clone()).collect(),
        algorithm: outcome.algorithm,
        recipe: bundle::recipe(&outcome.plan, outcome.algorithm),
        data: data.to_owned(),
        seed: job.seed,
        threshold: outcome.plan.threshold,
        judged: Span::of(frame, outcome.fitted.0.clone()),
        serving,
        baseline: if plan.task == Task::Multiclass { 0.0 } else { baseline.first().copied().unwrap_or(0.0) },
        baselines: if plan.task == Task::Multiclass { baseline } else { Vec::new() },
        rounds: outcome.serving.model.rounds(),
        continued: outcome.continued,
    };
    let stamp = Stamp {
        pipeline: job.pipeline.clone(),
        version: work.version,
        run: job.run,
        created_at: job.now,
        landfall: env!("CARGO_PKG_VERSION").to_owned(),
        hash: String::new(),
    };
    let by_name = |figures: &[metrics::Figure]| figures.iter().copied().collect::<BTreeMap<_, _>>();
    let figures = BTreeMap::from([
        ("challenger", by_name(&outcome.challenger.figures)),
        ("baseline", by_name(&outcome.baseline.figures)),
    ]);
    let positives = outcome.validation.iter().filter(|p| **p >= outcome.plan.threshold).count() as u64;
    let confidence: Vec<f64>;
    let shown = match plan.task {
        Task::Multiclass => {
            confidence = called(&outcome.validation, frame.classes.len()).into_iter().map(|(_, p)| p).collect();
            &confidence
        }
        _ => &outcome.validation,
    };
    let sketch = Sketch::of(shown, (plan.task == Task::Binary).then_some(positives));
    let holdout = Holdout {
        task: plan.task,
        threshold: outcome.plan.threshold,
        preprocess: &outcome.judged.preprocess,
        rows: &outcome.split.holdout,
        predictions: &outcome.validation,
        shown,
    };
    // Its newest rows count as a batch, so they come in order of time; rows to train on are so already.
    let whole = if outcome.fitted.1.len() == frame.len() { split::in_order(frame) } else { Cow::Borrowed(frame) };
    let reference = Reference::of(&plan.features, &whole, outcome.fitted.1.clone(), holdout, sketch, job.seed)?;
    bundle::pack(content, stamp, &outcome.judged, &outcome.serving, &figures, Some(&reference))
}

/// BLAKE3 over the hashes of the history's parts, in order of partition, of the tables that values are looked up in, and
/// the span of the rows used.
fn fingerprint(history: &[Part], span: Span, beyond: &Beyond) -> String {
    let mut parts: Vec<(&str, &str)> = history.iter().map(|p| (p.partition.as_str(), p.hash.as_str())).collect();
    parts.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    parts.extend(beyond.tables());
    for (partition, hash) in parts {
        hasher.update(format!("{partition}:{hash}\n").as_bytes());
    }
    hasher.update(format!("{} {:?} {:?}", span.rows, span.from, span.to).as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// Diagnoses the judged twin on the holdout. A diagnosis that fails costs the diagnosis, not the model.
fn look(job: &Job, work: &TrainJob, frame: &Frame, outcome: &Outcome, events: &Events) -> Result<(), StageError> {
    let look = Look { plan: &outcome.plan, twin: &outcome.judged, frame, seed: job.seed };
    let Split { train, holdout } = outcome.split.clone();
    events.progress(0, None, "fits", "diagnosis and learning curve");
    // What was added to the champion's rounds is no fit of the rows of a point.
    let fitted = outcome.continued.is_none().then_some(outcome.algorithm);
    let seen = seen(look, (train, holdout), fitted)
        .and_then(|seen| serde_json::to_vec(&seen).map_err(|e| LearnError::internal("cannot store the diagnosis", e)));
    match seen {
        Ok(bytes) => events.artifact(Staging { job }.model(work.version, diagnosis::FILE, &bytes)?),
        Err(error) => events.warn(format!("version {} is not diagnosed: {error}", work.version)),
    }
    Ok(())
}

/// A bundle that does not score as its models in memory did must not serve.
fn test(frame: &Frame, files: &Files, outcome: &mut Outcome, events: &Events) {
    let rows =
        frame.len().saturating_sub(SELF_TEST_ROWS).max(outcome.split.holdout.start.min(frame.len() - 1))..frame.len();
    let tested = rows.len();
    let result = bundle::self_test(files, &outcome.judged, &outcome.serving, frame, rows);
    let check = match &result {
        Ok(()) => format!("reloaded from its bytes, {} rows scored bit by bit as before", count(tested)),
        Err(reason) => reason.clone(),
    };
    outcome.decision.checks.push(crate::domain::model::Check {
        name: "self-test".to_owned(),
        passed: result.is_ok(),
        detail: check,
    });
    if let Err(reason) = result {
        events.warn(format!("the new version failed its self-test: {reason}"));
        outcome.decision.verdict = Verdict::Blocked;
        outcome.decision.reason = format!("failed its self-test: {reason}");
    }
}

fn card(
    job: &Job,
    work: &TrainJob,
    frame: &Frame,
    outcome: &Outcome,
    (hash, data): (String, String),
    leaks: Vec<Leak>,
) -> ModelCard {
    let span = Span::of(frame, outcome.fitted.1.clone());
    let instant = |time: Option<i64>| time.and_then(chrono::DateTime::from_timestamp_micros);
    ModelCard {
        version: work.version,
        algorithm: outcome.algorithm.name().to_owned(),
        bundle: crate::lake::layout::bundle(&job.pipeline, work.version),
        hash,
        data,
        from: instant(span.from),
        to: instant(span.to),
        rows: span.rows,
        importance: outcome.serving.model.importance(&outcome.serving.preprocess),
        decision: outcome.decision.clone(),
        seed: job.seed,
        calibration: outcome.calibration.clone(),
        standings: outcome.searched.0.clone(),
        contest: outcome.field.clone(),
        continued: outcome.continued,
        leaks,
    }
}
