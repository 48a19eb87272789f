//! Where alerts are told: `[channels.NAME]` of landfall.toml.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::pipeline::{maybe_seconds, seconds};
use super::secret::{Secret, SecretOrText};
use crate::domain::alert::Occasion;

/// One way to tell somebody.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// The table's name.
    pub name: String,
    /// What it is, with its own settings.
    pub kind: ChannelKind,
    /// Longest time for one message; default 10 s.
    #[serde(serialize_with = "seconds")]
    pub timeout: Duration,
    /// Most messages in a minute, above which what waits is told in one digest; default 20.
    pub per_minute: u32,
    /// How long a first message waits for others of its group; default the workspace's.
    #[serde(serialize_with = "maybe_seconds")]
    pub wait: Option<Duration>,
    /// What it is told; default everything. Digests and tests always are.
    pub occasions: Vec<Occasion>,
}

/// Kinds of channels: `kind = "email"` and so on, with the keys of each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the settings say it")]
pub enum ChannelKind {
    Email(Email),
    Webhook(Webhook),
    AzureDevops(AzureDevops),
    Github(Github),
    Jira(Jira),
    Pagerduty(Pagerduty),
    Slack(Slack),
    Teams(Teams),
    Ntfy(Ntfy),
    Command(Command),
    Desktop(Desktop),
    Bell(Bell),
}

impl ChannelKind {
    /// Every value of `kind`, in the order of this enum.
    pub const NAMES: [&str; 12] = [
        "email",
        "webhook",
        "azure_devops",
        "github",
        "jira",
        "pagerduty",
        "slack",
        "teams",
        "ntfy",
        "command",
        "desktop",
        "bell",
    ];

    /// Whether each alert is an object of its own there, so that several are never told in one message (but for a
    /// storm).
    pub fn one_each(&self) -> bool {
        matches!(self, Self::AzureDevops(_) | Self::Github(_) | Self::Jira(_) | Self::Pagerduty(_))
    }

    /// Its settings that are secrets, or may be: each with its key.
    pub fn secrets(&self) -> Vec<(String, SecretOrText)> {
        let one = |key: &str, secret: &Secret| (key.to_owned(), SecretOrText::Secret(secret.clone()));
        let maybe = |key: &str, secret: &Option<Secret>| secret.iter().map(|secret| one(key, secret)).collect();
        match self {
            Self::Email(set) => maybe("password", &set.password),
            Self::Webhook(set) => {
                let mut secrets: Vec<_> = maybe("secret", &set.secret);
                secrets.push(("url".to_owned(), set.url.clone()));
                secrets.extend(set.headers.iter().map(|(name, value)| (format!("header {name}"), value.clone())));
                secrets
            }
            Self::AzureDevops(AzureDevops { token, .. })
            | Self::Github(Github { token, .. })
            | Self::Jira(Jira { token, .. }) => vec![one("token", token)],
            Self::Pagerduty(set) => {
                let mut secrets: Vec<_> = maybe("token", &set.token);
                secrets.push(one("routing_key", &set.routing_key));
                secrets
            }
            Self::Slack(Slack { url, .. }) | Self::Teams(Teams { url, .. }) => vec![one("url", url)],
            Self::Ntfy(set) => maybe("token", &set.token),
            Self::Command(_) | Self::Desktop(_) | Self::Bell(_) => Vec::new(),
        }
    }

    /// Its name in landfall.toml.
    pub fn name(&self) -> &'static str {
        let [email, webhook, azure_devops, github, jira, pagerduty, slack, teams, ntfy, command, desktop, bell] =
            Self::NAMES;
        match self {
            Self::Email(_) => email,
            Self::Webhook(_) => webhook,
            Self::AzureDevops(_) => azure_devops,
            Self::Github(_) => github,
            Self::Jira(_) => jira,
            Self::Pagerduty(_) => pagerduty,
            Self::Slack(_) => slack,
            Self::Teams(_) => teams,
            Self::Ntfy(_) => ntfy,
            Self::Command(_) => command,
            Self::Desktop(_) => desktop,
            Self::Bell(_) => bell,
        }
    }
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Plain at first, encrypted before anything is said; the default, on port 587.
    Starttls,
    /// Encrypted from the first byte; on port 465.
    Implicit,
    /// Not encrypted; the default for this machine itself, on port 25.
    None,
}

/// Mail to people and group aliases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Email {
    /// The server that takes the mail.
    pub host: String,
    /// Its port; default by [`Email::tls`].
    pub port: u16,
    /// Whether and how the connection is encrypted.
    pub tls: Tls,
    /// Who logs in; without, nobody does.
    pub user: Option<String>,
    /// With what.
    pub password: Option<Secret>,
    /// The sender's address, as `name <address>` or the address alone.
    pub from: String,
    /// Addresses of people and groups.
    pub to: Vec<String>,
    /// PEM file of a certificate authority to trust besides the system's.
    pub ca: Option<PathBuf>,
}

/// JSON by HTTP POST, signed when there is a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    /// Where to.
    pub url: SecretOrText,
    /// Key of the HMAC-SHA256 over the body.
    pub secret: Option<Secret>,
    /// Further headers: name and value.
    pub headers: Vec<(String, SecretOrText)>,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// A work item a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AzureDevops {
    /// The organisation.
    pub organization: String,
    /// The project.
    pub project: String,
    /// Type of the work item; default `Bug`.
    pub work_item_type: String,
    /// A personal access token that may write work items.
    pub token: Secret,
    /// Further tags.
    pub tags: Vec<String>,
    /// Where in the tree of areas; default the project's own.
    pub area_path: Option<String>,
    /// The state it is put in when the alert is over; without, it is only commented on.
    pub resolve_state: Option<String>,
    /// Where the service is; default `https://dev.azure.com`.
    pub base_url: String,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// An issue a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Github {
    /// `owner/name`.
    pub repository: String,
    /// A token that may write issues.
    pub token: Secret,
    /// Further labels.
    pub labels: Vec<String>,
    /// Whether the issue is closed when the alert is over; default false.
    pub close_on_resolve: bool,
    /// Where the service is; default `https://api.github.com`.
    pub base_url: String,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// An issue a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jira {
    /// Where the service is.
    pub base_url: String,
    /// Key of the project.
    pub project: String,
    /// Type of the issue; default `Bug`.
    pub issue_type: String,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub token: Secret,
    /// Further labels.
    pub labels: Vec<String>,
    /// Name of the transition that is made when the alert is over; without, the issue is only commented on.
    pub resolve_transition: Option<String>,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// An incident a fingerprint, by Events v2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pagerduty {
    /// Integration key of the service, 32 characters.
    pub routing_key: Secret,
    /// A token of the REST interface, by which acknowledgements come back; without, they do not.
    pub token: Option<Secret>,
    /// Where events are taken; default `https://events.pagerduty.com`.
    pub base_url: String,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// A message by an incoming webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slack {
    /// The webhook's address, which is a secret.
    pub url: Secret,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// An adaptive card by a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Teams {
    /// The workflow's address, which is a secret.
    pub url: Secret,
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// A message to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ntfy {
    /// Where the service is; default `https://ntfy.sh`.
    pub base_url: String,
    /// The topic.
    pub topic: String,
    /// An access token.
    pub token: Option<Secret>,
    /// Priorities from 1 to 5 of info, warning and critical; default 3, 4 and 5.
    pub priorities: [u8; 3],
    /// See [`Email::ca`].
    pub ca: Option<PathBuf>,
}

/// Any program: the notice as JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Program and arguments; started in the workspace's folder.
    pub program: Vec<String>,
    /// Further environment variables.
    pub environment: Vec<(String, String)>,
}

/// A notification of the desktop that the engine runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Desktop {}

/// The bell of the terminal that the engine runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bell {}
