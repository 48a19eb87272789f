//! One run from start to end: its stages in graph order, its commit, its outcome.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Pipeline;
use crate::domain::job::Level;
use crate::domain::run::{RunState, StageState, When};
use crate::lake::crash;
use crate::store::stages::StageRow;
use crate::store::{Result, events, runs, stages};

use super::commit::{self, CommitError};
use super::context::Context;
use super::graph::{Next, Node, next, outcome};
use super::quarantine;
use super::release::release;
use super::stage::run_stage;

/// Executes a queued run and answers how it ended.
///
/// # Errors
/// Only when the store fails; the run is then left open, and the core recovers it.
pub async fn execute(
    context: Arc<Context>,
    pipeline: Pipeline,
    run: i64,
    cancel: watch::Receiver<bool>,
) -> Result<RunState> {
    let name = pipeline.name.clone();
    context
        .write(move |tx, now| {
            runs::start(tx, run, now)?;
            let row = runs::get(tx, run)?;
            let why = row.map(|row| format!("run {run} started by {}: {}", row.cause, row.reason)).unwrap_or_default();
            events::add(tx, Level::Info, Some(&name), Some(run), "run", &why, now)
        })
        .await?;
    crash::point("run-started");
    loop {
        let rows = context.store.read(move |connection| stages::of_run(connection, run)).await?;
        let nodes = nodes(&pipeline, &rows);
        match next(&nodes) {
            Next::Over => return end(&context, &pipeline, run, &rows, &nodes).await,
            Next::Skip(stage) => {
                context.write(move |tx, now| stages::set_state(tx, run, &stage, StageState::Skipped, now)).await?;
            }
            Next::Start(stage) => step(&context, &pipeline, run, &stage, &cancel).await?,
        }
    }
}

fn nodes(pipeline: &Pipeline, rows: &[StageRow]) -> Vec<Node> {
    rows.iter()
        .map(|row| Node {
            name: row.name.clone(),
            needs: row.needs.clone(),
            when: pipeline.stage(&row.name).map_or(When::Success, |stage| stage.when),
            state: row.state,
        })
        .collect()
}

async fn step(
    context: &Arc<Context>,
    pipeline: &Pipeline,
    run: i64,
    name: &str,
    cancel: &watch::Receiver<bool>,
) -> Result<()> {
    let Some(stage) = pipeline.stage(name).filter(|_| !*cancel.borrow()) else {
        let name = name.to_owned();
        return context.write(move |tx, now| stages::set_state(tx, run, &name, StageState::Cancelled, now)).await;
    };
    run_stage(context, pipeline, stage, run, cancel.clone()).await.map(drop)
}

async fn end(
    context: &Arc<Context>,
    pipeline: &Pipeline,
    run: i64,
    rows: &[StageRow],
    nodes: &[Node],
) -> Result<RunState> {
    let mut committed =
        context.store.read(move |c| Ok(runs::get(c, run)?.is_some_and(|r| r.committed.is_some()))).await?;
    let mut state = outcome(nodes, committed);
    let mut error = first_error(rows);
    if state == RunState::Succeeded && !committed {
        // A pipeline without a publish stage commits at its end.
        match commit::commit(context, pipeline, run).await {
            Ok(()) => committed = true,
            Err(failed @ CommitError::Pointer { .. }) => {
                (committed, state) = (true, RunState::Partial);
                error = Some(("lake".into(), failed.to_string()));
            }
            Err(failed) => {
                state = RunState::Failed;
                error = Some(("lake".into(), format!("nothing was committed: {failed}")));
            }
        }
    }
    let why = error.as_ref().map_or_else(|| format!("run {run} was {state}"), |(_, said)| said.clone());
    let plan = pipeline.clone();
    let too_large = context
        .write(move |tx, now| {
            let too_large = !committed && release(tx, &plan, run, &why, now)?;
            if let Some((class, said)) = error.as_ref().filter(|_| state != RunState::Succeeded) {
                runs::set_error(tx, run, class, said)?;
            }
            runs::set_state(tx, run, state, now)?;
            let seconds = runs::get(tx, run)?.and_then(|row| row.seconds(now)).unwrap_or(0.0);
            let level = if state == RunState::Succeeded { Level::Info } else { Level::Error };
            let said = format!("run {run} {state} after {seconds:.1} s");
            events::add(tx, level, Some(&plan.name), Some(run), "run", &said, now)?;
            Ok(too_large)
        })
        .await?;
    if too_large {
        quarantine::keep_missing(context, pipeline, &[]).await?;
    }
    if let Err(error) = commit::sweep(context, pipeline).await {
        context.note(Level::Warn, Some(&pipeline.name), None, "engine", &format!("not swept: {error}")).await;
    }
    Ok(state)
}

fn first_error(rows: &[StageRow]) -> Option<(String, String)> {
    let failed = rows.iter().find(|row| row.state == StageState::Failed)?;
    let said = failed.error.clone().unwrap_or_else(|| format!("stage {} failed", failed.name));
    Some((failed.name.clone(), format!("{}: {said}", failed.name)))
}
