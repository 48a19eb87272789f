//! `[alerts.results_drift]`

use crate::config::field::Field;
use crate::config::rules::ResultsRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> ResultsRule {
    let defaults = ResultsRule::default();
    let rule = ResultsRule {
        sigmas: section.or("sigmas", defaults.sigmas, Field::positive),
        effect_warning: section.or("effect_warning", defaults.effect_warning, Field::positive),
        effect_critical: section.or("effect_critical", defaults.effect_critical, Field::positive),
        min_rows: section.or("min_rows", defaults.min_rows, |f| f.integer(1, 1_000_000)),
        new_levels: section.or("new_levels", defaults.new_levels, Field::share),
    };
    ResultsRule { effect_critical: rule.effect_critical.max(rule.effect_warning), ..rule }
}
