//! Answers that were given at a receiver: once a minute those are asked for that can be asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::channel::{self, Acknowledged};
use crate::config::{Channel, ChannelKind};
use crate::domain::Instant;
use crate::domain::alert::AlertState;
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::domain::wire::Command;
use crate::engine::answers::answer;
use crate::engine::context::Context;
use crate::store::alerts::AlertRow;
use crate::store::{Connection, Result, Transaction, alerts, outbox};

use super::attempt::shortened;

/// How often.
const MINUTE: Duration = Duration::from_secs(60);
/// Most keys that a receiver is asked for within the time limit of one message.
const AT_ONCE: usize = 10;

/// Asks for as long as the engine runs.
pub async fn poll(context: Arc<Context>) {
    let mut failing = BTreeMap::new();
    loop {
        tokio::time::sleep(MINUTE).await;
        if let Err(error) = ask(&context, &mut failing).await {
            tracing::error!("{error}");
        }
    }
}

/// Asks every receiver that can be asked about the firing alerts it was told of, and takes its answers over. `failing`
/// is what went wrong last, by channel: the same is noted once.
pub(super) async fn ask(context: &Context, failing: &mut BTreeMap<String, Option<String>>) -> Result<()> {
    let workspace = context.workspace();
    for channel in workspace.channels.iter().filter(|channel| answers(&channel.kind)) {
        let name = channel.name.clone();
        let keys = context.store.read(move |connection| firing(connection, &name)).await?;
        if keys.is_empty() {
            continue;
        }
        let (found, wrong) = acknowledged(context, channel, &keys).await;
        for found in found {
            take(context, channel, found).await?;
        }
        let before = failing.insert(channel.name.clone(), wrong.clone()).flatten();
        if let Some(why) = wrong.filter(|why| before.as_ref() != Some(why)) {
            let said = format!("{} cannot be asked who has acknowledged: {why}", channel.name);
            context.note(Level::Warn, None, None, "delivery", &said).await;
        }
    }
    Ok(())
}

/// Whether a channel of this kind can be asked.
fn answers(kind: &ChannelKind) -> bool {
    matches!(kind, ChannelKind::Pagerduty(set) if set.token.is_some())
}

/// Keys of the firing alerts that a channel was told of.
fn firing(connection: &Connection, channel: &str) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    for alert in alerts::open(connection, None)? {
        if alert.state == AlertState::Firing && outbox::told(connection, alert.id)?.iter().any(|name| name == channel) {
            keys.push(shortened(alert.fingerprint()));
        }
    }
    Ok(keys)
}

/// What the receiver says, and what went wrong.
async fn acknowledged(context: &Context, channel: &Channel, keys: &[String]) -> (Vec<Acknowledged>, Option<String>) {
    let mut found = Vec::new();
    let root = &context.workspace().root;
    let opened = match channel::open(channel, root, Arc::clone(&context.clock), context.ring()) {
        Ok(opened) => opened,
        Err(why) => return (found, Some(one_line(&why))),
    };
    for keys in keys.chunks(AT_ONCE) {
        match opened.acknowledged(keys).await {
            Ok(some) => found.extend(some),
            Err(why) => return (found, Some(why)),
        }
    }
    (found, None)
}

/// Acknowledges the alert that was acknowledged there, unless it was answered meanwhile.
async fn take(context: &Context, channel: &Channel, found: Acknowledged) -> Result<()> {
    let (workspace, who) = (context.workspace(), format!("{} ({})", found.who, channel.kind.name()));
    let write = move |tx: &Transaction<'_>, now| {
        for alert in alerts::open(tx, None)? {
            let same = alert.state == AlertState::Firing && shortened(alert.fingerprint()) == found.key;
            if same && is_news(tx, &alert, found.at)? {
                let command = Command::Acknowledge { alert: alert.id, note: None };
                answer(tx, &workspace, &who, &command, now)?;
            }
        }
        Ok(())
    };
    context.write(write).await
}

/// Whether it was given to this episode, and after the last answer to it: what an operator took back here stays
/// acknowledged there. An answer without a time is as old as the episode. Receivers say seconds.
fn is_news(connection: &Connection, alert: &AlertRow, at: Option<Instant>) -> Result<bool> {
    let began = alert.fired.unwrap_or(alert.raised);
    let history = alerts::history(connection, alert.id)?;
    let answered = history.iter().rev().find(|(_, _, who, _)| who != "landfall").map(|(at, ..)| *at);
    let last = answered.map_or(began, |answered| answered.max(began));
    Ok(at.unwrap_or(began).timestamp() >= last.timestamp())
}
