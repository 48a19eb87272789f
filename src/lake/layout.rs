//! Names of things in the lake. All paths are relative to the lake's root, `/`-separated.

use crate::domain::dataset::DatasetKind;

/// Where staging areas are. Nothing below it is ever live.
pub const STAGING: &str = ".staging";

/// Staging folder of one attempt.
pub fn staging(run: i64, stage: &str, attempt: u32) -> String {
    format!("{STAGING}/{run}/{stage}-{attempt}")
}

/// Final name of a part: `clean/flights/2013-02/run-17.parquet`. The run makes it unique, so it never changes.
/// `name` is the file's stem within the run (`part` for the only one), `extension` without the dot.
pub fn part(kind: DatasetKind, pipeline: &str, partition: &str, run: i64, name: &str, extension: &str) -> String {
    let folder = if partition.is_empty() { String::new() } else { format!("{partition}/") };
    let stem = if name.is_empty() { format!("run-{run}") } else { format!("run-{run}-{name}") };
    format!("{}/{pipeline}/{folder}{stem}.{extension}", kind.name())
}

/// Folder of a model version's bundle.
pub fn bundle(pipeline: &str, version: i64) -> String {
    format!("{}/{pipeline}/{version}", DatasetKind::Model.name())
}

/// The pointer that a reader of predictions starts from: names the newest run and its manifest.
pub fn latest(pipeline: &str) -> String {
    format!("{}/{pipeline}/latest.json", DatasetKind::Predictions.name())
}

/// What a publication consists of, with row counts and hashes.
pub fn manifest(pipeline: &str, run: i64) -> String {
    format!("{}/{pipeline}/manifests/run-{run}.json", DatasetKind::Predictions.name())
}

/// Folder of the files of a pipeline that could not be used.
pub fn quarantines(pipeline: &str) -> String {
    format!("quarantine/{pipeline}")
}

/// Bytes and reason of a file that could not be used: folder for one file version.
pub fn quarantine(pipeline: &str, file: i64) -> String {
    format!("{}/{file}", quarantines(pipeline))
}

/// Why a file version could not be used: written behind its bytes.
pub fn quarantine_reason(pipeline: &str, file: i64) -> String {
    format!("{}/reason.json", quarantine(pipeline, file))
}
