//! What an operator does to runs and pipelines: through the running engine, or through one that lives just
//! for the command.

use std::process::ExitCode;

use anyhow::bail;

use super::arguments::{Cancel, Rerun};
use super::follow::{self, Connection};
use super::{Place, Refused, print};
use crate::domain::run::RerunFrom;
use crate::domain::wire::{Command, Reply, RerunStep};

/// `landfall rerun`.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn rerun(place: &Place, options: Rerun) -> anyhow::Result<ExitCode> {
    let from = match (&options.from, options.failed) {
        (Some(stage), _) => RerunFrom::Stage(stage.clone()),
        (None, true) => RerunFrom::Failed,
        (None, false) => RerunFrom::Whole,
    };
    let mut connection = Connection::open(&place.root).await?;
    if options.preview {
        let reply = connection.ask(Command::PreviewRerun { run: options.run, from }).await?;
        connection.close().await;
        return preview(place, reply);
    }
    let reply = connection.ask(Command::Rerun { run: options.run, from, reason: options.reason }).await?;
    let Reply::Done { message, run: Some(run) } = reply else {
        connection.close().await;
        return answer(place, reply);
    };
    if !place.json {
        print::line(&message)?;
    }
    let code = follow::until_over(place, &mut connection, run).await;
    connection.close().await;
    code
}

fn preview(place: &Place, reply: Reply) -> anyhow::Result<ExitCode> {
    let Reply::Preview(preview) = reply else { return answer(place, reply) };
    if place.json {
        print::json(&preview)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = preview
        .stages
        .iter()
        .map(|(stage, step)| match step {
            RerunStep::Reuse(why) => vec![stage.clone(), "reused".into(), why.clone()],
            RerunStep::Run(why) => vec![stage.clone(), "runs".into(), why.clone()],
        })
        .collect();
    print::table(&["stage", "", "because"], &rows)?;
    print::line(&format!("files of the batch: {}", preview.files))?;
    if !preview.supersedes.is_empty() {
        print::line(&format!("supersedes: {}", preview.supersedes.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `landfall cancel`.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn cancel(place: &Place, options: Cancel) -> anyhow::Result<ExitCode> {
    once(place, Command::Cancel { run: options.run, reason: options.reason }).await
}

/// `landfall pause`.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn pause(place: &Place, pipeline: String) -> anyhow::Result<ExitCode> {
    once(place, Command::Pause { pipeline }).await
}

/// `landfall resume`.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn resume(place: &Place, pipeline: String) -> anyhow::Result<ExitCode> {
    once(place, Command::Resume { pipeline }).await
}

/// One request, and its answer as the exit code and on standard output.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn once(place: &Place, command: Command) -> anyhow::Result<ExitCode> {
    let mut connection = Connection::open(&place.root).await?;
    let reply = connection.ask(command).await;
    connection.close().await;
    answer(place, reply?)
}

fn answer(place: &Place, reply: Reply) -> anyhow::Result<ExitCode> {
    match reply {
        Reply::Refused { message } => Err(Refused(message).into()),
        reply if place.json => {
            print::json(&reply)?;
            Ok(ExitCode::SUCCESS)
        }
        Reply::Done { message, .. } => {
            print::line(&message)?;
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("the engine gave an answer of another kind: {other:?}"),
    }
}
