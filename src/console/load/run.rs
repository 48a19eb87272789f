//! One run with everything known of it.

use std::collections::BTreeMap;

use super::overview::{RunCard, run_card, usual};
use super::tidy::{Tidy, tidied};
use crate::domain::metric::Metric;
use crate::store::files::FileRow;
use crate::store::logs::LogRow;
use crate::store::models::ModelRow;
use crate::store::parts::PartRow;
use crate::store::stages::AttemptRow;
use crate::store::{self, Connection};

/// A run.
#[derive(Debug, Clone)]
pub struct RunDetail {
    /// The run and its stages.
    pub card: RunCard,
    /// Every try of every stage.
    pub attempts: Vec<AttemptRow>,
    /// Its batch.
    pub files: Vec<FileRow>,
    /// What it made.
    pub parts: Vec<PartRow>,
    /// Its figures that are not about one day or column.
    pub metrics: Vec<Metric>,
    /// The model version it made.
    pub model: Option<ModelRow>,
    /// What is known by now of the predictions it made.
    pub predictions: Vec<Metric>,
    /// The newest lines of its log, oldest first.
    pub log: Vec<LogRow>,
    /// Seconds that each stage usually takes with a batch of this size.
    pub usual: BTreeMap<String, f64>,
}

/// Lines of the log that are held.
pub const LOG_LIMIT: usize = 5_000;

/// Reads a run.
pub fn load(read: &Connection, id: i64) -> store::Result<Option<RunDetail>> {
    let Some(mut run) = store::runs::get(read, id)? else { return Ok(None) };
    run.tidy();
    let card = run_card(read, run)?;
    let names: Vec<String> = card.stages.iter().map(|stage| stage.name.clone()).collect();
    let mut metrics = store::metrics::of_run(read, id)?;
    metrics.retain(|metric| metric.day.is_none() && metric.column.is_none());
    let mut model = store::models::of_run(read, id)?;
    model.tidy();
    Ok(Some(RunDetail {
        attempts: tidied(store::stages::attempts(read, id)?),
        files: tidied(store::files::of_run(read, id)?),
        parts: tidied(store::parts::of_run(read, id)?),
        metrics,
        predictions: store::metrics::of_predictions(read, id)?,
        model,
        log: tidied(store::logs::tail(read, id, None, LOG_LIMIT)?),
        usual: usual(read, &card.run.pipeline, &names, card.run.bytes)?,
        card,
    }))
}
