//! What is told to whom: alerts into the outbox, and from there to their channels.
//!
//! [`announce`] queues in the transaction that records why, [`sender`] is a task of its own that sends: a run never
//! waits for a receiver. Between sending and recording that it was sent lies a moment in which the engine may die:
//! then it is sent again (at least once), and a receiver that knows the key does not double it.

mod attempt;
mod compose;
mod operator;
mod plan;
mod poll;
mod recipients;
mod sender;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::Occasion;
use crate::lake::crash;
use crate::store::outbox::{self, Queued};
use crate::store::{Result, StoreError, Transaction, alerts};

pub use operator::{redeliver, test_channel};
pub use poll::poll;
pub use sender::Sender;

/// How long a notice is tried.
const LIFE: chrono::Duration = chrono::Duration::hours(24);

/// Queues what is to be told of an alert, in the transaction that records why: every channel that a route leads it to
/// gets one row in the outbox. A notice that has been queued under the same key is not queued twice.
///
/// `Resolved` and `Acknowledged` go only to channels that were told that it fired.
pub fn announce(
    tx: &Transaction<'_>,
    workspace: &Workspace,
    alert: i64,
    occasion: Occasion,
    now: Instant,
) -> Result<()> {
    let row = alerts::get(tx, alert)?.ok_or_else(|| StoreError::Forbidden(format!("there is no alert {alert}")))?;
    let told = outbox::told(tx, alert)?;
    let key = format!("{alert}/{}/{}", occasion.name(), now.timestamp_millis());
    let grouping = compose::group(&row);
    for channel in recipients::of(workspace, &row, &told, occasion, now) {
        let wait = if occasion == Occasion::Fired {
            channel.wait.unwrap_or(workspace.life.group_wait)
        } else {
            Duration::ZERO
        };
        let queued = Queued {
            channel: &channel.name,
            key: &key,
            alert: Some(alert),
            occasion,
            grouping: &grouping,
            due: now + wait,
            expires: now + LIFE,
        };
        outbox::queue(tx, &queued, now)?;
        crash::point("notice-queued");
    }
    Ok(())
}
