//! The one task that decides what happens next: checks when they are due, runs when there is room, requests as they
//! come.

mod begin;
mod hints;
mod looking;
mod running;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::domain::wire::{EngineEvent, Reply};
use crate::store::{Result, engine, events};

use super::context::Context;
use super::socket::Asked;
use super::watch::own::Own;
pub use begin::{begin, record_pipelines};
use looking::Looks;
pub use looking::Told;

/// How often staleness, slowness, the schedule and the configuration files are looked at.
const TICK: Duration = Duration::from_millis(500);

/// The configuration files and when each was last written.
pub(super) type ConfigFiles = Vec<(PathBuf, Option<std::time::SystemTime>)>;

struct Running {
    pipeline: String,
    cancel: watch::Sender<bool>,
    task: tokio::task::Id,
}

/// What the engine is about to do.
pub struct Core {
    pub(super) context: Arc<Context>,
    asking: mpsc::Receiver<Asked>,
    triggers: bool,
    session: i64,
    started: Instant,
    running: BTreeMap<i64, Running>,
    tasks: JoinSet<(i64, String, Result<()>)>,
    pub(super) due: BTreeMap<String, Instant>,
    looks: Looks,
    // When to look again at what is settling, and what asked for the look before.
    relook: BTreeMap<String, (Instant, Cause)>,
    hinted: BTreeSet<String>,
    // When alerts were last looked through.
    settled: Option<Instant>,
    own: Own,
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
            own: Own::new(session, context.now()),
            context,
            asking,
            triggers,
            session,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            due: BTreeMap::new(),
            looks: Looks::default(),
            relook: BTreeMap::new(),
            hinted: BTreeSet::new(),
            settled: None,
            config_seen,
            stopping: None,
        }
    }

    /// Runs until asked to stop. A failing store is said and tried again: the workspace may be mended under it.
    pub async fn run(mut self) {
        let (hint, mut hints) = mpsc::unbounded_channel();
        let watching = self.watch(hint).await;
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
                Some(hint) = hints.recv() => { self.hint(&hint); Ok(()) }
                ended = self.looks.ended() => self.look_ended(ended),
                () = relook => { self.look_again(); Ok(()) }
                _ = tick.tick() => self.tick().await,
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
        watching.iter().for_each(JoinHandle::abort);
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

    async fn tick(&mut self) -> Result<()> {
        self.reload().await?;
        if self.triggers {
            for name in std::mem::take(&mut self.hinted) {
                self.look(&name, Cause::Event);
            }
            self.scheduled().await?;
        }
        self.own.tick(&self.context).await?;
        self.watch_the_clock().await
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
