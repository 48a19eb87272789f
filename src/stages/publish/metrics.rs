//! The run's figures for readers.

use polars::prelude::{DataFrame, NamedFrom, Series};

use super::csv;
use crate::domain::Instant;
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::Job;
use crate::domain::metric::Metric;
use crate::lake::{Lake, layout};
use crate::stages::{StageError, staged};

/// Stages `metrics` as CSV, one figure a line, in the order they were measured.
pub(super) fn stage(lake: &Lake, job: &Job, metrics: &[Metric]) -> Result<Artifact, StageError> {
    let text = frame(job, metrics)
        .and_then(csv::write)
        .map_err(|error| StageError::Internal(anyhow::Error::new(error).context("metrics.csv")))?;
    let path = layout::part(DatasetKind::Metrics, &job.pipeline, "", job.run, "", "csv");
    staged::bytes(lake, job, DatasetKind::Metrics, "", path, metrics.len() as u64, &text)
}

fn frame(job: &Job, metrics: &[Metric]) -> polars::prelude::PolarsResult<DataFrame> {
    let texts = |name: &str, of: &dyn Fn(&Metric) -> Option<String>| {
        Series::new(name.into(), metrics.iter().map(of).collect::<Vec<_>>())
    };
    let numbers = |name: &str, of: &dyn Fn(&Metric) -> Option<i64>| {
        Series::new(name.into(), metrics.iter().map(of).collect::<Vec<_>>())
    };
    let instant = |instant: Instant| instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let columns = [
        numbers("run", &|_| Some(job.run)),
        texts("name", &|metric| Some(metric.name.clone())),
        Series::new("value".into(), metrics.iter().map(|metric| metric.value).collect::<Vec<_>>()),
        numbers("n", &|metric| i64::try_from(metric.n).ok()),
        texts("split", &|metric| Some(metric.split.name().to_owned())),
        texts("who", &|metric| Some(metric.who.clone()).filter(|who| !who.is_empty())),
        numbers("model", &|metric| metric.model),
        texts("day", &|metric| metric.day.clone()),
        texts("column", &|metric| metric.column.clone()),
        texts("from", &|metric| metric.from.map(instant)),
        texts("to", &|metric| metric.to.map(instant)),
    ];
    DataFrame::new(metrics.len(), columns.into_iter().map(Into::into).collect())
}
