//! `landfall run`: ask for new data and run it, once, without a screen.

use std::process::ExitCode;
use std::time::{Duration, Instant as Monotonic};

use super::arguments::Run;
use super::follow::{self, Connection, Waiter};
use super::{Place, Refused, print};
use crate::config;
use crate::domain::wire::{Command, Reply};
use crate::landing::mount;
use crate::store::{self, runs, triggers};

/// So many looks are taken at files that settle, however long a busy machine needs for one.
const LEAST_LOOKS: u32 = 3;

/// Checks every pipeline (or one), waits for what is still settling, and follows the runs it leads to.
///
/// # Errors
/// When the workspace cannot be used, or there is no such pipeline.
pub async fn run(place: &Place, options: Run) -> anyhow::Result<ExitCode> {
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let names: Vec<String> = match options.pipeline {
        Some(name) => vec![name],
        None => workspace.pipelines.iter().map(|pipeline| pipeline.name.clone()).collect(),
    };
    let mut connection = Connection::open(&place.root).await?;
    let mut code = ExitCode::SUCCESS;
    for name in names {
        let settle = workspace.pipeline(&name).map_or(Duration::ZERO, |pipeline| mount::settle(&pipeline.landing));
        match one(place, &mut connection, &name, settle).await {
            Ok(ExitCode::SUCCESS) => {}
            Ok(failed) => code = failed,
            Err(error) => {
                connection.close().await;
                return Err(error);
            }
        }
    }
    connection.close().await;
    Ok(code)
}

async fn one(place: &Place, connection: &mut Connection, name: &str, settle: Duration) -> anyhow::Result<ExitCode> {
    let mut waiter = Waiter::of(place, connection).await;
    let reader = store::open_reader(&place.state())?;
    // One that an earlier engine left behind and this one resumes, or one that runs already, comes first.
    let mut code = follow_open(place, connection, &reader, name, ExitCode::SUCCESS).await?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    // Two looks that span the settling time, and a little for the looks themselves; where these take longer, some of them.
    let patience = settle * 2 + Duration::from_secs(1);
    let mut first: Option<Monotonic> = None;
    let mut looks = 0;
    let mut newest = newest_run(&reader, name)?;
    loop {
        let reply = connection.ask(Command::Check { pipeline: Some(name.to_owned()) }).await?;
        looks += 1;
        let Reply::Done { message, run } = reply else {
            let Reply::Refused { message } = reply else { return Ok(ExitCode::from(2)) };
            return Err(Refused(message).into());
        };
        let settling = triggers::list(&reader, name, 1)?.first().is_some_and(|row| row.answer.settling > 0);
        // A second look of the engine's own may have been the one that found the files complete.
        let run = run.or(Some(newest_run(&reader, name)?).filter(|id| *id > newest));
        let since = first.get_or_insert_with(Monotonic::now).elapsed();
        let patient = looks < LEAST_LOOKS || since < patience;
        let waits = settling && code == ExitCode::SUCCESS && patient;
        if run.is_some() || !waits {
            say(place, name, &message, run)?;
        }
        if let Some(run) = run {
            newest = run;
            code = worse(code, follow::until_over(place, connection, run).await?);
        }
        if !waits || code != ExitCode::SUCCESS {
            return Ok(code);
        }
        if run.is_none() {
            waiter.wait().await;
        }
    }
}

/// Follows the runs of a pipeline that are not over yet.
async fn follow_open(
    place: &Place,
    connection: &mut Connection,
    reader: &store::Connection,
    name: &str,
    mut code: ExitCode,
) -> anyhow::Result<ExitCode> {
    for row in runs::open(reader)?.into_iter().filter(|row| row.pipeline == name) {
        say(place, name, &format!("{name}: run {} is under way ({})", row.id, row.reason), Some(row.id))?;
        code = worse(code, follow::until_over(place, connection, row.id).await?);
    }
    Ok(code)
}

fn newest_run(reader: &store::Connection, name: &str) -> anyhow::Result<i64> {
    Ok(runs::list(reader, Some(name), None, 1)?.first().map_or(0, |run| run.id))
}

fn say(place: &Place, name: &str, message: &str, run: Option<i64>) -> anyhow::Result<()> {
    match (place.json, run) {
        (false, _) => print::line(message),
        (true, None) => print::json(&serde_json::json!({ "pipeline": name, "answer": message })),
        (true, Some(_)) => Ok(()),
    }
}

fn worse(one: ExitCode, other: ExitCode) -> ExitCode {
    if one == ExitCode::SUCCESS { other } else { one }
}
