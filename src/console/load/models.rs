//! The model versions of a pipeline.

use std::collections::BTreeMap;

use super::tidy::{Tidy, line, tidied};
use crate::domain::metric::{Metric, Split};
use crate::store::champions::Reign;
use crate::store::metrics::Point;
use crate::store::models::ModelRow;
use crate::store::{self, Connection};

/// The versions.
#[derive(Debug, Clone)]
pub struct ModelsPage {
    /// The pipeline, by its name in the store.
    pub pipeline: String,
    /// Its headline metric.
    pub headline: String,
    /// Committed versions, newest first.
    pub models: Vec<ModelRow>,
    /// The version that serves.
    pub champion: Option<i64>,
    /// What operators call versions.
    pub names: BTreeMap<i64, Vec<String>>,
    /// Changes of the champion, newest first.
    pub reigns: Vec<Reign>,
    /// Figures on the holdout by the run that made the version.
    pub holdout: BTreeMap<i64, Vec<Metric>>,
    /// How versions did in shadow, beside the champion on the same rows: the newest judged batches, oldest first.
    pub shadow: Vec<Point>,
}

/// Judged batches of the shadow that are shown.
const BATCHES: usize = 12;

/// Versions shown.
const LIMIT: usize = 60;

/// Reads the versions.
pub fn load(read: &Connection, pipeline: &str) -> store::Result<ModelsPage> {
    of(read, pipeline, store::models::list(read, pipeline, LIMIT)?)
}

/// What belongs to these versions.
pub fn of(read: &Connection, pipeline: &str, models: Vec<ModelRow>) -> store::Result<ModelsPage> {
    let models = tidied(models);
    let mut holdout = BTreeMap::new();
    for model in &models {
        let mut metrics = store::metrics::of_run(read, model.run)?;
        metrics.retain(|metric| metric.split == Split::Holdout && metric.day.is_none() && metric.column.is_none());
        holdout.insert(model.run, metrics);
    }
    let mut reigns = store::champions::list(read, pipeline, 20)?;
    for reign in &mut reigns {
        reign.who.tidy();
        reign.reason = line(&reign.reason);
    }
    Ok(ModelsPage {
        pipeline: pipeline.to_owned(),
        headline: store::pipelines::get(read, pipeline)?.map(|row| row.headline).unwrap_or_default(),
        champion: store::champions::current(read, pipeline)?,
        names: names(read, pipeline)?,
        models,
        reigns,
        holdout,
        shadow: store::metrics::by_run(read, pipeline, "loss_increase", Split::Prequential, "shadow", BATCHES)?,
    })
}

/// The names that operators gave.
fn names(read: &Connection, pipeline: &str) -> store::Result<BTreeMap<i64, Vec<String>>> {
    let mut names = store::aliases::by_version(read, pipeline)?;
    for given in names.values_mut() {
        given.retain(|name| name != store::aliases::CHAMPION && name != store::aliases::CHALLENGER);
    }
    names.retain(|_, given| !given.is_empty());
    Ok(names)
}

impl ModelsPage {
    /// A figure on the holdout of the version that `run` made.
    pub fn figure(&self, run: i64, name: &str, who: &str) -> Option<f64> {
        let metrics = self.holdout.get(&run)?;
        metrics.iter().find(|metric| metric.name == name && metric.who == who).map(|metric| metric.value)
    }
}
