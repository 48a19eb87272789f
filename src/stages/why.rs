//! Why rows were predicted as they were: each is looked up in the history by what identifies it, prepared as it was for
//! the prediction, and explained by the version that made it.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{AnyValue, Column, DataFrame, PolarsError, Scalar, col, lit};

use super::predict::PREDICTION;
use super::score::{floats, keys};
use super::{Events, StageError};
use crate::domain::dataset::Part;
use crate::domain::format::figure;
use crate::domain::job::{Job, ReportJob, WhyJob, WorkerEvent};
use crate::domain::plan::{FeaturePlan, Task, system};
use crate::domain::text::one_line;
use crate::domain::why::{Adds, Unit, Why};
use crate::lake::layout;
use crate::learn::bundle::{self, Bundle};
use crate::learn::classes::called;
use crate::learn::derive::Beyond;
use crate::learn::frame::{Frame, Wanted, from_table, instants};
use crate::learn::place::Place;

/// Predictions that the report explains.
const WORST: usize = 3;

/// Does the job; returns its one-line summary. What came out is an event.
///
/// # Errors
/// [`StageError::Input`] in a sentence: the row, its version, or what it was predicted from is not there any more.
pub fn run(job: &Job, work: &WhyJob, events: &Events) -> Result<String, StageError> {
    let place = Place::open(&job.lake)?;
    let row = place.scan(&work.table)?.slice(work.row as i64, 1).collect().map_err(|e| unread(&work.table, &e))?;
    if row.height() == 0 {
        return Err(StageError::Input(format!("{} has no row {}: it is not what it was", work.table, work.row)));
    }
    let mut history = History::new(&place, &job.pipeline, &work.history, &work.workspace);
    let why = history.explain(&row)?;
    let summary = format!("{} of version {}", figure(why.published), why.version);
    events.send(WorkerEvent::Why(Box::new(why)));
    Ok(summary)
}

/// Why the worst predictions that the run of the report judged were made, the worst first. What cannot be explained is
/// left out, and the log says why.
pub(super) fn worst(job: &Job, work: &ReportJob, events: &Events) -> Vec<Why> {
    let all = || -> Result<Vec<Why>, StageError> {
        let place = Place::open(&job.lake)?;
        let rows = worst_rows(&place, &work.predictions, work.story.run, work.story.task)?;
        let mut history = History::new(&place, &job.pipeline, &work.history, &work.workspace);
        rows.iter().map(|row| history.explain(row)).collect()
    };
    all().unwrap_or_else(|error| {
        events.info(format!("the worst predictions are not explained: {error}"));
        Vec::new()
    })
}

/// The rows judged in `run` that were furthest off; of classes, the wrong calls that were surest.
fn worst_rows(place: &Place, parts: &[Part], run: i64, task: Task) -> Result<Vec<DataFrame>, StageError> {
    let mut worst: Vec<(f64, DataFrame)> = Vec::new();
    for part in parts.iter().filter(|part| part.rows > 0) {
        let judged = place.scan(&part.path)?.filter(col("judged_run").eq(lit(run)));
        let judged = judged.collect().map_err(|e| unread(&part.path, &e))?;
        for (row, off) in errors(&judged, task)?.into_iter().enumerate() {
            worst.extend(off.map(|off| (off, judged.slice(row as i64, 1))));
        }
        worst.sort_by(|a, b| b.0.total_cmp(&a.0));
        worst.truncate(WORST);
    }
    Ok(worst.into_iter().map(|(_, row)| row).collect())
}

/// How far off each row of a table of predictions is; `None` where that is not known, and for right calls.
fn errors(table: &DataFrame, task: Task) -> Result<Vec<Option<f64>>, StageError> {
    let predicted = floats(table, PREDICTION)?;
    if task == Task::Multiclass {
        let wrong = |row: usize| Some(text(table, "predicted_class", row)? != text(table, "actual", row)?);
        return Ok(predicted.iter().enumerate().map(|(row, p)| p.filter(|_| wrong(row) == Some(true))).collect());
    }
    let actual = floats(table, "actual")?;
    let called = if task == Task::Binary { floats(table, "predicted_class")? } else { vec![None; table.height()] };
    let off = |((p, y), call): ((Option<f64>, Option<f64>), Option<f64>)| {
        (call.is_none() || call != y).then(|| Some((p? - y?).abs())).flatten().filter(|off| off.is_finite())
    };
    Ok(predicted.into_iter().zip(actual).zip(called).map(off).collect())
}

/// What rows are explained from.
struct History<'a> {
    place: &'a Place,
    pipeline: &'a str,
    parts: &'a [Part],
    workspace: &'a Path,
    /// Versions that were read, with what their features look at beside their own row.
    versions: BTreeMap<i64, (Bundle, Beyond)>,
}

impl<'a> History<'a> {
    fn new(place: &'a Place, pipeline: &'a str, parts: &'a [Part], workspace: &'a str) -> Self {
        Self { place, pipeline, parts, workspace: Path::new(workspace), versions: BTreeMap::new() }
    }

    /// Why the one row of a table of predictions was predicted as it was.
    fn explain(&mut self, row: &DataFrame) -> Result<Why, StageError> {
        let (version, published) = (floats(row, "model_version")?, floats(row, PREDICTION)?);
        let (Some(version), Some(published)) = (version[0].map(|v| v as i64), published[0]) else {
            return Err(StageError::Input("no version of a model predicted this row".to_owned()));
        };
        if !self.versions.contains_key(&version) {
            let read = self.version(version)?;
            self.versions.insert(version, read);
        }
        let (bundle, beyond) = &self.versions[&version];
        let content = &bundle.manifest.content;
        let features = bundle.serving.preprocess.plan();
        let wanted = Wanted { beyond, ..Wanted::unlabelled(&features, &content.time) };
        let names: Vec<String> = row.get_column_names().iter().map(|name| name.to_string()).collect();
        // What stands before the prediction identifies the row, and is its time.
        let mut identity: Vec<String> = names.into_iter().take_while(|name| name != PREDICTION).collect();
        let table = self.find(row, &content.time, &identity, wanted.names())?;
        let frame = from_table(&table, wanted)?;
        identity.sort_by_key(|name| *name == content.time);
        let told = |name: &String| (one_line(name), text(row, name, 0).unwrap_or_default());
        Ok(Why {
            row: identity.iter().map(told).collect(),
            version,
            called: text(row, "predicted_class", 0).filter(|_| content.task == Task::Multiclass),
            published,
            actual: text(row, "actual", 0),
            ..parts(bundle, &features, &frame)?
        })
    }

    fn version(&self, version: i64) -> Result<(Bundle, Beyond), StageError> {
        let folder = layout::bundle(self.pipeline, version);
        if self.place.read_if_there(&format!("{folder}/manifest.json"))?.is_none() {
            return Err(StageError::Input(format!(
                "version {version}, which predicted this row, is no longer in the lake: nothing can say why"
            )));
        }
        let bundle = bundle::load(self.place, &folder)?;
        let features = bundle.serving.preprocess.plan();
        let time = &bundle.manifest.content.time;
        let beyond = Beyond::read(self.place, self.parts, self.workspace, &features, time)?;
        Ok((bundle, beyond))
    }

    /// The row of the history that `row` is the prediction of: its columns `names`.
    fn find(
        &self,
        row: &DataFrame,
        time: &str,
        identity: &[String],
        mut names: Vec<String>,
    ) -> Result<DataFrame, StageError> {
        let lost = |what: &str| StageError::Input(format!("the row {what}: what it was predicted from is not known"));
        let Ok(of_time) = row.column(time) else { return Err(lost("does not have its event time")) };
        names.extend(identity.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        let at = instants(of_time.as_materialized_series())?[0].div_euclid(1_000);
        let value = of_time.get(0).map_err(|e| unread(time, &e))?.into_static();
        let value = Scalar::new(of_time.dtype().clone(), value);
        let covers = |part: &&Part| {
            let (from, to) = (part.from.map(|at| at.timestamp_millis()), part.to.map(|at| at.timestamp_millis()));
            part.rows > 0 && from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to)
        };
        let columns: Vec<_> = names.iter().map(|name| col(name.as_str())).collect();
        let mut found = Vec::new();
        for part in self.parts.iter().filter(covers) {
            let near = self.place.scan(&part.path)?.filter(col(time).eq(lit(value.clone()))).select(columns.clone());
            let near = near.collect().map_err(|e| unread(&part.path, &e))?;
            found.extend((0..near.height()).map(|row| near.slice(row as i64, 1)));
        }
        // Where nothing else tells rows of one instant apart, the file and line they came from do.
        for by in [identity, &[system::FILE.to_owned(), system::LINE.to_owned()]] {
            let wanted = keys(row, by)?;
            let mut fitting = Vec::new();
            for one in found {
                if keys(&one, by)? == wanted {
                    fitting.push(one);
                }
            }
            found = fitting;
            if found.len() < 2 {
                break;
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(lost("cannot be told from another one")),
            (None, _) => Err(lost("is no longer in the history as it was")),
        }
    }
}

/// What the version says of the one row of `frame`, and why.
fn parts(bundle: &Bundle, features: &[FeaturePlan], frame: &Frame) -> Result<Why, StageError> {
    let (content, serving) = (&bundle.manifest.content, &bundle.serving);
    let predicted = serving.predict(frame)?;
    let call = (content.task == Task::Multiclass).then(|| called(&predicted, content.classes.len())[0]);
    let now = call.map_or(predicted[0], |(_, p)| p);
    let given = serving.contributions(frame)?;
    let (Some((base, adds)), true) = (given.split_last(), given.iter().all(|part| part.is_finite())) else {
        return Err(StageError::Input("what the model says of this row has no finite parts".to_owned()));
    };
    let add = |(at, feature): (usize, &FeaturePlan)| Adds {
        feature: one_line(&feature.name),
        value: frame.columns[at].shown(0, feature.ty).map(|value| one_line(&value)),
        adds: adds[at],
    };
    let mut parts: Vec<Adds> = features.iter().enumerate().map(add).collect();
    parts.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()));
    Ok(Why {
        row: Vec::new(),
        version: bundle.manifest.stamp.version,
        algorithm: content.algorithm,
        task: content.task,
        target: content.target.clone(),
        called: None,
        published: now,
        about: call.map(|(class, _)| content.classes[class].clone()),
        now,
        actual: None,
        unit: Unit::of(content.task, base + adds.iter().sum::<f64>(), now),
        base: *base,
        parts,
        corrected: serving.corrected_after().map(str::to_owned),
    })
}

/// A cell as a person reads it; `None` without a value.
fn text(table: &DataFrame, name: &str, row: usize) -> Option<String> {
    let value = |column: &Column| match column.get(row).ok()? {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(one_line(text)),
        AnyValue::StringOwned(text) => Some(one_line(&text)),
        AnyValue::Float64(value) if value.fract() == 0.0 => Some(format!("{value:.0}")),
        AnyValue::Float64(value) => Some(figure(value)),
        other => Some(one_line(other.to_string().trim_end_matches(".000000"))),
    };
    table.column(name).ok().and_then(value)
}

fn unread(what: &str, error: &PolarsError) -> StageError {
    StageError::Input(format!("{what} cannot be read: {}", one_line(&error.to_string())))
}

#[cfg(test)]
mod tests;
