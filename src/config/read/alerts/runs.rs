//! `[alerts.long_run]`

use std::time::Duration;

use crate::config::rules::LongRunRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> LongRunRule {
    LongRunRule { after: section.maybe("after", |f| f.duration(Duration::from_secs(1))) }
}
