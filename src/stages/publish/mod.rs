//! The publish stage: verifies what the run staged for readers and writes their forms of it.
//!
//! Nothing becomes visible here. The engine commits what was staged, all of it or none of it, and points to it last.

mod alerts;
mod contract;
mod csv;
mod manifest;
mod metrics;
mod verify;

use self::contract::Contract;
use self::manifest::Manifest;
use super::{Events, StageError, staged};
use crate::domain::dataset::{Artifact, DatasetKind};
use crate::domain::format;
use crate::domain::job::{Job, PublishJob};
use crate::lake::{Lake, layout};

/// Verifies every staged prediction part of `work` (size, BLAKE3, rows, one schema) and stages beside them: a CSV twin
/// of each when asked for, `metrics.csv`, the schema, the table of alerts, and the manifest. Without a prediction it
/// says so and publishes the rest.
///
/// # Errors
/// [`StageError::Lake`] or [`StageError::Input`] when a part is missing or not what was announced.
pub fn run(job: &Job, work: &PublishJob, events: &Events) -> Result<String, StageError> {
    let lake = Lake::open(&job.lake)?;
    let predictions: Vec<&Artifact> =
        work.staged.iter().filter(|artifact| artifact.part.kind == DatasetKind::Predictions).collect();
    if predictions.is_empty() {
        events.info("no predictions in this run: nothing was waiting for one, or no model serves yet");
    }
    let mut manifest = Manifest::new(job, work);
    let mut schema = None;
    let mut contract = Contract::default();
    for (done, artifact) in predictions.iter().enumerate() {
        let frame = verify::open(&lake, artifact, &mut schema)?;
        contract.look(&frame, &work.key)?;
        manifest.add(&artifact.part, "parquet");
        if work.csv {
            let twin = csv::stage(&lake, job, artifact, frame)?;
            manifest.add(&twin.part, "csv");
            events.artifact(twin);
        }
        let note = format!("verified {}", artifact.part.partition);
        events.progress(done as u64 + 1, Some(predictions.len() as u64), "parts", &note);
    }
    let metrics = metrics::stage(&lake, job, &work.metrics)?;
    manifest.add(&metrics.part, "csv");
    events.artifact(metrics);
    if let Some(schema) = schema {
        let before = work.schema.as_ref();
        let differences = before.and_then(|before| contract::differences(&lake, before, &schema));
        contract.say(events, differences.as_deref());
        let path = format!("{}/{}/schemas/run-{}.json", DatasetKind::Predictions.name(), job.pipeline, job.run);
        let text = manifest::schema_json(&schema, &work.key);
        let staged = staged::bytes(&lake, job, DatasetKind::Output, "predictions/schema", path, 0, text.as_bytes())?;
        manifest.add(&staged.part, "schema");
        events.artifact(staged);
    }
    alerts::stage(&lake, job, &work.alerts, work.csv, &mut manifest, events)?;
    let path = layout::manifest(&job.pipeline, job.run);
    let text = manifest.json();
    events.artifact(staged::bytes(&lake, job, DatasetKind::Output, "predictions/manifest", path, 0, text.as_bytes())?);
    let rows: u64 = predictions.iter().map(|artifact| artifact.part.rows).sum();
    Ok(match predictions.len() {
        0 => "no predictions to publish".to_owned(),
        1 => format!("1 day, {}", format::counted(rows, "prediction")),
        days => format!("{days} days, {}", format::counted(rows, "prediction")),
    })
}
