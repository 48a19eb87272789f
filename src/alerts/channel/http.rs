//! HTTP as the channels speak it: bounded in time and size, without redirects, and with words a person understands.
//!
//! | what happens | it is |
//! | --- | --- |
//! | the name is unknown, no connection, a certificate that is not trusted, a cut or silent connection | retry |
//! | 408, 425, 429, 5xx; 403 that says when to come back | retry, after `Retry-After` where it is given |
//! | a redirect: nobody is told anything at another address than the one that was set | refused |
//! | 203: somebody between answered, most often with a page to log in | refused |
//! | any other 4xx | refused |
//! | other 2xx | the channel reads the answer: several services say 200 and mean no |

use std::error::Error;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Client, Method, RequestBuilder, Url, redirect};

use super::Sent;
use super::answer::Answer;
use super::cut::characters;
use crate::domain::clock::Clock;
use crate::domain::text::one_line;
use crate::lake::tls;

/// Longest time for a connection; a service that is there answers well within it.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes read of an answer: what tells how it went stands at its beginning.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Most characters kept of what is said about an attempt.
const LONGEST_DETAIL: usize = 500;
/// Secrets shorter than this are not looked for in answers: they would be found everywhere.
const SHORTEST_SECRET: usize = 4;
/// A part of an address that is at least as long is taken for a token.
const SHORTEST_TOKEN: usize = 12;

/// A client of one channel.
#[derive(Clone)]
pub struct Http {
    client: Client,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    hidden: Vec<String>,
}

impl Http {
    /// A client that gives one message `timeout` in all, however many requests it takes, and trusts the certificate
    /// authorities in the PEM file `ca` besides the system's.
    ///
    /// # Errors
    /// One sentence: the file cannot be read or holds no certificate, or the system's certificates cannot be had.
    pub fn new(timeout: Duration, ca: Option<&Path>, clock: Arc<dyn Clock>) -> Result<Self, String> {
        tls::use_ring();
        let mut builder = Client::builder()
            .user_agent(concat!("landfall/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT);
        if let Some(path) = ca {
            let pem = std::fs::read(path).map_err(|error| format!("cannot read `ca` {}: {error}", path.display()))?;
            let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if found.is_empty() {
                return Err(format!("`ca` {} holds no certificate in PEM form", path.display()));
            }
            builder = builder.tls_certs_merge(found);
        }
        let client = builder.build().map_err(|error| format!("HTTP is not to be had: {}", root(&error)))?;
        Ok(Self { client, timeout, clock, hidden: Vec::new() })
    }

    /// Never lets `secret` into a text, even if a receiver repeats it.
    pub(super) fn hide(&mut self, secret: &str) {
        if secret.len() >= SHORTEST_SECRET {
            self.hidden.push(secret.to_owned());
        }
    }

    /// As [`Http::hide`], for a name and a password, also in the form they have in a header.
    pub(super) fn hide_login(&mut self, user: &str, password: &str) {
        self.hide(password);
        self.hide(&STANDARD.encode(format!("{user}:{password}")));
    }

    /// As [`Http::hide`], for an address that is a secret: all of it, its path, and what in it looks like a token.
    pub(super) fn hide_address(&mut self, address: &Url) {
        self.hide(address.as_str());
        self.hide(address.path());
        self.hide(address.password().unwrap_or_default());
        let last = address.path_segments().into_iter().flatten().next_back().map(str::to_owned);
        let values = address.query_pairs().map(|(_, value)| value.into_owned());
        values.chain(last).filter(|part| part.len() >= SHORTEST_TOKEN).for_each(|token| self.hide(&token));
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(super) fn request(&self, method: Method, address: Url) -> RequestBuilder {
        self.client.request(method, address)
    }

    pub(super) fn post(&self, address: &Url, json: &serde_json::Value) -> RequestBuilder {
        self.request(Method::POST, address.clone()).json(json)
    }

    /// Sends a request and reads the beginning of its answer, whatever its status.
    ///
    /// # Errors
    /// What became of the message when there is no answer.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, Sent> {
        self.ask_for(LONGEST_ANSWER, request).await
    }

    /// As [`Http::ask`], reading at most `most` bytes.
    pub(super) async fn ask_for(&self, most: usize, request: RequestBuilder) -> Result<Answer, Sent> {
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let mut answer = Answer::begun(&response, self.clock.now());
        let mut body = Vec::new();
        while body.len() < most {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // What a status of failure means is known without its body.
                Err(_) if !answer.status.is_success() => break,
                Err(_) => {
                    let detail = format!("{} broke off in the middle of its answer", answer.host);
                    return Err(Sent::Retry { detail, after: None });
                }
            }
        }
        body.truncate(most);
        answer.body = self.without_secrets(&String::from_utf8_lossy(&body));
        Ok(answer)
    }

    /// Tells something within the channel's time limit. What comes out is one bounded line without secrets.
    pub(super) async fn within(&self, host: &Url, telling: impl Future<Output = Result<Sent, Sent>>) -> Sent {
        let late = || {
            let detail = format!("{} did not answer within {} s", host_of(host), self.timeout.as_secs_f64());
            Err(Sent::Retry { detail, after: None })
        };
        let told = tokio::time::timeout(self.timeout, telling).await.unwrap_or_else(|_| late());
        match told.unwrap_or_else(|not| not) {
            Sent::Delivered { detail, remote } => Sent::Delivered { detail: self.presentable(&detail), remote },
            Sent::Retry { detail, after } => Sent::Retry { detail: self.presentable(&detail), after },
            Sent::Refused { detail } => Sent::Refused { detail: self.presentable(&detail) },
        }
    }

    /// One bounded line without secrets.
    pub(super) fn presentable(&self, text: &str) -> String {
        characters(&one_line(self.without_secrets(text).trim()), LONGEST_DETAIL)
    }

    fn without_secrets(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

/// The address `base` with further path segments, each encoded.
///
/// # Errors
/// One sentence, without the address: it may be a secret.
pub(super) fn address(base: &str, segments: &[&str]) -> Result<Url, String> {
    let wrong = || "the address is not one of HTTP: it must begin with https:// and name a host".to_owned();
    let mut address = Url::parse(base).map_err(|_| wrong())?;
    if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
        return Err(wrong());
    }
    address.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(segments);
    Ok(address)
}

pub(super) fn host_of(address: &Url) -> String {
    one_line(address.host_str().unwrap_or("the receiver"))
}

/// A request that got no answer. The address never comes along: the webhooks of chats have their secret in it.
fn unreachable(error: &reqwest::Error) -> Sent {
    let host = error.url().map_or_else(|| "the receiver".into(), host_of);
    let cause = root(error);
    let detail = match () {
        () if error.is_builder() => {
            let detail = "the request could not be made: a header or the address has signs that HTTP does not allow";
            return Sent::Refused { detail: detail.into() };
        }
        () if cause.contains("certificate") => {
            format!("the certificate of {host} is not trusted: {cause}{}", certificate_hint(&cause))
        }
        () if error.is_timeout() => format!("{host} could not be reached in time"),
        () if error.is_connect() => format!("no connection to {host}: {cause}"),
        () => format!("the connection to {host} broke: {cause}"),
    };
    Sent::Retry { detail, after: None }
}

fn certificate_hint(cause: &str) -> &'static str {
    if cause.contains("UnknownIssuer") { ": if its authority is your own, name that in `ca`" } else { "" }
}

/// What an error says at its root, where reqwest has no address in it.
fn root(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    innermost.to_string()
}
