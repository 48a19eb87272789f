//! Detectors as they are asked: by what happens, and by a timer.

use std::time::Duration;

use super::Core;
use crate::domain::alert::Verdict;
use crate::engine::life::{self, Look};
use crate::engine::watch::model::overdue;
use crate::engine::watch::runs::{queued, slow};
use crate::engine::watch::staleness::stale;
use crate::lake::crash;
use crate::store::{Result, Transaction};

/// How often alerts are looked through for what time alone brings: the end of a hold or a mute, a repetition.
const SETTLE: Duration = Duration::from_secs(2);

impl Core {
    /// What the clock brings: data that is late, runs that take long, and the life of every alert.
    pub(super) async fn watch_the_clock(&mut self) -> Result<()> {
        let (workspace, started, now) = (self.context.workspace(), self.started, self.context.now());
        let running: Vec<(i64, String)> = self.running.iter().map(|(id, run)| (*id, run.pipeline.clone())).collect();
        // A clock that was put back is no reason to wait.
        let settled = self.settled.and_then(|at| (now - at).to_std().ok());
        let (watching, due) = (self.triggers, settled.is_none_or(|waited| waited >= SETTLE));
        let beats = self.context.pulse.beats();
        let work = move |tx: &Transaction<'_>| {
            let mut changed = false;
            for pipeline in &workspace.pipelines {
                let mut hear = |verdicts: Vec<Verdict>, run| {
                    let look = Look { pipeline: &pipeline.name, verdicts: &verdicts, run, timer: true };
                    life::apply(tx, &workspace, &look, now).map(|heard| changed |= heard)
                };
                if watching {
                    hear(stale(tx, pipeline, started, now)?, None)?;
                }
                hear(vec![queued(tx, pipeline, started, now)?], None)?;
                if due {
                    hear(overdue(tx, pipeline, now)?.into_iter().collect(), None)?;
                }
                if let Some((run, _)) = running.iter().find(|(_, name)| *name == pipeline.name) {
                    hear(slow(tx, pipeline, *run, &beats, now)?, Some(*run))?;
                }
            }
            Ok((due && life::settle(tx, &workspace, now)?) || changed)
        };
        let changed = self.context.store.write(work).await?;
        if due {
            self.settled = Some(now);
        }
        if changed {
            crash::point("alert-recorded");
            self.context.changed();
        }
        Ok(())
    }
}
