//! Answering what operators ask.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::domain::Instant;
use crate::domain::file::FileVerb;
use crate::domain::job::Level;
use crate::domain::run::{Cause, RerunFrom};
use crate::domain::text::one_line;
use crate::domain::wire::{Command, PROTOCOL, Reply};
use crate::lake::crash;
use crate::store::files::FileRow;
use crate::store::{Connection, Result, StoreError, events, pipelines, runs};

use super::answers::answer;
use super::core::{Core, Told};
use super::socket::Asked;
use super::{commit, file, notify, registry, rerun};

impl Core {
    /// Does what is asked, records it, replies.
    pub(super) async fn answer(&mut self, asked: Asked) -> Result<()> {
        let who = one_line(&asked.request.who);
        if let Command::TestChannel { channel } = asked.request.command {
            // A receiver may take its time; nothing else waits for it.
            tokio::spawn(notify::test_channel(Arc::clone(&self.context), who, channel, asked.reply));
            return Ok(());
        }
        let mut looks = Vec::new();
        let reply = match self.carry_out(&who, asked.request.command, &mut looks).await {
            Ok(reply) => reply,
            Err(StoreError::Forbidden(message)) => Reply::Refused { message },
            Err(error) => Reply::Refused { message: error.to_string() },
        };
        // A look may take its time; nothing else waits for it. The client may have gone without waiting.
        tokio::spawn(async move { asked.reply.send(after(reply, looks).await) });
        Ok(())
    }

    async fn carry_out(&mut self, who: &str, command: Command, looks: &mut Vec<Awaited>) -> Result<Reply> {
        match command {
            Command::Hello => {
                let session = self.context.store.read(crate::store::engine::latest).await?;
                let started = session.map_or_else(|| self.context.now(), |session| session.started);
                Ok(Reply::Hello { protocol: PROTOCOL, pid: std::process::id(), started })
            }
            Command::Subscribe => Ok(done("subscribed", None)),
            Command::Check { pipeline } => {
                *looks = self.check_now(pipeline)?;
                Ok(done("", None))
            }
            Command::PreviewRerun { run, from } => {
                let pipeline = self.pipeline_of(run).await?;
                let preview = self.context.store.read(move |c| rerun::preview(c, &pipeline, run, &from)).await?;
                Ok(Reply::Preview(preview))
            }
            Command::Rerun { run, from, reason } => self.rerun(who, run, from, reason).await,
            Command::Cancel { run, reason } => {
                let outcome = self.cancel(run).await?;
                let said = outcome.clone().unwrap_or_else(|why| why);
                self.operation(who, "cancel", &format!("run {run}"), reason, &said).await?;
                Ok(match outcome {
                    Ok(message) => done(&message, Some(run)),
                    Err(message) => Reply::Refused { message },
                })
            }
            Command::Acknowledge { .. }
            | Command::Unacknowledge { .. }
            | Command::Mute { .. }
            | Command::Unmute { .. }
            | Command::MarkNormal { .. }
            | Command::Judge { .. }
            | Command::Resolve { .. } => self.answer_alert(who, command).await,
            // Answered on a task of its own, by `answer`.
            Command::TestChannel { .. } => Ok(done("the channel is being tested", None)),
            Command::Redeliver { channel } => notify::redeliver(&self.context, who, channel).await,
            Command::File { key, pipeline, verb, reason } => {
                self.file(who, move |store| file::find(store, pipeline.as_deref(), &key), verb, reason, looks).await
            }
            Command::FileVersion { file, verb, reason } => {
                self.file(who, move |store| file::version(store, file), verb, reason, looks).await
            }
            Command::Backfill { pipeline, from, to, preview } => {
                self.backfill(who, pipeline, (from, to), preview).await
            }
            Command::Promote { .. } | Command::Rollback { .. } | Command::Alias { .. } => {
                self.decide_model(who, command).await
            }
            Command::Pause { pipeline } => self.pause(who, pipeline, true).await,
            Command::Resume { pipeline } => self.pause(who, pipeline, false).await,
            Command::Stop { drain } => {
                let target = if drain { "engine, after what runs" } else { "engine, and what runs" };
                self.operation(who, "stop", target, None, "stopping").await?;
                Ok(self.stop(drain))
            }
        }
    }

    fn check_now(&mut self, pipeline: Option<String>) -> Result<Vec<Awaited>> {
        let names: Vec<String> = match pipeline {
            Some(name) if self.context.pipeline(&name).is_none() => return Err(no_pipeline(&name)),
            Some(name) => vec![name],
            None => self.context.workspace().pipelines.iter().map(|pipeline| pipeline.name.clone()).collect(),
        };
        let look = |name: String| {
            let told = self.look(&name, Cause::Manual);
            (name, told)
        };
        Ok(names.into_iter().map(look).collect())
    }

    async fn rerun(&mut self, who: &str, run: i64, from: RerunFrom, reason: Option<String>) -> Result<Reply> {
        let pipeline = self.pipeline_of(run).await?;
        let why = match (&from, &reason) {
            (_, Some(reason)) => one_line(reason),
            (RerunFrom::Whole, None) => format!("{who} repeats run {run}"),
            (RerunFrom::Stage(stage), None) => format!("{who} repeats run {run} from {}", one_line(stage)),
            (RerunFrom::Failed, None) => format!("{who} repeats run {run} from what failed"),
        };
        let id = self.context.write(move |tx, now| rerun::create(tx, &pipeline, run, &from, &why, now)).await?;
        self.operation(who, "rerun", &format!("run {run}"), reason, &format!("run {id}")).await?;
        Ok(done(&format!("run {id} repeats run {run}"), Some(id)))
    }

    async fn answer_alert(&self, who: &str, command: Command) -> Result<Reply> {
        let (who, workspace) = (who.to_owned(), self.context.workspace());
        let said = self.context.write(move |tx, now| answer(tx, &workspace, &who, &command, now)).await?;
        crash::point("alert-answered");
        Ok(done(&said, None))
    }

    async fn file(
        &mut self,
        who: &str,
        which: impl FnOnce(&Connection) -> Result<FileRow> + Send + 'static,
        verb: FileVerb,
        why: Option<String>,
        looks: &mut Vec<Awaited>,
    ) -> Result<Reply> {
        let (by, because) = (who.to_owned(), why.clone());
        let (name, said) = self
            .context
            .write(move |tx, now| {
                let row = which(tx)?;
                let said = file::operate(tx, &row, verb, &by, because.as_deref(), now)?;
                Ok((row.pipeline, said))
            })
            .await?;
        self.operation(who, verb.name(), &said, why, "done").await?;
        if matches!(verb, FileVerb::Release | FileVerb::Retry) {
            looks.push((String::new(), self.look(&name, Cause::Manual)));
        }
        Ok(done(&said, None))
    }

    async fn decide_model(&self, who: &str, command: Command) -> Result<Reply> {
        let name = registry::pipeline_of(&command).unwrap_or_default();
        let pipeline = self.context.pipeline(name).ok_or_else(|| no_pipeline(name))?;
        let who = who.to_owned();
        let said = self.context.write(move |tx, now| registry::decide(tx, &who, &command, now)).await?;
        // The pointer also names who serves; when it cannot be written now, the next commit writes it.
        if let Err(error) = commit::point(&self.context, &pipeline).await {
            let said = format!("latest.json does not name who serves yet: {error}");
            self.context.note(Level::Warn, Some(&pipeline.name), None, "model", &said).await;
        }
        Ok(done(&said, None))
    }

    async fn backfill(&mut self, who: &str, name: String, span: (Instant, Instant), preview: bool) -> Result<Reply> {
        let pipeline = self.context.pipeline(&name).ok_or_else(|| no_pipeline(&name))?;
        let reason = format!("{who} runs the files of {} to {} again", span.0.date_naive(), span.1.date_naive());
        let why = reason.clone();
        let (said, run) = self
            .context
            .write(move |tx, now| {
                let found = file::backfill(tx, &pipeline, span.0, span.1)?;
                let runs = if preview { Vec::new() } else { file::fill(tx, &pipeline, &found, &why, now)? };
                Ok((file::told(&found, &runs), runs.first().copied()))
            })
            .await?;
        if !preview {
            self.operation(who, "backfill", &name, Some(reason), &said).await?;
        }
        Ok(done(&said, run))
    }

    async fn pause(&self, who: &str, name: String, paused: bool) -> Result<Reply> {
        if self.context.pipeline(&name).is_none() {
            return Err(no_pipeline(&name));
        }
        let target = name.clone();
        self.context.write(move |tx, _| pipelines::set_paused(tx, &target, paused)).await?;
        let what = if paused { "pause" } else { "resume" };
        self.operation(who, what, &name, None, "done").await?;
        Ok(done(&format!("{name} is {what}d"), None))
    }

    async fn pipeline_of(&self, run: i64) -> Result<crate::config::Pipeline> {
        let row = self.context.store.read(move |c| runs::get(c, run)).await?;
        let row = row.ok_or_else(|| StoreError::Forbidden(format!("there is no run {run}")))?;
        self.context.pipeline(&row.pipeline).ok_or_else(|| no_pipeline(&row.pipeline))
    }

    async fn operation(
        &self,
        who: &str,
        what: &'static str,
        target: &str,
        why: Option<String>,
        result: &str,
    ) -> Result<()> {
        let (who, target, result) = (who.to_owned(), one_line(target), one_line(result));
        let why = why.as_deref().map(one_line);
        self.context
            .write(move |tx, now| events::operation(tx, &who, what, &target, why.as_deref(), &result, now))
            .await
    }
}

/// A look that a reply waits for, and the pipeline it is told of; nameless where it is not told.
type Awaited = (String, oneshot::Receiver<Told>);

/// The reply once the looks are over, with what they led to.
async fn after(reply: Reply, looks: Vec<Awaited>) -> Reply {
    let Reply::Done { message, mut run } = reply else { return reply };
    let mut said = Vec::from_iter(Some(message).filter(|message| !message.is_empty()));
    for (name, told) in looks {
        match told.await.unwrap_or_else(|_| Err("the engine is leaving".to_owned())) {
            Ok(Some(checked)) if !name.is_empty() => {
                said.push(format!("{name}: {} ({})", checked.answer.fired, checked.answer.reason));
                run = run.or(checked.run);
            }
            Ok(_) => {}
            Err(message) => return Reply::Refused { message },
        }
    }
    Reply::Done { message: said.join("; "), run }
}

fn done(message: &str, run: Option<i64>) -> Reply {
    Reply::Done { message: message.to_owned(), run }
}

fn no_pipeline(name: &str) -> StoreError {
    StoreError::Forbidden(format!("there is no pipeline `{}` in this workspace", one_line(name)))
}
