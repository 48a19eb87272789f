//! Are the rows that a committed run predicted those its model was trained on?

use std::collections::BTreeMap;

use crate::alerts::data_drift;
use crate::config::Pipeline;
use crate::domain::alert::{Alarm, AlertKind, Verdict};
use crate::domain::drift::Look;
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result, alerts, inputs};

/// Runs looked back at.
const RUNS: usize = 60;
const ALERTS: usize = 400;

/// Features of a committed run against the model's training rows. A run that predicted nothing leaves what was said of
/// the last predictions as it is.
pub fn watched(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let Some(model) = &pipeline.model else { return Ok(Vec::new()) };
    let mut looks = inputs::runs(connection, &pipeline.name, RUNS, model.features.len())?;
    if looks.last().is_none_or(|newest| newest.run != run) {
        return Ok(Vec::new());
    }
    let past = alerts::list(connection, Some(&pipeline.name), ALERTS)?;
    let mut normal: BTreeMap<String, f64> = BTreeMap::new();
    for row in past.iter().filter(|row| row.finding.kind == AlertKind::DataDrift && row.normal.is_some()) {
        // What was called normal is as far as the feature has been while the alert stood.
        let stood = looks.iter().filter(|look| row.run.is_some_and(|run| look.run >= run));
        let stood = stood.filter(|look| row.ended.is_none_or(|ended| look.at <= ended));
        for feature in stood.flat_map(|look| &look.features).filter(|f| row.finding.evidence.columns.contains(&f.name))
        {
            let most = normal.entry(feature.name.clone()).or_default();
            *most = most.max(feature.psi);
        }
    }
    let about = |row: &&AlertRow| {
        let answered = row.normal.is_some() || row.alarm == Some(Alarm::False);
        row.finding.kind == AlertKind::DataDrift && row.finding.object == data_drift::TOGETHER && !answered
    };
    // What alarmed and was not called normal is no part of what is usual; the newest runs are judged all the same.
    let alerted = |look: &Look| {
        past.iter()
            .filter(about)
            .any(|row| row.run.is_some_and(|run| look.run >= run) && row.ended.is_none_or(|ended| look.at < ended))
    };
    let rule = &pipeline.alerts.data_drift;
    let judged = looks.len().saturating_sub(rule.of);
    for look in &mut looks[..judged] {
        if alerted(look) {
            look.auc = None;
        }
    }
    Ok(data_drift::judge(&looks, &normal, rule))
}
