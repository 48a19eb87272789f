//! What the store remembers of a pipeline, as plain values.

use std::collections::BTreeMap;

use crate::alerts::long_run::Pace;
use crate::alerts::staleness::ARRIVAL;
use crate::alerts::staleness::advance::advanced;
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::AlertKind;
use crate::domain::run::StageState;
use crate::store::alerts::AlertRow;
use crate::store::files::Measured;
use crate::store::runs::RunRow;
use crate::store::stages::StageRow;
use crate::store::{Connection, Result, alerts, engine, files, parts, runs, seconds, stages};

/// Most rows of each kind: some years of an hourly feed.
const MOST: usize = 20_000;

/// The past of a pipeline, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// When its first file came.
    pub begin: Option<Instant>,
    /// New files: (first seen, name).
    pub arrived: Vec<(Instant, String)>,
    /// Files that runs took.
    pub files: Vec<Measured>,
    /// Runs that are over.
    pub runs: Vec<RunRow>,
    /// Their stages, by run.
    pub stages: BTreeMap<i64, Vec<StageRow>>,
    /// When outputs were published.
    pub published: Vec<Instant>,
    /// When the newest event time advanced.
    pub advanced: Vec<Instant>,
    /// When an engine was running.
    pub awake: Vec<(Instant, Instant)>,
    /// Spans in which upstream was late, so that nothing was learned.
    pub outages: Vec<(Instant, Instant)>,
    /// Every alert that was raised.
    pub alerts: Vec<AlertRow>,
}

impl Record {
    /// Reads it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn gather(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Self> {
        let name = pipeline.name.as_str();
        let arrived = files::arrived(connection, name, MOST)?;
        let mut over = runs::list(connection, Some(name), None, MOST)?;
        over.retain(|run| run.state.is_final());
        over.reverse();
        let mut of_runs = BTreeMap::new();
        for run in &over {
            of_runs.insert(run.id, stages::of_run(connection, run.id)?);
        }
        let awake = engine::awake(connection, MOST, now)?;
        let mut outages = alerts::spans(connection, name, AlertKind::Staleness, ARRIVAL, now)?;
        outages.extend(awake.windows(2).map(|pair| (pair[0].1, pair[1].0)));
        Ok(Self {
            begin: arrived.first().map(|(at, _)| *at),
            files: files::ever_measured(connection, name, MOST)?,
            published: runs::published(connection, name, MOST)?,
            advanced: advanced(&parts::newest_events(connection, name, MOST)?),
            alerts: alerts::list(connection, Some(name), MOST)?,
            arrived,
            runs: over,
            stages: of_runs,
            awake,
            outages,
        })
    }

    /// Since when an engine had been running at an instant, if one was.
    pub fn watched_since(&self, at: Instant) -> Option<Instant> {
        self.awake.iter().rev().find(|(begin, end)| (*begin..=*end).contains(&at)).map(|(begin, _)| *begin)
    }

    /// What successes took that ended by `before`: of the whole run, or of a stage.
    pub fn paces(&self, stage: Option<&str>, before: Instant) -> Vec<Pace> {
        let whole = |run: &RunRow| run.state == crate::domain::run::RunState::Succeeded && run.parent.is_none();
        let pace = |run: &RunRow| match stage {
            None if whole(run) => run.ended.zip(run.started),
            None => None,
            Some(name) => {
                let stage = self.stages.get(&run.id)?.iter().find(|stage| stage.name == name)?;
                stage.ended.zip(stage.started).filter(|_| stage.state == StageState::Succeeded)
            }
        };
        let times = self.runs.iter().filter_map(|run| Some((pace(run)?, run.bytes)));
        times
            .filter(|((ended, _), _)| *ended <= before)
            .map(|((ended, started), bytes)| Pace { ended, seconds: seconds(started, ended), bytes })
            .collect()
    }
}
