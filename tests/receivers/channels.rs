//! Every channel over HTTP, built the same way.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use landfall::alerts::channel::http::Http;
use landfall::alerts::channel::{
    Channel, azure_devops::AzureDevops, github::Github, jira::Jira, ntfy::Ntfy, pagerduty::Pagerduty, slack::Slack,
    teams::Teams, webhook::Webhook,
};
use landfall::config::channels as config;
use landfall::config::secret::Secret;
use landfall::domain::clock::ManualClock;
use serde_json::json;

use super::message::{KEY, at};
use super::receiver::Play;

/// Long enough for any answer that comes.
pub const PATIENT: Duration = Duration::from_secs(60);
/// Short, for answers that never come.
pub const SHORT: Duration = Duration::from_millis(400);

/// What is secret in every channel's settings: tokens, keys, the addresses of webhooks.
pub const SECRET: &str = "s3cr3t-token-0123456789abcdef";

pub const ALL: [&str; 8] = ["webhook", "azure_devops", "github", "jira", "pagerduty", "slack", "teams", "ntfy"];

pub fn http(timeout: Duration, ca: Option<&Path>) -> Http {
    let clock = Arc::new(ManualClock::at(at("2013-03-09T14:02:00Z")));
    Http::new(timeout, ca, clock).unwrap()
}

/// A channel to the receiver at `base`, with everything that can be set.
pub fn open(name: &str, base: &str, http: Http) -> Box<dyn Channel> {
    let hook = format!("{base}/hooks/{SECRET}");
    match name {
        "webhook" => {
            let headers = [("X-Team".to_owned(), format!("tower-{SECRET}"))];
            Box::new(Webhook::new(http, &hook, Some(SECRET.into()), &headers).unwrap())
        }
        "azure_devops" => Box::new(AzureDevops::new(http, azure_devops(base), SECRET.into()).unwrap()),
        "github" => Box::new(Github::new(http, github(base), SECRET.into()).unwrap()),
        "jira" => Box::new(Jira::new(http, jira(base), SECRET.into()).unwrap()),
        "pagerduty" => Box::new(Pagerduty::new(http, base, SECRET.into(), Some(SECRET.into())).unwrap()),
        "slack" => Box::new(Slack::new(http, &hook).unwrap()),
        "teams" => Box::new(Teams::new(http, &hook).unwrap()),
        "ntfy" => Box::new(Ntfy::new(http, base, "landfall", Some(SECRET.into()), [3, 4, 5]).unwrap()),
        other => panic!("no channel {other}"),
    }
}

/// Named, but never looked up: channels are given the secret itself.
fn named() -> Secret {
    Secret::Env("NOWHERE".into())
}

pub fn azure_devops(base: &str) -> config::AzureDevops {
    config::AzureDevops {
        base_url: base.into(),
        organization: "example".into(),
        project: "Data Platform".into(),
        work_item_type: "Bug".into(),
        token: named(),
        tags: vec!["pipelines".into()],
        area_path: Some("Data Platform\\Flights".into()),
        resolve_state: Some("Resolved".into()),
        ca: None,
    }
}

pub fn github(base: &str) -> config::Github {
    config::Github {
        base_url: base.into(),
        repository: "example/flights".into(),
        token: named(),
        labels: vec!["pipelines".into()],
        close_on_resolve: true,
        ca: None,
    }
}

pub fn jira(base: &str) -> config::Jira {
    config::Jira {
        base_url: base.into(),
        project: "OPS".into(),
        issue_type: "Bug".into(),
        user: "landfall@example.com".into(),
        token: named(),
        labels: vec!["pipelines".into()],
        resolve_transition: Some("Done".into()),
        ca: None,
    }
}

/// By what trackers know the trouble of this key.
pub fn mark(key: &str) -> String {
    format!("landfall:{}", &blake3::hash(key.as_bytes()).to_hex()[..16])
}

/// How the service of that name says that all is well, to whatever it is asked.
pub fn well(name: &str, path: &str) -> Play {
    match name {
        "webhook" => Play::text(204, ""),
        "azure_devops" if path.contains("/wiql") => Play::json(200, &json!({"workItems": []})),
        "azure_devops" => Play::json(200, &json!({"id": 41, "rev": 1, "fields": {"System.State": "New"}})),
        "github" if path.contains("?labels=") => Play::json(200, &json!([])),
        "github" => Play::json(201, &json!({"number": 12, "state": "open", "labels": [{"name": mark(KEY)}]})),
        "jira" if path.ends_with("/search/jql") => Play::json(200, &json!({"issues": []})),
        "jira" => Play::json(201, &json!({"id": "10041", "key": "OPS-41"})),
        "pagerduty" => Play::json(202, &json!({"status": "success", "message": "Event processed", "dedup_key": "x"})),
        "slack" => Play::text(200, "ok"),
        "teams" => Play::text(202, ""),
        "ntfy" => Play::json(200, &json!({"id": "sPs71M8A2T", "event": "message", "topic": "landfall"})),
        other => panic!("no channel {other}"),
    }
}
