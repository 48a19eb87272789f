//! A Microsoft Teams channel, by a workflow that takes adaptive cards (version 1.4).
//!
//! Limits: 28 KB a message in all. The workflow answers 202 with nothing; the connectors it replaced could answer 200
//! and name the error in the body, so that the body is read. Texts go as runs of a rich text block, which knows no
//! markup: `[text](address)` in a file name makes no link.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::{Value, json};

use super::answer::Answer;
use super::cut::json_bytes;
use super::http::{Http, address};
use super::{Channel, Message, Sent, title};

/// Most bytes of the text as JSON: with title, link and frame well below 28 KB.
const LONGEST_TEXT: usize = 20_000;
/// Most bytes of the title as JSON.
const LONGEST_TITLE: usize = 1_000;
/// Longest link that is made a button.
const LONGEST_LINK: usize = 2_000;
/// What to do about a status.
const HINTS: [(u16, &str); 4] = [
    (400, "is the address that of a workflow `when a Teams webhook request is received`?"),
    (401, "copy the workflow's address again, with its signature"),
    (403, "copy the workflow's address again, with its signature"),
    (404, "the workflow is gone or switched off"),
];

/// A workflow of Teams.
pub struct Teams {
    http: Http,
    url: Url,
}

impl Teams {
    /// The workflow at `url`, which is a secret.
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
        doubt(&answer).map_or_else(|| Ok(answer.delivered()), Err)
    }
}

impl Channel for Teams {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.url, self.tell(message)).boxed()
    }
}

fn body(message: Message<'_>) -> Value {
    let rich = |run: Value| json!({"type": "RichTextBlock", "inlines": [run]});
    let title = json_bytes(title(message), LONGEST_TITLE);
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": title,
        "body": [
            rich(json!({"type": "TextRun", "text": title, "weight": "bolder", "size": "medium"})),
            rich(json!({"type": "TextRun", "text": json_bytes(message.text, LONGEST_TEXT)})),
        ],
    });
    let link = message.notice.link.as_deref().and_then(|link| address(link, &[]).ok());
    if let Some(link) = link.filter(|link| link.as_str().len() <= LONGEST_LINK) {
        card["actions"] = json!([{"type": "Action.OpenUrl", "title": "Open", "url": link.as_str()}]);
    }
    let attachment =
        json!({"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card});
    json!({"type": "message", "attachments": [attachment]})
}

/// A success whose body is a page, or tells of an error.
fn doubt(answer: &Answer) -> Option<Sent> {
    if answer.html {
        return Some(answer.refused("answers with a page: copy the workflow's address again"));
    }
    let said = answer.body.to_lowercase();
    let json = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
    if !(said.contains("http error") || said.contains("delivery failed") || json.get("error").is_some()) {
        return None;
    }
    let detail = format!("{} answered {} and then said: {}", answer.host, answer.status, answer.said());
    let later = ["429", "500", "502", "503", "504"].iter().any(|status| said.contains(status));
    Some(if later { Sent::Retry { detail, after: answer.after } } else { Sent::Refused { detail } })
}
