//! The Unix socket in the workspace through which consoles and commands reach the engine.

use std::path::{Path, PathBuf};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::domain::wire::{Command, EngineEvent, Reply, Request};

/// A request with the place for its reply.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// Where the reply goes.
    pub reply: oneshot::Sender<Reply>,
}

/// Path of the socket in a state folder.
pub fn path(state: &Path) -> PathBuf {
    state.join("engine.sock")
}

/// Listens on the workspace's socket, replacing one that a dead engine left. The caller holds the lock, so no living
/// engine owns it. Only the owner of the workspace may connect.
///
/// # Errors
/// Those of `bind`; a path of more than about 100 bytes is one of them.
pub fn listen(state: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let path = path(state);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(|error| {
        std::io::Error::new(error.kind(), format!("the socket {} cannot be made: {error}", path.display()))
    })?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Accepts clients until the engine drops the other ends.
pub async fn serve(listener: UnixListener, asked: mpsc::Sender<Asked>, events: broadcast::Sender<EngineEvent>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(client(stream, asked.clone(), events.clone()));
            }
            Err(error) => {
                tracing::warn!("a client could not connect: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Serves one client. Whatever it does wrong ends its connection and nothing else.
async fn client(stream: UnixStream, asked: mpsc::Sender<Asked>, events: broadcast::Sender<EngineEvent>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut subscription: Option<broadcast::Receiver<EngineEvent>> = None;
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                let reply = match serde_json::from_str::<Request>(&line) {
                    Ok(request) if request.command == Command::Subscribe => {
                        subscription.get_or_insert_with(|| events.subscribe());
                        Reply::Done { message: "subscribed".into(), run: None }
                    }
                    Ok(request) => ask(&asked, request).await,
                    Err(error) => Reply::Refused { message: format!("this engine does not understand the request: {error}") },
                };
                if send(&mut writing, &reply).await.is_err() {
                    return;
                }
            }
            event = next_event(&mut subscription) => {
                if send(&mut writing, &event).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn ask(asked: &mpsc::Sender<Asked>, request: Request) -> Reply {
    let (reply, waiting) = oneshot::channel();
    let gone = || Reply::Refused { message: "the engine is leaving".into() };
    if asked.send(Asked { request, reply }).await.is_err() {
        return gone();
    }
    waiting.await.unwrap_or_else(|_| gone())
}

/// The next event for a subscriber; never for a client that has not subscribed.
async fn next_event(subscription: &mut Option<broadcast::Receiver<EngineEvent>>) -> EngineEvent {
    let Some(events) = subscription else { return std::future::pending().await };
    match events.recv().await {
        Ok(event) => event,
        // A slow client missed some: all it needs to know is that there is something to read.
        Err(RecvError::Lagged(_)) => EngineEvent::Changed,
        Err(RecvError::Closed) => std::future::pending().await,
    }
}

async fn send<T: serde::Serialize>(writing: &mut OwnedWriteHalf, message: &T) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(std::io::Error::other)?;
    line.push(b'\n');
    writing.write_all(&line).await
}
