//! Where alerts are told: one file a channel, behind one trait.
//!
//! A channel turns a [`Message`] into what its receiver understands, sends it once, and says how that went. It keeps
//! nothing: retries, deduplication, rates and records are the outbox's, in the engine.

mod answer;
pub mod azure_devops;
pub mod bell;
pub mod command;
mod cut;
pub mod desktop;
mod email;
pub mod github;
pub mod http;
pub mod jira;
pub mod ntfy;
mod open;
pub mod pagerduty;
mod process;
pub mod slack;
pub mod teams;
mod tracker;
pub mod webhook;

use std::time::Duration;

use futures::future::BoxFuture;

use crate::domain::Instant;
use crate::domain::alert::{Notice, Severity};
pub use email::Email;
pub use open::open;

/// One message, ready to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// What it tells.
    pub notice: &'a Notice,
    /// One line, sanitised: no control characters, so that no header can be added.
    pub subject: &'a str,
    /// Plain text of several lines, sanitised.
    pub text: &'a str,
    /// What a receiver that deduplicates knows the trouble by: the fingerprint of the (gravest) alert, shortened to at
    /// most 255 bytes where need be.
    pub key: &'a str,
    /// What the receiver called it before (a work item's number, an issue's key), if it was told before.
    pub remote: Option<&'a str>,
}

/// How sending went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The receiver has it.
    Delivered {
        /// What the receiver said, in one sanitised line.
        detail: String,
        /// What the receiver calls it from now on, if it gives names.
        remote: Option<String>,
    },
    /// Not now: worth another try.
    Retry {
        /// What went wrong, in one sanitised line without secrets.
        detail: String,
        /// How long the receiver asked to wait.
        after: Option<Duration>,
    },
    /// Never in this form: a wrong address, token or body. Trying again would not help.
    Refused {
        /// What went wrong and what to do, in one sanitised line without secrets.
        detail: String,
    },
}

/// An answer that somebody gave at the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// See [`Message::key`].
    pub key: String,
    /// Who has seen it, in one sanitised line.
    pub who: String,
    /// When, if the receiver says.
    pub at: Option<Instant>,
}

/// A way to tell somebody.
pub trait Channel: Send + Sync {
    /// Sends one message, within the channel's time limit. Does not panic, whatever the receiver answers.
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent>;

    /// Which of these keys somebody has acknowledged at the receiver, within the channel's time limit. None, where a
    /// channel cannot be asked.
    ///
    /// # Errors
    /// One sanitised line without secrets: what went wrong.
    fn acknowledged<'a>(&'a self, _keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Acknowledged>, String>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// The gravest of a notice's alerts.
fn gravest(notice: &Notice) -> Severity {
    notice.alerts.iter().map(|alert| alert.finding.severity).max().unwrap_or(Severity::Info)
}

/// The subject; a service that wants a title refuses an empty one.
fn title<'a>(message: Message<'a>) -> &'a str {
    if message.subject.trim().is_empty() { "Landfall" } else { message.subject }
}
