//! Any receiver of JSON: one POST with the whole notice, signed when there is a secret.
//!
//! The body, in a form that only ever gains keys (version 1):
//!
//! | key | what |
//! | --- | --- |
//! | `schema` | `landfall.notice/1` |
//! | `key` | what a receiver knows the trouble by: the same for all notices about it |
//! | `subject`, `text` | the notice for people; the text of at most 30,000 characters |
//! | `notice.occasion` | `fired`, `repeated`, `escalated`, `flapping`, `acknowledged`, `resolved`, `digest` or `test` |
//! | `notice.workspace`, `notice.group`, `notice.link`, `notice.at`, `notice.total` | see [`crate::domain::alert::Notice`] |
//! | `notice.alerts[]` | `id`, `fingerprint`, `pipeline`, `run`, `state`, `since`, `answer`, `ended`, `actions`, `finding` |
//! | `notice.alerts[].finding` | `kind`, `object`, `severity`, `message`, `observed`, `expected`, `unit`, `rule`, `evidence` |
//!
//! Headers: `Idempotency-Key`, the same whenever the same notice is sent again; with a secret also
//! `Landfall-Signature: t=<unix seconds>,v1=<hex>`, the HMAC-SHA256 over `<t>.<body>`. A receiver compares in constant
//! time and refuses what is older than a few minutes.
//!
//! An answer of success is believed, unless its JSON says otherwise (`"ok": false`, `"success": false`,
//! `"status": "error"`, an `error` or `errors` that is not empty).

use futures::FutureExt;
use futures::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use super::answer::{Answer, complaint};
use super::cut::characters;
use super::http::{Http, address};
use super::{Channel, Message, Sent};
use crate::domain::alert::Notice;

/// Most characters of the text for people; the figures stand in the notice.
const LONGEST_TEXT: usize = 30_000;

/// A receiver of JSON.
pub struct Webhook {
    http: Http,
    url: Url,
    secret: Option<String>,
    headers: HeaderMap,
}

impl Webhook {
    /// A receiver at `url`, with the key of the signature and further headers (name, value).
    ///
    /// # Errors
    /// One sentence: the address or a header is not one of HTTP.
    pub fn new(
        mut http: Http,
        url: &str,
        secret: Option<String>,
        headers: &[(String, String)],
    ) -> Result<Self, String> {
        let url = address(url, &[])?;
        http.hide_address(&url);
        let mut further = HeaderMap::new();
        for (name, value) in headers {
            let wrong = |_| format!("the header {} has signs that HTTP does not allow", http.presentable(name));
            let key: HeaderName = name.parse().map_err(|_| ()).map_err(wrong)?;
            let value: HeaderValue = value.parse().map_err(|_| ()).map_err(wrong)?;
            further.insert(key, value);
        }
        headers.iter().for_each(|(_, value)| http.hide(value));
        secret.iter().for_each(|secret| http.hide(secret));
        Ok(Self { http, url, secret, headers: further })
    }

    async fn tell(&self, message: Message<'_>) -> Result<Sent, Sent> {
        let body = body(message);
        let mut request = self
            .http
            .request(Method::POST, self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", idempotency_key(message));
        if let Some(secret) = &self.secret {
            let t = self.http.clock().now().timestamp();
            request = request.header("Landfall-Signature", format!("t={t},v1={}", signature(secret, t, &body)));
        }
        let answer = self.http.ask(request.headers(self.headers.clone()).body(body)).await?.accepted(&[])?;
        doubt(&answer).map_or_else(|| Ok(answer.delivered()), Err)
    }
}

impl Channel for Webhook {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.url, self.tell(message)).boxed()
    }
}

/// The notice as JSON: what [`super::command`] hands to its program, too.
pub(super) fn body(message: Message<'_>) -> String {
    json!({
        "schema": "landfall.notice/1",
        "key": message.key,
        "subject": message.subject,
        "text": characters(message.text, LONGEST_TEXT),
        "notice": message.notice,
    })
    .to_string()
}

/// One notice, however often it is sent: what it is about, why, and when that was decided.
fn idempotency_key(message: Message<'_>) -> String {
    let Notice { occasion, at, .. } = message.notice;
    let told = format!("{}\n{}\n{}", message.key, occasion.name(), at.timestamp_millis());
    blake3::hash(told.as_bytes()).to_hex()[..32].to_owned()
}

/// Hexadecimal HMAC-SHA256 (RFC 2104) over `<t>.<body>`.
fn signature(secret: &str, t: i64, body: &str) -> String {
    // A key of any length is one; were it not, the signature would be empty and nobody would believe it.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{t}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A success that its JSON denies. Sending again is harmless: the receiver has the key.
fn doubt(answer: &Answer) -> Option<Sent> {
    let json: Value = serde_json::from_str(&answer.body).ok()?;
    let no = |key: &str| json.get(key) == Some(&Value::Bool(false));
    let bad = |value: &Value| matches!(value.as_str(), Some("error" | "failed" | "failure"));
    let errors: Value = json!({"error": json.get("error"), "errors": json.get("errors")});
    let denied = no("ok") || no("success") || json.get("status").is_some_and(bad) || complaint(&errors).is_some();
    denied.then(|| {
        let detail = format!("{} answered {} and then said: {}", answer.host, answer.status, answer.said());
        Sent::Retry { detail, after: answer.after }
    })
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn a_signature_is_that_of_any_other_implementation() {
        // printf '1363000000.{}' | openssl dgst -sha256 -hmac secret
        let expected = "2cf7505c6d584c2ded0be6fb63cfd1796c134eec5cc3458cf736d93508bcf1ea";
        assert_eq!(signature("secret", 1_363_000_000, "{}"), expected);
    }
}
