//! The alerts of the pipeline for readers: `fact_alert`.

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, PolarsResult, Series, TimeUnit};

use super::csv;
use super::manifest::{Manifest, schema_json};
use crate::domain::Instant;
use crate::domain::alert::FactAlert;
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::job::Job;
use crate::lake::{Lake, layout};
use crate::stages::{Events, StageError, staged};

/// Name of the table.
const TABLE: &str = "fact_alert";

/// Stages the table as Parquet, its schema, and with `twin` as CSV. Each retires that of the run before: the newest one
/// holds every alert.
pub(super) fn stage(
    lake: &Lake,
    job: &Job,
    alerts: &[FactAlert],
    twin: bool,
    manifest: &mut Manifest,
    events: &Events,
) -> Result<(), StageError> {
    let failed = |error| StageError::Internal(anyhow::Error::new(error).context(TABLE));
    let mut frame = frame(alerts).map_err(failed)?;
    let schema = schema_json(frame.schema(), &["alert".to_owned()]);
    let table =
        staged::Table { kind: DatasetKind::Output, partition: TABLE, time: None, replaces: true, compact: true };
    let mut announce = |artifact: Artifact, format: &str| {
        manifest.add(&artifact.part, format);
        events.artifact(artifact);
    };
    announce(table.write(lake, job, &mut frame)?, "parquet");
    let mut beside = |format: &str, extension: &str, bytes: &[u8]| -> Result<(), StageError> {
        let path = layout::part(DatasetKind::Output, &job.pipeline, TABLE, job.run, "", extension);
        let rows = if extension == "csv" { alerts.len() as u64 } else { 0 };
        let partition = format!("{TABLE}/{format}");
        let mut artifact = staged::bytes(lake, job, DatasetKind::Output, &partition, path, rows, bytes)?;
        artifact.replaces = true;
        announce(artifact, format);
        Ok(())
    };
    beside("schema", "json", schema.as_bytes())?;
    if twin {
        beside("csv", "csv", &csv::write(frame).map_err(failed)?)?;
    }
    Ok(())
}

/// One row an alert; instants are datetimes in UTC.
fn frame(alerts: &[FactAlert]) -> PolarsResult<DataFrame> {
    let texts = |name: &str, of: &dyn Fn(&FactAlert) -> Option<String>| -> Column {
        Series::new(name.into(), alerts.iter().map(of).collect::<Vec<_>>()).into()
    };
    let numbers = |name: &str, of: &dyn Fn(&FactAlert) -> Option<i64>| -> Column {
        Series::new(name.into(), alerts.iter().map(of).collect::<Vec<_>>()).into()
    };
    let figures = |name: &str, of: &dyn Fn(&FactAlert) -> Option<f64>| -> Column {
        Series::new(name.into(), alerts.iter().map(of).collect::<Vec<_>>()).into()
    };
    let instants = |name: &str, of: &dyn Fn(&FactAlert) -> Option<Instant>| -> PolarsResult<Column> {
        let micros: Vec<Option<i64>> = alerts.iter().map(|alert| of(alert).map(|at| at.timestamp_micros())).collect();
        Ok(Series::new(name.into(), micros).cast(&DataType::Datetime(TimeUnit::Microseconds, None))?.into())
    };
    let columns = vec![
        numbers("alert", &|a| Some(a.alert)),
        texts("fingerprint", &|a| Some(a.fingerprint.clone())),
        texts("pipeline", &|a| Some(a.pipeline.clone())),
        texts("kind", &|a| Some(a.kind.key())),
        texts("object", &|a| Some(a.object.clone())),
        texts("severity", &|a| Some(a.severity.name().to_owned())),
        texts("state", &|a| Some(a.state.name().to_owned())),
        texts("message", &|a| Some(a.message.clone())),
        figures("observed", &|a| a.observed),
        figures("low", &|a| a.low),
        figures("high", &|a| a.high),
        texts("unit", &|a| Some(a.unit.clone()).filter(|unit| !unit.is_empty())),
        numbers("run", &|a| a.run),
        instants("raised", &|a| Some(a.raised))?,
        instants("fired", &|a| a.fired)?,
        instants("ended", &|a| a.ended)?,
        texts("who", &|a| a.who.clone()),
        texts("note", &|a| a.note.clone()),
        texts("alarm", &|a| a.alarm.map(|alarm| alarm.name().to_owned())),
        instants("muted_until", &|a| a.muted_until)?,
    ];
    DataFrame::new(alerts.len(), columns)
}
