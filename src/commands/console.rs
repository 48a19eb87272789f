//! The console: starts an engine in the background when none runs, attaches to it otherwise.

use std::fs::OpenOptions;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

use super::Place;
use crate::config::{self, Workspace};
use crate::console::{self, Leave, Options};
use crate::engine::client::{self, Client};
use crate::engine::lock;

/// How long a background engine may take to answer before the console says that none does. Recovery after a crash is the
/// longest part.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(20);

/// Opens the console of a workspace.
///
/// # Errors
/// When there is no terminal, the configuration is not valid, or the engine does not start.
pub async fn console(place: &Place, read_only: bool) -> anyhow::Result<ExitCode> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        bail!("the console needs a terminal; without one use `landfall status`, `landfall run` or `landfall watch`");
    }
    let refused = |problems| anyhow::anyhow!("{problems}");
    let (workspace, problems) = config::load_sound(&place.root).map_err(refused)?;
    // An engine that runs goes on with what it took over before, and raises an alert; its operator has to see it.
    if !problems.errors.is_empty() && Client::connect(&workspace.state()).await.is_none() {
        return Err(refused(problems));
    }
    let engine = if read_only { None } else { Started::unless_running(&workspace).await? };
    open(&workspace, None, read_only, engine).await
}

/// Shows the console on an engine that runs or starts, and does what the operator chose on leaving.
///
/// `read_only`: it only looks. `engine`: the one that was started for it.
///
/// # Errors
/// Those of the terminal; why the engine that was started ended before it answered.
pub async fn open(
    workspace: &Workspace,
    notice: Option<String>,
    read_only: bool,
    engine: Option<Started>,
) -> anyhow::Result<ExitCode> {
    let options = Options {
        root: workspace.root.clone(),
        state: workspace.state(),
        name: workspace.name.clone(),
        lake: workspace.lake.clone(),
        landings: workspace.pipelines.iter().map(|one| (one.name.clone(), one.landing.path.clone())).collect(),
        who: client::operator(),
        theme: std::env::var("LANDFALL_THEME").ok(),
        settings: workspace.console.clone(),
        read_only,
        patience: if engine.is_some() { PATIENCE } else { Duration::ZERO },
        notice,
    };
    let ends = async {
        match engine {
            Some(engine) => engine.ends_unheard(&workspace.state()).await,
            None => std::future::pending().await,
        }
    };
    let left = tokio::select! {
        left = console::run(options) => left?,
        why = ends => return Err(why),
    };
    // The console has asked the engine itself when the operator chose to stop it.
    if left == Leave::StopEngine {
        println!("the engine of {} stops", workspace.name);
    }
    Ok(ExitCode::SUCCESS)
}

/// An engine in the background that was started and need not answer yet: the console is there before it.
pub struct Started {
    child: Child,
    log: PathBuf,
}

impl Started {
    /// Starts `landfall watch` in the background, unless an engine answers already.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn unless_running(workspace: &Workspace) -> anyhow::Result<Option<Self>> {
        let state = workspace.state();
        if Client::connect(&state).await.is_some() {
            return Ok(None);
        }
        std::fs::create_dir_all(&state).with_context(|| format!("{} cannot be made", state.display()))?;
        let log = state.join("engine.log");
        let file = OpenOptions::new().create(true).append(true).open(&log)?;
        let child = std::process::Command::new(std::env::current_exe()?)
            .arg("-C")
            .arg(&workspace.root)
            .arg("watch")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .context("the engine cannot be started")?;
        Ok(Some(Self { child, log }))
    }

    /// Why it ended, with its last words; never once it answers.
    async fn ends_unheard(mut self, state: &Path) -> anyhow::Error {
        while Client::connect(state).await.is_none() {
            match self.child.try_wait() {
                Err(error) => return anyhow!("the engine cannot be watched: {error}"),
                Ok(Some(status)) if !lock::is_held(state) => {
                    return anyhow!("the engine ended at once ({status}): {}", last_words(&self.log));
                }
                // It starts, or another console's engine was quicker and will answer.
                Ok(_) => tokio::time::sleep(LOOK).await,
            }
        }
        std::future::pending().await
    }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("it said nothing").to_owned()
}
