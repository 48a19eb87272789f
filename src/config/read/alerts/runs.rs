//! `[alerts.long_run]`, `[alerts.queued]`, `[alerts.heartbeat]`

use std::time::Duration;

use crate::config::rules::{HeartbeatRule, LongRunRule, QueuedRule};
use crate::config::section::Section;

const SHORTEST: Duration = Duration::from_secs(1);

pub(super) fn long_run(section: &Section<'_>) -> LongRunRule {
    LongRunRule { after: section.maybe("after", |f| f.duration(SHORTEST)) }
}

pub(super) fn queued(section: &Section<'_>) -> QueuedRule {
    QueuedRule { after: section.or("after", QueuedRule::default().after, |f| f.duration(SHORTEST)) }
}

pub(super) fn heartbeat(section: &Section<'_>) -> HeartbeatRule {
    HeartbeatRule { after: section.or("after", HeartbeatRule::default().after, |f| f.duration(SHORTEST)) }
}
