//! What an object store refused, in words for the person who has to mend it.

use std::error::Error;

use object_store::Error as StoreError;

use crate::domain::secret::{Revealed, conceal};
use crate::domain::text::one_line;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There is no such object.
    Missing,
    /// The name is taken.
    Exists,
    /// The object is another version than the one asked for.
    Changed,
    /// The credentials are wrong, or have not the right.
    Denied,
    /// The credentials were good once.
    Expired,
    /// There is no such container or bucket.
    NoContainer,
    /// Too many requests, or the server is busy.
    Busy,
    /// The server cannot be reached, or the connection broke off.
    Cut,
    /// The configuration cannot lead anywhere.
    Unusable,
    /// Anything else.
    Other,
}

/// A refusal: what kind, and one clause that says what it was and what to do. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind.
    pub cause: Cause,
    /// What happened and what to do.
    pub words: String,
}

impl Trouble {
    /// What is no refusal of the store's.
    pub fn other(words: String) -> Self {
        Self { cause: Cause::Other, words }
    }

    /// Reads an error of the store at the URL `root`, which was opened with `secrets`.
    pub fn of(root: &str, error: &StoreError, secrets: &[Revealed]) -> Self {
        let said = whole(error);
        let (status, code) = (status(&said), code(&said));
        let answer = match (status, &code) {
            (Some(status), Some(code)) => format!(" ({status} {code})"),
            (Some(status), None) => format!(" ({status})"),
            _ => String::new(),
        };
        let container = container(root);
        let cause = cause(error, status, code.as_deref(), &said);
        let words = match cause {
            Cause::Missing => "there is no such object".to_owned(),
            Cause::Exists => "there is such an object already".to_owned(),
            Cause::Changed => "it is another version by now".to_owned(),
            Cause::Denied => format!(
                "the store refuses the credentials{answer}: check the key in [stores] or in the environment, and its \
                 rights to `{container}`"
            ),
            Cause::Expired => format!("the credentials have expired{answer}: renew them"),
            Cause::NoContainer => {
                format!("there is no container or bucket `{container}`{answer}: create it, or correct the URL")
            }
            Cause::Busy => {
                format!("the store asks to slow down{answer} and kept asking: it is tried again later")
            }
            Cause::Cut => format!(
                "the store cannot be reached, or the connection broke off: check the network and `endpoint` ({})",
                innermost(error)
            ),
            Cause::Unusable | Cause::Other => plain(&said),
        };
        Self { cause, words: one_line(&conceal(&words, secrets)) }
    }
}

fn cause(error: &StoreError, status: Option<u16>, code: Option<&str>, said: &str) -> Cause {
    let code = code.unwrap_or_default();
    let expired = ["expired", "time frame", "Lifetime validation"].iter().any(|word| said.contains(word));
    match (error, status) {
        _ if matches!(code, "NoSuchBucket" | "ContainerNotFound") => Cause::NoContainer,
        (_, Some(404)) if said.contains("bucket does not exist") => Cause::NoContainer,
        _ if matches!(code, "ExpiredToken" | "TokenRefreshRequired" | "ExpiredAuthenticationToken") => Cause::Expired,
        (_, Some(401 | 403)) if expired => Cause::Expired,
        (StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. }, _) => Cause::Denied,
        _ if matches!(code, "InvalidAccessKeyId" | "InvalidToken" | "SignatureDoesNotMatch") => Cause::Denied,
        (_, Some(401 | 403)) => Cause::Denied,
        (StoreError::NotFound { .. }, _) => Cause::Missing,
        (StoreError::AlreadyExists { .. }, _) => Cause::Exists,
        (StoreError::Precondition { .. } | StoreError::NotModified { .. }, _) => Cause::Changed,
        (_, Some(429 | 503)) => Cause::Busy,
        _ if matches!(code, "SlowDown" | "ServerBusy") => Cause::Busy,
        (_, None) if said.contains("HTTP error") || said.contains("error sending request") => Cause::Cut,
        _ => Cause::Other,
    }
}

/// An error with everything that led to it: some links of the chain say less than those behind them.
pub fn whole(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        next = cause.source();
    }
    said
}

fn innermost(error: &StoreError) -> String {
    let mut last: &dyn Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    plain(&last.to_string())
}

/// The status of the answer, as `object_store` writes it.
fn status(said: &str) -> Option<u16> {
    let after = said.split("status code: ").nth(1)?;
    after.get(..3)?.parse().ok()
}

/// The error code of the answer, which S3 and Azure put into the same element.
fn code(said: &str) -> Option<String> {
    let code = said.split("<Code>").nth(1)?.split("</Code>").next()?;
    (code.len() < 64 && code.chars().all(|c| c.is_ascii_alphanumeric())).then(|| code.to_owned())
}

/// The container or bucket that a URL names.
fn container(root: &str) -> String {
    let Ok(url) = url::Url::parse(root) else { return String::new() };
    match url.username() {
        "" => url.host_str().unwrap_or_default().to_owned(),
        container => container.to_owned(),
    }
}

/// A text without what follows a `?` in addresses: a signature is written there.
fn plain(said: &str) -> String {
    let word =
        |word: &str| word.split_once('?').filter(|_| word.contains("://")).map(|(address, _)| address.to_owned());
    let short: Vec<String> = said.split_whitespace().map(|w| word(w).unwrap_or_else(|| w.to_owned())).collect();
    let text = short.join(" ");
    text.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::{Cause, Trouble};
    use crate::domain::secret::Secret;

    fn error(status: &str, body: &str) -> object_store::Error {
        let source = format!(
            "Error performing GET https://a.example/landing?sig=s%2Fcret in 3ms - Server returned non-2xx status code: \
             {status}: {body}"
        );
        object_store::Error::Generic { store: "S3", source: source.into() }
    }

    fn trouble(error: &object_store::Error) -> Trouble {
        Trouble::of("abfss://landing@account.dfs.core.windows.net/x", error, &[])
    }

    #[test]
    fn every_refusal_is_named_in_plain_words() {
        let cases = [
            ("403 Forbidden", "<Error><Code>SignatureDoesNotMatch</Code></Error>", Cause::Denied, "check the key"),
            ("400 Bad Request", "<Error><Code>ExpiredToken</Code></Error>", Cause::Expired, "renew them"),
            (
                "403 Forbidden",
                "<Code>AuthenticationFailed</Code> Signature not valid in the specified time frame",
                Cause::Expired,
                "(403 AuthenticationFailed)",
            ),
            ("403 Forbidden", "<Code>AuthorizationFailure</Code>", Cause::Denied, "(403 AuthorizationFailure)"),
            ("404 Not Found", "<Code>ContainerNotFound</Code>", Cause::NoContainer, "no container or bucket `landing`"),
            ("404 Not Found", "<Code>NoSuchBucket</Code>", Cause::NoContainer, "create it, or correct the URL"),
            ("503 Service Unavailable", "<Code>ServerBusy</Code>", Cause::Busy, "slow down (503 ServerBusy)"),
            ("429 Too Many Requests", "", Cause::Busy, "slow down (429)"),
            ("500 Internal Server Error", "?", Cause::Other, "500 Internal Server Error"),
        ];
        for (status, body, cause, words) in cases {
            let found = trouble(&error(status, body));
            assert_eq!(found.cause, cause, "{status} {body}: {found:?}");
            assert!(found.words.contains(words), "{found:?}");
        }
    }

    #[test]
    fn neither_a_secret_nor_a_signature_is_in_what_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "s3cret").unwrap();
        let secret = Secret::File(path).reveal().unwrap();
        let found = Trouble::of("s3://b", &error("500 Oops", "the key s3cret is no good\x1b[2J"), &[secret]);
        assert!(!found.words.contains("s3cret") && !found.words.contains("sig="), "{found:?}");
        assert!(found.words.contains("the key *** is no good\\x1b"), "{found:?}");
    }
}
