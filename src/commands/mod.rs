//! What can be asked on the command line: one file a verb.
//!
//! Exit codes: 0 done · 1 a run failed, or `check` found errors · 2 the command, the workspace or its state cannot be
//! used · 3 refused (no such run, not in that state).

pub mod alerts;
pub mod answer;
pub mod arguments;
pub mod backtest;
pub mod check;
pub mod console;
pub mod data;
pub mod demo;
pub mod drift;
mod events;
pub mod file;
pub mod files;
pub mod follow;
pub mod init;
mod metrics;
pub mod models;
pub mod notify;
pub mod operate;
pub mod predict;
pub mod print;
pub mod replay;
mod reports;
pub mod run;
pub mod runs;
mod schema;
mod settings;
pub mod status;
pub mod stop;
pub mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::domain::text::many_lines;
use crate::domain::wire::Command;
use crate::stages;
use arguments::{Arguments, Form, Verb};

/// A command that did not do what it was asked.
#[derive(Debug)]
pub struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Parses the arguments and does what they say.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A worker is a program of its own: no runtime, no log but its events.
    if let Some(Verb::Worker) = arguments.verb {
        return stages::worker::main();
    }
    if let Some(Verb::Query) = arguments.verb {
        return crate::console::query::main();
    }
    log_to_stderr(&arguments);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(2, &format!("no runtime: {error}")),
    };
    match runtime.block_on(execute(arguments)) {
        Ok(code) => code,
        Err(error) if error.is::<Refused>() => complain(3, &error.to_string()),
        Err(error) => complain(2, &format!("{error:#}")),
    }
}

async fn execute(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let form = arguments.format.unwrap_or(if arguments.json { Form::Json } else { Form::Table });
    print::as_csv(form == Form::Csv);
    let root = arguments.workspace.unwrap_or_else(|| PathBuf::from("."));
    let place = Place { root, json: form == Form::Json, csv: form == Form::Csv };
    let anywhere = matches!(&arguments.verb, Some(Verb::Predict(options)) if options.bundle.is_some());
    if !anywhere && !matches!(arguments.verb, Some(Verb::Demo(_) | Verb::Init(_) | Verb::Check)) {
        place.known()?;
    }
    match arguments.verb {
        None => console::console(&place, arguments.read_only).await,
        Some(Verb::Demo(options)) => demo::demo(&options).await,
        Some(Verb::Init(options)) => init::init(&options),
        Some(Verb::Check) => check::check(&place),
        Some(Verb::Run(options)) => run::run(&place, options).await,
        Some(Verb::Watch) => watch::watch(&place).await,
        Some(Verb::Status(options)) => status::status(&place, &options).await,
        Some(Verb::Data(options)) => data::data(&place, &options),
        Some(Verb::Runs(options)) => runs::runs(&place, &options),
        Some(Verb::Files(options)) => files::files(&place, &options),
        Some(Verb::Schema(options)) => schema::schema(&place, &options),
        Some(Verb::File(what)) => file::file(&place, what).await,
        Some(Verb::Backfill(options)) => file::backfill(&place, options).await,
        Some(Verb::Models(options)) => models::models(&place, options).await,
        Some(Verb::Drift(options)) => drift::drift(&place, &options).await,
        Some(Verb::Metrics(options)) => metrics::metrics(&place, &options),
        Some(Verb::Reports(options)) => reports::reports(&place, &options),
        Some(Verb::Events(options)) => events::events(&place, &options),
        Some(Verb::Settings) => settings::settings(&place),
        Some(Verb::Predict(options)) => predict::run(&place, &options),
        Some(Verb::Alerts(options)) => alerts::alerts(&place, &options),
        Some(Verb::Backtest(options)) => backtest::backtest(&place, options).await,
        Some(Verb::Replay(options)) => replay::replay(&place, &options).await,
        Some(Verb::Rerun(options)) => operate::rerun(&place, options).await,
        Some(Verb::Cancel(options)) => operate::cancel(&place, options).await,
        Some(Verb::Ack(options)) => {
            answer::noted(&place, options, |alert, note| Command::Acknowledge { alert, note }).await
        }
        Some(Verb::Unack(options)) => {
            answer::each(&place, &options.alerts, |alert| Command::Unacknowledge { alert }).await
        }
        Some(Verb::Mute(options)) => answer::mute(&place, options).await,
        Some(Verb::Unmute(options)) => answer::each(&place, &options.alerts, |alert| Command::Unmute { alert }).await,
        Some(Verb::Normal(options)) => {
            answer::noted(&place, options, |alert, note| Command::MarkNormal { alert, note }).await
        }
        Some(Verb::Judge(options)) => answer::judge(&place, options).await,
        Some(Verb::Resolve(options)) => {
            answer::noted(&place, options, |alert, note| Command::Resolve { alert, note }).await
        }
        Some(Verb::Pause { pipeline }) => operate::pause(&place, pipeline).await,
        Some(Verb::Resume { pipeline }) => operate::resume(&place, pipeline).await,
        Some(Verb::Notify(options)) => notify::notify(&place, options).await,
        Some(Verb::Stop(options)) => stop::stop(&place, &options).await,
        Some(Verb::Worker | Verb::Query) => Ok(ExitCode::SUCCESS),
    }
}

/// Which workspace, and in which form to answer.
pub struct Place {
    /// Its folder.
    pub root: PathBuf,
    /// JSON instead of text.
    pub json: bool,
    /// CSV instead of tables.
    pub csv: bool,
}

impl Place {
    /// Whether the folder is a workspace at all: it has a configuration, or a state that an engine left.
    ///
    /// # Errors
    /// Says how to make one.
    pub fn known(&self) -> anyhow::Result<()> {
        let known = self.root.join("landfall.toml").exists() || self.state().exists();
        anyhow::ensure!(
            known,
            "{} is not a workspace: it has no landfall.toml; `landfall init` makes one, `landfall demo` shows one at work",
            std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone()).display()
        );
        Ok(())
    }

    /// Folder of the state.
    pub fn state(&self) -> PathBuf {
        self.root.join(".landfall")
    }
}

fn complain(code: u8, what: &str) -> ExitCode {
    eprintln!("landfall: {}", many_lines(what));
    ExitCode::from(code)
}

/// Engine and commands log to standard error: quiet unless asked (`LANDFALL_LOG`), except for `watch`, whose log it is.
fn log_to_stderr(arguments: &Arguments) {
    let default = if matches!(arguments.verb, Some(Verb::Watch)) { "landfall=info" } else { "off" };
    let filter = EnvFilter::try_from_env("LANDFALL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
