//! What a learning stage leaves in its staging area.

use polars::prelude::DataFrame;

use super::book::Day;
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::Job;
use crate::lake::{Lake, layout, wait};
use crate::learn::LearnError;
use crate::learn::place::table_bytes;

/// The staging area of one attempt.
pub struct Staging<'a> {
    pub job: &'a Job,
}

impl Staging<'_> {
    /// Stages the predictions of a day. `times` are its first and last event time in microseconds.
    pub fn predictions(
        &self,
        day: &Day,
        table: &mut DataFrame,
        times: Option<(i64, i64)>,
    ) -> Result<Artifact, LearnError> {
        let (kind, partition) = (DatasetKind::Predictions, day.name());
        let path = layout::part(kind, &self.job.pipeline, &partition, self.job.run, "", "parquet");
        let bytes = table_bytes(table)?;
        let mut artifact = self.put(kind, partition, path, &bytes)?;
        artifact.replaces = true;
        artifact.part.rows = table.height() as u64;
        artifact.part.from = times.and_then(|(from, _)| chrono::DateTime::from_timestamp_micros(from));
        artifact.part.to = times.and_then(|(_, to)| chrono::DateTime::from_timestamp_micros(to));
        Ok(artifact)
    }

    /// Stages one file of a model's bundle.
    pub fn model(&self, version: i64, name: &str, bytes: &[u8]) -> Result<Artifact, LearnError> {
        let path = format!("{}/{name}", layout::bundle(&self.job.pipeline, version));
        self.put(DatasetKind::Model, version.to_string(), path, bytes)
    }

    /// Stages how the run's rows differ from those its model was trained on.
    pub fn drift(&self, bytes: &[u8]) -> Result<Artifact, LearnError> {
        let path = layout::part(DatasetKind::Drift, &self.job.pipeline, "", self.job.run, "", "json");
        self.put(DatasetKind::Drift, String::new(), path, bytes)
    }

    fn put(&self, kind: DatasetKind, partition: String, path: String, bytes: &[u8]) -> Result<Artifact, LearnError> {
        let staged = format!("{}/{path}", self.job.staging);
        let written = Lake::open(&self.job.lake).and_then(|lake| wait(lake.put(&staged, bytes)));
        written.map_err(|error| LearnError::Lake(error.to_string()))?;
        let hash = blake3::hash(bytes).to_hex().to_string();
        let part = Part { kind, partition, path, rows: 0, bytes: bytes.len() as u64, hash, from: None, to: None };
        Ok(Artifact { part, staged, replaces: false })
    }
}

/// A count for people: `336,776`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
