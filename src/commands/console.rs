//! The console: starts an engine in the background when none runs, attaches to it otherwise.

use std::fs::OpenOptions;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant as Monotonic};

use anyhow::{Context, bail};

use super::Place;
use crate::config::{self, Workspace};
use crate::console::{self, Leave, Options};
use crate::engine::client::{self, Client};

/// How long a background engine may take to answer. Recovery after a crash is the longest part.
const PATIENCE: Duration = Duration::from_secs(20);

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
    if !read_only {
        attach(&workspace).await?;
    }
    open(&workspace, None, read_only).await
}

/// Shows the console on an engine that runs, and does what the operator chose on leaving.
///
/// # Errors
/// Those of the terminal.
///
/// `read_only`: it only looks.
pub async fn open(workspace: &Workspace, notice: Option<String>, read_only: bool) -> anyhow::Result<ExitCode> {
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
        notice,
    };
    // The console has asked the engine itself when the operator chose to stop it.
    if console::run(options).await? == Leave::StopEngine {
        println!("the engine of {} stops", workspace.name);
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes sure an engine runs: starts `landfall watch` in the background when none answers.
///
/// # Errors
/// When it does not answer in time; the message holds what it last said.
pub async fn attach(workspace: &Workspace) -> anyhow::Result<()> {
    let state = workspace.state();
    if Client::connect(&state).await.is_some() {
        return Ok(());
    }
    std::fs::create_dir_all(&state).with_context(|| format!("{} cannot be made", state.display()))?;
    let log = state.join("engine.log");
    let file = OpenOptions::new().create(true).append(true).open(&log)?;
    let mut child = std::process::Command::new(std::env::current_exe()?)
        .arg("-C")
        .arg(&workspace.root)
        .arg("watch")
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .context("the engine cannot be started")?;
    let began = Monotonic::now();
    while began.elapsed() < PATIENCE {
        if Client::connect(&state).await.is_some() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            bail!("the engine ended at once ({status}): {}", last_words(&log));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the engine does not answer after {} s; its log is {}", PATIENCE.as_secs(), log.display())
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or("it said nothing").to_owned()
}
