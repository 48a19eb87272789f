//! Are the results of a committed run far from the past?

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::alerts::results_drift::daily::{self, Measure};
use crate::alerts::results_drift::distribution::{self, Distance};
use crate::alerts::results_drift::values::{self, Levels};
use crate::config::Pipeline;
use crate::domain::alert::{Alarm, AlertKind, Verdict};
use crate::domain::metric::Metric;
use crate::domain::text::one_line;
use crate::engine::story;
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result, alerts, metrics};

const ALERTS: usize = 400;
/// Days of distances looked back at.
const DAYS: usize = 120;

/// Daily figures, distributions, values and levels of a committed run.
pub fn watched(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let Some(model) = &pipeline.model else { return Ok(Vec::new()) };
    let rule = &pipeline.alerts.results;
    let mut verdicts = newest_day(connection, pipeline, daily::measures(model.task), rule.sigmas)?;
    let measured = metrics::of_run(connection, run)?;
    // A run that predicted nothing leaves what was said of the last predictions as it is.
    let Some(made) = measured.iter().find(|metric| metric.name == "predicted_invalid") else { return Ok(verdicts) };
    verdicts.push(values::judge_values(made.value.max(0.0) as u64, made.n));
    verdicts.extend(levels(&measured).iter().map(|levels| values::judge_levels(levels, rule.new_levels)));
    let (validation, trailing) =
        (distances(connection, pipeline, "validation")?, distances(connection, pipeline, "trailing")?);
    let past = Past::read(connection, pipeline, AlertKind::ResultsDrift)?;
    let look = distribution::Look {
        validation: &validation,
        trailing: &trailing,
        alerted: &|object, day| past.alerted(object, day),
        since: past.since(),
    };
    verdicts.extend(distribution::judge(&look, rule));
    Ok(verdicts)
}

/// The newest judgeable day of every measure.
pub fn newest_day(
    connection: &Connection,
    pipeline: &Pipeline,
    measures: Vec<Measure>,
    sigmas: f64,
) -> Result<Vec<Verdict>> {
    let (Some(model), Some(kind)) = (&pipeline.model, measures.first().map(|measure| measure.kind)) else {
        return Ok(Vec::new());
    };
    let past = Past::read(connection, pipeline, kind)?;
    let days = story::days(connection, &pipeline.name, model.task)?;
    Ok(daily::judge_newest(measures, &days, &|measure, day| past.alerted(measure, day), sigmas))
}

/// Past alerts of one kind.
struct Past(Vec<AlertRow>);

impl Past {
    fn read(connection: &Connection, pipeline: &Pipeline, kind: AlertKind) -> Result<Self> {
        let mut rows = alerts::list(connection, Some(&pipeline.name), ALERTS)?;
        rows.retain(|row| row.finding.kind == kind);
        Ok(Self(rows))
    }

    /// Whether a day raised an alert on this object that nobody called normal or false.
    fn alerted(&self, object: &str, day: NaiveDate) -> bool {
        let day = day.to_string();
        self.0.iter().any(|row| {
            let answered = row.normal.is_some() || row.alarm == Some(Alarm::False);
            !answered && row.finding.object == object && row.finding.message.contains(&day)
        })
    }

    /// The newest day whose predictions an operator called normal.
    fn since(&self) -> Option<NaiveDate> {
        let normal = self.0.iter().filter(|row| row.normal.is_some() && row.finding.unit.starts_with("drift_"));
        normal.filter_map(|row| Some(row.finding.evidence.history.last()?.at.date_naive())).max()
    }
}

fn distances(connection: &Connection, pipeline: &Pipeline, who: &str) -> Result<Vec<Distance>> {
    let mut days: BTreeMap<NaiveDate, Distance> = BTreeMap::new();
    let mut fill = |name: &str, set: fn(&mut Distance, f64)| -> Result<()> {
        for point in metrics::by_day(connection, &pipeline.name, &format!("drift_{name}"), who, DAYS)? {
            let Ok(day) = point.label.parse() else { continue };
            let distance = days.entry(day).or_insert(Distance {
                day,
                rows: point.n,
                reference_rows: 0,
                wasserstein: None,
                ks: None,
                psi: None,
                js: None,
                chi2_p: None,
            });
            set(distance, point.value);
        }
        Ok(())
    };
    fill("reference_rows", |d, value| d.reference_rows = value.max(0.0) as u64)?;
    fill("wasserstein", |d, value| d.wasserstein = Some(value))?;
    fill("ks", |d, value| d.ks = Some(value))?;
    fill("psi", |d, value| d.psi = Some(value))?;
    fill("js", |d, value| d.js = Some(value))?;
    fill("chi2_p", |d, value| d.chi2_p = Some(value))?;
    Ok(days.into_values().collect())
}

fn levels(measured: &[Metric]) -> Vec<Levels> {
    let of = |name: &'static str| measured.iter().filter(move |metric| metric.name == name);
    of("new_level_rate")
        .filter_map(|rate| {
            let column = rate.column.clone()?;
            let named = of("new_level").filter(|level| level.column.as_deref() == Some(column.as_str()));
            let names = named.map(|level| (one_line(&level.who), level.value.max(0.0) as u64)).collect();
            Some(Levels { column: one_line(&column), rows: rate.n, share: rate.value, names })
        })
        .collect()
}
