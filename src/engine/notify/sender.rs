//! The task that sends what is due: one channel beside the other, one message of a channel after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::Channel;
use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::wire::EngineEvent;
use crate::engine::context::Context;
use crate::store::{Result, deliveries, events, outbox};

use super::attempt::{SHORTEST, attempt};
use super::plan::{Batch, Limits, Plan, plan};

/// Longest time that an engine that leaves takes for what it has still to tell.
const FAREWELL: Duration = Duration::from_secs(30);

/// Longest sleep while something waits: clocks are set and machines sleep, and both are noticed only when awake.
const NAP: Duration = Duration::from_secs(60);

/// The sender of one engine.
pub struct Sender {
    leave: watch::Sender<bool>,
    pub(super) task: JoinHandle<()>,
}

impl Sender {
    /// Begins to send what is due, and what will be.
    pub fn start(context: Arc<Context>) -> Self {
        let (leave, leaving) = watch::channel(false);
        // Before the first look, so that nothing is queued unseen between the two.
        let changes = context.events.subscribe();
        let post = Post { context, busy: JoinSet::new(), names: BTreeSet::new(), held: BTreeMap::new() };
        Self { leave, task: tokio::spawn(post.work(changes, leaving)) }
    }

    /// Sends what was not tried yet, once, and ends. What is not sent by then waits in the store.
    pub async fn leave(mut self) {
        let _ = self.leave.send(true);
        // A panic in the task has been reported by its hook.
        if tokio::time::timeout(FAREWELL, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Which channels are being sent to, and which are left alone.
struct Post {
    context: Arc<Context>,
    busy: JoinSet<(String, Option<Instant>)>,
    names: BTreeSet<String>,
    // Until when.
    held: BTreeMap<String, Instant>,
}

impl Post {
    async fn work(mut self, mut changes: broadcast::Receiver<EngineEvent>, mut leaving: watch::Receiver<bool>) {
        loop {
            let wake = match self.begin(false).await {
                Ok(wake) => wake,
                Err(error) => {
                    tracing::error!("what is to be told cannot be read: {error}");
                    Some(self.context.now() + SHORTEST)
                }
            };
            let wait = wake.map(|wake| (wake - self.context.now()).to_std().unwrap_or_default().min(NAP));
            tokio::select! {
                biased;
                _ = leaving.changed() => break,
                Some(done) = self.busy.join_next() => self.finished(done),
                () = changed(&mut changes) => {}
                () = sleep(wait) => {}
            }
        }
        while let Some(done) = self.busy.join_next().await {
            self.finished(done);
        }
        if let Err(error) = self.begin(true).await {
            tracing::error!("what is to be told cannot be read: {error}");
        }
        while self.busy.join_next().await.is_some() {}
    }

    fn finished(&mut self, done: std::result::Result<(String, Option<Instant>), tokio::task::JoinError>) {
        match done {
            Ok((name, pause)) => {
                self.names.remove(&name);
                self.held.extend(pause.map(|until| (name, until)));
            }
            Err(panic) => {
                tracing::error!("a channel broke: {panic}");
                // Which one is not known; all are free again once they have had a rest.
                let until = self.context.now() + SHORTEST;
                self.held.extend(std::mem::take(&mut self.names).into_iter().map(|name| (name, until)));
            }
        }
    }

    /// Begins to send to every channel that something is due for. Answers when to look again, unless something comes.
    async fn begin(&mut self, leaving: bool) -> Result<Option<Instant>> {
        let now = self.context.now();
        self.held.retain(|_, until| *until > now && !leaving);
        match self.context.store.read(outbox::next_due).await? {
            None => return Ok(None),
            Some(due) if due > now && !leaving => return Ok(Some(due)),
            Some(_) => {}
        }
        let mut wake: Option<Instant> = self.held.values().min().copied();
        let workspace = self.context.workspace();
        for name in self.context.store.read(outbox::awaited).await? {
            if self.names.contains(&name) || self.held.contains_key(&name) {
                continue;
            }
            let Some(channel) = workspace.channel(&name) else {
                self.nobody(name).await?;
                continue;
            };
            let plan = self.plan(channel, leaving).await?;
            if plan.send.is_empty() {
                wake = wake.into_iter().chain(plan.wake).min();
                continue;
            }
            self.names.insert(name.clone());
            let (context, channel) = (Arc::clone(&self.context), channel.clone());
            self.busy.spawn(async move { (name, post(&context, &channel, plan.send).await) });
        }
        Ok(wake)
    }

    /// What to send to a channel now; what need not be told any more is dropped.
    async fn plan(&self, channel: &Channel, leaving: bool) -> Result<Plan> {
        let (name, per_minute, one_each) = (channel.name.clone(), channel.per_minute, channel.kind.one_each());
        let now = self.context.now();
        let plan = self
            .context
            .store
            .read(move |c| {
                let recent = deliveries::since(c, &name, now - chrono::Duration::minutes(1))?;
                let limits = Limits { per_minute, one_each, recent: &recent, leaving };
                Ok(plan(&outbox::waiting(c, &name)?, &limits, now))
            })
            .await?;
        if !plan.drop.is_empty() {
            let dropped = plan.drop.clone();
            self.context.write(move |tx, now| outbox::end(tx, &dropped, "dropped", false, now)).await?;
        }
        Ok(plan)
    }

    /// What waits for a channel that is not configured any more will not be told.
    async fn nobody(&self, name: String) -> Result<()> {
        self.context
            .write(move |tx, now| {
                let waiting: Vec<i64> = outbox::waiting(tx, &name)?.iter().map(|notice| notice.row.id).collect();
                outbox::end(tx, &waiting, "failed", false, now)?;
                let said = format!("{name} was not told: there is no such channel any more");
                events::add(tx, Level::Warn, None, None, "delivery", &said, now)
            })
            .await
    }
}

/// Sends one message after the other until one does not get through. Answers until when to leave the channel alone.
async fn post(context: &Context, channel: &Channel, batches: Vec<Batch>) -> Option<Instant> {
    for batch in batches {
        match attempt(context, channel, batch).await {
            Ok(None) => {}
            Ok(pause) => return pause,
            Err(error) => {
                tracing::error!("{}: {error}", channel.name);
                return Some(context.now() + SHORTEST);
            }
        }
    }
    None
}

/// Until the store has changed.
async fn changed(changes: &mut broadcast::Receiver<EngineEvent>) {
    loop {
        match changes.recv().await {
            Ok(EngineEvent::Changed) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// For a time, or for ever.
async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
