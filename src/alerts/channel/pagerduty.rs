//! Incidents of PagerDuty, by Events v2.
//!
//! Limits: 255 characters a key, 1,024 a summary, 512 KB an event. Events with one key are one incident, so that sending
//! again doubles nothing. Success is 202 with `"status": "success"`; a 400 does not become right by repeating it. With a
//! token of the REST interface acknowledgements made there come back. A test triggers an incident and resolves it.

use chrono::{DateTime, SecondsFormat};
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::cut::characters;
use super::http::{Http, address};
use super::{Acknowledged, Channel, Message, Sent, gravest, title};
use crate::domain::alert::{Notice, Occasion};

/// Most characters of a key.
const LONGEST_KEY: usize = 255;
/// Most characters of a summary.
const LONGEST_SUMMARY: usize = 1_024;
/// Most characters of the text: with its frame well below 512 KB.
const LONGEST_TEXT: usize = 16_000;
/// Most characters of a name.
const LONGEST_NAME: usize = 255;
/// What to do about a status.
const HINTS: [(u16, &str); 3] = [
    (400, "is the routing key that of an Events v2 integration?"),
    (401, "the token is wrong or has expired"),
    (403, "the token may not read incidents"),
];

/// A service of PagerDuty.
pub struct Pagerduty {
    http: Http,
    events: Url,
    incidents: Url,
    routing_key: String,
    token: Option<String>,
}

impl Pagerduty {
    /// A service that takes events at `base_url` (`https://events.pagerduty.com`) by its routing key. With a token of
    /// the REST interface, whose host is called `api.` in place of `events.`, acknowledgements are read back.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP.
    pub fn new(mut http: Http, base_url: &str, routing_key: String, token: Option<String>) -> Result<Self, String> {
        let events = address(base_url, &["v2", "enqueue"])?;
        let mut incidents = address(base_url, &["incidents"])?;
        if let Some(domain) = events.host_str().and_then(|host| host.strip_prefix("events.")) {
            incidents.set_host(Some(&format!("api.{domain}"))).map_err(|error| error.to_string())?;
        }
        http.hide(&routing_key);
        token.iter().for_each(|token| http.hide(token));
        Ok(Self { http, events, incidents, routing_key, token })
    }

    async fn tell(&self, message: Message<'_>) -> Result<Sent, Sent> {
        match message.notice.occasion {
            Occasion::Acknowledged => self.enqueue("acknowledge", message).await,
            Occasion::Resolved => self.enqueue("resolve", message).await,
            Occasion::Test => {
                self.enqueue("trigger", message).await?;
                self.enqueue("resolve", message).await
            }
            _ => self.enqueue("trigger", message).await,
        }
    }

    async fn enqueue(&self, action: &str, message: Message<'_>) -> Result<Sent, Sent> {
        let event = event(&self.routing_key, action, message);
        let answer = self.http.ask(self.http.post(&self.events, &event)).await?.accepted(&HINTS)?;
        if answer.json()?["status"] == "success" {
            return Ok(answer.delivered());
        }
        Err(answer.refused(&format!("took the event, but does not answer as PagerDuty: {}", answer.said())))
    }

    async fn ask_whether(&self, token: &str, key: &str) -> Result<Option<Acknowledged>, Sent> {
        let query = [("incident_key", key), ("statuses[]", "acknowledged"), ("date_range", "all"), ("limit", "1")];
        let request = self.http.request(Method::GET, self.incidents.clone()).query(&query);
        let request = request.header(ACCEPT, "application/json").header(AUTHORIZATION, format!("Token token={token}"));
        let answer = self.http.ask(request).await?.accepted(&HINTS)?.json()?;
        let incident = &answer["incidents"][0];
        if incident["status"] != "acknowledged" {
            return Ok(None);
        }
        let last = incident["acknowledgements"].as_array().and_then(|all| all.last()).unwrap_or(&Value::Null);
        let who = last["acknowledger"]["summary"].as_str().unwrap_or("somebody at PagerDuty");
        let at = last["at"].as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        Ok(Some(Acknowledged {
            key: key.to_owned(),
            who: characters(&self.http.presentable(who), LONGEST_NAME),
            at: at.map(|at| at.to_utc()),
        }))
    }

    async fn ask_all(&self, keys: &[String], found: &mut Vec<Acknowledged>) -> Result<Sent, Sent> {
        if let Some(token) = &self.token {
            for key in keys {
                found.extend(self.ask_whether(token, key).await?);
            }
        }
        Ok(Sent::Delivered { detail: String::new(), remote: None })
    }
}

impl Channel for Pagerduty {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.events, self.tell(message)).boxed()
    }

    fn acknowledged<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Acknowledged>, String>> {
        async move {
            let mut found = Vec::new();
            match self.http.within(&self.incidents, self.ask_all(keys, &mut found)).await {
                Sent::Delivered { .. } => Ok(found),
                Sent::Retry { detail, .. } | Sent::Refused { detail } => Err(detail),
            }
        }
        .boxed()
    }
}

fn event(routing_key: &str, action: &str, message: Message<'_>) -> Value {
    let mut event = json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": characters(message.key, LONGEST_KEY),
    });
    if action == "trigger" {
        event["payload"] = payload(message);
        event["client"] = json!("Landfall");
        if let Some(link) = message.notice.link.as_deref().and_then(|link| address(link, &[]).ok()) {
            event["client_url"] = json!(link.as_str());
            event["links"] = json!([{"href": link.as_str(), "text": "Open"}]);
        }
    }
    event
}

fn payload(message: Message<'_>) -> Value {
    let Notice { workspace, group, alerts, at, total, .. } = message.notice;
    let name = |text: &str| characters(text, LONGEST_NAME);
    let first = alerts.first();
    json!({
        "summary": characters(title(message), LONGEST_SUMMARY),
        "source": name(if workspace.is_empty() { "landfall" } else { workspace }),
        // One of PagerDuty's own four; the names are the same.
        "severity": gravest(message.notice).name(),
        "timestamp": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "component": first.map(|alert| name(&alert.pipeline)),
        "group": name(group),
        "class": first.map(|alert| alert.finding.kind.key()),
        "custom_details": {"text": characters(message.text, LONGEST_TEXT), "alerts": total},
    })
}
