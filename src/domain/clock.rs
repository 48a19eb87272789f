//! Time as something that is handed in, so that every schedule and every age can be rehearsed.

use std::sync::Mutex;

use chrono::{Duration, Utc};

use super::Instant;

/// Where "now" comes from.
pub trait Clock: Send + Sync {
    /// The present instant in UTC.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Utc::now()
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct ManualClock(Mutex<Instant>);

impl ManualClock {
    /// A clock standing at `start`.
    pub fn at(start: Instant) -> Self {
        Self(Mutex::new(start))
    }

    /// Moves the clock by `step` (which may be negative, as real clocks are).
    pub fn advance(&self, step: Duration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += step;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
