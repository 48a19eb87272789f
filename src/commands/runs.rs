//! `landfall runs`: the newest runs, or one with its stages and log.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Runs;
use super::{Place, Refused, print};
use crate::domain::format;
use crate::store::{self, Connection, files, logs, metrics, runs, stages};

/// Prints them.
///
/// # Errors
/// When there is no state, it cannot be read, or there is no such run.
pub fn runs(place: &Place, options: &Runs) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    if let Some(id) = options.run {
        return one(place, &connection, id);
    }
    let list = runs::list(&connection, options.listing.pipeline.as_deref(), None, options.listing.limit)?;
    if place.json {
        print::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = chrono::Utc::now();
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|run| {
            vec![
                run.id.to_string(),
                run.pipeline.clone(),
                run.state.to_string(),
                print::stamp(run.created),
                run.seconds(now).map_or("-".into(), format::duration),
                run.files.to_string(),
                run.rows.map_or("-".into(), format::count),
                run.cause.to_string(),
                run.error.clone().unwrap_or_else(|| run.reason.clone()),
            ]
        })
        .collect();
    print::table(&["run", "pipeline", "state", "created (UTC)", "took", "files", "rows", "by", "why"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn one(place: &Place, connection: &Connection, id: i64) -> anyhow::Result<ExitCode> {
    let run = runs::get(connection, id)?.ok_or_else(|| Refused(format!("there is no run {id}")))?;
    let stages = stages::of_run(connection, id)?;
    let attempts = stages::attempts(connection, id)?;
    let log = logs::tail(connection, id, None, 200)?;
    if place.json {
        print::json(&json!({
            "run": run, "stages": stages, "attempts": attempts, "files": files::of_run(connection, id)?,
            "metrics": metrics::of_run(connection, id)?, "log": log,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let now = chrono::Utc::now();
    print::line(&format!("run {} of {}: {} ({})", run.id, run.pipeline, run.state, run.reason))?;
    let rows: Vec<Vec<String>> = stages
        .iter()
        .map(|stage| {
            let memory = attempts.iter().filter(|a| a.stage == stage.name).filter_map(|a| a.peak_memory).max();
            vec![
                stage.name.clone(),
                stage.state.to_string(),
                stage.seconds(now).map_or("-".into(), format::duration),
                memory.map_or("-".into(), format::bytes),
                stage.attempt.to_string(),
                stage.error.clone().unwrap_or_else(|| stage.summary.clone()),
            ]
        })
        .collect();
    print::table(&["stage", "state", "took", "peak memory", "attempts", "what"], &rows)?;
    for line in log {
        print::line(&format!("{} {:<8} {}", print::stamp(line.at), line.stage, line.text))?;
    }
    Ok(ExitCode::SUCCESS)
}
