//! The terminal interface: what runs, what happened, what needs an answer.
//!
//! One loop ([`run`]) owns all state. What happens becomes an [`action::Action`]; [`update`] changes the state by it
//! and answers effects, the only way to start work; [`view`] draws the state. The console reads the store by itself
//! and asks the engine over its socket; without an engine everything readable stays readable.

mod action;
mod advice;
mod background;
mod clipboard;
mod format;
mod fuzzy;
mod input;
mod keymap;
mod layer;
mod layout;
mod ledger;
mod link;
mod lists;
mod load;
mod marks;
mod memory;
mod open;
mod outlook;
mod picture;
mod place;
mod plain;
pub mod query;
mod reader;
mod rows;
mod runtime;
mod settings;
mod signals;
mod state;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod until;
mod update;
mod verb;
mod view;
mod widgets;

use std::path::PathBuf;
use std::time::Duration;

use crate::config::console::ConsoleSettings;
use crate::domain::location::Location;

pub use settings::of_workspace as settings_of;
pub use theme::NAMES as THEMES;

/// What the console is told when it starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The workspace.
    pub root: PathBuf,
    /// The folder of its state: the store and the engine's socket.
    pub state: PathBuf,
    /// Its name.
    pub name: String,
    /// Its lake.
    pub lake: Location,
    /// Name and landing of every pipeline.
    pub landings: Vec<(String, PathBuf)>,
    /// Who sits here, for the record of what is asked of the engine.
    pub who: String,
    /// One of [`THEMES`], instead of that of the settings.
    pub theme: Option<String>,
    /// How the console looks and behaves, as the configuration has it.
    pub settings: ConsoleSettings,
    /// Whether nothing is to be asked of the engine, whatever the settings say.
    pub read_only: bool,
    /// For how long an engine that was just started may not answer yet; zero when none was.
    pub patience: Duration,
    /// Said once at the start.
    pub notice: Option<String>,
}

/// What the operator chose when leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Only the console ends; the engine and what it runs go on.
    Detach,
    /// The engine was asked to stop, and said that it will.
    StopEngine,
}

/// Name of the engine's socket in the state folder.
pub const SOCKET: &str = "engine.sock";

/// Runs the console in this terminal until the operator leaves. Call it on the main task: drawing blocks.
///
/// # Errors
/// An unknown theme, or a terminal that cannot be set up. The terminal is given back whole in every case.
pub async fn run(options: Options) -> anyhow::Result<Leave> {
    if let Some(wish) = &options.theme {
        anyhow::ensure!(THEMES.contains(&wish.as_str()), "no theme `{wish}`: choose one of {}", THEMES.join(", "));
    }
    let auto = options.theme.as_deref().unwrap_or(&options.settings.theme) == "auto";
    let light = if auto && std::env::var_os("NO_COLOR").is_none() { background::is_light().await } else { None };
    runtime::Runtime::start(options, light)?.run().await
}
