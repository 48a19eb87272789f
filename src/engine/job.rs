//! What a worker is told: one job, put together from the configuration, the ledger and the catalogue.

use crate::config::{Pipeline, StageConfig, StageSettings, Workspace};
use crate::domain::dataset::{Artifact, DatasetKind, Part};
use crate::domain::file::FileState;
use crate::domain::job::{
    CleanJob, CommandJob, InputFile, Job, ModelRef, PublishJob, ReportJob, ScoreJob, TrainJob, Work,
};
use crate::domain::model::Verdict;
use crate::domain::run::StageKind;
use crate::domain::{Instant, plan::ModelPlan};
use crate::lake::layout;
use crate::landing::token;
use crate::store::parts::PartRow;
use crate::store::runs::RunRow;
use crate::store::{Connection, Result, StoreError, champions, files, metrics, models, parts, runs};

use super::context::Context;
use super::fetch::local_copy;
use super::story;

/// Puts together the job of one attempt.
pub async fn build(context: &Context, pipeline: &Pipeline, stage: &StageConfig, run: i64, attempt: u32) -> Result<Job> {
    let now = context.now();
    let (pipeline, stage) = (pipeline.clone(), stage.clone());
    let workspace = context.workspace();
    let (mut job, account) = context
        .store
        .read(move |connection| {
            let root = workspace.root.display().to_string();
            let source = Source { connection, pipeline: &pipeline, run, now, root: &root };
            let work = match stage.kind {
                StageKind::Clean => Work::Clean(source.clean()?),
                StageKind::Score => Work::Score(source.score()?),
                StageKind::Train => Work::Train(source.train()?),
                StageKind::Publish => Work::Publish(source.publish(&stage)?),
                StageKind::Report => Work::Report(source.report()?),
                StageKind::Command => Work::Command(source.command(&stage, &root)?),
            };
            let seed = runs::get(connection, run)?.map_or(pipeline.seed, |row| row.seed);
            let job = Job {
                run,
                pipeline: pipeline.name.clone(),
                stage: stage.name.clone(),
                attempt,
                now,
                seed,
                lake: workspace.lake.clone(),
                staging: layout::staging(run, &stage.name, attempt),
                work,
            };
            let account = match stage.kind {
                StageKind::Report => story::account(connection, run)?,
                _ => None,
            };
            Ok((job, account))
        })
        .await?;
    if let Work::Report(report) = &mut job.work {
        report.story.diagnosis = story::diagnosis(&context.lake, &report.story).await;
        if let Some(path) = account {
            report.story.drift = story::drift(&context.lake, &path).await;
        }
    }
    Ok(job)
}

/// The training job of a run that is over, outside that run. Its batch is left out: nothing is predicted again.
pub fn alone(
    connection: &Connection,
    workspace: &Workspace,
    pipeline: &Pipeline,
    run: &RunRow,
    now: Instant,
) -> Result<Job> {
    let root = &workspace.root.display().to_string();
    let work = Source { connection, pipeline, run: run.id, now, root }.train()?;
    let stage = "replay".to_owned();
    Ok(Job {
        run: run.id,
        pipeline: pipeline.name.clone(),
        attempt: 1,
        now,
        seed: run.seed,
        lake: workspace.lake.clone(),
        staging: layout::staging(run.id, &stage, 1),
        stage,
        work: Work::Train(TrainJob { batch: Vec::new(), predictions: Vec::new(), ..work }),
    })
}

/// How long before a batch predictions are compared with.
const TRAILING: chrono::Duration = chrono::Duration::days(28);

/// Which days, seen from a batch.
enum Span {
    /// From its first to its last.
    Touched,
    /// The four weeks before its first.
    Before,
}

struct Source<'a> {
    connection: &'a Connection,
    pipeline: &'a Pipeline,
    run: i64,
    now: Instant,
    /// The workspace's folder.
    root: &'a str,
}

impl Source<'_> {
    fn clean(&self) -> Result<CleanJob> {
        let files = files::of_run(self.connection, self.run)?
            .into_iter()
            .filter(|row| row.state == FileState::Claimed)
            .map(|row| {
                let path = local_copy(&self.pipeline.landing, &row);
                // A copy is a version of its own; of one that is not there the worker says so.
                let copied = self.pipeline.landing.remote.as_ref().map(|_| token::of(&path));
                let token = copied.map_or(row.token, |token| token.map(|token| token.0).unwrap_or_default());
                let (path, promised) = (path.display().to_string(), row.promised);
                InputFile { id: row.id, path, key: row.key, bytes: row.bytes, token, promised }
            })
            .collect();
        Ok(CleanJob { plan: self.pipeline.clean.clone(), files, history: self.live(DatasetKind::Clean)? })
    }

    fn score(&self) -> Result<ScoreJob> {
        let batch = self.staged(DatasetKind::Batch)?;
        Ok(ScoreJob {
            plan: self.plan()?,
            predictions: self.predictions(&batch, Span::Touched)?,
            trailing: self.predictions(&batch, Span::Before)?,
            batch,
            champion: self.champion()?,
            shadow: self.shadow()?,
            history: self.history()?,
            workspace: self.root.to_owned(),
        })
    }

    fn train(&self) -> Result<TrainJob> {
        let batch = self.staged(DatasetKind::Batch)?;
        // Another attempt or a rerun may have entered a version that never served; its number is taken again.
        let made = models::of_run(self.connection, self.run)?.filter(|row| row.committed.is_none());
        let version = match made {
            Some(row) => row.card.version,
            None => models::next_version(self.connection, &self.pipeline.name)?,
        };
        Ok(TrainJob {
            plan: self.plan()?,
            history: self.history()?,
            predictions: self.predictions(&batch, Span::Touched)?,
            batch,
            champion: self.champion()?,
            version,
            workspace: self.root.to_owned(),
        })
    }

    fn publish(&self, stage: &StageConfig) -> Result<PublishJob> {
        let csv = match stage.settings {
            StageSettings::Publish { csv } => csv,
            _ => true,
        };
        let promoted = models::of_run(self.connection, self.run)?
            .filter(|row| row.committed.is_none() && row.card.decision.verdict == Verdict::Promoted)
            .map(|row| row.card.version);
        let champion = match promoted {
            Some(version) => Some(version),
            None => champions::current(self.connection, &self.pipeline.name)?,
        };
        let staged: Vec<Artifact> = parts::staged(self.connection, self.run)?
            .iter()
            .filter(|row| row.part.kind == DatasetKind::Predictions && row.stage != stage.name)
            .map(PartRow::artifact)
            .collect();
        Ok(PublishJob {
            staged,
            metrics: metrics::of_run(self.connection, self.run)?,
            alerts: story::facts(self.connection, &self.pipeline.name)?,
            champion,
            key: self.pipeline.clean.key().into_iter().map(str::to_owned).collect(),
            csv,
            schema: self.live(DatasetKind::Output)?.into_iter().rfind(|part| part.partition == "predictions/schema"),
        })
    }

    fn report(&self) -> Result<ReportJob> {
        let predictions = parts::live(self.connection, &self.pipeline.name, DatasetKind::Predictions)?;
        let own = predictions.into_iter().filter(|row| row.run == self.run && row.part.path.ends_with(".parquet"));
        Ok(ReportJob {
            story: story::gather(self.connection, self.pipeline, self.run)?,
            predictions: own.map(|row| row.part).collect(),
            history: self.live(DatasetKind::Clean)?,
            workspace: self.root.to_owned(),
        })
    }

    fn command(&self, stage: &StageConfig, directory: &str) -> Result<CommandJob> {
        let StageSettings::Command { program, environment } = &stage.settings else {
            return Err(StoreError::Forbidden(format!("stage {} names no program", stage.name)));
        };
        Ok(CommandJob {
            program: program.clone(),
            directory: directory.to_owned(),
            environment: environment.clone(),
            history: self.history()?,
            batch: self.staged(DatasetKind::Batch)?,
        })
    }

    fn plan(&self) -> Result<ModelPlan> {
        self.pipeline
            .model
            .clone()
            .ok_or_else(|| StoreError::Forbidden(format!("pipeline {} has no target to learn", self.pipeline.name)))
    }

    fn champion(&self) -> Result<Option<ModelRef>> {
        let name = &self.pipeline.name;
        champions::current(self.connection, name)?.map(|version| self.model(version)).transpose()
    }

    fn shadow(&self) -> Result<Option<ModelRef>> {
        champions::previous(self.connection, &self.pipeline.name)?.map(|version| self.model(version)).transpose()
    }

    fn model(&self, version: i64) -> Result<ModelRef> {
        let name = &self.pipeline.name;
        let bundle = models::get(self.connection, name, version)?
            .map_or_else(|| layout::bundle(name, version), |row| row.card.bundle);
        Ok(ModelRef { version, bundle })
    }

    fn live(&self, kind: DatasetKind) -> Result<Vec<Part>> {
        Ok(parts::live(self.connection, &self.pipeline.name, kind)?.into_iter().map(|row| row.part).collect())
    }

    /// Parts that this run staged, at the place where they lie.
    fn staged(&self, kind: DatasetKind) -> Result<Vec<Part>> {
        Ok(parts::staged(self.connection, self.run)?
            .into_iter()
            .filter(|row| row.part.kind == kind)
            .map(|row| Part { path: row.staged, ..row.part })
            .collect())
    }

    /// The history as it will be when this run commits.
    fn history(&self) -> Result<Vec<Part>> {
        let staged = self.staged(DatasetKind::Clean)?;
        let mut history = self.live(DatasetKind::Clean)?;
        history.retain(|part| !staged.iter().any(|new| new.partition == part.partition));
        history.extend(staged.into_iter().filter(|part| part.rows > 0));
        history.sort_by(|a, b| a.partition.cmp(&b.partition));
        Ok(history)
    }

    /// Live predictions by the days of the batch, and beside those touched all days of the runs that predicted them.
    /// Partitions are ISO dates, so text order is time order.
    fn predictions(&self, batch: &[Part], span: Span) -> Result<Vec<Part>> {
        let day = |instant: Instant| instant.format("%Y-%m-%d").to_string();
        let from = batch.iter().filter_map(|part| part.from).min().unwrap_or(self.now);
        let to = batch.iter().filter_map(|part| part.to).max().unwrap_or(self.now);
        let days = match span {
            Span::Touched => {
                let beside = metrics::predicted_span(self.connection, &self.pipeline.name, (from, to))?;
                let (first, last) = beside.unwrap_or((from, to));
                day(from.min(first))..=day(to.max(last))
            }
            Span::Before => day(from - TRAILING)..=day(from - chrono::Duration::days(1)),
        };
        let mut live = self.live(DatasetKind::Predictions)?;
        live.retain(|part| days.contains(&part.partition) && part.path.ends_with(".parquet"));
        Ok(live)
    }
}
