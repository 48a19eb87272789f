//! Every pipeline at a glance.

use std::collections::BTreeMap;

use super::tidy::{Tidy, tidied};
use crate::alerts::long_run::{self, Pace};
use crate::domain::Instant;
use crate::domain::alert::Severity;
use crate::domain::metric::Split;
use crate::domain::run::{RunState, StageState};
use crate::store::events::EventRow;
use crate::store::pipelines::PipelineRow;
use crate::store::runs::RunRow;
use crate::store::stages::StageRow;
use crate::store::streams::StreamRow;
use crate::store::triage::{self, Need, Tally};
use crate::store::triggers::TriggerRow;
use crate::store::{self, Connection};

/// A run with its stages.
#[derive(Debug, Clone)]
pub struct RunCard {
    /// The run.
    pub run: RunRow,
    /// Its stages in order.
    pub stages: Vec<StageRow>,
}

/// A pipeline with what the overview says of it.
#[derive(Debug, Clone)]
pub struct PipelineCard {
    /// The pipeline.
    pub row: PipelineRow,
    /// The run under way, or the newest one.
    pub run: Option<RunCard>,
    /// The newest evaluation of its trigger.
    pub trigger: Option<TriggerRow>,
    /// When its newest file was first seen.
    pub newest_file: Option<Instant>,
    /// Files that wait for a run or are not yet complete.
    pub waiting: u64,
    /// Seconds that each stage usually takes with a batch of this size.
    pub usual: BTreeMap<String, f64>,
    /// History of its headline metric, oldest first.
    pub headline: Vec<f64>,
    /// Standing alerts that nobody answered: critical, others.
    pub alerts: (u64, u64),
}

/// The overview.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The pipelines, by name.
    pub pipelines: Vec<PipelineCard>,
    /// What needs an answer, gravest first; at most [`NEEDS`].
    pub needs: Vec<Need>,
    /// How many alerts stand, by what they have in common.
    pub tally: Vec<Tally>,
    /// What happened, newest first.
    pub events: Vec<EventRow>,
    /// Runs that are queued or running.
    pub open_runs: Vec<RunRow>,
    /// How far streams are read.
    pub streams: Vec<StreamRow>,
}

/// Entries of what needs an answer.
pub const NEEDS: usize = 200;
/// Days or runs of the headline's trend.
const TREND: usize = 60;

/// Reads the overview.
pub fn load(read: &Connection) -> store::Result<Overview> {
    let tally = triage::tally(read)?;
    let open_runs = tidied(store::runs::open(read)?);
    let mut pipelines = Vec::new();
    for row in store::pipelines::list(read)? {
        pipelines.push(card(read, row, &tally, &open_runs)?);
    }
    let mut needs = triage::needs(read, NEEDS)?;
    needs.iter_mut().for_each(|need| need.alert.tidy());
    let events = tidied(store::events::list(read, None, 60)?);
    let streams = tidied(store::streams::list(read, None)?);
    Ok(Overview { pipelines, needs, tally, events, open_runs, streams })
}

fn card(read: &Connection, mut row: PipelineRow, tally: &[Tally], open_runs: &[RunRow]) -> store::Result<PipelineCard> {
    let name = row.name.clone();
    let running = open_runs.iter().find(|run| run.pipeline == name && run.state == RunState::Running);
    let run = match running {
        Some(run) => Some(run.clone()),
        None => tidied(store::runs::list(read, Some(&name), None, 1)?).pop(),
    };
    let bytes = run.as_ref().map_or(0, |run| run.bytes);
    let run = run.map(|run| run_card(read, run)).transpose()?;
    let mut trigger = store::triggers::list(read, &name, 1)?.pop();
    trigger.tidy();
    let needing = tally.iter().filter(|tally| tally.pipeline == name && tally.needs_answer());
    let (critical, others) = needing.fold((0, 0), |(critical, others), tally| match tally.severity {
        Severity::Critical => (critical + tally.alerts, others),
        _ => (critical, others + tally.alerts),
    });
    let card = PipelineCard {
        run,
        trigger,
        newest_file: store::files::arrivals(read, &name, 1)?.pop(),
        waiting: store::files::count_waiting(read, &name)?,
        usual: usual(read, &name, &row.stages, bytes)?,
        headline: headline(read, &row)?,
        alerts: (critical, others),
        row: {
            row.tidy();
            row
        },
    };
    Ok(card)
}

/// A run with its stages.
pub fn run_card(read: &Connection, run: RunRow) -> store::Result<RunCard> {
    let stages = tidied(store::stages::of_run(read, run.id)?);
    Ok(RunCard { run, stages })
}

/// Seconds that each stage usually takes with a batch of so many bytes, by its newest successes.
pub fn usual(read: &Connection, pipeline: &str, stages: &[String], bytes: u64) -> store::Result<BTreeMap<String, f64>> {
    let mut usual = BTreeMap::new();
    for stage in stages {
        let past = store::stages::paces(read, pipeline, stage, long_run::WINDOW)?;
        let past: Vec<Pace> = past.into_iter().map(Pace::from).collect();
        if let Some(seconds) = long_run::usual(&past, bytes) {
            usual.insert(stage.clone(), seconds);
        }
    }
    Ok(usual)
}

/// The headline as the champion earned it day by day; before there is a day, as versions scored on their holdout.
fn headline(read: &Connection, row: &PipelineRow) -> store::Result<Vec<f64>> {
    if row.headline.is_empty() {
        return Ok(Vec::new());
    }
    let mut points = store::metrics::by_judged_day(read, &row.name, &row.headline, "champion", TREND)?;
    if points.is_empty() {
        points = store::metrics::by_run(read, &row.name, &row.headline, Split::Holdout, "challenger", TREND)?;
    }
    Ok(points.into_iter().map(|point| point.value).collect())
}

impl PipelineCard {
    /// The stage under way, or waiting for its next attempt: (number from 1, stages in all, stage).
    pub fn current_stage(&self) -> Option<(usize, usize, &StageRow)> {
        let card = self.run.as_ref()?;
        let live = |stage: &StageRow| matches!(stage.state, StageState::Running | StageState::Retrying);
        let index = card.stages.iter().position(live)?;
        card.stages.get(index).map(|stage| (index + 1, card.stages.len(), stage))
    }
}
