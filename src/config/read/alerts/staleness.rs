//! `[alerts.staleness]`

use std::time::Duration;

use crate::config::rules::StalenessRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> StalenessRule {
    StalenessRule { after: section.maybe("after", |f| f.duration(Duration::from_secs(1))) }
}
