//! One stage of one run: attempts until one succeeds, the last one fails, or an operator stops it.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::{Pipeline, StageConfig};
use crate::domain::job::Level;
use crate::domain::run::{StageKind, StageState};
use crate::domain::{Instant, text};
use crate::lake::crash;
use crate::store::stages::Ending;
use crate::store::{Result, Transaction, events, files, ledger, logs, metrics, models, parts, runs, stages};

use super::commit;
use super::context::Context;
use super::fetch;
use super::job;
use super::record::{Attempt, Said, record};
use super::release::{give_back_changed, keep_bytes};
use super::worker::{Ended, Limits, supervise};

/// Works on a stage until it has ended; answers how. The run's own state is the caller's.
///
/// # Errors
/// Only when the store fails: everything else is a state of the stage.
pub async fn run_stage(
    context: &Arc<Context>,
    pipeline: &Pipeline,
    stage: &StageConfig,
    run: i64,
    mut cancel: watch::Receiver<bool>,
) -> Result<StageState> {
    loop {
        let attempt = begin(context, pipeline, stage, run).await?;
        crash::point(&format!("{}-started", stage.name));
        let (ended, said) = one_attempt(context, pipeline, stage, &attempt, cancel.clone()).await?;
        remember_files(context, &said).await?;
        set_aside(context, pipeline, &attempt, &said).await?;
        let usage = (said.peak_memory, said.cpu_ms);
        let ended = match ended {
            Ended::Done { summary } => take_in(context, pipeline, stage, &attempt, said, summary).await?,
            other => other,
        };
        let next = match &ended {
            Ended::Done { .. } => StageState::Succeeded,
            Ended::Cancelled => StageState::Cancelled,
            Ended::Failed { retry: true, .. } if attempt.attempt <= stage.retries => StageState::Retrying,
            Ended::Failed { .. } => StageState::Failed,
        };
        finish(context, &attempt, &ended, usage, next).await?;
        crash::point(&format!("{}-ended", stage.name));
        if next != StageState::Retrying {
            return Ok(next);
        }
        let cancelled = tokio::select! {
            () = tokio::time::sleep(stage.retry_interval) => false,
            _ = async { cancel.wait_for(|cancelled| *cancelled).await.is_ok() } => true,
        };
        if cancelled {
            let name = stage.name.clone();
            context.write(move |tx, now| stages::set_state(tx, run, &name, StageState::Cancelled, now)).await?;
            return Ok(StageState::Cancelled);
        }
    }
}

async fn begin(context: &Context, pipeline: &Pipeline, stage: &StageConfig, run: i64) -> Result<Attempt> {
    let (pipeline, stage) = (pipeline.name.clone(), stage.name.clone());
    context
        .write(move |tx, now| {
            parts::drop_staged(tx, run, Some(&stage))?;
            metrics::forget(tx, run, &stage)?;
            let attempt = stages::begin_attempt(tx, run, &stage, now)?;
            logs::add(tx, run, &stage, attempt, Level::Info, &format!("attempt {attempt} begins"), now)?;
            Ok(Attempt { pipeline, run, stage, attempt })
        })
        .await
}

async fn one_attempt(
    context: &Arc<Context>,
    pipeline: &Pipeline,
    stage: &StageConfig,
    attempt: &Attempt,
    cancel: watch::Receiver<bool>,
) -> Result<(Ended, Said)> {
    if stage.kind == StageKind::Clean
        && let Some(why) = fetch::again(context, pipeline, attempt.run).await?
    {
        return Ok((Ended::Failed { class: "landing".into(), message: why, retry: true }, Said::default()));
    }
    let job = job::build(context, pipeline, stage, attempt.run, attempt.attempt).await?;
    let limits = Limits::of(stage);
    let (heard, hearing) = mpsc::unbounded_channel();
    let recording = tokio::spawn(record(Arc::clone(context), attempt.clone(), hearing));
    let ended = supervise(&context.worker, &job, limits, cancel, move |what| {
        // The recorder ends only when this sender is gone, or with an error that it reports itself.
        let _ = heard.send(what);
    })
    .await;
    let said = recording.await.map_err(|_| crate::store::StoreError::Closed)??;
    Ok((ended, said))
}

/// What was found in the files is so, whatever becomes of the attempt.
async fn remember_files(context: &Context, said: &Said) -> Result<()> {
    if said.headers.is_empty() {
        return Ok(());
    }
    let (headers, rows, spans) = (said.headers.clone(), said.rows.clone(), said.spans.clone());
    context
        .write(move |tx, _| {
            headers.iter().try_for_each(|(file, columns, types)| files::set_header(tx, *file, columns, types))?;
            rows.iter().try_for_each(|(file, rows, rejected)| files::set_rows(tx, *file, *rows, *rejected))?;
            spans.iter().try_for_each(|(file, from, to)| ledger::set_span(tx, *file, *from, *to))
        })
        .await
}

/// Files that the worker could not use leave the batch, whatever becomes of the attempt.
async fn set_aside(context: &Context, pipeline: &Pipeline, attempt: &Attempt, said: &Said) -> Result<()> {
    for (file, reason) in &said.quarantined {
        keep_bytes(context, pipeline, *file, reason).await?;
    }
    for (file, reason) in &said.changed {
        give_back_changed(context, pipeline, *file, reason).await?;
    }
    if !said.quarantined.is_empty() || !said.changed.is_empty() {
        tracing::debug!("run {}: {} files set aside", attempt.run, said.quarantined.len() + said.changed.len());
    }
    Ok(())
}

/// Enters what a successful attempt made. A publish stage commits the run before it counts as done; a stage after the
/// publication (the report) its own output.
async fn take_in(
    context: &Arc<Context>,
    pipeline: &Pipeline,
    stage: &StageConfig,
    attempt: &Attempt,
    said: Said,
    summary: String,
) -> Result<Ended> {
    let (who, summary) = (attempt.clone(), text::one_line(&summary));
    let line = summary.clone();
    context.write(move |tx, now| enter(tx, &who, &said, &line, now)).await?;
    let run = attempt.run;
    let committed = context.store.read(move |c| Ok(runs::get(c, run)?.is_some_and(|r| r.committed.is_some()))).await?;
    let outcome = match (stage.kind, committed) {
        (StageKind::Publish, _) => commit::commit(context, pipeline, run).await,
        (_, true) => commit::commit_more(context, pipeline, run).await,
        (_, false) => Ok(()),
    };
    Ok(match outcome {
        Ok(()) => Ended::Done { summary },
        Err(error) => commit::as_failure(&error),
    })
}

fn enter(tx: &Transaction<'_>, attempt: &Attempt, said: &Said, summary: &str, now: Instant) -> Result<()> {
    let Attempt { pipeline, run, stage, .. } = attempt;
    for artifact in &said.artifacts {
        parts::stage(tx, pipeline, *run, stage, artifact)?;
    }
    for metric in &said.metrics {
        metrics::record(tx, pipeline, *run, stage, metric)?;
    }
    if let Some(card) = &said.model {
        models::enter(tx, pipeline, *run, card, now)?;
    }
    if !said.rows.is_empty() {
        runs::set_rows(tx, *run, said.rows.iter().map(|(_, rows, _)| rows).sum())?;
    }
    stages::set_summary(tx, *run, stage, summary)
}

async fn finish(
    context: &Context,
    attempt: &Attempt,
    ended: &Ended,
    (peak_memory, cpu_ms): (Option<u64>, Option<u64>),
    next: StageState,
) -> Result<()> {
    let (attempt, ended) = (attempt.clone(), ended.clone());
    context
        .write(move |tx, now| {
            let error = match &ended {
                Ended::Failed { class, message, .. } => Some((class.as_str(), text::one_line(message))),
                _ => None,
            };
            let outcome = if next == StageState::Retrying { StageState::Failed } else { next };
            let error_said = error.as_ref().map(|(class, said)| (*class, said.as_str()));
            let ending = Ending { outcome, error: error_said, peak_memory, cpu_ms };
            let Attempt { pipeline, run, stage, attempt } = &attempt;
            stages::end_attempt(tx, *run, stage, *attempt, &ending, now)?;
            stages::set_state(tx, *run, stage, next, now)?;
            let (level, line) = last_line(&ended);
            logs::add(tx, *run, stage, *attempt, level, &line, now)?;
            if let Some((_, said)) = &error {
                let said = match next {
                    StageState::Retrying => format!("{said} (attempt {attempt}; it will be tried again)"),
                    _ => said.clone(),
                };
                events::add(tx, Level::Error, Some(pipeline), Some(*run), stage, &said, now)?;
            }
            Ok(())
        })
        .await
}

/// The last line of an attempt's log: how it ended.
fn last_line(ended: &Ended) -> (Level, String) {
    match ended {
        Ended::Done { summary } => (Level::Info, format!("done: {}", text::one_line(summary))),
        Ended::Failed { message, .. } => (Level::Error, text::one_line(message)),
        Ended::Cancelled => (Level::Warn, "cancelled".to_owned()),
    }
}
