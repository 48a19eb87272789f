//! A topic of ntfy, published as JSON so that no text becomes a header.
//!
//! Limits: 4,096 bytes a message (more would arrive as a file), twice that for the whole JSON. Success is 200 with the
//! message as JSON; a page in its place is some other server.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::{Value, json};

use super::cut::json_bytes;
use super::http::{Http, address};
use super::{Channel, Message, Sent, gravest, title};
use crate::domain::alert::{Occasion, Severity};

/// Most bytes of the message, as JSON.
const LONGEST_TEXT: usize = 4_096;
/// Most bytes of the title, as JSON.
const LONGEST_TITLE: usize = 250;
/// Longest link that is passed on.
const LONGEST_LINK: usize = 2_000;
/// What to do about a status.
const HINTS: [(u16, &str); 3] = [
    (401, "is the token right?"),
    (403, "may the token publish to this topic?"),
    (404, "is `base_url` that of an ntfy server?"),
];

/// A topic.
pub struct Ntfy {
    http: Http,
    server: Url,
    topic: String,
    token: Option<String>,
    priorities: [u8; 3],
}

impl Ntfy {
    /// A topic of the server at `base_url`, with an access token where one is needed, and the priorities (1 to 5) of
    /// info, warning and critical.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP.
    pub fn new(
        mut http: Http,
        base_url: &str,
        topic: &str,
        token: Option<String>,
        priorities: [u8; 3],
    ) -> Result<Self, String> {
        let server = address(base_url, &[])?;
        token.iter().for_each(|token| http.hide(token));
        Ok(Self { http, server, topic: topic.to_owned(), token, priorities })
    }

    async fn tell(&self, message: Message<'_>) -> Result<Sent, Sent> {
        let mut request = self.http.post(&self.server, &self.body(message));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let answer = self.http.ask(request).await?.accepted(&HINTS)?;
        let published = serde_json::from_str::<Value>(&answer.body).ok();
        match published.and_then(|published| Some(published.get("id")?.as_str()?.to_owned())) {
            Some(id) => Ok(Sent::Delivered { detail: format!("{} published it as {id}", answer.host), remote: None }),
            None => Err(answer.refused("does not answer as ntfy: is `base_url` that of an ntfy server?")),
        }
    }

    fn body(&self, message: Message<'_>) -> Value {
        let severity = gravest(message.notice);
        let over = matches!(message.notice.occasion, Occasion::Resolved | Occasion::Acknowledged);
        let [info, warning, critical] = self.priorities;
        let (priority, tag) = match severity {
            _ if over => (info, "white_check_mark"),
            Severity::Info => (info, "information_source"),
            Severity::Warning => (warning, "warning"),
            Severity::Critical => (critical, "rotating_light"),
        };
        let mut body = json!({
            "topic": self.topic,
            "title": json_bytes(title(message), LONGEST_TITLE),
            "message": json_bytes(message.text, LONGEST_TEXT),
            "priority": priority,
            "tags": [tag, severity.name(), message.notice.occasion.name()],
        });
        let link = message.notice.link.as_deref().and_then(|link| address(link, &[]).ok());
        if let Some(link) = link.filter(|link| link.as_str().len() <= LONGEST_LINK) {
            body["click"] = json!(link.as_str());
        }
        body
    }
}

impl Channel for Ntfy {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.server, self.tell(message)).boxed()
    }
}
