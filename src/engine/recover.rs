//! Making whole what was left behind: by the engine before this one, which is the first thing an engine does, or by a
//! run's task that broke.
//!
//! Workers of a dead engine end themselves (their lifeline, the pipe to the engine, is gone). A run whose commit had
//! begun is rolled forward; any other is marked interrupted, its files are free again, and a rerun of it is created
//! that takes over what its finished stages had made. After as many such runs in a row as may try a file there is none.

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
use super::quarantine;
use super::release::release;
use super::rerun;

/// Recovers every run that is neither queued nor over.
///
/// # Errors
/// When the store fails.
pub async fn recover(context: &Context) -> Result<()> {
    let open = context.store.read(runs::open).await?;
    for run in open.into_iter().filter(|run| run.state == RunState::Running) {
        left(context, run, "its engine ended").await?;
    }
    for pipeline in &context.workspace().pipelines {
        if let Err(error) = point(context, pipeline).await {
            let said = format!("latest.json does not point to the newest publication: {error}");
            context.note(Level::Error, Some(&pipeline.name), None, "publish", &said).await;
        }
        quarantine::keep_missing(context, pipeline, &[]).await?;
    }
    Ok(())
}

/// Recovers one running run that nobody executes any more; `why` is a clause.
///
/// # Errors
/// When the store fails.
pub async fn left(context: &Context, run: RunRow, why: &'static str) -> Result<()> {
    match context.pipeline(&run.pipeline) {
        Some(pipeline) => recover_run(context, &pipeline, &run, why).await,
        None => context.write(move |tx, now| abandon(tx, &run, why, now)).await,
    }
}

/// A run of a pipeline that is no longer configured.
fn abandon(tx: &Transaction<'_>, run: &RunRow, why: &str, now: Instant) -> Result<()> {
    close_stages(tx, run.id, run.committed.is_some(), why, now)?;
    let said = format!("{why} and its pipeline is no longer configured");
    runs::set_error(tx, run.id, "interrupted", &said)?;
    runs::set_state(tx, run.id, RunState::Interrupted, now)
}

async fn recover_run(context: &Context, pipeline: &Pipeline, run: &RunRow, why: &'static str) -> Result<()> {
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
            Ok(()) => format!("run {id} was committing when {why}: rolled forward"),
            Err(error) => format!("run {id} was committing when {why} and cannot be completed: {error}"),
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
    context.write(move |tx, now| close(tx, &plan, id, why, now)).await
}

/// Closes a run that was left behind, and creates the rerun that resumes it.
fn close(tx: &Transaction<'_>, pipeline: &Pipeline, id: i64, why: &str, now: Instant) -> Result<()> {
    let row = runs::get(tx, id)?.ok_or_else(|| StoreError::Forbidden(format!("there is no run {id}")))?;
    let committed = row.committed.is_some();
    let state = left_behind(committed, &stages::of_run(tx, id)?);
    close_stages(tx, id, committed, why, now)?;
    let said = format!("{why} while it ran");
    let too_much = !committed && release(tx, pipeline, id, &said, now)?;
    if state != RunState::Succeeded {
        runs::set_error(tx, id, "interrupted", &said)?;
    }
    runs::set_state(tx, id, state, now)?;
    let tell = |said: &str| events::add(tx, Level::Warn, Some(&pipeline.name), Some(id), "engine", said, now);
    tell(&format!("run {id} was left behind, {why}: {state}"))?;
    if state == RunState::Succeeded || too_much || held_back(tx, id)? {
        return Ok(());
    }
    let (left, most) = (left_in_a_row(tx, id)?, pipeline.landing.max_attempts);
    if left >= most {
        return tell(&format!(
            "run {id} is not resumed: {left} runs in a row were left behind; mend the cause, then rerun it"
        ));
    }
    match rerun::create(tx, pipeline, id, &RerunFrom::Failed, &format!("resumes run {id}: {said}"), now) {
        Ok(_) => Ok(()),
        // Its files are free: the next check takes them.
        Err(StoreError::Forbidden(why)) => tell(&format!("run {id} is not resumed: {why}")),
        Err(error) => Err(error),
    }
}

/// How many runs were left behind one after the other, each the rerun of the one before; `id` is the last.
fn left_in_a_row(tx: &Transaction<'_>, id: i64) -> Result<u32> {
    let (mut next, mut left) = (Some(id), 0);
    while let Some(run) = next.map(|id| runs::get(tx, id)).transpose()?.flatten() {
        if !matches!(run.state, RunState::Interrupted | RunState::Partial) {
            break;
        }
        (next, left) = (run.parent, left + 1);
    }
    Ok(left)
}

/// Whether a file of the batch was held because too many runs ended over it: an operator decides, not a loop.
fn held_back(tx: &Transaction<'_>, id: i64) -> Result<bool> {
    Ok(files::of_run(tx, id)?.iter().any(|row| row.state == FileState::Held))
}

fn close_stages(tx: &Transaction<'_>, id: i64, committed: bool, why: &str, now: Instant) -> Result<()> {
    let said = format!("{why} while it ran");
    for row in stages::of_run(tx, id)? {
        if row.state.is_final() {
            continue;
        }
        let done = publish_is_done(committed, row.kind) && row.state == StageState::Running;
        let next = if done { StageState::Succeeded } else { StageState::Interrupted };
        if row.state == StageState::Running {
            let error = (!done).then_some(("interrupted", said.as_str()));
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
