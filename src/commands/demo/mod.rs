//! `landfall demo`: a workspace with real data, and its upstream played before one's eyes.

mod data;
mod headless;
mod lay_out;
mod mishap;
mod player;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use super::arguments::Demo;
use super::console;
use player::Player;

/// Lays out the workspace and plays its upstream: in a terminal beside the console, without one to the end of the
/// data with an account of what happened.
///
/// # Errors
/// When the folder holds something else, or cannot be used.
pub async fn demo(options: &Demo) -> anyhow::Result<ExitCode> {
    let root = std::path::absolute(&options.directory)?;
    let every = Duration::from_secs_f64(options.every);
    let screen = !options.headless && std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    lay_out::lay_out(&root, every)?;
    let player = Player::new(&root, options.days.unwrap_or(data::LAST_DAYS))?;
    if !screen {
        return headless::play(&root, player).await;
    }
    let workspace = crate::config::load(&root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let engine = console::Started::unless_running(&workspace).await?;
    let playing = tokio::spawn(player.play(every));
    let notice =
        format!("the demo plays upstream: one day every {} s, for as long as this console is open", options.every);
    let code = console::open(&workspace, Some(notice), false, engine).await;
    playing.abort();
    code
}
