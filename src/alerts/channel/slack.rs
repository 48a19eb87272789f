//! A Slack channel, by an incoming webhook.
//!
//! Limits: 3,000 characters a text block, 150 a header; about one message a second. Success is 200 with the body `ok`;
//! what is wrong is named in plain text (`invalid_payload`, `no_service`, `channel_is_archived`, …). Texts go as plain
//! text, so that a file called `<!channel>` wakes nobody.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::{Value, json};

use super::cut::characters;
use super::http::{Http, address};
use super::{Channel, Message, Sent, title};

/// Most characters of a text block.
const LONGEST_BLOCK: usize = 3_000;
/// Most characters of a header block.
const LONGEST_HEADER: usize = 150;
/// What to do about a status.
const HINTS: [(u16, &str); 3] = [
    (403, "make a new webhook for the channel"),
    (404, "the webhook is gone: make a new one"),
    (410, "the channel is archived: make a webhook for another one"),
];

/// An incoming webhook of Slack.
pub struct Slack {
    http: Http,
    url: Url,
}

impl Slack {
    /// The webhook at `url`, which is a secret.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP.
    pub fn new(mut http: Http, url: &str) -> Result<Self, String> {
        let url = address(url, &[])?;
        http.hide_address(&url);
        Ok(Self { http, url })
    }

    async fn tell(&self, message: Message<'_>) -> Result<Sent, Sent> {
        let answer = self.http.ask(self.http.post(&self.url, &body(message))).await?.accepted(&HINTS)?;
        match answer.body.trim() {
            "ok" => Ok(answer.delivered()),
            _ => Err(answer.refused(&format!("took the message, but does not answer as Slack: {}", answer.said()))),
        }
    }
}

impl Channel for Slack {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.url, self.tell(message)).boxed()
    }
}

fn body(message: Message<'_>) -> Value {
    let plain = |text: String| json!({"type": "plain_text", "text": text, "emoji": false});
    let mut blocks = vec![json!({"type": "header", "text": plain(characters(title(message), LONGEST_HEADER))})];
    if !message.text.trim().is_empty() {
        blocks.push(json!({"type": "section", "text": plain(characters(message.text, LONGEST_BLOCK))}));
    }
    if let Some(link) = message.notice.link.as_deref().and_then(|link| address(link, &[]).ok()) {
        let link = format!("<{}|Open>", escaped(link.as_str()).replace('|', "%7C"));
        blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": link}}));
    }
    // Shown where blocks are not: in notifications.
    json!({"text": escaped(&characters(title(message), LONGEST_HEADER)), "blocks": blocks})
}

/// Without signs that Slack takes for commands.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
