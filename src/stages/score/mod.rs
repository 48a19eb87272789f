//! The score stage: the champion as it stands predicts the batch, and old predictions whose outcome has come are
//! judged. This is test-then-train: nothing judged here has been trained on.
//!
//! What happens to a row of the batch, found again by its key:
//!
//! | predicted before | outcome in the batch | what happens |
//! | --- | --- | --- |
//! | yes | no | nothing: the first prediction stands, in a rerun too |
//! | yes | yes | the outcome is written beside the prediction, which is judged |
//! | no | no | the champion predicts it |
//! | no | yes, later than anything the champion was trained on | predicted and judged at once |
//! | no | yes, not later | left out: the champion may have been trained on it |
//!
//! An outcome that changes later is judged anew; one that is withdrawn stays. Rows without a key cannot be found
//! again, so each is a row of its own. The day of a row is the calendar day of its event time in UTC.

mod book;
mod drift;
mod figures;
mod inputs;
mod merge;
mod shadow;
mod staging;
mod unseen;

#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod expected_tests;
#[cfg(test)]
mod late_tests;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

pub(super) use book::{floats, keys};
pub(super) use merge::Merged;
pub(super) use staging::{Staging, count};

use std::collections::BTreeSet;
use std::path::Path;

use super::{Events, StageError};
use crate::domain::dataset::Part;
use crate::domain::job::{Job, ModelRef, ScoreJob};
use crate::domain::plan::{FeaturePlan, ModelPlan};
use crate::learn::bundle::{self, Bundle};
use crate::learn::derive::Beyond;
use crate::learn::place::Place;
use crate::learn::{LearnError, contest};

impl From<LearnError> for StageError {
    fn from(error: LearnError) -> Self {
        match error {
            LearnError::Input(text) => Self::Input(text),
            LearnError::Lake(text) => Self::Lake(text),
            LearnError::Interrupted | LearnError::Internal(_) => Self::Internal(anyhow::anyhow!("{error}")),
        }
    }
}

/// Does the job; returns its one-line summary.
///
/// # Errors
/// [`StageError::Lake`] when the lake cannot be read or written, [`StageError::Input`] when the batch or the stored
/// predictions do not have the columns of the plan.
pub fn run(job: &Job, work: &ScoreJob, events: &Events) -> Result<String, StageError> {
    let place = Place::open(&job.lake)?;
    let Some(champion) = &work.champion else {
        events.info("there is no champion yet: nothing is scored before train has made one");
        return Ok("no champion yet, nothing scored".to_owned());
    };
    events.progress(0, None, "rows", &format!("loading version {}", champion.version));
    let bundle = match bundle::load(&place, &champion.bundle) {
        Err(LearnError::Input(reason)) => return Ok(unfit(champion.version, &reason, events)),
        other => other?,
    };
    if let Err(reason) = contest::suits(&bundle, &work.plan) {
        return Ok(unfit(champion.version, &reason, events));
    }
    // Calls are judged as they were made: by the threshold of the version.
    let plan = &ModelPlan { threshold: bundle.manifest.content.threshold, ..work.plan.clone() };
    let before = shadow(&place, work, events)?;
    let features = bundle.serving.preprocess.plan();
    let root = Path::new(&work.workspace);
    let beyond = match Beyond::read(&place, &work.history, root, &features, &work.plan.time) {
        Err(LearnError::Input(reason)) => return Ok(unfit(champion.version, &reason, events)),
        other => other?,
    };
    let batch = Batch {
        plan,
        rows: &work.batch,
        predictions: &work.predictions,
        trailing: &work.trailing,
        shadow: before.as_ref(),
        beyond: &beyond,
    };
    match score(job, &place, batch, Model { version: champion.version, bundle: &bundle }, Rows::All, events) {
        Err(StageError::Input(reason)) if !batch.readable_without(&bundle, &place) => {
            Ok(unfit(champion.version, &reason, events))
        }
        other => other.map(|merged| merged.summary(champion.version)),
    }
}

/// The version that served before.
pub(super) struct Shadow {
    pub version: i64,
    pub bundle: Bundle,
    /// What its features look at beside their own row.
    pub beyond: Beyond,
}

/// The version that served before, where it can still be had.
fn shadow(place: &Place, work: &ScoreJob, events: &Events) -> Result<Option<Shadow>, LearnError> {
    let Some(ModelRef { version, bundle }) = &work.shadow else { return Ok(None) };
    let load = || {
        let bundle = bundle::load(place, bundle)?;
        contest::suits(&bundle, &work.plan).map_err(LearnError::Input)?;
        let features = bundle.serving.preprocess.plan();
        let beyond = Beyond::read(place, &work.history, Path::new(&work.workspace), &features, &work.plan.time)?;
        Ok(Shadow { version: *version, bundle, beyond })
    };
    match load() {
        Ok(shadow) => Ok(Some(shadow)),
        Err(LearnError::Input(reason)) => {
            events.info(format!("version {version} is not scored in shadow: {reason}"));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// A champion that cannot score must not keep train from making one that can.
fn unfit(version: i64, reason: &str, events: &Events) -> String {
    events.warn(format!("version {version} cannot score this batch: {reason}; train makes a new version"));
    format!("version {version} cannot score, nothing scored")
}

/// What is scored and what was scored before.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub plan: &'a ModelPlan,
    pub rows: &'a [Part],
    pub predictions: &'a [Part],
    pub trailing: &'a [Part],
    pub shadow: Option<&'a Shadow>,
    /// What the model's features look at beside their own row.
    pub beyond: &'a Beyond,
}

impl Batch<'_> {
    /// Whether the model lacks nothing of the batch; if so, an error is not the model's fault.
    fn readable_without(&self, bundle: &Bundle, place: &Place) -> bool {
        let features = bundle.serving.preprocess.plan();
        let wanted: Vec<&str> = features.iter().flat_map(FeaturePlan::inputs).collect();
        self.rows.iter().all(|part| match place.read_table(&part.path, None) {
            Ok(table) => wanted.iter().all(|name| table.column(name).is_ok()),
            Err(_) => true,
        })
    }
}

/// Who scores.
#[derive(Clone, Copy)]
pub(super) struct Model<'a> {
    pub version: i64,
    pub bundle: &'a Bundle,
}

/// Which rows never predicted before are predicted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// Those without outcome, and those with one that the model cannot have seen.
    All,
    /// Only those without outcome from the last day before the newest outcome on: the model has just been trained on
    /// the others, and older ones without outcome are not waiting for one any more.
    Waiting,
}

/// Merges the batch into the predictions, stages the days that changed and says their figures.
pub(super) fn score(
    job: &Job,
    place: &Place,
    batch: Batch,
    model: Model,
    rows: Rows,
    events: &Events,
) -> Result<Merged, StageError> {
    let mut book = book::Book::read(place, batch.plan, batch.predictions)?;
    let merged = merge::merge(&mut book, job, place, batch, model, rows)?;
    if merged.unproven > 0 {
        events.info(format!(
            "{} rows came with their outcome, were never predicted, and may have been trained on: left out",
            count(merged.unproven)
        ));
    }
    let staging = Staging { job };
    for (done, day) in merged.days.iter().enumerate() {
        events.progress(done as u64, Some(merged.days.len() as u64), "days", &format!("writing {}", day.name()));
        let mut table = book.day(*day)?;
        events.artifact(staging.predictions(day, &mut table, book.times(*day))?);
        figures::of_day(&book, *day, batch.plan).into_iter().for_each(|metric| events.metric(metric));
    }
    figures::of_run(&book, &merged.judged, batch.plan).into_iter().for_each(|metric| events.metric(metric));
    // Late outcomes re-open what is known of the run that predicted, never of this one.
    let mut runs: BTreeSet<i64> = merged.judged.iter().map(|&row| book.entries[row].run).collect();
    runs.extend((merged.predicted > 0).then_some(job.run));
    let of_runs = runs.into_iter().flat_map(|run| figures::of_predictions(&book, run, batch.plan));
    of_runs.for_each(|metric| events.metric(metric));
    if let Some(before) = batch.shadow {
        shadow::say(&book, &merged.judged, place, batch, model.version, before, events);
    }
    figures::of_open(&book, job.run).into_iter().for_each(|metric| events.metric(metric));
    if merged.predicted == 0 {
        return Ok(merged);
    }
    drift::Drift { job, place, batch, model, book: &book }.say(events);
    unseen::say(&merged.unseen, model.version, events);
    // A model that was made in this run has just been fitted on the batch.
    if rows == Rows::All {
        inputs::say(job, model, &merged, events)?;
    }
    Ok(merged)
}
