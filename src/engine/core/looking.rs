//! When landings are looked at, and what follows from a look.

use std::time::Duration;

use super::Core;
use crate::alerts::lifecycle::inhibit::LANDING;
use crate::config::Pipeline;
use crate::domain::file::FileState;
use crate::domain::run::Cause;
use crate::engine::archive::archive;
use crate::engine::check::{Checked, check};
use crate::engine::detect;
use crate::engine::release::copy_to_quarantine;
use crate::engine::schedule::next_check;
use crate::engine::watch::files::files as watched;
use crate::engine::watch::sizes;
use crate::engine::watch::stream::lost;
use crate::lake::crash;
use crate::store::{Result, files, pipelines};

/// When an object store or a stream that could not be looked at is looked at again.
const AGAIN: chrono::Duration = chrono::Duration::minutes(1);

impl Core {
    /// Ends when the earliest second look at a settling file is due; never when none is.
    pub(super) fn wait_for_relook(&self) -> impl Future<Output = ()> + use<> {
        let wait = self
            .relook
            .values()
            .map(|(at, _)| *at)
            .min()
            .map(|at| (at - self.context.now()).to_std().unwrap_or_default());
        async move {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    pub(super) async fn look_again(&mut self) -> Result<()> {
        let now = self.context.now();
        let due = self.relook.iter().filter(|(_, (at, _))| *at <= now);
        let due: Vec<(String, Cause)> = due.map(|(name, (_, cause))| (name.clone(), *cause)).collect();
        for (name, cause) in due {
            self.relook.remove(&name);
            self.look_as(&name, cause, true).await?;
        }
        Ok(())
    }

    /// One check of one pipeline, and what follows from it.
    pub(in crate::engine) async fn look(&mut self, name: &str, cause: Cause) -> Result<Option<Checked>> {
        self.look_as(name, cause, false).await
    }

    /// `again`: a second look that an earlier one for the same cause led to.
    async fn look_as(&mut self, name: &str, cause: Cause, again: bool) -> Result<Option<Checked>> {
        let Some(pipeline) = self.context.pipeline(name) else { return Ok(None) };
        if cause != Cause::Manual && self.is_paused(name).await? {
            return Ok(None);
        }
        archive(&self.context, &pipeline).await?;
        let checked = check(&self.context, &pipeline, cause, again).await?;
        crash::point("checked");
        if checked.answer.settling > 0 {
            // An object store has to be asked over the network.
            let least = if pipeline.landing.is_remote() { 2_000 } else { 20 };
            let wait = pipeline.landing.settle.max(Duration::from_millis(least));
            let at = self.context.now() + chrono::Duration::from_std(wait).unwrap_or_default();
            self.relook.insert(name.to_owned(), (at, cause));
        }
        let (run, quarantined) = (checked.run, checked.quarantined);
        if checked.answer.reason.starts_with("cannot look") && pipeline.landing.is_remote() {
            // A store that was busy or cut off is asked again sooner than the schedule says.
            self.relook.insert(name.to_owned(), (self.context.now() + AGAIN, cause));
        }
        let blind = checked.answer.reason.strip_prefix("cannot look: ").map(str::to_owned);
        self.hear(&pipeline, run, move |tx, plan, now| {
            let mut verdicts = watched(tx, plan, now)?;
            verdicts.push(detect::own(LANDING, blind));
            verdicts.extend(lost(tx, plan, now)?);
            if let Some(run) = run {
                verdicts.extend(sizes::sizes(tx, plan, run)?);
            }
            verdicts.extend(sizes::counted(tx, plan, now)?);
            Ok(verdicts)
        })
        .await?;
        if quarantined > 0 {
            self.keep_quarantined(&pipeline).await?;
        }
        Ok(Some(checked))
    }

    async fn keep_quarantined(&self, pipeline: &Pipeline) -> Result<()> {
        let name = pipeline.name.clone();
        let rows = self.context.store.read(move |c| files::in_state(c, &name, FileState::Quarantined)).await?;
        for row in rows.iter().filter(|row| row.run.is_none()) {
            copy_to_quarantine(&self.context, pipeline, row, &row.reason).await;
        }
        Ok(())
    }

    async fn is_paused(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.context.store.read(move |c| Ok(pipelines::get(c, &name)?.is_some_and(|row| row.paused))).await
    }

    pub(super) async fn scheduled(&mut self) -> Result<()> {
        let now = self.context.now();
        let workspace = self.context.workspace();
        for pipeline in &workspace.pipelines {
            let name = &pipeline.name;
            let reached = self.due.get(name).is_some_and(|due| *due <= now);
            if reached {
                self.look(name, Cause::Schedule).await?;
            }
            if reached || !self.due.contains_key(name) {
                let next = next_check(&pipeline.landing.schedule, now);
                match next {
                    Some(next) => self.due.insert(name.clone(), next),
                    None => self.due.remove(name),
                };
                let name = name.clone();
                self.context.write(move |tx, _| pipelines::set_next_check(tx, &name, next)).await?;
            }
        }
        Ok(())
    }
}
