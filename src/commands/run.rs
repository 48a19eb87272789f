//! `landfall run`: ask for new data and run it, once, without a screen.

use std::process::ExitCode;
use std::time::{Duration, Instant as Monotonic};

use super::arguments::Run;
use super::follow::{self, Connection, Waiter};
use super::{Place, Refused, print};
use crate::config;
use crate::domain::wire::{Command, Reply};
use crate::store::{self, runs};

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
        let settle = workspace.pipeline(&name).map_or(Duration::ZERO, |pipeline| pipeline.landing.settle);
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
    let newest = runs::list(&reader, Some(name), None, 1)?.first().map_or(0, |run| run.id);
    let began = Monotonic::now();
    // Two looks that span the settling time, and a little for the looks themselves.
    let patience = settle * 2 + Duration::from_secs(1);
    loop {
        let reply = connection.ask(Command::Check { pipeline: Some(name.to_owned()) }).await?;
        let Reply::Done { message, run } = reply else {
            let Reply::Refused { message } = reply else { return Ok(ExitCode::from(2)) };
            return Err(Refused(message).into());
        };
        // A second look of the engine's own may have been the one that found the files complete.
        let run = run.or(runs::list(&reader, Some(name), None, 1)?.first().map(|run| run.id).filter(|id| *id > newest));
        let settling = message.contains("settling");
        if run.is_some() || !settling || began.elapsed() > patience {
            if !place.json {
                print::line(&message)?;
            } else if run.is_none() {
                print::json(&serde_json::json!({ "pipeline": name, "answer": message }))?;
            }
            return match run {
                Some(run) => follow::until_over(place, connection, run).await,
                None => Ok(ExitCode::SUCCESS),
            };
        }
        waiter.wait().await;
    }
}
