//! Runs as they start, end and are stopped.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinError;

use super::{Core, Running};
use crate::config::pipeline::Overlap;
use crate::domain::run::{Cause, RunState, StageState};
use crate::engine::archive::archive;
use crate::engine::life::hear;
use crate::engine::recover::left;
use crate::engine::release::release;
use crate::engine::stream::left_something;
use crate::engine::watch::{after_run, runs::slow};
use crate::engine::{detect, run};
use crate::store::runs::RunRow;
use crate::store::{Result, runs, stages};

impl Core {
    /// Starts queued runs while there is room: so many at a time, one of a pipeline at a time.
    pub(super) async fn start_queued(&mut self) -> Result<()> {
        if self.stopping.is_some() {
            return Ok(());
        }
        let workspace = self.context.workspace();
        for row in self.context.store.read(runs::open).await? {
            if row.state == RunState::Running && !self.running.contains_key(&row.id) {
                self.take_up(row);
                continue;
            }
            let busy = self.running.values().any(|run| run.pipeline == row.pipeline);
            if row.state != RunState::Queued || busy || self.running.len() >= workspace.max_parallel_runs {
                continue;
            }
            let Some(pipeline) = workspace.pipeline(&row.pipeline).cloned() else { continue };
            let (cancel, cancelled) = watch::channel(false);
            let (context, id) = (Arc::clone(&self.context), row.id);
            let task = self.tasks.spawn(async move {
                let name = pipeline.name.clone();
                (id, name, run::execute(context, pipeline, id, cancelled).await.map(drop))
            });
            self.running.insert(row.id, Running { pipeline: row.pipeline, cancel, task: task.id() });
        }
        Ok(())
    }

    /// Closes a run that nobody executes any more: its task broke, or the store failed it. What it had staged may have
    /// to be read for that.
    fn take_up(&mut self, row: RunRow) {
        let (context, id, pipeline) = (Arc::clone(&self.context), row.id, row.pipeline.clone());
        let task = self.tasks.spawn(async move {
            let name = row.pipeline.clone();
            (id, name, left(&context, row, "its task broke").await)
        });
        // Nothing of it can be stopped.
        let (cancel, _) = watch::channel(false);
        self.running.insert(id, Running { pipeline, cancel, task: task.id() });
    }

    pub(super) async fn run_ended(
        &mut self,
        done: std::result::Result<(i64, String, Result<()>), JoinError>,
    ) -> Result<()> {
        let (id, name, outcome) = match done {
            Ok(done) => done,
            Err(panic) => {
                tracing::error!("a run's task broke: {panic}");
                self.running.retain(|_, run| run.task != panic.id());
                return Ok(());
            }
        };
        self.running.remove(&id);
        outcome?;
        let Some(pipeline) = self.context.pipeline(&name) else { return Ok(()) };
        let beats = self.context.pulse.beats();
        hear(&self.context, &pipeline, Some(id), move |tx, plan, now| {
            let mut verdicts = detect::ended(tx, plan, id)?;
            verdicts.extend(slow(tx, plan, id, &beats, now)?);
            verdicts.extend(after_run(tx, plan, id, now)?);
            Ok(verdicts)
        })
        .await?;
        if !self.looks.is_under_way(&name) {
            archive(&self.context, &pipeline).await?;
        }
        let waits = pipeline.landing.stream.is_none() || left_something(&self.context, &pipeline).await?;
        if waits && self.triggers && self.stopping.is_none() && pipeline.overlap == Overlap::Queue {
            // What landed meanwhile waits no longer than this.
            self.look(&name, Cause::Event);
        }
        Ok(())
    }

    /// Stops a run that is under way or queued; answers what was done.
    pub(in crate::engine) async fn cancel(&mut self, id: i64) -> Result<std::result::Result<String, String>> {
        if let Some(running) = self.running.get(&id) {
            // Its task ends it; a task that has just ended needs no word.
            let _ = running.cancel.send(true);
            return Ok(Ok(format!("run {id} is being stopped")));
        }
        let Some(row) = self.context.store.read(move |c| runs::get(c, id)).await? else {
            return Ok(Err(format!("there is no run {id}")));
        };
        if row.state != RunState::Queued {
            return Ok(Err(format!("run {id} is over already ({})", row.state)));
        }
        let pipeline = self.context.pipeline(&row.pipeline);
        self.context
            .write(move |tx, now| {
                for stage in stages::of_run(tx, id)? {
                    if !stage.state.is_final() {
                        let next = StageState::Cancelled;
                        stages::set_state(tx, id, &stage.name, next, now)?;
                    }
                }
                if let Some(pipeline) = &pipeline {
                    release(tx, pipeline, id, "its run was cancelled before it began", now)?;
                }
                runs::set_state(tx, id, RunState::Cancelled, now)
            })
            .await?;
        Ok(Ok(format!("run {id} will not start")))
    }
}
