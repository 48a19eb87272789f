//! `[alerts.file_size]`

use crate::config::field::Field;
use crate::config::rules::FileSizeRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> FileSizeRule {
    let defaults = FileSizeRule::default();
    FileSizeRule {
        ratio: section.or("ratio", defaults.ratio, |f| f.number_where("a factor above 1", |x| x > 1.0)),
        sigmas: section.or("sigmas", defaults.sigmas, Field::positive),
    }
}
