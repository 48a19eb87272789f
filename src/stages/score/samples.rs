//! A small lake with made-up rows, for the tests of score and train.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use polars::prelude::{DataFrame, DataType, NamedFrom, Series, TimeUnit};

use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::drift::Account;
use crate::domain::job::{Job, ModelRef, ScoreJob, TrainJob, Work, WorkerEvent};
use crate::domain::metric::Metric;
use crate::domain::plan::ModelPlan;
use crate::learn::frame::{Column, DAY};
use crate::learn::place::{Place, table_bytes};
use crate::learn::samples;
use crate::stages::{Events, StageError, score, train};

/// A row: day, key, `x`, outcome.
pub type Row = (i64, String, f64, Option<bool>);

pub fn row(day: i64, id: &str, x: f64, late: Option<bool>) -> Row {
    (day, id.to_owned(), x, late)
}

/// Rows as the clean stage leaves them, of one file.
pub fn table(rows: &[Row]) -> DataFrame {
    let at: Vec<i64> = rows.iter().map(|row| row.0 * DAY + 3_600_000_000).collect();
    let lines: Vec<i64> = (1..=rows.len() as i64).collect();
    let columns: Vec<Series> = vec![
        Series::new("id".into(), rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>()),
        Series::new("at".into(), at).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap(),
        Series::new("x".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
        Series::new("gap".into(), vec![None::<f64>; rows.len()]),
        Series::new("colour".into(), vec!["red"; rows.len()]),
        Series::new("late".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()),
        Series::new("_file".into(), vec![100_i64; rows.len()]),
        Series::new("_line".into(), lines),
    ];
    DataFrame::new(rows.len(), columns.into_iter().map(Into::into).collect()).unwrap()
}

/// [`table`] with the name of a class as the target `outcome`.
pub fn outcomes(rows: &[Row], names: &[Option<&str>]) -> DataFrame {
    let mut table = table(rows);
    table.with_column(Series::new("outcome".into(), names).into()).unwrap();
    table
}

pub struct Lake {
    folder: tempfile::TempDir,
    place: Place,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn events(&self) -> Vec<WorkerEvent> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Lake {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(folder.path().to_str().unwrap()).unwrap();
        Self { folder, place }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a table and answers its part.
    pub fn put(&self, path: &str, table: &mut DataFrame) -> Part {
        let bytes = table_bytes(table).unwrap();
        self.place.write(path, &bytes).unwrap();
        Part {
            kind: DatasetKind::Clean,
            partition: String::new(),
            path: path.to_owned(),
            rows: table.height() as u64,
            bytes: bytes.len() as u64,
            hash: blake3::hash(&bytes).to_hex().to_string(),
            from: None,
            to: None,
        }
    }

    pub fn rows(&self, path: &str, rows: &[Row]) -> Part {
        self.put(path, &mut table(rows))
    }

    /// Labelled history of this many days, 40 rows a day.
    pub fn history(&self, days: i64) -> Part {
        self.put(&format!("clean/{days}.parquet"), &mut history(days))
    }

    pub fn history_without(&self, days: i64, column: &str) -> Part {
        let mut table = history(days);
        let _ = table.drop_in_place(column).unwrap();
        self.put(&format!("clean/{days}-{column}.parquet"), &mut table)
    }

    /// A champion trained on 30 days.
    pub fn champion(&self) -> ModelRef {
        let (_, events) = self.train(1, None, vec![self.history(30)], vec![], 1);
        self.commit(&events);
        self.reference(1)
    }

    /// Labelled history whose target `outcome` is the name of one of three classes, and in a few rows of a fourth.
    pub fn several(days: i64) -> DataFrame {
        let frame = samples::several(days, 40, 1);
        let name = |(row, y): (usize, &f64)| match (row % 240, frame.classes[*y as usize].as_str()) {
            (7, _) => "rare",
            (_, "odd") => "low",
            (_, name) => name,
        };
        let names: Vec<&str> = frame.target.iter().enumerate().map(name).collect();
        let mut table = history(days);
        table.with_column(Series::new("outcome".into(), names).into()).unwrap();
        table
    }

    pub fn score_with(
        &self,
        plan: ModelPlan,
        run: i64,
        champion: Option<ModelRef>,
        batch: Vec<Part>,
        predictions: Vec<Part>,
    ) -> Result<(String, Vec<WorkerEvent>), StageError> {
        self.score_job(plan, run, (champion, None), batch, predictions, vec![])
    }

    pub fn reference(&self, version: i64) -> ModelRef {
        ModelRef { version, bundle: format!("models/p/{version}") }
    }

    pub fn table(&self, part: &Part) -> DataFrame {
        self.place.read_table(&part.path, None).unwrap()
    }

    /// Moves what was staged to its final names, as a commit does; answers the tables and models.
    pub fn commit(&self, events: &[WorkerEvent]) -> Vec<Part> {
        artifacts(events)
            .into_iter()
            .map(|Artifact { part, staged, .. }| {
                self.place.write(&part.path, &self.place.read(&staged).unwrap()).unwrap();
                part
            })
            .filter(|part| part.kind != DatasetKind::Drift)
            .collect()
    }

    /// What a run said of the rows it predicted from.
    pub fn account(&self, events: &[WorkerEvent]) -> Option<Account> {
        let staged = artifacts(events).into_iter().find(|artifact| artifact.part.kind == DatasetKind::Drift)?.staged;
        Some(serde_json::from_slice(&self.place.read(&staged).unwrap()).unwrap())
    }

    pub fn score(
        &self,
        run: i64,
        champion: Option<ModelRef>,
        batch: Vec<Part>,
        predictions: Vec<Part>,
    ) -> (String, Vec<WorkerEvent>) {
        self.try_score(run, champion, batch, predictions).unwrap()
    }

    /// Scores days whose live predictions are `live`: what lies before the batch trails it, as the engine has it.
    pub fn score_after(&self, run: i64, champion: ModelRef, batch: Part, live: Vec<Part>) -> Vec<WorkerEvent> {
        self.score_job(samples::plan(), run, (Some(champion), None), vec![batch], vec![], live).unwrap().1
    }

    /// Scores with the version that served before predicting along.
    pub fn score_in_shadow(
        &self,
        run: i64,
        (champion, shadow): (ModelRef, ModelRef),
        batch: Part,
        predictions: Vec<Part>,
    ) -> Vec<WorkerEvent> {
        self.score_job(samples::plan(), run, (Some(champion), Some(shadow)), vec![batch], predictions, vec![])
            .unwrap()
            .1
    }

    pub fn try_score(
        &self,
        run: i64,
        champion: Option<ModelRef>,
        batch: Vec<Part>,
        predictions: Vec<Part>,
    ) -> Result<(String, Vec<WorkerEvent>), StageError> {
        self.score_job(samples::plan(), run, (champion, None), batch, predictions, vec![])
    }

    fn score_job(
        &self,
        plan: ModelPlan,
        run: i64,
        (champion, shadow): (Option<ModelRef>, Option<ModelRef>),
        batch: Vec<Part>,
        predictions: Vec<Part>,
        trailing: Vec<Part>,
    ) -> Result<(String, Vec<WorkerEvent>), StageError> {
        let (history, workspace) = (vec![], String::new());
        let work = ScoreJob { plan, batch, champion, shadow, predictions, trailing, history, workspace };
        let lines = Lines::default();
        let job = self.job(run, "score", Work::Score(work.clone()));
        let summary = score::run(&job, &work, &Events::new(lines.clone()))?;
        Ok((summary, lines.events()))
    }

    pub fn train(
        &self,
        run: i64,
        champion: Option<ModelRef>,
        history: Vec<Part>,
        batch: Vec<Part>,
        version: i64,
    ) -> (String, Vec<WorkerEvent>) {
        self.train_with(samples::plan(), run, champion, history, batch, version)
    }

    pub fn train_with(
        &self,
        plan: ModelPlan,
        run: i64,
        champion: Option<ModelRef>,
        history: Vec<Part>,
        batch: Vec<Part>,
        version: i64,
    ) -> (String, Vec<WorkerEvent>) {
        self.try_train(plan, run, champion, history, batch, version).unwrap()
    }

    pub fn try_train(
        &self,
        plan: ModelPlan,
        run: i64,
        champion: Option<ModelRef>,
        history: Vec<Part>,
        batch: Vec<Part>,
        version: i64,
    ) -> Result<(String, Vec<WorkerEvent>), StageError> {
        let lines = Lines::default();
        let (job, work) = self.train_job(plan, run, history, version);
        let work = TrainJob { batch, champion, ..work };
        let summary = train::run(&job, &work, &Events::new(lines.clone()))?;
        Ok((summary, lines.events()))
    }

    /// Does what belongs to no stage; answers what was said.
    pub fn ask(&self, run: i64, work: Work) -> Result<Vec<WorkerEvent>, StageError> {
        let lines = Lines::default();
        crate::stages::run(&self.job(run, "why", work), &Events::new(lines.clone()))?;
        Ok(lines.events())
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// A job that trains this version without a champion.
    pub fn train_job(&self, plan: ModelPlan, run: i64, history: Vec<Part>, version: i64) -> (Job, TrainJob) {
        let (champion, workspace) = (None, String::new());
        let work = TrainJob { plan, history, batch: vec![], champion, version, predictions: vec![], workspace };
        (self.job(run, "train", Work::Train(work.clone())), work)
    }

    fn job(&self, run: i64, stage: &str, work: Work) -> Job {
        Job {
            run,
            pipeline: "p".to_owned(),
            stage: stage.to_owned(),
            attempt: 1,
            now: "2013-03-01T12:00:00Z".parse().unwrap(),
            seed: 7,
            lake: self.folder.path().into(),
            staging: crate::lake::layout::staging(run, stage, 1),
            work,
        }
    }
}

fn history(days: i64) -> DataFrame {
    let frame = samples::frame(days, 40, 1);
    let rows = frame.len();
    let [Column::Number(x), Column::Number(gap), Column::Category { codes, levels }] = &frame.columns[..] else {
        panic!("samples have two numbers and a category");
    };
    let colours: Vec<&str> = codes.iter().map(|&code| levels[code as usize].as_str()).collect();
    let ids: Vec<String> = (0..rows).map(|row| format!("row {row}")).collect();
    let gaps: Vec<Option<f64>> = gap.iter().map(|v| Some(f64::from(*v)).filter(|v| !v.is_nan())).collect();
    let columns: Vec<Series> = vec![
        Series::new("id".into(), ids),
        Series::new("at".into(), &frame.time).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap(),
        Series::new("x".into(), x.iter().map(|&v| f64::from(v)).collect::<Vec<_>>()),
        Series::new("gap".into(), gaps),
        Series::new("colour".into(), colours),
        Series::new("late".into(), frame.target.iter().map(|&y| y > 0.5).collect::<Vec<_>>()),
        Series::new("_file".into(), frame.source.iter().map(|s| s.0).collect::<Vec<_>>()),
        Series::new("_line".into(), frame.source.iter().map(|s| s.1).collect::<Vec<_>>()),
    ];
    DataFrame::new(rows, columns.into_iter().map(Into::into).collect()).unwrap()
}

pub fn artifacts(events: &[WorkerEvent]) -> Vec<Artifact> {
    events.iter().filter_map(|e| if let WorkerEvent::Artifact(a) = e { Some(a.clone()) } else { None }).collect()
}

pub fn metrics(events: &[WorkerEvent]) -> Vec<&Metric> {
    events.iter().filter_map(|e| if let WorkerEvent::Metric(m) = e { Some(m) } else { None }).collect()
}

pub fn logs(events: &[WorkerEvent]) -> Vec<String> {
    events
        .iter()
        .filter_map(|e| if let WorkerEvent::Log { text, .. } = e { Some(text.clone()) } else { None })
        .collect()
}
