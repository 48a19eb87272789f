//! `[alerts]` of `landfall.toml`: how alerts live and are told. The caller finishes the table, which has others in it.

use std::time::Duration;

use crate::config::rules::LifeRules;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> LifeRules {
    let defaults = LifeRules::default();
    // Shorter, and a repetition would be a storm.
    let minute = Duration::from_secs(60);
    LifeRules {
        group_wait: section.or("group_wait", defaults.group_wait, |f| f.duration(Duration::ZERO)),
        repeat_critical: section.or("repeat_critical", defaults.repeat_critical, |f| f.duration(minute)),
        repeat_warning: section.or("repeat_warning", defaults.repeat_warning, |f| f.duration(minute)),
        escalate_after: section.or("escalate_after", defaults.escalate_after, |f| f.duration(minute)),
        flapping_changes: section.or("flapping_changes", defaults.flapping_changes, |f| f.integer(1, 1000)),
    }
}
