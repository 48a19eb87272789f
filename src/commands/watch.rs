//! `landfall watch`: the engine in the foreground, for a service manager.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::Place;
use crate::domain::format;
use crate::domain::wire::Command;
use crate::engine::{Engine, Options};

/// Runs the engine until it is asked to stop, over the socket or by TERM or INT. HUP is ignored: the terminal from
/// which a console started it may close.
///
/// # Errors
/// When it cannot start.
pub async fn watch(place: &Place) -> anyhow::Result<ExitCode> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let root = std::path::absolute(&place.root)?;
    let engine = Engine::start(Options::new(root)?).await?;
    let mut events = engine.subscribe();
    let pipelines = format::counted(engine.workspace.pipelines.len() as u64, "pipeline");
    tracing::info!("watching {pipelines} of {}", engine.workspace.name);
    loop {
        tokio::select! {
            _ = term.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {}
            event = events.recv() => {
                use tokio::sync::broadcast::error::RecvError;
                match event {
                    Ok(crate::domain::wire::EngineEvent::Stopping) | Err(RecvError::Closed) => {
                        engine.ended().await;
                        return Ok(ExitCode::SUCCESS);
                    }
                    _ => {}
                }
            }
        }
    }
    engine.ask(Command::Stop { drain: false }).await;
    engine.ended().await;
    Ok(ExitCode::SUCCESS)
}
