//! The link to the engine: one Unix socket, reconnected with growing pauses for as long as the console lives.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::action::{Action, Ask, Link};
use crate::domain::wire::{Command, EngineEvent, PROTOCOL, Reply, Request};

/// Pause between two tries while an engine starts.
const EARLY: Duration = Duration::from_millis(20);
/// First and longest pause between two tries.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));

/// A line of the engine.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Event(EngineEvent),
    Reply(Reply),
}

/// Keeps the link until nobody listens. Questions asked while it is down are answered at once: not now.
/// Every request names `who` asks. For as long as `patience` an engine may be about to answer for the first time: that it
/// does not is no news.
pub async fn run(
    socket: PathBuf,
    who: String,
    patience: Duration,
    mut asks: mpsc::Receiver<(Ask, Command)>,
    out: mpsc::Sender<Action>,
) {
    let mut pause = PAUSES.0;
    let mut early = Some(Instant::now() + patience);
    loop {
        let reason = match UnixStream::connect(&socket).await {
            Ok(stream) => {
                (pause, early) = (PAUSES.0, None);
                match talk(stream, &who, &mut asks, &out).await {
                    Ended::ByConsole => return,
                    Ended::ByEngine(reason) => reason,
                }
            }
            Err(error) => describe(&socket, &error),
        };
        early = early.filter(|until| Instant::now() < *until);
        if early.is_none() && out.send(Action::Link(Link::Down(reason.clone()))).await.is_err() {
            return;
        }
        if !wait(early.map_or(pause, |_| EARLY), &reason, &mut asks, &out).await {
            return;
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn describe(socket: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no engine runs in this workspace".into(),
        std::io::ErrorKind::ConnectionRefused => "the engine ended without saying so".into(),
        _ => format!("cannot reach the engine at {}: {error}", socket.display()),
    }
}

/// Waits, refusing what is asked meanwhile. Answers whether to go on.
async fn wait(
    pause: Duration,
    reason: &str,
    asks: &mut mpsc::Receiver<(Ask, Command)>,
    out: &mpsc::Sender<Action>,
) -> bool {
    let over = sleep(pause);
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => return true,
            asked = asks.recv() => {
                let Some((ask, _)) = asked else { return false };
                if out.send(Action::Reply(ask, refused(reason))).await.is_err() {
                    return false;
                }
            }
        }
    }
}

fn refused(reason: &str) -> Reply {
    Reply::Refused { message: format!("not done: {reason}") }
}

enum Ended {
    ByConsole,
    ByEngine(String),
}

/// One conversation: hello, subscribe, then questions and answers in order with events in between.
async fn talk(
    stream: UnixStream,
    who: &str,
    asks: &mut mpsc::Receiver<(Ask, Command)>,
    out: &mpsc::Sender<Action>,
) -> Ended {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    // Questions without an `Ask` are the link's own.
    let mut waiting: VecDeque<Option<Ask>> = VecDeque::new();
    let mut queue = VecDeque::from([(None, Command::Hello), (None, Command::Subscribe)]);
    let reason = loop {
        while let Some((ask, command)) = queue.pop_front() {
            waiting.push_back(ask);
            let request = Request { who: who.to_owned(), command };
            let Ok(mut line) = serde_json::to_string(&request) else { continue };
            line.push('\n');
            // A broken pipe shows up as the end of the lines as well.
            writing.write_all(line.as_bytes()).await.ok();
        }
        let line = tokio::select! {
            line = lines.next_line() => line,
            asked = asks.recv() => match asked {
                Some((ask, command)) => { queue.push_back((Some(ask), command)); continue; }
                None => return Ended::ByConsole,
            },
        };
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => break "the engine ended".to_owned(),
            Err(error) => break format!("lost the engine: {error}"),
        };
        let action = match serde_json::from_str(&line) {
            Ok(Said::Event(event)) => Some(Action::Engine(event)),
            Ok(Said::Reply(reply)) => answered(waiting.pop_front().flatten(), reply),
            Err(error) => break format!("the engine said something unknown: {error}"),
        };
        if let Some(action) = action
            && out.send(action).await.is_err()
        {
            return Ended::ByConsole;
        }
    };
    // Whether these were done is not known; saying so beats silence.
    for ask in waiting.into_iter().flatten() {
        out.send(Action::Reply(ask, refused(&reason))).await.ok();
    }
    Ended::ByEngine(reason)
}

fn answered(ask: Option<Ask>, reply: Reply) -> Option<Action> {
    match (ask, reply) {
        (Some(ask), reply) => Some(Action::Reply(ask, reply)),
        (None, Reply::Hello { protocol, .. }) if protocol != PROTOCOL => Some(Action::Link(Link::Foreign(protocol))),
        (None, Reply::Hello { started, .. }) => Some(Action::Link(Link::Up { started: Some(started) })),
        (None, _) => None,
    }
}
