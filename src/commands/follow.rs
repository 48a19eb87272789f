//! Reaching an engine, and waiting for a run.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::{Place, print};
use crate::domain::format;
use crate::domain::run::RunState;
use crate::domain::wire::{Command, EngineEvent, Reply};
use crate::engine::client::Client;
use crate::engine::{Engine, Options};
use crate::store::{self, runs, stages};

/// A way to an engine: the one that runs here, or one that lives as long as the command.
pub enum Connection {
    /// Over the socket.
    Remote(Client),
    /// In this process; without triggers.
    Own(Box<Engine>),
}

impl Connection {
    /// Connects to the workspace's engine, or starts one for the time being.
    ///
    /// # Errors
    /// When the workspace cannot be used.
    pub async fn open(root: &Path) -> anyhow::Result<Self> {
        if let Some(client) = Client::connect(&root.join(".landfall")).await {
            return Ok(Self::Remote(client));
        }
        let options = Options { triggers: false, ..Options::new(root.to_owned())? };
        Ok(Self::Own(Box::new(Engine::start(options).await?)))
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When the engine goes away.
    pub async fn ask(&mut self, command: Command) -> anyhow::Result<Reply> {
        match self {
            Self::Remote(client) => client.ask(command).await.context("the engine went away"),
            Self::Own(engine) => Ok(engine.ask(command).await),
        }
    }

    /// Ends what lives only for the command.
    pub async fn close(self) {
        if let Self::Own(engine) = self {
            engine.ask(Command::Stop { drain: true }).await;
            engine.ended().await;
        }
    }
}

/// Waits until a run is over, printing each stage as it ends; the exit code is the run's.
///
/// # Errors
/// When the state cannot be read.
pub async fn until_over(place: &Place, connection: &mut Connection, run: i64) -> anyhow::Result<ExitCode> {
    let mut waiter = Waiter::of(place, connection).await;
    let reader = store::open_reader(&place.state())?;
    let mut said = Vec::new();
    loop {
        let now = chrono::Utc::now();
        for stage in stages::of_run(&reader, run)? {
            if stage.state.is_final() && !said.contains(&stage.name) {
                said.push(stage.name.clone());
                if !place.json {
                    let took = stage.seconds(now).map_or(String::new(), format::duration);
                    let what = stage.error.as_ref().unwrap_or(&stage.summary);
                    print::line(&format!("  {:<10} {:<11} {:>8}  {what}", stage.name, stage.state, took))?;
                }
            }
        }
        let row = runs::get(&reader, run)?.context("the run is gone")?;
        if row.state.is_final() {
            return over(place, &row);
        }
        waiter.wait().await;
    }
}

fn over(place: &Place, row: &runs::RunRow) -> anyhow::Result<ExitCode> {
    if place.json {
        print::json(row)?;
    } else {
        let took = row.seconds(chrono::Utc::now()).map_or(String::new(), format::duration);
        let rows = row.rows.map_or(String::new(), |rows| format!(", {}", format::counted(rows, "row")));
        print::line(&format!("run {} {} after {took}{rows}", row.id, row.state))?;
    }
    Ok(if row.state == RunState::Succeeded { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Waits for a word of the engine that something changed, but never for ever: the store is the truth.
pub struct Waiter {
    events: Option<tokio::sync::broadcast::Receiver<EngineEvent>>,
    client: Option<Client>,
}

impl Waiter {
    const LONGEST: Duration = Duration::from_millis(500);

    /// Subscribes beside an open connection.
    pub async fn of(place: &Place, connection: &Connection) -> Self {
        match connection {
            Connection::Own(engine) => Self { events: Some(engine.subscribe()), client: None },
            Connection::Remote(_) => {
                let mut client = Client::connect(&place.state()).await;
                if let Some(client) = &mut client {
                    // Without events the wait is a poll.
                    let _ = client.ask(Command::Subscribe).await;
                }
                Self { events: None, client }
            }
        }
    }

    /// Until something changed, or half a second has gone.
    pub async fn wait(&mut self) {
        let change = async {
            match (&mut self.events, &mut self.client) {
                (Some(events), _) => {
                    while matches!(events.recv().await, Ok(EngineEvent::Progress(_) | EngineEvent::Log { .. })) {}
                }
                (None, Some(client)) => {
                    while matches!(client.event().await, Ok(EngineEvent::Progress(_) | EngineEvent::Log { .. })) {}
                }
                (None, None) => std::future::pending().await,
            }
        };
        // The time limit is the other way out.
        let _ = tokio::time::timeout(Self::LONGEST, change).await;
    }
}
