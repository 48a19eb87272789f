//! What operators ask: try a channel, try again.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::alerts::channel::Sent;
use crate::domain::alert::{Notice, Occasion};
use crate::domain::format;
use crate::domain::text::one_line;
use crate::domain::wire::Reply;
use crate::engine::context::Context;
use crate::store::{Result, deliveries, events, outbox};

use super::LIFE;
use super::attempt;

/// Sends a test message to a channel now, and replies what its receiver said.
pub async fn test_channel(context: Arc<Context>, who: String, name: String, reply: oneshot::Sender<Reply>) {
    let outcome = test(&context, &who, &name).await;
    // The client may have gone without waiting.
    let _ = reply.send(outcome.unwrap_or_else(|error| Reply::Refused { message: error.to_string() }));
}

async fn test(context: &Context, who: &str, name: &str) -> Result<Reply> {
    let workspace = context.workspace();
    let Some(channel) = workspace.channel(name) else { return Ok(unknown(context, name)) };
    let notice = Notice {
        occasion: Occasion::Test,
        workspace: workspace.name.clone(),
        group: workspace.name.clone(),
        alerts: Vec::new(),
        total: 0,
        link: workspace.link.clone(),
        at: context.now(),
    };
    let (sent, attempt) = attempt::send(context, channel, &notice, None).await;
    let took = format::duration(attempt.milliseconds as f64 / 1000.0);
    let reply = match sent {
        Sent::Delivered { detail, .. } => {
            Reply::Done { message: format!("{name} has it, after {took}: {}", one_line(&detail)), run: None }
        }
        Sent::Retry { detail, .. } | Sent::Refused { detail } => {
            Reply::Refused { message: format!("{name} does not have it, after {took}: {}", one_line(&detail)) }
        }
    };
    let (who, name, outcome) = (one_line(who), name.to_owned(), attempt.outcome.clone());
    context
        .write(move |tx, now| {
            deliveries::add(tx, &attempt)?;
            events::operation(tx, &who, "test", &format!("channel {name}"), None, &outcome, now)
        })
        .await?;
    Ok(reply)
}

/// Makes what waits or failed due now, of one channel or all; the sender does the rest.
pub async fn redeliver(context: &Context, who: &str, channel: Option<String>) -> Result<Reply> {
    if let Some(name) = channel.as_deref().filter(|name| context.workspace().channel(name).is_none()) {
        return Ok(unknown(context, name));
    }
    let who = one_line(who);
    let count = context
        .write(move |tx, now| {
            let count = outbox::retry(tx, channel.as_deref(), now, now + LIFE)?;
            let target = channel.map_or_else(|| "all channels".to_owned(), |name| format!("channel {name}"));
            events::operation(tx, &who, "redeliver", &target, None, &format::counted(count as u64, "notice"), now)?;
            Ok(count)
        })
        .await?;
    let message = match count {
        0 => "nothing waits, and nothing has failed".to_owned(),
        count => format!("{} will be tried again now", format::counted(count as u64, "notice")),
    };
    Ok(Reply::Done { message, run: None })
}

fn unknown(context: &Context, name: &str) -> Reply {
    let workspace = context.workspace();
    let known: Vec<&str> = workspace.channels.iter().map(|channel| channel.name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Reply::Refused { message: format!("there is no channel `{}`; there are: {known}", one_line(name)) }
}
