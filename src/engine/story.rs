//! Gathering what the report tells.

use std::collections::BTreeMap;

use crate::alerts::long_run::{self, Pace};
use crate::config::Pipeline;
use crate::domain::alert::{FactAlert, fingerprint};
use crate::domain::dataset::DatasetKind;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::drift::{Account, Expected};
use crate::domain::metric::{Metric, Split};
use crate::domain::model::ModelCard;
use crate::domain::plan::Task;
use crate::domain::story::{Story, StoryAlert, StoryDay, StoryFile, StoryModel, StoryPrecision, StoryRun, StoryStage};
use crate::domain::text::one_line;
use crate::lake::Lake;
use crate::store::runs::RunRow;
use crate::store::{
    Connection, Result, StoreError, alerts, champions, files, inputs, metrics, models, parts, runs, stages, triage,
    triggers,
};

const DAYS: usize = 400;
const VERSIONS: usize = 100;
/// Runs whose features are told of.
const DRIFT_RUNS: usize = 30;
/// Runs whose predictions are told of.
const RUNS: usize = 14;
/// Days of what was expected.
const DRIFT_DAYS: usize = 120;
/// Alerts told of: standing ones, and as many of the run.
const ALERTS: usize = 200;
/// Alerts published.
const PUBLISHED: usize = 10_000;

/// Gathers what the store knows of a run, which may still be under way (its report is one of its stages).
pub fn gather(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Story> {
    let row = runs::get(connection, run)?.ok_or_else(|| StoreError::Forbidden(format!("there is no run {run}")))?;
    let name = &pipeline.name;
    let measured = metrics::of_run(connection, run)?;
    let current = champions::current(connection, name)?;
    let card =
        |version| -> Result<Option<ModelCard>> { Ok(models::get(connection, name, version)?.map(|row| row.card)) };
    let task = pipeline.model.as_ref().map_or(Task::Regression, |model| model.task);
    let (alerts, alerts_left) = story_alerts(connection, name, run)?;
    let stages = story_stages(connection, &row)?;
    Ok(Story {
        title: pipeline.title.clone(),
        pipeline: name.clone(),
        run,
        started: row.started.unwrap_or(row.created),
        trigger: trigger(connection, run, &row.reason)?,
        config_hash: row.config_hash,
        target: pipeline.model.as_ref().map(|model| model.target.clone()).unwrap_or_default(),
        task,
        files: story_files(connection, run)?,
        stages,
        days: days(connection, name, task)?,
        models: story_models(connection, name, task)?,
        champion: current.map(card).transpose()?.flatten(),
        challenger: models::of_run(connection, run)?.map(|row| row.card),
        diagnosis: None,
        drift: None,
        inputs: pipeline
            .model
            .as_ref()
            .map_or(Ok(Vec::new()), |model| inputs::runs(connection, name, DRIFT_RUNS, model.features.len()))?,
        expected: expected(connection, name, task)?,
        rejects: rejects(&measured),
        alerts,
        alerts_left,
        precision: precision(connection, name)?,
        predicted: predicted(&measured),
        runs: predictions(connection, name, task, run)?,
        // The report stage says it: models are its own.
        worst: Vec::new(),
    })
}

/// What is kept in the lake of the version that serves, or of the run's own where that is not there. A diagnosis that
/// cannot be read costs the report a section, not more.
pub async fn diagnosis(lake: &Lake, story: &Story) -> Option<(i64, Diagnosis)> {
    for card in story.champion.iter().chain(&story.challenger) {
        match lake.diagnosis(&card.bundle).await {
            Ok(None) => {}
            Ok(Some(found)) => return Some((card.version, found)),
            Err(error) => tracing::warn!("the report goes without a diagnosis: {error}"),
        }
    }
    None
}

/// Where what the run said of its rows lies: where its commit put it, or where it waits for that.
pub fn account(connection: &Connection, run: i64) -> Result<Option<String>> {
    let mut parts = parts::of_run(connection, run)?;
    parts.retain(|row| row.part.kind == DatasetKind::Drift);
    Ok(parts.pop().map(|row| if row.committed.is_some() { row.part.path } else { row.staged }))
}

/// The account at this place. One that cannot be read costs the report a section, not more.
pub async fn drift(lake: &Lake, path: &str) -> Option<Account> {
    lake.account(path).await.unwrap_or_else(|error| {
        tracing::warn!("the report goes without the drift of its rows: {error}");
        None
    })
}

/// The loss by day as it was expected, and what it was; `None` when nothing was expected.
fn expected(connection: &Connection, pipeline: &str, task: Task) -> Result<Option<(String, Vec<Expected>)>> {
    let metric = if task == Task::Regression { "rmse" } else { "log_loss" };
    let days = inputs::expected(connection, pipeline, metric, DRIFT_DAYS)?;
    Ok((!days.is_empty()).then(|| (metric.to_owned(), days)))
}

fn trigger(connection: &Connection, run: i64, reason: &str) -> Result<String> {
    Ok(match triggers::of_run(connection, run)? {
        Some(row) => format!("by {} (true: {})", row.answer.cause, row.answer.reason),
        None => reason.to_owned(),
    })
}

fn story_files(connection: &Connection, run: i64) -> Result<Vec<StoryFile>> {
    let rows = files::of_run(connection, run)?;
    Ok(rows
        .into_iter()
        .map(|row| StoryFile {
            key: row.key,
            bytes: row.bytes,
            rows: row.rows,
            rejected: row.rejected,
            state: row.state.name().to_owned(),
            reason: row.reason,
        })
        .collect())
}

fn story_stages(connection: &Connection, run: &RunRow) -> Result<Vec<StoryStage>> {
    const NEEDED: usize = 10;
    let attempts = stages::attempts(connection, run.id)?;
    let mut told = Vec::new();
    for row in stages::of_run(connection, run.id)? {
        let past = stages::paces(connection, &run.pipeline, &row.name, long_run::WINDOW)?;
        let past: Vec<Pace> = past.into_iter().map(Pace::from).collect();
        told.push(StoryStage {
            seconds: row.ended.and_then(|_| row.seconds(run.created)),
            usual_seconds: long_run::usual(&past, run.bytes).filter(|_| past.len() >= NEEDED),
            peak_memory: attempts.iter().filter(|a| a.stage == row.name).filter_map(|a| a.peak_memory).max(),
            state: row.state.name().to_owned(),
            summary: row.summary,
            name: row.name,
        });
    }
    Ok(told)
}

/// What was predicted on each event day and what happened, oldest first.
pub fn days(connection: &Connection, pipeline: &str, task: Task) -> Result<Vec<StoryDay>> {
    let (headline, loss, (predicted, actual)) = (task.headline(), task.loss(), task.levels());
    let mut days: BTreeMap<String, StoryDay> = BTreeMap::new();
    let mut fill = |name: &str, set: fn(&mut StoryDay, f64)| -> Result<()> {
        for point in metrics::by_day(connection, pipeline, name, "champion", DAYS)? {
            let day =
                days.entry(point.label.clone()).or_insert_with(|| StoryDay { day: point.label, ..StoryDay::default() });
            set(day, point.value);
        }
        Ok(())
    };
    fill("rows", |day, value| day.rows = value.max(0.0) as u64)?;
    fill(predicted, |day, value| day.predicted = Some(value))?;
    fill(actual, |day, value| day.actual = Some(value))?;
    fill("labelled", |day, value| day.labelled = Some(value))?;
    fill(headline, |day, value| day.headline = Some(value))?;
    fill(loss, |day, value| day.loss = Some(value))?;
    if task == Task::Regression {
        fill("coverage", |day, value| day.coverage = Some(value))?;
        fill("interval_width", |day, value| day.width = Some(value))?;
    }
    // A figure over the few outcomes that came early says little about a day.
    for day in days.values_mut().filter(|day| day.labelled.is_some_and(|share| share < 0.5)) {
        (day.actual, day.headline, day.loss, day.coverage, day.width) = (None, None, None, None, None);
    }
    Ok(days.into_values().collect())
}

/// What the newest committed runs predicted, and how well as far as it is known.
fn predictions(connection: &Connection, pipeline: &str, task: Task, run: i64) -> Result<Vec<StoryRun>> {
    let mut told = Vec::new();
    for run in metrics::predicting_runs(connection, pipeline, run, RUNS)? {
        let known = metrics::of_predictions(connection, run)?;
        let of = |name: &str| known.iter().find(|m| m.name == name && m.who == "champion").map(|m| m.value);
        let (Some(rows), Some(labelled)) = (of("rows"), of("labelled")) else { continue };
        let (headline, loss) = (of(task.headline()), of(task.loss()));
        told.push(StoryRun { run, rows: rows.max(0.0) as u64, labelled, headline, loss });
    }
    told.reverse();
    Ok(told)
}

fn story_models(connection: &Connection, pipeline: &str, task: Task) -> Result<Vec<StoryModel>> {
    let (headline, loss) = (task.headline(), task.loss());
    let series = |name: &str, who: &str| -> Result<BTreeMap<i64, f64>> {
        let points = metrics::by_run(connection, pipeline, name, Split::Holdout, who, 4 * VERSIONS)?;
        Ok(points.into_iter().map(|point| (point.run, point.value)).collect())
    };
    let three = |name: &str| -> Result<[BTreeMap<i64, f64>; 3]> {
        Ok([series(name, "challenger")?, series(name, "champion")?, series(name, "baseline")?])
    };
    let (headlines, losses) = (three(headline)?, three(loss)?);
    let of = |series: &[BTreeMap<i64, f64>; 3], run: i64| {
        (series[0].get(&run).copied(), series[1].get(&run).copied(), series[2].get(&run).copied())
    };
    let mut versions: Vec<StoryModel> = models::list(connection, pipeline, VERSIONS)?
        .into_iter()
        .map(|row| StoryModel {
            version: row.card.version,
            made: row.made,
            headline: of(&headlines, row.run),
            loss: of(&losses, row.run),
            algorithm: row.card.algorithm,
            verdict: row.card.decision.verdict.name().to_owned(),
            reason: row.card.decision.reason,
        })
        .collect();
    versions.reverse();
    Ok(versions)
}

/// The gravest alerts that stand, then those of this run; and how many stand beyond those.
fn story_alerts(connection: &Connection, pipeline: &str, run: i64) -> Result<(Vec<StoryAlert>, u64)> {
    let mut rows = alerts::open(connection, Some(pipeline))?;
    let left = rows.len().saturating_sub(ALERTS) as u64;
    rows.truncate(ALERTS);
    for row in triage::of_run(connection, run, ALERTS)? {
        if rows.iter().all(|other| other.id != row.id) {
            rows.push(row);
        }
    }
    let alerts = rows.into_iter().map(|row| StoryAlert {
        raised: row.raised,
        severity: row.finding.severity,
        state: row.state,
        kind: row.finding.kind.name().to_owned(),
        here: row.run == Some(run),
        inhibited: row.inhibited_by.is_some(),
        who: row.answered_by().map(str::to_owned),
        note: row.answered_by().and(row.note.clone()),
        alarm: row.alarm,
        muted_until: row.muted_until,
        ended: row.ended,
        message: row.finding.message,
    });
    Ok((alerts.collect(), left))
}

fn precision(connection: &Connection, pipeline: &str) -> Result<Vec<StoryPrecision>> {
    let rows = triage::precision(connection, Some(pipeline))?.into_iter();
    let told = rows.map(|row| StoryPrecision {
        kind: row.kind.name().to_owned(),
        fired: row.fired,
        right: row.right,
        wrong: row.wrong,
    });
    Ok(told.collect())
}

/// The newest alerts of a pipeline as they are published, newest first.
pub fn facts(connection: &Connection, pipeline: &str) -> Result<Vec<FactAlert>> {
    let rows = alerts::list(connection, Some(pipeline), PUBLISHED)?.into_iter();
    let facts = rows.map(|row| {
        let who = row.answered_by().map(one_line);
        let finding = row.finding;
        FactAlert {
            alert: row.id,
            fingerprint: one_line(&fingerprint(&row.pipeline, finding.kind, &finding.object)),
            pipeline: row.pipeline,
            kind: finding.kind,
            object: one_line(&finding.object),
            severity: finding.severity,
            state: row.state,
            message: one_line(&finding.message),
            observed: finding.observed,
            low: finding.expected.map(|(low, _)| low),
            high: finding.expected.map(|(_, high)| high),
            unit: finding.unit,
            run: row.run,
            raised: row.raised,
            fired: row.fired,
            ended: row.ended,
            note: who.as_ref().and(row.note.as_deref()).map(one_line),
            who,
            alarm: row.alarm,
            muted_until: row.muted_until,
        }
    });
    Ok(facts.collect())
}

/// Reject reasons are measured by the clean stage as `rejected` per column with the reason in `who`.
fn rejects(measured: &[Metric]) -> Vec<(String, String, u64)> {
    let mut rejects: Vec<(String, String, u64)> = measured
        .iter()
        .filter(|metric| metric.name == "rejected" && metric.column.is_some())
        .map(|metric| (metric.column.clone().unwrap_or_default(), metric.who.clone(), metric.value.max(0.0) as u64))
        .collect();
    rejects.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
    rejects
}

/// Rows predicted in this run whose outcome is open, and their mean prediction.
fn predicted(measured: &[Metric]) -> Option<(u64, f64)> {
    let waiting = measured.iter().find(|metric| metric.name == "predicted_open" && metric.day.is_none())?;
    Some((waiting.n, waiting.value))
}
