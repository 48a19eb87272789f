//! The one task that decides what happens next: checks when they are due, runs when there is room, requests as they
//! come.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::Pipeline;
use crate::config::pipeline::Overlap;
use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::plan::Task;
use crate::domain::run::{Cause, RunState};
use crate::domain::wire::{EngineEvent, Reply};
use crate::lake::crash;
use crate::landing::watch::Hints;
use crate::store::{Result, engine, events, pipelines, runs};

use super::check::{Checked, check};
use super::context::Context;
use super::lock::boot_id;
use super::schedule::next_check;
use super::socket::Asked;
use super::watch::{runs as watched, sizes, staleness};
use super::{detect, run};

/// How often staleness, slowness, the schedule and the configuration files are looked at.
const TICK: Duration = Duration::from_millis(500);

/// Records the session and the configured pipelines.
pub async fn begin(context: &Context) -> Result<i64> {
    record_pipelines(context).await?;
    context
        .write(|tx, now| {
            let id = engine::start(tx, std::process::id(), &boot_id(), now)?;
            events::add(tx, Level::Info, None, None, "engine", "engine started", now)?;
            Ok(id)
        })
        .await
}

/// Enters the configured pipelines into the store.
pub async fn record_pipelines(context: &Context) -> Result<()> {
    let workspace = context.workspace();
    context
        .write(move |tx, _| {
            for pipeline in &workspace.pipelines {
                let headline = match pipeline.model.as_ref().map(|model| model.task) {
                    Some(Task::Binary) => "auc",
                    Some(Task::Regression) => "rmse",
                    None => "",
                };
                let names: Vec<String> = pipeline.stages.iter().map(|stage| stage.name.clone()).collect();
                pipelines::upsert(tx, &pipeline.name, &pipeline.title, &pipeline.config_hash, headline, &names)?;
            }
            let names: Vec<String> = workspace.pipelines.iter().map(|pipeline| pipeline.name.clone()).collect();
            pipelines::keep_only(tx, &names)
        })
        .await
}

/// The configuration files and when each was last written.
pub(super) type ConfigFiles = Vec<(PathBuf, Option<std::time::SystemTime>)>;

struct Running {
    pipeline: String,
    cancel: watch::Sender<bool>,
}

/// What the engine is about to do.
pub struct Core {
    pub(super) context: Arc<Context>,
    asking: mpsc::Receiver<Asked>,
    triggers: bool,
    session: i64,
    started: Instant,
    running: BTreeMap<i64, Running>,
    tasks: JoinSet<(i64, String, Result<RunState>)>,
    pub(super) due: BTreeMap<String, Instant>,
    // When to look again at what is settling, and what asked for the look before.
    relook: BTreeMap<String, (Instant, Cause)>,
    hinted: BTreeSet<String>,
    pub(super) config_seen: ConfigFiles,
    pub(super) stopping: Option<bool>,
}

impl Core {
    /// A core that has not begun.
    pub fn new(
        context: Arc<Context>,
        asking: mpsc::Receiver<Asked>,
        triggers: bool,
        session: i64,
        config_seen: ConfigFiles,
    ) -> Self {
        Self {
            started: context.now(),
            context,
            asking,
            triggers,
            session,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            due: BTreeMap::new(),
            relook: BTreeMap::new(),
            hinted: BTreeSet::new(),
            config_seen,
            stopping: None,
        }
    }

    /// Runs until asked to stop. A failing store is said and tried again: the workspace may be mended under it.
    pub async fn run(mut self) {
        let (hint, mut hints) = mpsc::unbounded_channel::<PathBuf>();
        let mut watcher = self.watcher(hint).await;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        if self.triggers {
            self.hinted = self.context.workspace().pipelines.iter().map(|p| p.name.clone()).collect();
        }
        loop {
            let relook = self.wait_for_relook();
            let outcome = tokio::select! {
                biased;
                Some(asked) = self.asking.recv() => self.answer(asked).await,
                Some(done) = self.tasks.join_next() => self.run_ended(done).await,
                Some(folder) = hints.recv() => { self.hint(&folder); Ok(()) }
                () = relook => self.look_again().await,
                _ = tick.tick() => self.tick(watcher.as_mut()).await,
            };
            if let Err(error) = outcome {
                tracing::error!("{error}");
                tokio::time::sleep(TICK).await;
            }
            if self.stopping.is_some() && self.running.is_empty() {
                break;
            }
            if let Err(error) = self.start_queued().await {
                tracing::error!("{error}");
            }
        }
        let session = self.session;
        let left = self.context.write(move |tx, now| {
            engine::stop(tx, session, now)?;
            events::add(tx, Level::Info, None, None, "engine", "engine stopped", now)
        });
        if let Err(error) = left.await {
            tracing::error!("{error}");
        }
        self.context.tell(EngineEvent::Stopping);
    }

    async fn watcher(&self, hint: mpsc::UnboundedSender<PathBuf>) -> Option<Hints> {
        if !self.triggers {
            return None;
        }
        let made = Hints::new(move |folder: &Path| {
            // The core may have left already.
            let _ = hint.send(folder.to_owned());
        });
        match made {
            Ok(mut watcher) => {
                self.watch_landings(&mut watcher).await;
                Some(watcher)
            }
            Err(error) => {
                let said = format!("file-system events are not available ({error}); the schedule alone decides");
                self.context.note(Level::Warn, None, None, "trigger", &said).await;
                None
            }
        }
    }

    async fn watch_landings(&self, watcher: &mut Hints) {
        let workspace = self.context.workspace();
        let folders: Vec<PathBuf> = workspace
            .pipelines
            .iter()
            .filter(|pipeline| pipeline.landing.watch && pipeline.landing.path.is_dir())
            .map(|pipeline| pipeline.landing.path.clone())
            .collect();
        for (folder, why) in watcher.watch(&folders) {
            let said = format!("{} is not watched ({why}); the schedule alone decides", folder.display());
            self.context.note(Level::Warn, None, None, "trigger", &said).await;
        }
    }

    fn hint(&mut self, folder: &Path) {
        for pipeline in &self.context.workspace().pipelines {
            let same = pipeline.landing.path == folder
                || pipeline.landing.path.canonicalize().is_ok_and(|path| path == folder);
            if same && pipeline.landing.watch {
                self.relook.entry(pipeline.name.clone()).or_insert_with(|| (self.context.now(), Cause::Event));
            }
        }
    }

    /// Ends when the earliest second look at a settling file is due; never when none is.
    fn wait_for_relook(&self) -> impl Future<Output = ()> + use<> {
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

    async fn look_again(&mut self) -> Result<()> {
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
    pub(super) async fn look(&mut self, name: &str, cause: Cause) -> Result<Option<Checked>> {
        self.look_as(name, cause, false).await
    }

    /// `again`: a second look that an earlier one for the same cause led to.
    async fn look_as(&mut self, name: &str, cause: Cause, again: bool) -> Result<Option<Checked>> {
        let Some(pipeline) = self.context.pipeline(name) else { return Ok(None) };
        if cause != Cause::Manual && self.is_paused(name).await? {
            return Ok(None);
        }
        let checked = check(&self.context, &pipeline, cause, again).await?;
        crash::point("checked");
        if checked.answer.settling > 0 {
            let wait = pipeline.landing.settle.max(Duration::from_millis(20));
            let at = self.context.now() + chrono::Duration::from_std(wait).unwrap_or_default();
            self.relook.insert(name.to_owned(), (at, cause));
        }
        let run = checked.run;
        let (plan, quarantined) = (pipeline.clone(), checked.quarantined);
        let blind = checked.answer.reason.strip_prefix("cannot look: ").map(str::to_owned);
        self.context
            .write(move |tx, now| {
                let mut verdicts = detect::quarantined(tx, &plan)?;
                verdicts.push(detect::own("landing", blind));
                if let Some(run) = run {
                    verdicts.extend(sizes::sizes(tx, &plan, run)?);
                }
                verdicts.extend(sizes::counted(tx, &plan, now)?);
                detect::apply(tx, &plan.name, &verdicts, run, now)
            })
            .await?;
        if quarantined > 0 {
            self.keep_quarantined(&pipeline).await?;
        }
        Ok(Some(checked))
    }

    async fn keep_quarantined(&self, pipeline: &Pipeline) -> Result<()> {
        use crate::domain::file::FileState;
        let name = pipeline.name.clone();
        let rows =
            self.context.store.read(move |c| crate::store::files::in_state(c, &name, FileState::Quarantined)).await?;
        for row in rows.iter().filter(|row| row.run.is_none()) {
            super::release::copy_to_quarantine(&self.context, pipeline, row, &row.reason).await;
        }
        Ok(())
    }

    async fn is_paused(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.context.store.read(move |c| Ok(pipelines::get(c, &name)?.is_some_and(|row| row.paused))).await
    }

    async fn tick(&mut self, watcher: Option<&mut Hints>) -> Result<()> {
        if self.reload().await?
            && let Some(watcher) = watcher
        {
            self.watch_landings(watcher).await;
        }
        if self.triggers {
            for name in std::mem::take(&mut self.hinted) {
                self.look(&name, Cause::Event).await?;
            }
            self.scheduled().await?;
        }
        self.detect().await
    }

    async fn scheduled(&mut self) -> Result<()> {
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

    async fn detect(&self) -> Result<()> {
        let (workspace, started, now) = (self.context.workspace(), self.started, self.context.now());
        let running: Vec<(i64, String)> = self.running.iter().map(|(id, run)| (*id, run.pipeline.clone())).collect();
        let (watching, beats) = (self.triggers, self.context.pulse.beats());
        let changed = self
            .context
            .store
            .write(move |tx| {
                let mut changed = false;
                for pipeline in &workspace.pipelines {
                    let mut verdicts = Vec::new();
                    if watching {
                        verdicts.extend(staleness::stale(tx, pipeline, started, now)?);
                    }
                    verdicts.push(watched::queued(tx, pipeline, started, now)?);
                    let run = running.iter().find(|(_, name)| *name == pipeline.name).map(|(id, _)| *id);
                    if let Some(run) = run {
                        verdicts.extend(watched::slow(tx, pipeline, run, &beats, now)?);
                    }
                    changed |= detect::apply(tx, &pipeline.name, &verdicts, run, now)?;
                }
                Ok(changed)
            })
            .await?;
        if changed {
            self.context.changed();
        }
        Ok(())
    }

    /// Starts queued runs while there is room: so many at a time, one of a pipeline at a time.
    async fn start_queued(&mut self) -> Result<()> {
        if self.stopping.is_some() {
            return Ok(());
        }
        let workspace = self.context.workspace();
        for row in self.context.store.read(runs::open).await? {
            let busy = self.running.values().any(|run| run.pipeline == row.pipeline);
            if row.state != RunState::Queued || busy || self.running.len() >= workspace.max_parallel_runs {
                continue;
            }
            let Some(pipeline) = workspace.pipeline(&row.pipeline).cloned() else { continue };
            let (cancel, cancelled) = watch::channel(false);
            self.running.insert(row.id, Running { pipeline: row.pipeline.clone(), cancel });
            let (context, id) = (Arc::clone(&self.context), row.id);
            self.tasks.spawn(async move {
                let name = pipeline.name.clone();
                (id, name, run::execute(context, pipeline, id, cancelled).await)
            });
        }
        Ok(())
    }

    async fn run_ended(
        &mut self,
        done: std::result::Result<(i64, String, Result<RunState>), tokio::task::JoinError>,
    ) -> Result<()> {
        let (id, name, outcome) = match done {
            Ok(done) => done,
            Err(panic) => {
                tracing::error!("a run's task broke: {panic}");
                return Ok(());
            }
        };
        self.running.remove(&id);
        outcome?;
        let Some(pipeline) = self.context.pipeline(&name) else { return Ok(()) };
        let (plan, beats) = (pipeline.clone(), self.context.pulse.beats());
        self.context
            .write(move |tx, now| {
                let mut verdicts = detect::ended(tx, &plan, id)?;
                verdicts.extend(watched::slow(tx, &plan, id, &beats, now)?);
                verdicts.extend(detect::quarantined(tx, &plan)?);
                detect::apply(tx, &plan.name, &verdicts, Some(id), now)
            })
            .await?;
        if self.triggers && self.stopping.is_none() && pipeline.overlap == Overlap::Queue {
            // What landed meanwhile waits no longer than this.
            self.look(&name, Cause::Event).await?;
        }
        Ok(())
    }

    /// Stops a run that is under way or queued; answers what was done.
    pub(super) async fn cancel(&mut self, id: i64) -> Result<std::result::Result<String, String>> {
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
                for stage in crate::store::stages::of_run(tx, id)? {
                    if !stage.state.is_final() {
                        let next = crate::domain::run::StageState::Cancelled;
                        crate::store::stages::set_state(tx, id, &stage.name, next, now)?;
                    }
                }
                if let Some(pipeline) = &pipeline {
                    super::release::release(tx, pipeline, id, "its run was cancelled before it began", now)?;
                }
                runs::set_state(tx, id, RunState::Cancelled, now)
            })
            .await?;
        Ok(Ok(format!("run {id} will not start")))
    }

    /// Ends everything that runs, or lets it end.
    pub(super) fn stop(&mut self, drain: bool) -> Reply {
        self.stopping = Some(drain);
        if !drain {
            for running in self.running.values() {
                let _ = running.cancel.send(true);
            }
        }
        let n = self.running.len();
        let message = match (n, drain) {
            (0, _) => "the engine stops".to_owned(),
            (n, true) => format!("the engine stops after {n} running"),
            (n, false) => format!("the engine stops {n} running and leaves"),
        };
        Reply::Done { message, run: None }
    }
}
