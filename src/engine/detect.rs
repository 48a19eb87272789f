//! Asking the detectors: history out of the store in, verdicts out.

use chrono::NaiveDateTime;

use crate::alerts::baseline::{Point, date_in_name};
use crate::alerts::{file_size, long_run, run_failed, staleness};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::run::{RunState, StageState};
use crate::domain::text::one_line;
use crate::store::{Connection, Result, alerts, files, pipelines, runs, stages};

use super::watch;

const HISTORY: usize = 400;

/// Is upstream late? Asked on a timer of its own, whatever runs.
pub fn stale(connection: &Connection, pipeline: &Pipeline, watched_since: Instant, now: Instant) -> Result<Verdict> {
    let arrivals = files::arrivals(connection, &pipeline.name, HISTORY)?;
    let paused = pipelines::get(connection, &pipeline.name)?.is_some_and(|row| row.paused);
    Ok(staleness::judge(&staleness::Look {
        pipeline: &pipeline.name,
        now,
        arrivals: &arrivals,
        watched_since,
        stale_after: pipeline.alerts.staleness.after.and_then(|wait| chrono::Duration::from_std(wait).ok()),
        paused,
    }))
}

/// Do the pipeline's run and its stage take too long? Asked while they run.
pub fn slow(connection: &Connection, pipeline: &Pipeline, run: i64, now: Instant) -> Result<Vec<Verdict>> {
    let Some(row) = runs::get(connection, run)? else { return Ok(Vec::new()) };
    let mut past = runs::durations(connection, &pipeline.name, 30)?;
    past.reverse();
    let mut verdicts = vec![long_run::judge(&long_run::Look {
        object: &pipeline.name,
        elapsed: row.seconds(now).unwrap_or(0.0),
        ended: row.state.is_final(),
        slow_after: pipeline.alerts.long_run.after,
        successes: &past,
    })];
    for stage in stages::of_run(connection, run)? {
        if stage.state == StageState::Waiting {
            continue;
        }
        let mut past: Vec<f64> =
            stages::durations(connection, &pipeline.name, &stage.name, 30)?.into_iter().map(|(s, _)| s).collect();
        past.reverse();
        verdicts.push(long_run::judge(&long_run::Look {
            object: &stage.name,
            elapsed: stage.seconds(now).unwrap_or(0.0),
            ended: stage.state.is_final(),
            slow_after: pipeline.stage(&stage.name).and_then(|stage| stage.slow_after),
            successes: &past,
        }));
    }
    Ok(verdicts)
}

/// Are the files of a batch of their usual size?
pub fn sizes(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let alerted = alerts::abnormal(connection, &pipeline.name, AlertKind::FileSize)?;
    let known = files::sizes(connection, &pipeline.name, 4 * HISTORY)?;
    let midnight = |key: &str| date_in_name(key).and_then(|day| day.and_hms_opt(0, 0, 0));
    let about: Vec<Option<NaiveDateTime>> = known.iter().map(|(_, key, _)| midnight(key)).collect();
    let mut verdicts = Vec::new();
    for row in files::of_run(connection, run)? {
        let history: Vec<Point> = known
            .iter()
            .zip(&about)
            .filter(|((id, ..), _)| *id < row.id)
            .map(|((_, key, bytes), at)| Point {
                at: at.unwrap_or_else(|| row.first_seen.naive_utc()),
                value: *bytes as f64,
                alerted: alerted.contains(key),
            })
            .collect();
        verdicts.push(file_size::judge(&file_size::Look {
            key: &one_line(&row.key),
            bytes: row.bytes,
            at: midnight(&row.key).unwrap_or_else(|| row.first_seen.naive_utc()),
            history: &history,
            ratio: pipeline.alerts.file_size.ratio,
            sigmas: pipeline.alerts.file_size.sigmas,
        }));
    }
    // A usual size says nothing about an alert on another file, and only a new version ends one's own.
    Ok(verdicts)
}

/// How a run ended, and whether its results are far from the past.
pub fn ended(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let Some(row) = runs::get(connection, run)? else { return Ok(verdicts) };
    let recent = runs::list(connection, Some(&pipeline.name), None, 50)?;
    let in_a_row = recent.iter().take_while(|run| matches!(run.state, RunState::Failed | RunState::Partial)).count();
    let failure = stages::of_run(connection, run)?.into_iter().find(|stage| stage.state == StageState::Failed);
    let failure = failure.map(|stage| (stage.name, stage.error.unwrap_or_default()));
    verdicts.extend(run_failed::judge(&run_failed::Look {
        pipeline: &pipeline.name,
        run,
        state: row.state,
        failure: failure.as_ref().map(|(stage, error)| (stage.as_str(), error.as_str())),
        in_a_row: u32::try_from(in_a_row).unwrap_or(u32::MAX),
    }));
    if row.state.is_committed() {
        verdicts.extend(watch::results::watched(connection, pipeline, run)?);
        verdicts.extend(watch::model::watched(connection, pipeline, &row)?);
        verdicts.extend(watch::quality::watched(connection, pipeline, run)?);
    }
    Ok(verdicts)
}

/// Something of Landfall's own that is not as it should be, or (without a message) is again.
pub fn own(object: &str, message: Option<String>) -> Verdict {
    match message {
        None => Verdict::Fine { kind: AlertKind::Landfall, object: object.into(), reason: "it works again".into() },
        Some(message) => {
            let rule = "Landfall watches what it needs itself";
            Verdict::Bad(Finding::new(AlertKind::Landfall, object, Severity::Critical, message, rule))
        }
    }
}
