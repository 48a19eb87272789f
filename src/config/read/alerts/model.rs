//! `[alerts.metric_decline]`, `[alerts.model_not_refreshed]`, `[alerts.labels_overdue]`

use std::time::Duration;

use crate::config::field::Field;
use crate::config::rules::{LabelsOverdueRule, MetricDeclineRule, ModelNotRefreshedRule};
use crate::config::section::Section;

pub(super) fn decline(section: &Section<'_>) -> MetricDeclineRule {
    let defaults = MetricDeclineRule::default();
    MetricDeclineRule {
        sigmas: section.or("sigmas", defaults.sigmas, Field::positive),
        margin: section.or("margin", defaults.margin, Field::positive),
    }
}

pub(super) fn refresh(section: &Section<'_>) -> ModelNotRefreshedRule {
    ModelNotRefreshedRule { runs: section.or("runs", ModelNotRefreshedRule::default().runs, |f| f.integer(1, 1000)) }
}

pub(super) fn labels(section: &Section<'_>) -> LabelsOverdueRule {
    LabelsOverdueRule { after: section.maybe("after", |f| f.duration(Duration::from_secs(1))) }
}
