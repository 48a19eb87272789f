//! Issues of GitHub, on github.com or a server of one's own.
//!
//! Limits: 256 characters a title, 65,536 a text. An issue carries the label `landfall:<hash>`, and the same in a
//! comment of its text. Who may not set labels is not told so, the label is just not there; then the issue is known
//! only by its recorded number, and the delivery says so. Limits of the rate are answered with 403 as well as 429.
//! Texts go as a code block, in which `@name` calls nobody and `#1` links nothing. A test reads the repository.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};

use super::answer::Answer;
use super::http::{Http, address};
use super::tracker::{self, Tracker};
use super::{Channel, Message, Sent};
use crate::config::channels::Github as Settings;

/// Most bytes read of an answer: an issue comes with all its text, which people may have made long.
const LONGEST_ANSWER: usize = 512 * 1024;
/// What to do about a status.
const HINTS: [(u16, &str); 4] = [
    (401, "the token is wrong or has expired"),
    (403, "may the token write issues of this repository?"),
    (404, "is there such a repository, and may the token see it?"),
    (410, "the repository has no issues: switch them on in its settings"),
];

/// A repository.
pub struct Github {
    http: Http,
    /// Of the repository.
    base: Url,
    settings: Settings,
    token: String,
}

impl Github {
    /// A repository.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP, or the repository is not of the form `owner/name`.
    pub fn new(mut http: Http, settings: Settings, token: String) -> Result<Self, String> {
        let (owner, name) = settings.repository.split_once('/').ok_or("the repository must be written `owner/name`")?;
        let base = address(&settings.base_url, &["repos", owner, name])?;
        http.hide(&token);
        Ok(Self { http, base, settings, token })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Sent> {
        let to = address(self.base.as_str(), path).map_err(|detail| Sent::Refused { detail })?;
        let request = self.http.request(method, to).header(ACCEPT, "application/vnd.github+json");
        Ok(request.header("X-GitHub-Api-Version", "2022-11-28").bearer_auth(&self.token))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Sent> {
        self.http.ask_for(LONGEST_ANSWER, request).await?.accepted(&HINTS)
    }
}

impl Channel for Github {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.base, tracker::tell(self, message)).boxed()
    }
}

impl Tracker for Github {
    async fn is_open(&self, item: &str) -> Result<bool, Sent> {
        let request = self.request(Method::GET, &["issues", item])?;
        let answer = self.http.ask_for(LONGEST_ANSWER, request).await?;
        // Deleted, or moved to another repository.
        if matches!(answer.status.as_u16(), 301 | 404 | 410) {
            return Ok(false);
        }
        Ok(answer.accepted(&HINTS)?.json()?["state"] == "open")
    }

    async fn find(&self, mark: &str) -> Result<Option<String>, Sent> {
        let query = [("labels", mark), ("state", "open"), ("per_page", "1")];
        let found = self.ask(self.request(Method::GET, &["issues"])?.query(&query)).await?.json()?;
        Ok(number(&found[0]))
    }

    async fn create(&self, mark: &str, title: &str, text: &str) -> Result<(String, &'static str), Sent> {
        let mut labels = vec![mark];
        labels.extend(self.settings.labels.iter().map(String::as_str));
        let body = format!("{}\n\n<!-- {mark} -->", code(text));
        let issue = json!({"title": title, "body": body, "labels": labels});
        let answer = self.ask(self.request(Method::POST, &["issues"])?.json(&issue)).await?;
        let made = answer.json()?;
        let number = number(&made).ok_or_else(|| answer.refused("does not answer as GitHub: is `base_url` right?"))?;
        let marked = made["labels"].as_array().is_some_and(|labels| labels.iter().any(|label| label["name"] == mark));
        Ok((number, if marked { "" } else { ", without its label: let the token write the repository's labels" }))
    }

    async fn comment(&self, item: &str, text: &str, over: bool) -> Result<(), Sent> {
        let comment = self.request(Method::POST, &["issues", item, "comments"])?.json(&json!({"body": code(text)}));
        self.ask(comment).await?;
        if over && self.settings.close_on_resolve {
            let closed = json!({"state": "closed", "state_reason": "completed"});
            self.ask(self.request(Method::PATCH, &["issues", item])?.json(&closed)).await?;
        }
        Ok(())
    }

    async fn rehearse(&self, _title: &str, _text: &str) -> Result<String, Sent> {
        let answer = self.ask(self.request(Method::GET, &[])?).await?;
        let repository = answer.json()?;
        if repository["archived"] == true {
            return Err(answer.refused("says that the repository is archived: nobody can write to it"));
        }
        if repository["has_issues"] == false {
            return Err(answer.refused("says that the repository has no issues: switch them on in its settings"));
        }
        Ok(format!("{} let the token read {}; no issue was made", answer.host, self.settings.repository))
    }
}

fn number(issue: &Value) -> Option<String> {
    issue["number"].as_u64().map(|number| number.to_string())
}

/// Text as a code block that it cannot end.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn no_text_ends_the_code_block_it_stands_in() {
        assert_eq!(code("plain"), "```text\nplain\n```");
        assert_eq!(code("a ```` b"), "`````text\na ```` b\n`````");
    }
}
