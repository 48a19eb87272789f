//! One message: composed, sent once, and recorded.

use std::sync::Arc;
use std::time::Duration;

use crate::alerts::channel::{self, Message, Sent};
use crate::alerts::message;
use crate::config::Channel;
use crate::domain::Instant;
use crate::domain::alert::{Notice, Occasion};
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::engine::context::Context;
use crate::lake::crash;
use crate::store::deliveries::{self, DeliveryRow};
use crate::store::{Result, Transaction, events, outbox, receipts};

use super::compose;
use super::plan::Batch;

/// The shortest and the longest wait before another attempt.
pub(super) const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Longest key that every receiver takes, in bytes.
const LONGEST_KEY: usize = 255;

/// Sends one batch and records how that went. Answers until when the channel should be left alone.
pub(super) async fn attempt(context: &Context, channel: &Channel, batch: Batch) -> Result<Option<Instant>> {
    let workspace = context.workspace();
    let ids: Vec<i64> = batch.rows.iter().filter_map(|row| row.alert).collect();
    // What is sent again after a crash is the same message: it bears the instant of its newest notice.
    let decided = batch.rows.iter().map(|row| row.created).max().unwrap_or_else(|| context.now());
    let (occasion, name) = (batch.occasion, channel.name.clone());
    let (notice, remote) = context
        .store
        .read(move |c| {
            let notice = compose::notice(c, &workspace, occasion, &ids, decided)?;
            let remote = receipts::get(c, &name, &key(&notice))?;
            Ok((notice, remote))
        })
        .await?;
    crash::point("notice-sending");
    let (sent, attempt) = send(context, channel, &notice, remote.as_deref()).await;
    crash::point("notice-sent");
    let pause = match &sent {
        Sent::Retry { after, .. } => Some(context.now() + after.unwrap_or(SHORTEST)),
        Sent::Delivered { .. } | Sent::Refused { .. } => None,
    };
    context.write(move |tx, now| record(tx, &batch, &notice, &sent, &attempt, now)).await?;
    crash::point("notice-recorded");
    Ok(pause)
}

/// Sends a notice within the channel's time. Answers how that went, and the same for the record.
pub(super) async fn send(
    context: &Context,
    channel: &Channel,
    notice: &Notice,
    remote: Option<&str>,
) -> (Sent, DeliveryRow) {
    let workspace = context.workspace();
    let (subject, text) = (message::subject(notice, &workspace.message), message::text(notice, &workspace.message));
    let key = key(notice);
    let message = Message { notice, subject: &subject, text: &text, key: &key, remote };
    let began = std::time::Instant::now();
    let sent = match channel::open(channel, &workspace.root, Arc::clone(&context.clock), context.ring()) {
        Err(detail) => Sent::Refused { detail },
        Ok(opened) => tokio::time::timeout(channel.timeout, opened.send(message)).await.unwrap_or_else(|_| {
            let detail = format!("no answer within {}", crate::config::units::format_duration(channel.timeout));
            Sent::Retry { detail, after: None }
        }),
    };
    let (outcome, detail) = match &sent {
        Sent::Delivered { detail, .. } => ("delivered", detail),
        Sent::Retry { detail, .. } => ("retry", detail),
        Sent::Refused { detail } => ("refused", detail),
    };
    let attempt = DeliveryRow {
        id: 0,
        at: context.now(),
        channel: channel.name.clone(),
        occasion: notice.occasion,
        grouping: notice.group.clone(),
        alerts: notice.total as u64,
        alert: notice.alerts.first().map(|alert| alert.id),
        outcome: outcome.to_owned(),
        detail: one_line(detail),
        milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    (sent, attempt)
}

fn record(
    tx: &Transaction<'_>,
    batch: &Batch,
    notice: &Notice,
    sent: &Sent,
    attempt: &DeliveryRow,
    now: Instant,
) -> Result<()> {
    deliveries::add(tx, attempt)?;
    let ids: Vec<i64> = batch.rows.iter().map(|row| row.id).collect();
    match sent {
        Sent::Delivered { remote, .. } => {
            let (first, others) = ids.split_at(ids.len().min(1));
            outbox::end(tx, first, "delivered", true, now)?;
            outbox::end(tx, others, "merged", true, now)?;
            if let Some(remote) = remote {
                receipts::put(tx, &attempt.channel, &key(notice), &one_line(remote), now)?;
            }
            Ok(())
        }
        Sent::Refused { .. } => give_up(tx, &ids, attempt, now),
        Sent::Retry { after, .. } => {
            let mut spent = Vec::new();
            for row in &batch.rows {
                let due = now + backoff(row.id, row.attempts).max(after.unwrap_or_default());
                if due > row.expires {
                    spent.push(row.id);
                } else {
                    outbox::postpone(tx, row.id, due)?;
                }
            }
            if spent.is_empty() { Ok(()) } else { give_up(tx, &spent, attempt, now) }
        }
    }
}

fn give_up(tx: &Transaction<'_>, ids: &[i64], attempt: &DeliveryRow, now: Instant) -> Result<()> {
    outbox::end(tx, ids, "failed", true, now)?;
    let said = format!("{} was not told: {}", attempt.channel, attempt.detail);
    events::add(tx, Level::Error, None, None, "delivery", &said, now)
}

/// How long to wait after the attempt number `attempts` (from 0): from 10 s, twice as long each time, to 15 min, within
/// a tenth more or less, so that what failed together is not tried together. The notice decides which.
fn backoff(id: i64, attempts: u32) -> Duration {
    let wait = SHORTEST.saturating_mul(1 << attempts.min(10)).min(LONGEST);
    let spread = (id.unsigned_abs().wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(attempts) * 7919)) % 201;
    wait.mul_f64(0.9 + spread as f64 / 1000.0)
}

/// What receivers know the trouble by: the fingerprint of the gravest alert, or one for all digests of a workspace.
pub(super) fn key(notice: &Notice) -> String {
    let whole = match notice.alerts.first() {
        Some(alert) if notice.occasion != Occasion::Digest => alert.fingerprint.clone(),
        _ => format!("{}/{}", notice.workspace, notice.occasion.name()),
    };
    shortened(whole)
}

/// A key that every receiver takes, the same for the same `whole`.
pub(super) fn shortened(whole: String) -> String {
    if whole.len() <= LONGEST_KEY {
        return whole;
    }
    let hash = blake3::hash(whole.as_bytes()).to_hex();
    let kept = whole.floor_char_boundary(LONGEST_KEY - 33);
    format!("{}/{}", &whole[..kept], &hash[..32])
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, SHORTEST, backoff};

    #[test]
    fn the_wait_doubles_from_ten_seconds_to_a_quarter_of_an_hour() {
        for id in 0..500 {
            let waits: Vec<f64> = (0..12).map(|attempts| backoff(id, attempts).as_secs_f64()).collect();
            assert!((9.0..=11.0).contains(&waits[0]) && (18.0..=22.0).contains(&waits[1]), "{waits:?}");
            assert!(waits[11] <= LONGEST.as_secs_f64() * 1.1 && waits[11] >= LONGEST.as_secs_f64() * 0.9);
            assert!(waits.windows(2).take(6).all(|pair| pair[0] < pair[1]), "{waits:?}");
        }
        assert!((0..500).any(|id| backoff(id, 0) < SHORTEST) && (0..500).any(|id| backoff(id, 0) > SHORTEST));
    }
}
