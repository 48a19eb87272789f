//! What every part of the engine shares.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::broadcast;

use crate::alerts::channel::bell::Ring;
use crate::config::{Pipeline, Workspace};
use crate::domain::clock::Clock;
use crate::domain::job::Level;
use crate::domain::wire::EngineEvent;
use crate::domain::{Instant, text};
use crate::lake::Lake;
use crate::store::{Result, Store, Transaction, events};

use super::moved::Moved;
use super::pulse::Pulse;

/// How to start a worker: the program and its first arguments.
#[derive(Debug, Clone)]
pub struct WorkerProgram(pub Vec<OsString>);

impl WorkerProgram {
    /// This very program, asked to be a worker.
    ///
    /// # Errors
    /// When the system does not say where it is.
    pub fn this() -> std::io::Result<Self> {
        Ok(Self(vec![std::env::current_exe()?.into_os_string(), "worker".into()]))
    }
}

/// Shared by the tasks of one engine.
pub struct Context {
    /// The state.
    pub store: Store,
    /// The lake.
    pub lake: Lake,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How to start workers.
    pub worker: WorkerProgram,
    /// To the consoles.
    pub events: broadcast::Sender<EngineEvent>,
    /// Signs of life of running attempts.
    pub pulse: Pulse,
    /// What was renamed into the landings.
    pub moved: Moved,
    workspace: RwLock<Arc<Workspace>>,
}

impl Context {
    /// Puts one together.
    pub fn new(
        workspace: Workspace,
        store: Store,
        lake: Lake,
        clock: Arc<dyn Clock>,
        worker: WorkerProgram,
        events: broadcast::Sender<EngineEvent>,
    ) -> Self {
        Self {
            store,
            lake,
            clock,
            worker,
            events,
            pulse: Pulse::default(),
            moved: Moved::default(),
            workspace: RwLock::new(Arc::new(workspace)),
        }
    }

    /// The configuration as it is now.
    pub fn workspace(&self) -> Arc<Workspace> {
        Arc::clone(&self.workspace.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A pipeline as it is configured now.
    pub fn pipeline(&self, name: &str) -> Option<Pipeline> {
        self.workspace().pipeline(name).cloned()
    }

    /// Takes over a changed configuration. Runs under way keep the one they started with.
    pub fn set_workspace(&self, workspace: Workspace) {
        *self.workspace.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(workspace);
    }

    /// Folder of the state.
    pub fn state(&self) -> PathBuf {
        self.workspace().state()
    }

    /// Now.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Tells the consoles that the store changed.
    pub fn changed(&self) {
        self.tell(EngineEvent::Changed);
    }

    /// Tells the consoles something. Nobody may be listening.
    pub fn tell(&self, event: EngineEvent) {
        let _ = self.events.send(event);
    }

    /// How the bell reaches the consoles.
    pub fn ring(&self) -> Ring {
        let events = self.events.clone();
        Arc::new(move |severity, text| {
            let _ = events.send(EngineEvent::Notice { severity, text });
        })
    }

    /// One transaction, after which the consoles are told.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, Instant) -> Result<T> + Send + 'static,
    {
        let now = self.now();
        let value = self.store.write(move |tx| work(tx, now)).await?;
        self.changed();
        Ok(value)
    }

    /// Records that something happened. A store that cannot be written is said on standard error: there is no
    /// better place left.
    pub async fn note(&self, level: Level, pipeline: Option<&str>, run: Option<i64>, subject: &str, what: &str) {
        let (pipeline, subject, what) = (pipeline.map(str::to_owned), subject.to_owned(), text::one_line(what));
        let said = what.clone();
        let written =
            self.write(move |tx, now| events::add(tx, level, pipeline.as_deref(), run, &subject, &what, now)).await;
        match level {
            Level::Error => tracing::error!("{said}"),
            Level::Warn => tracing::warn!("{said}"),
            Level::Info => tracing::info!("{said}"),
            Level::Debug => tracing::debug!("{said}"),
        }
        if let Err(error) = written {
            tracing::error!("not recorded: {error}");
        }
    }
}
