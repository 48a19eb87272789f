//! `[alerts.results_drift]`

use crate::config::field::Field;
use crate::config::rules::ResultsRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> ResultsRule {
    ResultsRule { sigmas: section.or("sigmas", ResultsRule::default().sigmas, Field::positive) }
}
