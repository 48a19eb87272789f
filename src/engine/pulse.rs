//! Signs of life of running attempts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::Instant;

/// When each running stage, by run and name, last said something or used the processor.
pub type Beats = BTreeMap<(i64, String), Instant>;

/// The beats, as the recorders of all attempts feel them.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Beats>);

impl Pulse {
    /// A sign of life.
    pub fn beat(&self, run: i64, stage: &str, now: Instant) {
        self.beats_mut().insert((run, stage.to_owned()), now);
    }

    /// The attempt is over.
    pub fn end(&self, run: i64, stage: &str) {
        self.beats_mut().remove(&(run, stage.to_owned()));
    }

    /// The beats as they are now.
    pub fn beats(&self) -> Beats {
        self.beats_mut().clone()
    }

    fn beats_mut(&self) -> std::sync::MutexGuard<'_, Beats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
