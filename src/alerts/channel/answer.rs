//! What a receiver answered over HTTP, and what that means.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::Sent;
use super::cut::characters;
use super::http::host_of;
use crate::domain::Instant;

/// The longest that a receiver may ask to wait: notices do not live longer.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// Most characters quoted from an answer.
const LONGEST_QUOTE: usize = 300;

/// An answer, its body bounded.
pub(super) struct Answer {
    pub host: String,
    pub status: StatusCode,
    pub html: bool,
    /// How long the receiver asked to wait.
    pub after: Option<Duration>,
    /// Where a redirect leads, without its path.
    elsewhere: Option<String>,
    /// Whether it leads to a page to log in.
    pub sign_in: bool,
    pub body: String,
}

impl Answer {
    /// Its head.
    pub fn begun(response: &Response, now: Instant) -> Self {
        let headers = response.headers();
        let html = text(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("html"));
        let elsewhere = text(headers, LOCATION.as_str()).and_then(|to| response.url().join(to).ok());
        Self {
            host: host_of(response.url()),
            status: response.status(),
            html,
            after: wait(headers, now),
            elsewhere: elsewhere.as_ref().map(Url::origin).map(|origin| origin.ascii_serialization()),
            sign_in: response.status().is_redirection()
                && elsewhere.as_ref().is_some_and(|to| to.path().to_lowercase().contains("signin")),
            body: String::new(),
        }
    }

    /// The answer, if its status is one of success.
    ///
    /// # Errors
    /// What became of the message: see [`super::http`]. `hints` say what to do about a status.
    pub fn accepted(self, hints: &[(u16, &str)]) -> Result<Self, Sent> {
        let status = self.status;
        let code = status.as_u16();
        if status.is_redirection() {
            let to = self.elsewhere.as_deref().unwrap_or("an address it does not name");
            return Err(self.refused(&format!("leads on to {to}: if that is right, set the address so")));
        }
        if code == 203 {
            return Err(self.refused("answered 203, which is somebody between: is the token right, is there a proxy?"));
        }
        if status.is_success() {
            return Ok(self);
        }
        let hint = hints.iter().find(|(of, _)| *of == code).map(|(_, hint)| format!(": {hint}")).unwrap_or_default();
        let said = match self.said() {
            said if said.is_empty() => String::new(),
            said => format!(" ({said})"),
        };
        let detail = format!("{} answered {status}{said}{hint}", self.host);
        let later =
            matches!(code, 408 | 425 | 429) || status.is_server_error() || (code == 403 && self.after.is_some());
        Err(if later { Sent::Retry { detail, after: self.after } } else { Sent::Refused { detail } })
    }

    /// The JSON it holds.
    ///
    /// # Errors
    /// It holds none: the request may have been done, so that it is worth another look.
    pub fn json(&self) -> Result<Value, Sent> {
        serde_json::from_str(&self.body).map_err(|_| {
            let detail =
                format!("{} answered {} with something that is not JSON: {}", self.host, self.status, self.said());
            Sent::Retry { detail, after: None }
        })
    }

    /// A refusal: `what` is said of the host.
    pub fn refused(&self, what: &str) -> Sent {
        Sent::Refused { detail: format!("{} {what}", self.host) }
    }

    /// Delivered, with the status for the record.
    pub fn delivered(&self) -> Sent {
        Sent::Delivered { detail: format!("{} answered {}", self.host, self.status), remote: None }
    }

    /// The gist of the body: what its JSON says is wrong, the title of its page, or its beginning.
    pub fn said(&self) -> String {
        let json = serde_json::from_str::<Value>(&self.body).ok();
        let gist = match json.as_ref().and_then(complaint) {
            Some(complaint) => complaint,
            None => title(&self.body).unwrap_or(&self.body).to_owned(),
        };
        characters(gist.trim(), LONGEST_QUOTE)
    }
}

/// What a JSON answer of the services and their like says is wrong.
pub(super) fn complaint(json: &Value) -> Option<String> {
    const KEYS: [&str; 8] =
        ["message", "error", "errors", "errorMessages", "error_description", "detail", "reason", "title"];
    let said: Vec<String> = KEYS.iter().filter_map(|key| json.get(key)).filter_map(plain).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Array(all) if all.is_empty() => None,
        Value::Object(all) if all.is_empty() => None,
        Value::Null | Value::Bool(_) => None,
        other => Some(other.to_string()),
    }
}

fn title(page: &str) -> Option<&str> {
    let from = page.find("<title>")? + "<title>".len();
    let to = page[from..].find("</title>")? + from;
    Some(&page[from..to])
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After` in seconds or as a date; GitHub says instead when its limit begins anew.
fn wait(headers: &HeaderMap, now: Instant) -> Option<Duration> {
    let until = |then: Instant| (then - now).to_std().unwrap_or_default();
    let asked = match text(headers, RETRY_AFTER.as_str()) {
        Some(given) => match given.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => DateTime::parse_from_rfc2822(given).ok().map(|date| until(date.to_utc())),
        },
        None if text(headers, "x-ratelimit-remaining") == Some("0") => text(headers, "x-ratelimit-reset")
            .and_then(|reset| reset.parse().ok())
            .and_then(|reset| DateTime::from_timestamp(reset, 0))
            .map(until),
        None => None,
    };
    asked.map(|asked| asked.min(LONGEST_WAIT))
}
