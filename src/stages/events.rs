//! What a stage says while it works, as JSON lines.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::dataset::Artifact;
use crate::domain::job::{Level, WorkerEvent};
use crate::domain::metric::Metric;

/// The least time between two lines of progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Where a stage's events go: one JSON object a line, each written and flushed whole, from any thread.
///
/// An event that cannot be written is lost: the worker's own writer ends the process in that case, because a worker
/// without an engine has nobody to work for.
pub struct Events(Mutex<Sink>);

struct Sink {
    writer: Box<dyn Write + Send>,
    interval: Duration,
    progress: Option<Instant>,
}

impl Events {
    /// Events written to `writer`.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self::with_interval(writer, PROGRESS_INTERVAL)
    }

    /// As [`Events::new`], with at most one line of progress per `interval`.
    pub fn with_interval(writer: impl Write + Send + 'static, interval: Duration) -> Self {
        Self(Mutex::new(Sink { writer: Box::new(writer), interval, progress: None }))
    }

    /// Says one event.
    pub fn send(&self, event: WorkerEvent) {
        self.sink().write(&event);
    }

    /// How far it is. Lines that come too fast are dropped, except the first and the one that reaches the total.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: &str, note: &str) {
        let mut sink = self.sink();
        let due = sink.progress.is_none_or(|last| last.elapsed() >= sink.interval);
        if due || total == Some(done) {
            sink.progress = Some(Instant::now());
            sink.write(&WorkerEvent::Progress { done, total, unit: unit.to_owned(), note: note.to_owned() });
        }
    }

    /// A line for the log.
    pub fn log(&self, level: Level, text: impl Into<String>) {
        self.send(WorkerEvent::Log { level, text: text.into() });
    }

    /// A line for the log, level info.
    pub fn info(&self, text: impl Into<String>) {
        self.log(Level::Info, text);
    }

    /// A line for the log, level warn.
    pub fn warn(&self, text: impl Into<String>) {
        self.log(Level::Warn, text);
    }

    /// A figure.
    pub fn metric(&self, metric: Metric) {
        self.send(WorkerEvent::Metric(metric));
    }

    /// An object was staged.
    pub fn artifact(&self, artifact: Artifact) {
        self.send(WorkerEvent::Artifact(artifact));
    }

    fn sink(&self) -> std::sync::MutexGuard<'_, Sink> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    fn write(&mut self, event: &WorkerEvent) {
        if let Ok(mut line) = serde_json::to_vec(event) {
            line.push(b'\n');
            let _ = self.writer.write_all(&line).and_then(|()| self.writer.flush());
        }
    }
}
