//! Issues of Jira, in the cloud or a data center (REST version 2, which both have).
//!
//! Limits: 255 characters a summary, 32,767 a text. An issue carries the label `landfall:<hash>`; open ones are searched
//! by JQL. The cloud has its search at an address of its own and lets it lag some seconds behind, for which the number
//! recorded with the first delivery makes up. Texts go as `{noformat}`, in which `[~name]` calls nobody. The state is
//! changed by a named transition. A test reads the project.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};

use super::answer::Answer;
use super::http::{Http, address};
use super::tracker::{self, Tracker};
use super::{Channel, Message, Sent};
use crate::config::channels::Jira as Settings;

/// What to do about a status.
const HINTS: [(u16, &str); 3] = [
    (401, "user or token are wrong, or the token has expired"),
    (403, "may this user write issues of the project?"),
    (404, "is there such a project, and may this user see it?"),
];

/// A project of Jira.
pub struct Jira {
    http: Http,
    /// Of the interface.
    base: Url,
    settings: Settings,
    token: String,
}

impl Jira {
    /// A project. Without a user the token is the personal access token of a data center.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP.
    pub fn new(mut http: Http, settings: Settings, token: String) -> Result<Self, String> {
        let base = address(&settings.base_url, &["rest", "api", "2"])?;
        http.hide_login(&settings.user, &token);
        Ok(Self { http, base, settings, token })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Sent> {
        let to = address(self.base.as_str(), path).map_err(|detail| Sent::Refused { detail })?;
        let request = self.http.request(method, to);
        Ok(match self.settings.user.as_str() {
            "" => request.bearer_auth(&self.token),
            user => request.basic_auth(user, Some(&self.token)),
        })
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Sent> {
        self.http.ask(request).await?.accepted(&HINTS)
    }

    /// Makes the transition of that name.
    async fn resolve(&self, item: &str, name: &str) -> Result<(), Sent> {
        let path = ["issue", item, "transitions"];
        let answer = self.ask(self.request(Method::GET, &path)?).await?;
        let found = answer.json()?;
        let all = found["transitions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let called =
            |transition: &&Value| transition["name"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let Some(transition) = all.iter().find(called) else {
            let names: Vec<&str> = all.iter().filter_map(|transition| transition["name"].as_str()).collect();
            let names = names.join(", ");
            return Err(answer.refused(&format!("has no transition {name} for {item} now; there is: {names}")));
        };
        let body = json!({"transition": {"id": transition["id"]}});
        self.ask(self.request(Method::POST, &path)?.json(&body)).await.map(drop)
    }
}

impl Channel for Jira {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.base, tracker::tell(self, message)).boxed()
    }
}

impl Tracker for Jira {
    async fn is_open(&self, item: &str) -> Result<bool, Sent> {
        let request = self.request(Method::GET, &["issue", item])?.query(&[("fields", "status")]);
        let answer = self.http.ask(request).await?;
        if answer.status.as_u16() == 404 {
            return Ok(false);
        }
        let found = answer.accepted(&HINTS)?.json()?;
        Ok(found["fields"]["status"]["statusCategory"]["key"].as_str().is_some_and(|key| key != "done"))
    }

    async fn find(&self, mark: &str) -> Result<Option<String>, Sent> {
        let project = self.settings.project.replace(['"', '\\'], "");
        let jql =
            format!("project = \"{project}\" AND labels = \"{mark}\" AND statusCategory != Done ORDER BY created DESC");
        let body = json!({"jql": jql, "maxResults": 1, "fields": ["status"]});
        let cloud = self.http.ask(self.request(Method::POST, &["search", "jql"])?.json(&body)).await?;
        let answer = match cloud.status.as_u16() {
            404 | 405 => self.ask(self.request(Method::POST, &["search"])?.json(&body)).await?,
            _ => cloud.accepted(&HINTS)?,
        };
        Ok(answer.json()?["issues"][0]["key"].as_str().map(str::to_owned))
    }

    async fn create(&self, mark: &str, title: &str, text: &str) -> Result<(String, &'static str), Sent> {
        let mut labels = vec!["landfall", mark];
        labels.extend(self.settings.labels.iter().map(String::as_str));
        let fields = json!({
            "project": {"key": self.settings.project},
            "issuetype": {"name": self.settings.issue_type},
            "summary": title,
            "description": verbatim(text),
            "labels": labels,
        });
        let request = self.request(Method::POST, &["issue"])?.json(&json!({"fields": fields}));
        let answer = self.ask(request).await?;
        match answer.json()?["key"].as_str() {
            Some(key) => Ok((key.to_owned(), "")),
            None => Err(answer.refused("does not answer as Jira: is `base_url` right?")),
        }
    }

    async fn comment(&self, item: &str, text: &str, over: bool) -> Result<(), Sent> {
        let body = json!({"body": verbatim(text)});
        self.ask(self.request(Method::POST, &["issue", item, "comment"])?.json(&body)).await?;
        match &self.settings.resolve_transition {
            Some(name) if over => self.resolve(item, name).await,
            _ => Ok(()),
        }
    }

    async fn rehearse(&self, _title: &str, _text: &str) -> Result<String, Sent> {
        let Settings { project, issue_type, .. } = &self.settings;
        let answer = self.ask(self.request(Method::GET, &["project", project])?).await?;
        let found = answer.json()?;
        let types: Vec<&str> =
            found["issueTypes"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str()).collect();
        if !types.is_empty() && !types.contains(&issue_type.as_str()) {
            let types = types.join(", ");
            return Err(answer.refused(&format!("has no issue type {issue_type} in {project}; there is: {types}")));
        }
        Ok(format!("{} let the user read {project}; no issue was made", answer.host))
    }
}

/// Text without markup, whatever stands in it.
fn verbatim(text: &str) -> String {
    format!("{{noformat}}\n{}\n{{noformat}}", text.replace("{noformat", "{ noformat"))
}
