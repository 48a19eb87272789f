//! The engine: triggers, the run state machine, worker supervision, recovery, detectors. Asynchronous, small, and it
//! never computes on data itself.
//!
//! One task ([`core`]) owns what is to happen next; runs are tasks of their own; every fact goes through the store.

pub mod alone;
mod answers;
mod apart;
mod archive;
pub mod backtest;
pub mod check;
pub mod client;
pub mod commit;
mod context;
mod core;
mod create;
mod deliver;
mod detect;
mod fetch;
mod file;
mod graph;
mod job;
mod late;
mod life;
pub mod lock;
mod memory;
mod moved;
mod notify;
mod pulse;
mod quarantine;
mod record;
mod recover;
mod registry;
mod release;
mod reload;
pub mod replay;
mod request;
mod rerun;
mod rollback;
mod run;
mod schedule;
mod settle;
mod socket;
mod stage;
mod story;
mod stream;
mod visit;
mod watch;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::{self, Workspace};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::wire::{Command, EngineEvent, Reply, Request};
use crate::lake::{Lake, LakeError};
use crate::store::{Store, StoreError};

use context::Context;
pub use context::WorkerProgram;
use lock::{Lock, LockError};
use socket::Asked;

/// How an engine is to be.
pub struct Options {
    /// The workspace's folder.
    pub root: PathBuf,
    /// How to start workers.
    pub worker: WorkerProgram,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Whether schedule and file-system events lead to checks; without, only requests do.
    pub triggers: bool,
}

impl Options {
    /// An engine of a workspace as it normally is.
    ///
    /// # Errors
    /// When the system does not say where this program is.
    pub fn new(root: PathBuf) -> std::io::Result<Self> {
        Ok(Self { root, worker: WorkerProgram::this()?, clock: Arc::new(SystemClock), triggers: true })
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is not valid.
    #[error("{0}")]
    Config(config::Problems),
    /// Another engine has the workspace.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The socket or the watcher.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A running engine.
pub struct Engine {
    asked: mpsc::Sender<Asked>,
    events: broadcast::Sender<EngineEvent>,
    task: JoinHandle<()>,
    /// The configuration it started with.
    pub workspace: Workspace,
}

impl Engine {
    /// Takes the workspace's lock, recovers what an earlier engine left, and begins.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        // Before it is read: what changes while the engine starts is found changed by its first look.
        let config_seen = reload::config_files(&options.root);
        let workspace = config::load(&options.root).map_err(StartError::Config)?;
        let state = workspace.state();
        let lock = Lock::take(&state, options.clock.now())?;
        let store = Store::open(&state)?;
        let lake = Lake::open(&workspace.lake)?;
        let listener = socket::listen(&state)?;
        let (asked, asking) = mpsc::channel(64);
        let (events, _) = broadcast::channel(1024);
        let context = Arc::new(Context::new(
            workspace.clone(),
            store,
            lake,
            Arc::clone(&options.clock),
            options.worker.clone(),
            events.clone(),
        ));
        watch::silence::at_start(&context, options.triggers).await?;
        let session = core::begin(&context).await?;
        recover::recover(&context).await?;
        let serving = tokio::spawn(socket::serve(listener, asked.clone(), events.clone()));
        let sender = notify::Sender::start(Arc::clone(&context));
        let beating = options.triggers.then(|| tokio::spawn(watch::heartbeat::beat(Arc::clone(&context))));
        let polling = options.triggers.then(|| tokio::spawn(notify::poll(Arc::clone(&context))));
        let core = core::Core::new(context, asking, options.triggers, session, config_seen);
        let task = tokio::spawn(async move {
            core.run().await;
            sender.leave().await;
            serving.abort();
            beating.iter().chain(&polling).for_each(JoinHandle::abort);
            // The path goes before the lock does, so that the next engine never loses its own.
            let _ = std::fs::remove_file(socket::path(&state));
            drop(lock);
        });
        Ok(Self { asked, events, task, workspace })
    }

    /// Asks for something, as a client on the socket would.
    pub async fn ask(&self, command: Command) -> Reply {
        let (reply, waiting) = oneshot::channel();
        let request = Request { who: client::operator(), command };
        let gone = || Reply::Refused { message: "the engine is leaving".into() };
        if self.asked.send(Asked { request, reply }).await.is_err() {
            return gone();
        }
        waiting.await.unwrap_or_else(|_| gone())
    }

    /// Hears what happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<EngineEvent> {
        self.events.subscribe()
    }

    /// Waits until it has left.
    pub async fn ended(self) {
        // A panic in the core has been reported by its hook; the lock is free either way.
        let _ = self.task.await;
    }
}
