//! Files that were renamed into a landing, as the watcher saw it, until the next look at that landing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::domain::Instant;
use crate::domain::file::VersionToken;

/// So many are remembered of a pipeline that is not looked at; the others have to stand still as any file.
const MOST: usize = 100_000;

/// The version under each name that a rename gave it.
pub type Arrived = HashMap<String, VersionToken>;

/// What arrived, by pipeline, and when the first of it did.
#[derive(Debug, Default)]
pub struct Moved(Mutex<BTreeMap<String, (Instant, Arrived)>>);

impl Moved {
    /// A version came to its name by a rename, `now`. Answers when the first one came that no look has taken yet.
    pub fn mark(&self, pipeline: &str, key: String, token: VersionToken, now: Instant) -> Instant {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, arrived) = all.entry(pipeline.to_owned()).or_insert_with(|| (now, Arrived::new()));
        if arrived.len() < MOST {
            arrived.insert(key, token);
        }
        *first
    }

    /// What arrived since this was asked last. To be asked before a listing begins: what comes later is for the next.
    pub fn take(&self, pipeline: &str) -> Arrived {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(pipeline).map(|(_, arrived)| arrived).unwrap_or_default()
    }
}
