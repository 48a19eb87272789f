//! `[alerts]`: when to raise them.

use std::time::Duration;

use crate::config::field::Field;
use crate::config::pipeline::AlertRules;
use crate::config::section::Section;

pub(super) fn read(section: Section<'_>) -> AlertRules {
    let defaults = AlertRules::default();
    let rules = AlertRules {
        stale_after: section.maybe("stale_after", |f| f.duration(Duration::from_secs(1))),
        slow_after: section.maybe("slow_after", |f| f.duration(Duration::from_secs(1))),
        size_ratio: section.or("size_ratio", defaults.size_ratio, |f| f.number_where("a factor above 1", |x| x > 1.0)),
        size_sigmas: section.or("size_sigmas", defaults.size_sigmas, Field::positive),
        drift_sigmas: section.or("drift_sigmas", defaults.drift_sigmas, Field::positive),
    };
    section.finish();
    rules
}
