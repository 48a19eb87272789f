//! What an attempt says, gathered: log lines go to the store in small batches while it runs, the rest is kept until
//! its end and written with it in one transaction.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::Instant;
use crate::domain::dataset::Artifact;
use crate::domain::job::{Level, WorkerEvent};
use crate::domain::metric::Metric;
use crate::domain::model::ModelCard;
use crate::domain::text;
use crate::domain::wire::{EngineEvent, Progress};
use crate::store::{Result, logs, stages};

use super::context::Context;
use super::worker::Heard;

const FLUSH: Duration = Duration::from_millis(150);

/// Everything an attempt said that counts once it has succeeded.
#[derive(Debug, Default)]
pub struct Said {
    /// What it staged.
    pub artifacts: Vec<Artifact>,
    /// What it measured.
    pub metrics: Vec<Metric>,
    /// The model it made.
    pub model: Option<ModelCard>,
    /// Files it could not use: (ledger id, reason).
    pub quarantined: Vec<(i64, String)>,
    /// Files that were another version when it came to them: (ledger id, reason).
    pub changed: Vec<(i64, String)>,
    /// Headers by file: (ledger id, columns, types).
    pub headers: Vec<(i64, Vec<String>, Vec<String>)>,
    /// Rows by file: (ledger id, rows, rejected).
    pub rows: Vec<(i64, u64, u64)>,
    /// Event times by file: (ledger id, earliest, latest).
    pub spans: Vec<(i64, Instant, Instant)>,
    /// Peak resident memory in bytes: also of an attempt that was killed before it could say.
    pub peak_memory: Option<u64>,
    /// Processor time in milliseconds.
    pub cpu_ms: Option<u64>,
}

/// Which attempt.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its pipeline.
    pub pipeline: String,
    /// Its run.
    pub run: i64,
    /// Its stage.
    pub stage: String,
    /// Its number.
    pub attempt: u32,
}

/// Listens until the sender is dropped and answers what was said.
///
/// # Errors
/// When the store cannot be written.
pub async fn record(
    context: Arc<Context>,
    attempt: Attempt,
    mut heard: mpsc::UnboundedReceiver<Heard>,
) -> Result<Said> {
    let mut said = Said::default();
    let mut lines: Vec<(Instant, Level, String)> = Vec::new();
    let (mut memory, mut peak) = (None, 0);
    let mut flush = tokio::time::interval(FLUSH);
    flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let beat = || context.pulse.beat(attempt.run, &attempt.stage, context.now());
    loop {
        tokio::select! {
            // Lines are written also while more keep coming.
            biased;
            _ = flush.tick() => write_lines(&context, &attempt, &mut lines).await?,
            next = heard.recv() => match next {
                None => break,
                Some(Heard::Started(pid)) => {
                    beat();
                    started(&context, &attempt, pid).await?;
                }
                Some(Heard::Memory(bytes)) => {
                    memory = Some(bytes);
                    peak = bytes.max(peak);
                }
                Some(Heard::Busy) => beat(),
                Some(Heard::Said(event)) => {
                    beat();
                    match *event {
                        WorkerEvent::Log { level, text } => {
                            let text = text::one_line(&text);
                            lines.push((context.now(), level, text.clone()));
                            let (run, stage) = (attempt.run, attempt.stage.clone());
                            context.tell(EngineEvent::Log { run, stage, level, text });
                        }
                        WorkerEvent::Progress { done, total, unit, note } => {
                            context.tell(EngineEvent::Progress(Progress {
                                pipeline: attempt.pipeline.clone(),
                                run: attempt.run,
                                stage: attempt.stage.clone(),
                                done,
                                total,
                                unit: text::one_line(&unit),
                                note: text::one_line(&note),
                                memory,
                                at: context.now(),
                            }));
                        }
                        event => said.keep(event),
                    }
                }
            },
        }
    }
    context.pulse.end(attempt.run, &attempt.stage);
    write_lines(&context, &attempt, &mut lines).await?;
    // Sampled memory misses short peaks, the worker's own figure misses nothing: the larger one is the truth.
    said.peak_memory = said.peak_memory.max((peak > 0).then_some(peak));
    Ok(said)
}

async fn started(context: &Context, attempt: &Attempt, pid: u32) -> Result<()> {
    let attempt = attempt.clone();
    context.write(move |tx, _| stages::set_pid(tx, attempt.run, &attempt.stage, attempt.attempt, pid)).await
}

async fn write_lines(context: &Context, attempt: &Attempt, lines: &mut Vec<(Instant, Level, String)>) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let (attempt, lines) = (attempt.clone(), std::mem::take(lines));
    let write = move |tx: &crate::store::Transaction<'_>| {
        for (at, level, text) in &lines {
            logs::add(tx, attempt.run, &attempt.stage, attempt.attempt, *level, text, *at)?;
        }
        Ok(())
    };
    context.store.write(write).await
}

impl Said {
    fn keep(&mut self, event: WorkerEvent) {
        match event {
            WorkerEvent::Artifact(artifact) => self.artifacts.push(artifact),
            WorkerEvent::Metric(metric) => self.metrics.push(metric),
            WorkerEvent::Model(card) => self.model = Some(*card),
            WorkerEvent::Quarantine { file, reason } => self.quarantined.push((file, reason)),
            WorkerEvent::Changed { file, reason } => self.changed.push((file, reason)),
            WorkerEvent::Header { file, columns, types } => self.headers.push((file, columns, types)),
            WorkerEvent::Rows { file, rows, rejected } => self.rows.push((file, rows, rejected)),
            WorkerEvent::Span { file, from, to } => self.spans.push((file, from, to)),
            WorkerEvent::Usage { peak_memory, cpu_ms } => {
                (self.peak_memory, self.cpu_ms) = (Some(peak_memory), Some(cpu_ms));
            }
            // Log and progress are passed on at once; the end is the supervisor's; the others are of no run.
            WorkerEvent::Backtest(_)
            | WorkerEvent::Why(_)
            | WorkerEvent::Log { .. }
            | WorkerEvent::Progress { .. }
            | WorkerEvent::Done { .. }
            | WorkerEvent::Failed { .. } => {}
        }
    }
}
