//! From the configuration to what sends.

use std::path::Path;

use super::Channel;
use crate::config::{self, ChannelKind};

/// The channel as it is configured, ready to send. `root` is the workspace's folder.
///
/// # Errors
/// In one sentence, when there is no such kind of channel in this build.
pub fn open(channel: &config::Channel, _root: &Path) -> Result<Box<dyn Channel>, String> {
    match &channel.kind {
        ChannelKind::Email(_)
        | ChannelKind::Webhook(_)
        | ChannelKind::AzureDevops(_)
        | ChannelKind::Github(_)
        | ChannelKind::Jira(_)
        | ChannelKind::Pagerduty(_)
        | ChannelKind::Slack(_)
        | ChannelKind::Teams(_)
        | ChannelKind::Ntfy(_)
        | ChannelKind::Command(_)
        | ChannelKind::Desktop(_)
        | ChannelKind::Bell(_) => Err(format!("this build has no channels of kind {}", channel.kind.name())),
    }
}
