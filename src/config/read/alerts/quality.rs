//! `[alerts.null_rate]`

use crate::config::field::Field;
use crate::config::rules::NullRateRule;
use crate::config::section::Section;

pub(super) fn nulls(section: &Section<'_>) -> NullRateRule {
    let defaults = NullRateRule::default();
    NullRateRule {
        effect: section.or("effect", defaults.effect, Field::share),
        sigmas: section.or("sigmas", defaults.sigmas, Field::positive),
    }
}
