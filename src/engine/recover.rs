//! The first thing an engine does: make whole what the last one left behind.
//!
//! Workers of a dead engine end themselves (their lifeline, the pipe to the engine, is gone). A run whose commit had
//! begun is rolled forward; any other is marked interrupted, its files are free again, and a rerun of it is created
//! that takes over what its finished stages had made.

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::run::{RerunFrom, RunState, StageState};
use crate::lake::commit as protocol;
use crate::store::runs::RunRow;
use crate::store::stages::Ending;
use crate::store::{Result, StoreError, Transaction, events, files, runs, stages};

use super::commit::{finish, left_behind, point, publish_is_done, staged};
use super::context::Context;
use super::release::release;
use super::rerun;

/// Recovers every run that is neither queued nor over.
///
/// # Errors
/// When the store fails.
pub async fn recover(context: &Context) -> Result<()> {
    let open = context.store.read(runs::open).await?;
    for run in open.into_iter().filter(|run| run.state == RunState::Running) {
        left(context, run).await?;
    }
    for pipeline in &context.workspace().pipelines {
        if let Err(error) = point(context, pipeline).await {
            let said = format!("latest.json does not point to the newest publication: {error}");
            context.note(Level::Error, Some(&pipeline.name), None, "publish", &said).await;
        }
    }
    Ok(())
}

/// Recovers one running run that nobody executes any more.
///
/// # Errors
/// When the store fails.
pub async fn left(context: &Context, run: RunRow) -> Result<()> {
    match context.pipeline(&run.pipeline) {
        Some(pipeline) => recover_run(context, &pipeline, &run).await,
        None => context.write(move |tx, now| abandon(tx, &run, now)).await,
    }
}

/// A run of a pipeline that is no longer configured.
fn abandon(tx: &Transaction<'_>, run: &RunRow, now: Instant) -> Result<()> {
    close_stages(tx, run.id, run.committed.is_some(), now)?;
    runs::set_error(tx, run.id, "interrupted", "its engine ended and its pipeline is no longer configured")?;
    runs::set_state(tx, run.id, RunState::Interrupted, now)
}

async fn recover_run(context: &Context, pipeline: &Pipeline, run: &RunRow) -> Result<()> {
    let id = run.id;
    let begun = context.store.read(move |connection| runs::is_committing(connection, id)).await?;
    if begun && run.committed.is_none() {
        let artifacts = staged(context, id).await?;
        let whole = protocol::verify(&context.lake, &artifacts).await;
        let rolled = match whole {
            Ok(()) => finish(context, pipeline, id, &artifacts).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let said = match rolled {
            Ok(()) => format!("run {id} was committing when its engine ended: rolled forward"),
            Err(error) => format!("run {id} was committing when its engine ended and cannot be completed: {error}"),
        };
        context.note(Level::Warn, Some(&pipeline.name), Some(id), "engine", &said).await;
    }
    if run.committed.is_some()
        && let Err(error) = protocol::take_back(&context.lake, &staged(context, id).await?).await
    {
        // A later stage, the report, had moved what the store does not know yet; it makes it anew.
        let said = format!("what run {id} had moved into place could not be taken back: {error}");
        context.note(Level::Error, Some(&pipeline.name), Some(id), "engine", &said).await;
    }
    let plan = pipeline.clone();
    context.write(move |tx, now| close(tx, &plan, id, now)).await
}

/// Closes a run that its engine left behind, and creates the rerun that resumes it.
fn close(tx: &Transaction<'_>, pipeline: &Pipeline, id: i64, now: Instant) -> Result<()> {
    let row = runs::get(tx, id)?.ok_or_else(|| StoreError::Forbidden(format!("there is no run {id}")))?;
    let committed = row.committed.is_some();
    let state = left_behind(committed, &stages::of_run(tx, id)?);
    close_stages(tx, id, committed, now)?;
    if !committed {
        release(tx, pipeline, id, "its engine ended while it ran", now)?;
    }
    if state != RunState::Succeeded {
        runs::set_error(tx, id, "interrupted", "its engine ended while it ran")?;
    }
    runs::set_state(tx, id, state, now)?;
    let said = format!("run {id} was left behind by an engine that ended: {state}");
    events::add(tx, Level::Warn, Some(&pipeline.name), Some(id), "engine", &said, now)?;
    if state == RunState::Succeeded || held_back(tx, id)? {
        return Ok(());
    }
    let reason = format!("resumes run {id}, whose engine ended");
    match rerun::create(tx, pipeline, id, &RerunFrom::Failed, &reason, now) {
        Ok(_) => Ok(()),
        // Its files are free: the next check takes them.
        Err(StoreError::Forbidden(why)) => {
            let said = format!("run {id} is not resumed: {why}");
            events::add(tx, Level::Warn, Some(&pipeline.name), Some(id), "engine", &said, now)
        }
        Err(error) => Err(error),
    }
}

/// Whether a file of the batch was held because too many runs ended over it: an operator decides, not a loop.
fn held_back(tx: &Transaction<'_>, id: i64) -> Result<bool> {
    Ok(files::of_run(tx, id)?.iter().any(|row| row.state == FileState::Held))
}

fn close_stages(tx: &Transaction<'_>, id: i64, committed: bool, now: Instant) -> Result<()> {
    for row in stages::of_run(tx, id)? {
        if row.state.is_final() {
            continue;
        }
        let done = publish_is_done(committed, row.kind) && row.state == StageState::Running;
        let next = if done { StageState::Succeeded } else { StageState::Interrupted };
        if row.state == StageState::Running {
            let error = (!done).then_some(("interrupted", "its engine ended while it ran"));
            stages::end_attempt(
                tx,
                id,
                &row.name,
                row.attempt,
                &Ending { outcome: next, error, peak_memory: None, cpu_ms: None },
                now,
            )?;
        }
        stages::set_state(tx, id, &row.name, next, now)?;
    }
    Ok(())
}
