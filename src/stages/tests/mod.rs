//! The stages through their public face: a job in, events and artifacts out, on a lake in a temporary folder.

mod bad_input;
mod command;
mod faults;
mod forms;
mod merge;
mod pieces;
mod plan;
mod publish;
mod worker;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use tempfile::TempDir;

use super::{Events, StageError, run};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::job::{CleanJob, InputFile, Job, Work, WorkerEvent};
use crate::domain::plan::{
    Budget, CleanPlan, ColumnPlan, ColumnType, CsvForm, Evolution, FileFormat, Impute, OnInvalid, Partition, Role,
};
use crate::lake::{Lake, commit, layout, wait};
use crate::landing::token;

/// A workspace of its own: a landing, a lake, and what is live in it.
struct Place {
    folder: TempDir,
    live: BTreeMap<String, Part>,
    runs: i64,
}

/// What a job said and how it ended.
struct Outcome {
    result: Result<String, StageError>,
    events: Vec<WorkerEvent>,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(piece);
        Ok(piece.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn events(&self) -> Vec<WorkerEvent> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("landing")).unwrap();
        Self { folder, live: BTreeMap::new(), runs: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lake(&self) -> Lake {
        Lake::open(self.path("lake").to_str().unwrap()).unwrap()
    }

    /// Drops a file into the landing; its version as the ledger would claim it.
    fn land(&self, id: i64, key: &str, bytes: impl AsRef<[u8]>) -> InputFile {
        let path = self.path("landing").join(key);
        std::fs::write(&path, bytes.as_ref()).unwrap();
        let (token, bytes) = (token::of(&path).unwrap().0, bytes.as_ref().len() as u64);
        InputFile { id, key: key.to_owned(), path: path.to_str().unwrap().to_owned(), bytes, token, promised: None }
    }

    fn job(&mut self, stage: &str, work: Work) -> Job {
        self.runs += 1;
        Job {
            run: self.runs,
            pipeline: "p".to_owned(),
            stage: stage.to_owned(),
            attempt: 1,
            now: "2013-03-01T06:00:00Z".parse().unwrap(),
            seed: 42,
            lake: self.path("lake").as_path().into(),
            staging: layout::staging(self.runs, stage, 1),
            work,
        }
    }

    fn clean_job(&mut self, plan: &CleanPlan, files: &[InputFile]) -> Job {
        let history = self.live.values().cloned().collect();
        let work = CleanJob { plan: plan.clone(), files: files.to_vec(), history };
        self.job("clean", Work::Clean(work))
    }

    /// Cleans without committing.
    fn clean(&mut self, plan: &CleanPlan, files: &[InputFile]) -> Outcome {
        let job = self.clean_job(plan, files);
        Outcome::of(&job)
    }

    /// Cleans and commits.
    fn take(&mut self, plan: &CleanPlan, files: &[InputFile]) -> Outcome {
        let outcome = self.clean(plan, files);
        assert!(outcome.result.is_ok(), "{:?}", outcome.result);
        let artifacts = outcome.artifacts();
        wait(commit::publish(&self.lake(), &artifacts)).unwrap();
        for artifact in artifacts.into_iter().filter(|artifact| artifact.part.kind == DatasetKind::Clean) {
            self.live.insert(artifact.part.partition.clone(), artifact.part);
        }
        outcome
    }

    fn frame(&self, path: &str) -> DataFrame {
        let file = std::fs::File::open(self.lake().local_path(path).unwrap()).unwrap();
        ParquetReader::new(file).finish().unwrap()
    }

    /// The rows of the whole history, a line each, values separated by `|`.
    fn history(&self) -> Vec<String> {
        self.live.values().flat_map(|part| lines(&self.frame(&part.path))).collect()
    }

    /// The rows of the committed artifacts of this kind.
    fn committed(&self, outcome: &Outcome, kind: DatasetKind) -> Vec<String> {
        let of_kind = outcome.artifacts().into_iter().filter(|artifact| artifact.part.kind == kind);
        of_kind.flat_map(|artifact| lines(&self.frame(&artifact.part.path))).collect()
    }
}

impl Outcome {
    fn of(job: &Job) -> Self {
        let sink = Sink::default();
        let result = run(job, &Events::with_interval(sink.clone(), Duration::from_secs(3600)));
        Self { result, events: sink.events() }
    }

    fn artifacts(&self) -> Vec<Artifact> {
        self.events
            .iter()
            .filter_map(|e| if let WorkerEvent::Artifact(a) = e { Some(a.clone()) } else { None })
            .collect()
    }

    fn quarantined(&self) -> Vec<(i64, &str)> {
        let mut refused = Vec::new();
        for event in &self.events {
            if let WorkerEvent::Quarantine { file, reason } = event {
                refused.push((*file, reason.as_str()));
            }
        }
        refused
    }

    fn changed(&self) -> Vec<(i64, &str)> {
        let mut refused = Vec::new();
        for event in &self.events {
            if let WorkerEvent::Changed { file, reason } = event {
                refused.push((*file, reason.as_str()));
            }
        }
        refused
    }

    fn rows(&self) -> Vec<(i64, u64, u64)> {
        let of = |event: &WorkerEvent| {
            if let WorkerEvent::Rows { file, rows, rejected } = event { Some((*file, *rows, *rejected)) } else { None }
        };
        self.events.iter().filter_map(of).collect()
    }

    fn metric(&self, name: &str) -> f64 {
        let of = |event: &WorkerEvent| {
            if let WorkerEvent::Metric(metric) = event
                && metric.name == name
            {
                Some(metric.value)
            } else {
                None
            }
        };
        self.events.iter().find_map(of).unwrap()
    }

    fn error(&self) -> String {
        self.result.as_ref().unwrap_err().message()
    }
}

fn lines(frame: &DataFrame) -> Vec<String> {
    let line = |row| {
        let cells = frame.columns().iter().map(|column| match column.get(row).unwrap() {
            value if value.is_null() => String::new(),
            value => value.str_value().into_owned(),
        });
        cells.collect::<Vec<_>>().join("|")
    };
    (0..frame.height()).map(line).collect()
}

fn column(name: &str, ty: ColumnType, role: Role) -> ColumnPlan {
    let base = serde_json::json!({
        "name": name, "source": name, "ty": ty, "role": role, "min": null, "max": null, "allowed": null,
        "on_invalid": OnInvalid::Reject, "impute": Impute::Leave, "optional": false, "expression": null,
        "format": null, "in_key": false,
    });
    serde_json::from_value(base).unwrap()
}

/// Three columns: `at` (time), `id` (identity), `x` (a number).
fn plan() -> CleanPlan {
    CleanPlan {
        format: FileFormat::Csv(CsvForm { nulls: vec!["NA".to_owned()], ..CsvForm::default() }),
        columns: vec![
            column("at", ColumnType::Datetime, Role::Time),
            column("id", ColumnType::Text, Role::Id),
            column("x", ColumnType::Integer, Role::Feature),
        ],
        max_reject_ratio: 0.5,
        warn_reject_ratio: 0.1,
        partition: Partition::Month,
        budget: Budget::default(),
        evolution: Evolution::Freeze,
    }
}
