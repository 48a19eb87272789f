//! Is the serving model as good as it was, and is it kept fresh?

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::alerts::labels_overdue::{self, Day};
use crate::alerts::metric_decline::{self, Promise};
use crate::alerts::model_not_refreshed::{self, Said};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::domain::metric::Split;
use crate::domain::plan::{ModelPlan, Task};
use crate::domain::run::StageKind;
use crate::engine::{rollback, story};
use crate::store::runs::RunRow;
use crate::store::{Connection, Result, champions, metrics, models, runs};

use super::results::newest_day;

/// Figures of labelled shares looked back at: some per day.
const SHARES: usize = 2_000;
/// A day whose outcomes are known to this share can be judged.
const HALF: f64 = 0.5;

/// Decline, refreshment and outcomes after a committed run.
pub fn watched(connection: &Connection, pipeline: &Pipeline, run: &RunRow) -> Result<Vec<Verdict>> {
    let Some(plan) = &pipeline.model else { return Ok(Vec::new()) };
    let mut verdicts = declined(connection, pipeline, plan)?;
    if pipeline.stages.iter().any(|stage| stage.kind == StageKind::Train) {
        let limit = pipeline.alerts.model_not_refreshed.runs;
        let said = decisions(connection, pipeline, limit)?;
        verdicts.extend(model_not_refreshed::judge(&pipeline.name, &said, limit));
    }
    if plan.promotion.rollback_after.is_some() {
        let back = rollback::of_run(connection, &pipeline.name, run.id)?;
        verdicts.push(metric_decline::judge_rollback(back.as_deref()));
    }
    verdicts.extend(overdue(connection, pipeline, run.ended.or(run.committed).unwrap_or(run.created))?);
    Ok(verdicts)
}

/// Are outcomes overdue at this instant? Nothing before the first prediction.
pub fn overdue(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Option<Verdict>> {
    let after = pipeline.alerts.labels_overdue.after.map(|after| after.as_secs_f64());
    Ok(labels_overdue::judge(&pipeline.name, &outcomes(connection, pipeline)?, after, now))
}

fn declined(connection: &Connection, pipeline: &Pipeline, plan: &ModelPlan) -> Result<Vec<Verdict>> {
    let rule = &pipeline.alerts.metric_decline;
    let mut verdicts = newest_day(connection, pipeline, metric_decline::measures(plan.task), rule.sigmas)?;
    let days = story::days(connection, &pipeline.name, plan.task)?;
    let promise = promise(connection, pipeline, plan.task)?;
    verdicts.push(metric_decline::judge_week(plan.task, &days, promise, rule));
    Ok(verdicts)
}

/// The loss of the champion's judged twin on the holdout of the run that made it.
fn promise(connection: &Connection, pipeline: &Pipeline, task: Task) -> Result<Option<Promise>> {
    let Some(version) = champions::current(connection, &pipeline.name)? else { return Ok(None) };
    let Some(row) = models::get(connection, &pipeline.name, version)? else { return Ok(None) };
    let loss = task.loss();
    let measured = metrics::of_run(connection, row.run)?;
    let of = measured.iter().find(|m| m.name == loss && m.split == Split::Holdout && m.who == "challenger");
    Ok(of.map(|metric| Promise { version, loss: metric.value }))
}

/// What committed runs decided, newest first: as many as it takes.
fn decisions(connection: &Connection, pipeline: &Pipeline, limit: u32) -> Result<Vec<Said>> {
    let mut said = Vec::new();
    for run in runs::list(connection, Some(&pipeline.name), None, 2 * limit as usize + 50)? {
        if run.committed.is_some() && said.len() < 2 * limit as usize {
            let made = models::of_run(connection, run.id)?.map(|row| row.card);
            let decision = made.map(|card| (card.version, card.decision.verdict, card.decision.reason));
            said.push(Said { run: run.id, decision });
        }
    }
    Ok(said)
}

fn outcomes(connection: &Connection, pipeline: &Pipeline) -> Result<Vec<Day>> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    for detail in metrics::of_days(connection, &pipeline.name, "labelled", "champion", SHARES)? {
        let Ok(day) = detail.about.parse() else { continue };
        let known = days.entry(day).or_insert(Day { day, predicted: detail.at, known: None, share: 0.0 });
        known.share = detail.value;
        if known.known.is_none() && detail.value >= HALF {
            known.known = Some(detail.at);
        }
    }
    Ok(days.into_values().collect())
}
