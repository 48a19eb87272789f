//! A job outside any run: asked for on the command line, worked on by a process of its own, leaving nothing behind.

use tokio::sync::watch;

use crate::config::{Pipeline, StageConfig, Workspace};
use crate::domain::job::{Job, WorkerEvent};
use crate::domain::run::StageKind;
use crate::lake::{Lake, commit as protocol};

use super::context::WorkerProgram;
use super::worker::{Ended, Heard, Limits, supervise};

/// Works on `job` within the limits of the pipeline's train stage, until it is over or the terminal says stop. `heard`
/// gets what the worker says.
///
/// # Errors
/// In one sentence: why the worker ended without having done it, or that the program cannot be started.
pub async fn work(pipeline: &Pipeline, job: &Job, mut heard: impl FnMut(WorkerEvent)) -> anyhow::Result<String> {
    let program = WorkerProgram::this()?;
    let train = train(pipeline)?;
    let limits = Limits::of(train);
    let (stop, stopped) = watch::channel(false);
    let interrupt = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // The worker may have ended meanwhile.
            let _ = stop.send(true);
        }
        // Held until the work is over: a closed channel counts as a request to stop.
        std::future::pending::<()>().await;
    });
    let ended = supervise(&program, job, limits, stopped, |said| {
        if let Heard::Said(event) = said {
            heard(*event);
        }
    })
    .await;
    interrupt.abort();
    match ended {
        Ended::Done { summary } => Ok(summary),
        Ended::Failed { message, .. } => anyhow::bail!("{message}"),
        Ended::Cancelled => anyhow::bail!("stopped; nothing was changed"),
    }
}

/// The pipeline's train stage.
///
/// # Errors
/// When it has none.
pub fn train(pipeline: &Pipeline) -> anyhow::Result<&StageConfig> {
    let train = pipeline.stages.iter().find(|stage| stage.kind == StageKind::Train);
    train.ok_or_else(|| anyhow::anyhow!("pipeline {} trains nothing: it has no train stage", pipeline.name))
}

/// Removes what a job staged.
///
/// # Errors
/// The lake's.
pub async fn tidy(workspace: &Workspace, job: &Job) -> anyhow::Result<()> {
    let lake = Lake::open(&workspace.lake)?;
    protocol::roll_back(&lake, &job.staging).await?;
    Ok(())
}
