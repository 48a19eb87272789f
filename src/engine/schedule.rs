//! When a schedule asks next.

use crate::config::Schedule;
use crate::domain::Instant;

/// The first check strictly after `now`; see [`Schedule::next_after`].
pub fn next_check(schedule: &Schedule, now: Instant) -> Option<Instant> {
    schedule.next_after(now)
}
