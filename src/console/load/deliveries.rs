//! What was told to whom.

use super::LIST_LIMIT;
use super::tidy::tidied;
use crate::store::deliveries::{self, DeliveryRow};
use crate::store::outbox::OutboxRow;
use crate::store::triage;
use crate::store::{self, Connection};

/// The delivery log.
#[derive(Debug, Clone, Default)]
pub struct DeliveriesPage {
    /// Notices that failed or wait, failed ones first.
    pub undelivered: Vec<OutboxRow>,
    /// Attempts, newest first.
    pub attempts: Vec<DeliveryRow>,
}

/// A line of the log.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// Not told yet.
    Notice(&'a OutboxRow),
    /// An attempt.
    Attempt(&'a DeliveryRow),
}

impl DeliveriesPage {
    /// Its lines in order: what is not told yet, then the attempts.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.undelivered.iter().map(Entry::Notice).chain(self.attempts.iter().map(Entry::Attempt))
    }

    /// One of its lines.
    pub fn entry(&self, index: usize) -> Option<Entry<'_>> {
        let attempt = || self.attempts.get(index.checked_sub(self.undelivered.len())?).map(Entry::Attempt);
        self.undelivered.get(index).map(Entry::Notice).or_else(attempt)
    }
}

impl Entry<'_> {
    /// The channel it is about.
    pub fn channel(&self) -> &str {
        match self {
            Self::Notice(notice) => &notice.channel,
            Self::Attempt(attempt) => &attempt.channel,
        }
    }

    /// The alert it is about, or the gravest of them.
    pub fn alert(&self) -> Option<i64> {
        match self {
            Self::Notice(notice) => notice.alert,
            Self::Attempt(attempt) => attempt.alert,
        }
    }
}

/// Reads the log.
pub fn load(read: &Connection) -> store::Result<DeliveriesPage> {
    Ok(DeliveriesPage {
        undelivered: tidied(triage::undelivered(read, LIST_LIMIT)?),
        attempts: tidied(deliveries::list(read, LIST_LIMIT)?),
    })
}
