//! `[channels.NAME]`: where alerts are told, one reader a kind.

mod email;
mod local;
pub(super) mod secret;
mod service;
mod tracker;
mod webhook;

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::config::channels::{Bell, Channel, ChannelKind, Desktop};
use crate::config::field::Field;
use crate::config::section::Section;
use crate::domain::alert::Occasion;

/// What an operator may ask a channel not to be told. Digests and tests always are.
const OCCASIONS: [Occasion; 6] = [
    Occasion::Fired,
    Occasion::Repeated,
    Occasion::Escalated,
    Occasion::Flapping,
    Occasion::Acknowledged,
    Occasion::Resolved,
];

/// Reads `[channels]`; `root` is the workspace's folder.
pub(super) fn read(section: &Section<'_>, root: &Path) -> Vec<Channel> {
    section.fields().iter().filter_map(|field| channel(field, root)).collect()
}

fn channel(field: &Field<'_>, root: &Path) -> Option<Channel> {
    if !field.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        let message = format!("a channel cannot be called `{}`", field.key);
        field.error_with_help(message, "use letters, digits, `_` and `-`");
        return None;
    }
    let section = field.section(format!("[channels.{}]", field.key))?;
    let words = ChannelKind::NAMES.map(|name| (name, name));
    let kind = section.require("kind", "what it is, as in `kind = \"email\"`").and_then(|f| f.choice(&words));
    let timeout = section.or("timeout", Duration::from_secs(10), |f| f.duration(Duration::from_millis(1)));
    let per_minute = section.or("per_minute", 20, |f| f.integer(1, 6000));
    let wait = section.maybe("wait", |f| f.duration(Duration::ZERO));
    let occasions = section.or("occasions", OCCASIONS.to_vec(), occasions);
    let kind = match kind? {
        "email" => email::read(&section, root).map(ChannelKind::Email),
        "webhook" => webhook::read(&section, root).map(ChannelKind::Webhook),
        "azure_devops" => tracker::azure_devops(&section, root).map(ChannelKind::AzureDevops),
        "github" => tracker::github(&section, root).map(ChannelKind::Github),
        "jira" => tracker::jira(&section, root).map(ChannelKind::Jira),
        "pagerduty" => service::pagerduty(&section, root).map(ChannelKind::Pagerduty),
        "slack" => service::slack(&section, root).map(ChannelKind::Slack),
        "teams" => service::teams(&section, root).map(ChannelKind::Teams),
        "ntfy" => service::ntfy(&section, root).map(ChannelKind::Ntfy),
        "command" => local::command(&section).map(ChannelKind::Command),
        "desktop" => Some(ChannelKind::Desktop(Desktop {})),
        _ => Some(ChannelKind::Bell(Bell {})),
    };
    section.finish();
    Some(Channel { name: field.key.to_owned(), kind: kind?, timeout, per_minute, wait, occasions })
}

fn occasions(field: &Field<'_>) -> Option<Vec<Occasion>> {
    let words = OCCASIONS.map(|occasion| (occasion.name(), occasion));
    let elements = field.elements("a list such as [\"fired\", \"resolved\"]")?;
    Some(elements.iter().filter_map(|element| element.choice(&words)).collect())
}

/// Text of a key that must be there.
fn text(section: &Section<'_>, key: &'static str, example: &str) -> Option<String> {
    section.require(key, example).and_then(|f| f.text().map(str::to_owned))
}

/// A list of texts; none when the key is absent.
fn texts(section: &Section<'_>, key: &'static str) -> Vec<String> {
    section.or(key, Vec::new(), |f| Some(f.texts()?.into_iter().map(str::to_owned).collect()))
}

/// An address, without a slash behind it.
pub(super) fn address(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Some(text.trim_end_matches('/').to_owned())
        }
        _ => {
            field.error(format!("`{}` is not an address", field.key), "expected a URL such as \"https://example.com\"");
            None
        }
    }
}

/// `ca`: a PEM file, absolute or relative to the workspace.
fn authority(section: &Section<'_>, root: &Path) -> Option<PathBuf> {
    section.maybe("ca", |f| Some(root.join(f.text()?)))
}

#[cfg(test)]
mod tests;
