//! Requests to the gateway of a Cosmos DB account: signed, repeated when it asks to slow down, and with words that a
//! person understands.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, Response, Url, redirect};
use serde_json::Value;
use sha2::Sha256;

use crate::domain::location::Location;
use crate::domain::secret::{Revealed, conceal};
use crate::domain::text::one_line;
use crate::lake::tls;
use crate::lake::trouble::{Cause, Trouble};

/// The version of the interface.
const VERSION: &str = "2018-12-31";
/// So often a request is made in all when the server asks to slow down.
const TRIES: u32 = 6;
/// Longer than this nobody waits on a server's word.
const LONGEST: Duration = Duration::from_secs(30);
/// No answer is larger: a page has 4 MB at most.
const LARGEST: usize = 64 << 20;

/// The gateway, and which container is meant.
pub struct Gateway {
    client: Client,
    endpoint: Url,
    key: Revealed,
    database: String,
    container: String,
}

/// An answer.
pub struct Page {
    /// Its body.
    pub body: Value,
    /// By which the next page is asked for.
    pub continuation: Option<String>,
    /// The server's clock, as in a header of HTTP.
    pub date: Option<String>,
}

impl Page {
    /// The documents in it.
    pub fn documents(&self) -> &[Value] {
        self.body["Documents"].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

/// A configuration that leads nowhere.
pub fn unusable(words: String) -> Trouble {
    Trouble { cause: Cause::Unusable, words }
}

impl Gateway {
    /// That of the account at `host`, or at the endpoint that the settings name.
    ///
    /// # Errors
    /// When the key is not there, or the endpoint is no address.
    pub fn open(location: &Location, host: &str, database: String, container: String) -> Result<Self, Trouble> {
        tls::use_ring();
        let text = |key: &str| location.settings.get(key).map(|setting| setting.reveal().map_err(unusable)).transpose();
        let key = text("key")?.ok_or_else(|| unusable("no `key` is named for it in [stores]".to_owned()))?;
        let endpoint = text("endpoint")?.map_or_else(|| format!("https://{host}"), |text| text.expose().to_owned());
        let endpoint = Url::parse(&endpoint).map_err(|error| unusable(format!("`endpoint` in [stores]: {error}")))?;
        let plain = text("allow_http")?.is_some_and(|text| text.expose() == "true");
        if endpoint.cannot_be_a_base() || endpoint.scheme() != "https" && !plain {
            return Err(unusable("`endpoint` in [stores] is not of https, and `allow_http` is not set".to_owned()));
        }
        let client = Client::builder()
            .user_agent(concat!("landfall/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self { client, endpoint, key, database, container })
    }

    /// The physical partitions.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn key_ranges(&self) -> Result<Page, Trouble> {
        self.ask(Method::GET, "pkranges", Vec::new(), None).await
    }

    /// A page of at most `most` documents of a physical partition.
    ///
    /// # Errors
    /// What the server refuses.
    pub async fn query(
        &self,
        partition: &str,
        query: &Value,
        most: u64,
        continuation: Option<&str>,
    ) -> Result<Page, Trouble> {
        let mut headers = vec![
            ("content-type", "application/query+json".to_owned()),
            ("x-ms-documentdb-isquery", "True".to_owned()),
            ("x-ms-documentdb-query-enablecrosspartition", "True".to_owned()),
            ("x-ms-documentdb-partitionkeyrangeid", partition.to_owned()),
            ("x-ms-max-item-count", most.to_string()),
        ];
        headers.extend(continuation.map(|continuation| ("x-ms-continuation", continuation.to_owned())));
        self.ask(Method::POST, "docs", headers, Some(query.to_string())).await
    }

    /// What is said of a container that is not the one that was read.
    pub fn another(&self) -> Trouble {
        let words = format!(
            "the container `{}` is not the one that was read before: if it was made anew, count \
             `landing.stream.generation` up",
            self.container
        );
        Trouble { cause: Cause::Changed, words }
    }

    async fn ask(
        &self,
        method: Method,
        kind: &str,
        headers: Vec<(&'static str, String)>,
        body: Option<String>,
    ) -> Result<Page, Trouble> {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["dbs", &self.database, "colls", &self.container, kind]);
        }
        let resource = format!("dbs/{}/colls/{}", self.database, self.container);
        let mut wait = Duration::from_millis(100);
        for attempt in 1.. {
            let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let mut request = self.client.request(method.clone(), url.clone());
            request = request.header("x-ms-version", VERSION).header("x-ms-date", &date);
            request = request.header("authorization", self.signature(method.as_str(), kind, &resource, &date)?);
            for (name, value) in &headers {
                request = request.header(*name, value);
            }
            let request = if let Some(body) = &body { request.body(body.clone()) } else { request };
            let answer = request.send().await.map_err(|error| self.cut(&error))?;
            let status = answer.status().as_u16();
            if !matches!(status, 429 | 449 | 503) || attempt == TRIES {
                return self.read(answer).await;
            }
            tokio::time::sleep(told(&answer).unwrap_or(wait).min(LONGEST)).await;
            wait *= 2;
        }
        Err(unusable("nothing was asked".to_owned()))
    }

    /// The token that a master key gives a request: HMAC-SHA256 over verb, kind and name of the resource, and date
    /// ("Access control on Azure Cosmos DB resources" in the service's REST reference).
    fn signature(&self, verb: &str, kind: &str, resource: &str, date: &str) -> Result<String, Trouble> {
        let wrong = || unusable("the `key` in [stores] is no key: it is not in base64".to_owned());
        let key = STANDARD.decode(self.key.expose()).map_err(|_| wrong())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| wrong())?;
        mac.update(format!("{}\n{kind}\n{resource}\n{}\n\n", verb.to_lowercase(), date.to_lowercase()).as_bytes());
        let token = format!("type=master&ver=1.0&sig={}", STANDARD.encode(mac.finalize().into_bytes()));
        Ok(url::form_urlencoded::byte_serialize(token.as_bytes()).collect())
    }

    async fn read(&self, mut answer: Response) -> Result<Page, Trouble> {
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, continuation, date) = (answer.status(), header("x-ms-continuation"), header("date"));
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.cut(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                return Err(unusable("an answer of the server is larger than any page of documents".to_owned()));
            }
        }
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if status.is_success() {
            let continuation = continuation.filter(|text| !text.is_empty());
            return Ok(Page { body, continuation, date });
        }
        let said = body["message"].as_str().unwrap_or_default();
        Err(self.refused(status.as_u16(), said))
    }

    fn refused(&self, status: u16, said: &str) -> Trouble {
        let (cause, words) = match status {
            401 => (
                Cause::Denied,
                "the account refuses the key (401): check `key` in [stores], and the clock of this machine".to_owned(),
            ),
            403 => (
                Cause::Denied,
                format!("the account forbids it (403): check its firewall and whether keys may be used ({said})"),
            ),
            404 => (
                Cause::NoContainer,
                format!(
                    "there is no container `{}` in a database `{}` (404): create it, or correct the URL",
                    self.container, self.database
                ),
            ),
            410 => (Cause::Changed, "a partition was just split (410): the next look goes on".to_owned()),
            429 | 449 | 503 => (
                Cause::Busy,
                format!("the account asks to slow down ({status}) and kept asking: it is tried again later"),
            ),
            _ => (Cause::Other, format!("the account answers {status}: {said}")),
        };
        let short: String = words.chars().take(400).collect();
        Trouble { cause, words: one_line(&conceal(&short, [&self.key])) }
    }

    fn cut(&self, error: &reqwest::Error) -> Trouble {
        let mut cause: &dyn std::error::Error = error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        let words = format!(
            "the account at {} cannot be reached, or the connection broke off: check the network and the address ({cause})",
            self.endpoint
        );
        Trouble { cause: Cause::Cut, words: one_line(&conceal(&words, [&self.key])) }
    }
}

/// How long the server wants to be left alone.
fn told(answer: &Response) -> Option<Duration> {
    let number = |name| answer.headers().get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("x-ms-retry-after-ms").map(Duration::from_millis).or(number("retry-after").map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::Gateway;
    use crate::domain::location::Location;
    use crate::domain::secret::SecretOrText;

    /// The example of the service's REST reference.
    #[test]
    fn a_request_is_signed_as_the_service_wants_it() {
        let key = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==";
        let mut location = Location::from("cosmos://account.example/ToDoList/Items");
        location.settings.insert("key".into(), SecretOrText::Text(key.into()));
        let gateway = Gateway::open(&location, "account.example", "ToDoList".into(), "Items".into()).unwrap();
        let token = gateway.signature("GET", "dbs", "dbs/ToDoList", "Thu, 27 Apr 2017 00:51:12 GMT").unwrap();
        assert_eq!(token, "type%3Dmaster%26ver%3D1.0%26sig%3Dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2Bc%2Bc%3D");
        let words = gateway.refused(500, &format!("no {key}\x1b")).words;
        assert!(words.contains("no ***\\x1b"), "{words}");
    }
}
