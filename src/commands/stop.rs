//! `landfall stop`: end the engine that runs here.

use std::process::ExitCode;

use super::arguments::Stop;
use super::{Place, Refused, print};
use crate::domain::wire::{Command, EngineEvent, Reply};
use crate::engine::client::Client;

/// Asks it to stop and waits until it has.
///
/// # Errors
/// When none runs, or it refuses.
pub async fn stop(place: &Place, options: &Stop) -> anyhow::Result<ExitCode> {
    let Some(mut client) = Client::connect(&place.state()).await else {
        return Err(Refused("no engine runs in this workspace".into()).into());
    };
    client.ask(Command::Subscribe).await?;
    match client.ask(Command::Stop { drain: options.drain }).await? {
        Reply::Done { message, .. } => print::line(&message)?,
        Reply::Refused { message } => return Err(Refused(message).into()),
        _ => {}
    }
    while !matches!(client.event().await, Ok(EngineEvent::Stopping) | Err(_)) {}
    print::line("stopped")?;
    Ok(ExitCode::SUCCESS)
}
