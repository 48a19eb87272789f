//! How a fit that runs ahead learns how many rounds it is to have.
//!
//! The number of boosting rounds is found on a part of the rows; then the same recipe is fitted on all of them. Trees
//! are added one after another and do not depend on how many will follow, so the second fit can run beside the first
//! and stop where it is told: the model is the same, bit for bit, in little more than half the time on two cores.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the fit ahead knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told {
    /// Nothing yet: go on.
    #[default]
    Nothing,
    /// The number of rounds.
    Rounds(u32),
    /// The model will not be needed.
    Abandoned,
}

/// Where it is told.
#[derive(Debug, Default)]
pub struct Lead {
    told: Mutex<Told>,
    changed: Condvar,
}

impl Lead {
    /// The side that tells; what it has not told when it is dropped (an error, say) is that nothing will be needed.
    pub fn leading(&self) -> Leading<'_> {
        Leading(self)
    }

    /// What is known now.
    pub fn now(&self) -> Told {
        *self.lock()
    }

    /// What is told in the end.
    pub fn wait(&self) -> Told {
        let waited = self.changed.wait_while(self.lock(), |told| *told == Told::Nothing);
        *waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: Told) {
        let mut told = self.lock();
        if *told == Told::Nothing {
            *told = what;
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Lead::leading`].
pub struct Leading<'a>(&'a Lead);

impl Leading<'_> {
    /// The model is to have this many rounds.
    pub fn rounds(self, rounds: u32) {
        self.0.tell(Told::Rounds(rounds));
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.0.tell(Told::Abandoned);
    }
}
