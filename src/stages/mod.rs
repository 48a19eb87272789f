//! The stages: a job in, events and artifacts out.

pub mod score;
pub mod train;

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use crate::domain::dataset::Artifact;
use crate::domain::job::{Level, WorkerEvent};
use crate::domain::metric::Metric;

/// Where a stage's events go: one JSON object a line, each written and flushed whole, from any thread.
pub struct Events(Mutex<Box<dyn Write + Send>>);

impl Events {
    /// Events written to `writer`.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(writer)))
    }

    /// Says one event.
    pub fn send(&self, event: WorkerEvent) {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(mut line) = serde_json::to_vec(&event) {
            line.push(b'\n');
            let _ = writer.write_all(&line).and_then(|()| writer.flush());
        }
    }

    /// How far it is.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: &str, note: &str) {
        self.send(WorkerEvent::Progress { done, total, unit: unit.to_owned(), note: note.to_owned() });
    }

    /// A line for the log, level info.
    pub fn info(&self, text: impl Into<String>) {
        self.send(WorkerEvent::Log { level: Level::Info, text: text.into() });
    }

    /// A line for the log, level warn.
    pub fn warn(&self, text: impl Into<String>) {
        self.send(WorkerEvent::Log { level: Level::Warn, text: text.into() });
    }

    /// A figure.
    pub fn metric(&self, metric: Metric) {
        self.send(WorkerEvent::Metric(metric));
    }

    /// An object was staged.
    pub fn artifact(&self, artifact: Artifact) {
        self.send(WorkerEvent::Artifact(artifact));
    }
}

/// An error of a stage, by whose doing it is: that decides whether another attempt makes sense.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The data cannot be used as it is; another attempt finds the same data.
    #[error("{0}")]
    Input(String),
    /// The lake could not be read or written; it may be back in a moment.
    #[error("{0}")]
    Lake(String),
    /// A program the operator configured failed.
    #[error("{0}")]
    Program(String),
    /// Landfall itself is wrong.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}
