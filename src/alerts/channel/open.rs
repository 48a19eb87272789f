//! From the configuration to what sends.

use std::path::Path;
use std::sync::Arc;

use super::azure_devops::AzureDevops;
use super::bell::{Bell, Ring};
use super::command::Command;
use super::desktop::Desktop;
use super::github::Github;
use super::http::Http;
use super::jira::Jira;
use super::ntfy::Ntfy;
use super::pagerduty::Pagerduty;
use super::slack::Slack;
use super::teams::Teams;
use super::webhook::Webhook;
use super::{Channel, Email};
use crate::config::secret::Secret;
use crate::config::{self, ChannelKind};
use crate::domain::clock::Clock;

/// The channel as it is configured, ready to send. `root` is the workspace's folder; `ring` reaches the consoles.
///
/// # Errors
/// In one sentence: a secret or a certificate cannot be had, or a setting is not what the service takes.
pub fn open(
    channel: &config::Channel,
    root: &Path,
    clock: Arc<dyn Clock>,
    ring: Ring,
) -> Result<Box<dyn Channel>, String> {
    let timeout = channel.timeout;
    let http = |ca: &Option<std::path::PathBuf>| Http::new(timeout, ca.as_deref(), clock);
    Ok(match &channel.kind {
        ChannelKind::Email(set) => Box::new(Email::new(set.clone(), timeout)),
        ChannelKind::Webhook(set) => {
            let headers =
                set.headers.iter().map(|(name, value)| Ok((name.clone(), value.reveal()?.expose().to_owned())));
            let headers: Vec<(String, String)> = headers.collect::<Result<_, String>>()?;
            Box::new(Webhook::new(http(&set.ca)?, set.url.reveal()?.expose(), maybe(set.secret.as_ref())?, &headers)?)
        }
        ChannelKind::AzureDevops(set) => {
            Box::new(AzureDevops::new(http(&set.ca)?, set.clone(), revealed(&set.token)?)?)
        }
        ChannelKind::Github(set) => Box::new(Github::new(http(&set.ca)?, set.clone(), revealed(&set.token)?)?),
        ChannelKind::Jira(set) => Box::new(Jira::new(http(&set.ca)?, set.clone(), revealed(&set.token)?)?),
        ChannelKind::Pagerduty(set) => {
            let (key, token) = (revealed(&set.routing_key)?, maybe(set.token.as_ref())?);
            Box::new(Pagerduty::new(http(&set.ca)?, &set.base_url, key, token)?)
        }
        ChannelKind::Slack(set) => Box::new(Slack::new(http(&set.ca)?, &revealed(&set.url)?)?),
        ChannelKind::Teams(set) => Box::new(Teams::new(http(&set.ca)?, &revealed(&set.url)?)?),
        ChannelKind::Ntfy(set) => {
            let token = maybe(set.token.as_ref())?;
            Box::new(Ntfy::new(http(&set.ca)?, &set.base_url, &set.topic, token, set.priorities)?)
        }
        ChannelKind::Command(set) => {
            Box::new(Command::new(&set.program, set.environment.clone(), root.to_owned(), timeout)?)
        }
        ChannelKind::Desktop(_) => Box::new(Desktop::new(&std::env::var("PATH").unwrap_or_default(), timeout)),
        ChannelKind::Bell(_) => Box::new(Bell::new(ring)),
    })
}

fn revealed(secret: &Secret) -> Result<String, String> {
    Ok(secret.reveal()?.expose().to_owned())
}

fn maybe(secret: Option<&Secret>) -> Result<Option<String>, String> {
    secret.map(revealed).transpose()
}
