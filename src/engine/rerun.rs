//! Reruns: what would be reused and what would run again, said before anything happens; then the new run.

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::dataset::DatasetKind;
use crate::domain::run::{Cause, RerunFrom, RunState, StageKind};
use crate::domain::wire::{RerunPreview, RerunStep};
use crate::store::runs::{NewRun, RunRow};
use crate::store::stages::StageRow;
use crate::store::{
    Connection, Result, StoreError, Transaction, files, ledger, metrics, models, parts, pipelines, runs, stages,
};

use super::commit::publish_is_done;
use super::create::create_run;

/// What a rerun of `run` from `from` would do under the configuration as it is now.
///
/// # Errors
/// [`StoreError::Forbidden`] with the reason, when it cannot be rerun.
pub fn preview(connection: &Connection, pipeline: &Pipeline, run: i64, from: &RerunFrom) -> Result<RerunPreview> {
    let parent = parent(connection, pipeline, run)?;
    let old = stages::of_run(connection, run)?;
    let first = first_stage(pipeline, &old, &parent, from)?;
    let mut reuse = Reuse::of(connection, pipeline, &parent)?;
    let mut steps = Vec::new();
    for (position, stage) in pipeline.stages.iter().enumerate() {
        let step = if position >= first {
            RerunStep::Run(if position == first { "asked for".into() } else { "what it needs runs again".into() })
        } else {
            reuse.step(connection, stage.kind, old.iter().find(|row| row.name == stage.name))?
        };
        steps.push((stage.name.clone(), step));
    }
    let made = parts::of_run(connection, run)?;
    let runs_again = |name: &str| steps.iter().any(|(stage, step)| stage == name && matches!(step, RerunStep::Run(_)));
    let supersedes = made
        .iter()
        .filter(|row| row.committed.is_some() && row.replaces && runs_again(&row.stage))
        .map(|row| format!("{} {}", row.part.kind.name(), row.part.partition))
        .collect();
    Ok(RerunPreview { stages: steps, files: parent.files, supersedes })
}

/// Creates the rerun and answers its id.
///
/// # Errors
/// As [`preview`]; also when a file of the batch is in another run's hands.
pub fn create(
    tx: &Transaction<'_>,
    pipeline: &Pipeline,
    run: i64,
    from: &RerunFrom,
    reason: &str,
    now: Instant,
) -> Result<i64> {
    let plan = preview(tx, pipeline, run, from)?;
    let batch = runs::files(tx, run)?;
    let parent = parent(tx, pipeline, run)?;
    let is_clean = |name: &str| pipeline.stage(name).is_some_and(|stage| stage.kind == StageKind::Clean);
    let reads_nothing = plan.stages.iter().any(|(name, step)| is_clean(name) && matches!(step, RerunStep::Reuse(_)));
    let new = NewRun {
        pipeline: &pipeline.name,
        cause: Cause::Rerun,
        reason,
        parent: Some((run, from)),
        config_hash: &pipeline.config_hash,
        seed: pipeline.seed,
        files: &usable(tx, &batch, reads_nothing.then_some(run))?,
        bytes: parent.bytes,
    };
    let id = create_run(tx, pipeline, &new, now)?;
    for (stage, step) in &plan.stages {
        if let RerunStep::Reuse(_) = step {
            stages::set_reused(tx, id, stage, run, now)?;
            parts::adopt(tx, run, stage, id)?;
            metrics::adopt(tx, run, stage, id)?;
            if pipeline.stage(stage).is_some_and(|stage| stage.kind == StageKind::Train) {
                models::adopt(tx, run, id)?;
            }
        }
    }
    if let Some(rows) = parent.rows {
        runs::set_rows(tx, id, rows)?;
    }
    Ok(id)
}

/// Files that can be run again: those of the batch that are not superseded or gone. Where the cleaned rows of `reused`
/// are taken over, also without those that it had set aside: their rows are not among them, whatever they are by now.
fn usable(connection: &Connection, batch: &[i64], reused: Option<i64>) -> Result<Vec<i64>> {
    use crate::domain::file::FileState;
    let mut usable = Vec::new();
    for id in batch {
        let Some(row) = files::get(connection, *id)? else { continue };
        match row.state {
            FileState::Claimed => {
                let run = row.run.unwrap_or_default();
                return Err(StoreError::Forbidden(format!("file {} is in the hands of run {run}", row.key)));
            }
            state if state.may_become(FileState::Claimed) => {
                let aside = match reused {
                    Some(run) => ledger::was_set_aside(connection, *id, run)?,
                    None => false,
                };
                if !aside {
                    usable.push(*id);
                }
            }
            _ => {}
        }
    }
    if usable.is_empty() {
        return Err(StoreError::Forbidden("no file of its batch is left: all are superseded or gone".into()));
    }
    Ok(usable)
}

fn parent(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<RunRow> {
    let parent = runs::get(connection, run)?
        .filter(|row| row.pipeline == pipeline.name)
        .ok_or_else(|| StoreError::Forbidden(format!("there is no run {run} of pipeline {}", pipeline.name)))?;
    if !parent.state.is_final() {
        return Err(StoreError::Forbidden(format!("run {run} is {}: cancel it first, or wait", parent.state)));
    }
    Ok(parent)
}

fn first_stage(pipeline: &Pipeline, old: &[StageRow], parent: &RunRow, from: &RerunFrom) -> Result<usize> {
    match from {
        RerunFrom::Whole => Ok(0),
        RerunFrom::Stage(name) => pipeline
            .stages
            .iter()
            .position(|stage| stage.name == *name)
            .ok_or_else(|| StoreError::Forbidden(format!("pipeline {} has no stage {name}", pipeline.name))),
        RerunFrom::Failed if parent.state == RunState::Succeeded => Err(StoreError::Forbidden(format!(
            "run {} succeeded: nothing failed in it; rerun it whole, or from a stage",
            parent.id
        ))),
        RerunFrom::Failed => Ok(pipeline
            .stages
            .iter()
            .position(|stage| !old.iter().any(|row| row.name == stage.name && is_done(row, parent.committed.is_some())))
            .unwrap_or(0)),
    }
}

/// Whether a stage did its work: also a publication that is committed and could only not be pointed to.
fn is_done(row: &StageRow, committed: bool) -> bool {
    row.state.is_success() || publish_is_done(committed, row.kind)
}

/// Whether what an earlier run made still counts. Once one stage cannot be reused, none after it can.
struct Reuse {
    broken: Option<String>,
    committed: bool,
    batch_kept: bool,
}

impl Reuse {
    fn of(connection: &Connection, pipeline: &Pipeline, parent: &RunRow) -> Result<Self> {
        let committed = parent.committed.is_some();
        let generation = pipelines::get(connection, &pipeline.name)?.map_or(0, |row| row.generation);
        let broken = if parent.config_hash != pipeline.config_hash {
            Some("the configuration has changed since".to_owned())
        } else if !committed && parent.generation != generation {
            Some("the history has changed since".to_owned())
        } else {
            None
        };
        let staged = parts::staged(connection, parent.id)?;
        let batch_kept = staged.iter().any(|row| row.part.kind == DatasetKind::Batch);
        Ok(Self { broken, committed, batch_kept })
    }

    fn step(&mut self, connection: &Connection, kind: StageKind, old: Option<&StageRow>) -> Result<RerunStep> {
        if self.broken.is_none() {
            self.broken = self.flaw(connection, kind, old)?;
        }
        Ok(match &self.broken {
            Some(flaw) => RerunStep::Run(flaw.clone()),
            None if self.committed => RerunStep::Reuse("its output is in the lake".into()),
            None => RerunStep::Reuse("its output is kept, and nothing it was made from has changed".into()),
        })
    }

    fn flaw(&self, connection: &Connection, kind: StageKind, old: Option<&StageRow>) -> Result<Option<String>> {
        let Some(old) = old else { return Ok(Some("the earlier run had no such stage".into())) };
        if !is_done(old, self.committed) {
            return Ok(Some(format!("it was {} in the earlier run", old.state)));
        }
        if kind == StageKind::Clean && !self.batch_kept {
            return Ok(Some("the batch's cleaned rows are no longer kept".into()));
        }
        let staged = parts::staged(connection, old.run)?.iter().any(|row| row.stage == old.name);
        let makes_parts = matches!(kind, StageKind::Clean | StageKind::Train);
        if !self.committed && makes_parts && !staged {
            return Ok(Some("its output is no longer kept".into()));
        }
        Ok(None)
    }
}
