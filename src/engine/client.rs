//! The other end of the socket: what commands use to reach a running engine.

use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::domain::wire::{Command, EngineEvent, Reply, Request};

use super::socket;

/// A connection to a running engine.
pub struct Client {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writing: OwnedWriteHalf,
    who: String,
}

/// Whether an engine listens in this workspace, whatever the records say: one that was killed left its socket behind, but
/// nobody answers on it.
pub fn answers(state: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket::path(state)).is_ok()
}

impl Client {
    /// Connects to the workspace's engine; `None` when none listens.
    pub async fn connect(state: &Path) -> Option<Self> {
        let stream = UnixStream::connect(socket::path(state)).await.ok()?;
        let (reading, writing) = stream.into_split();
        Some(Self { lines: BufReader::new(reading).lines(), writing, who: operator() })
    }

    /// Asks for something and waits for the reply; events that come in between are left out.
    ///
    /// # Errors
    /// When the engine goes away.
    pub async fn ask(&mut self, command: Command) -> std::io::Result<Reply> {
        let mut line =
            serde_json::to_vec(&Request { who: self.who.clone(), command }).map_err(std::io::Error::other)?;
        line.push(b'\n');
        self.writing.write_all(&line).await?;
        loop {
            let line = self.line().await?;
            if let Ok(reply) = serde_json::from_str::<Reply>(&line) {
                return Ok(reply);
            }
        }
    }

    /// The next event, after `Subscribe`.
    ///
    /// # Errors
    /// When the engine goes away.
    pub async fn event(&mut self) -> std::io::Result<EngineEvent> {
        loop {
            if let Ok(event) = serde_json::from_str::<EngineEvent>(&self.line().await?) {
                return Ok(event);
            }
        }
    }

    async fn line(&mut self) -> std::io::Result<String> {
        self.lines.next_line().await?.ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

/// Login name of whoever sits here, for the record of operations.
pub fn operator() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    user.map(|user| user.name).or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".into())
}
