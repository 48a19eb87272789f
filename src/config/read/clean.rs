//! `[stages.clean]`: the settings of cleaning beside the columns.

use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::plan::Partition;

/// What the stage's own table says.
pub(super) struct CleanSettings {
    pub(super) max_reject_ratio: f64,
    pub(super) warn_reject_ratio: f64,
    pub(super) partition: Partition,
}

impl Default for CleanSettings {
    fn default() -> Self {
        Self { max_reject_ratio: 0.05, warn_reject_ratio: 0.01, partition: Partition::Month }
    }
}

pub(super) fn read(section: &Section<'_>) -> CleanSettings {
    let defaults = CleanSettings::default();
    let partitions = [("day", Partition::Day), ("month", Partition::Month), ("year", Partition::Year)];
    CleanSettings {
        max_reject_ratio: section.or("max_reject_ratio", defaults.max_reject_ratio, Field::share),
        warn_reject_ratio: section.or("warn_reject_ratio", defaults.warn_reject_ratio, Field::share),
        partition: section.or("partition", defaults.partition, |f| f.choice(&partitions)),
    }
}
