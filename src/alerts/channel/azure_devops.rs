//! Work items of Azure DevOps (REST 7.1).
//!
//! Limits: 255 characters a title. An item carries the tags `landfall` and `landfall:<hash>`; open ones are searched by
//! WIQL. Success is 200, not 201. A bad or expired token is answered with 203 and a page to log in, or with a redirect
//! to one. A test validates a work item without saving it.

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Value, json};

use super::answer::Answer;
use super::http::{Http, address};
use super::tracker::{self, Tracker};
use super::{Channel, Message, Sent};
use crate::config::channels::AzureDevops as Settings;

const VERSION: (&str, &str) = ("api-version", "7.1");
/// States in which an item is done, of the processes that Azure DevOps brings along.
const DONE: [&str; 5] = ["Closed", "Done", "Removed", "Completed", "Inactive"];
const BAD_TOKEN: &str =
    "asks to log in: the token is wrong or has expired: make a new one that may read and write work items";
/// What to do about a status.
const HINTS: [(u16, &str); 3] = [
    (401, "the token is wrong or has expired: make a new one that may read and write work items"),
    (403, "the token may not write work items here"),
    (404, "is there such an organisation, project and type of work item?"),
];

/// A project of Azure DevOps.
pub struct AzureDevops {
    http: Http,
    /// Of the work item interface of the project.
    base: Url,
    settings: Settings,
    token: String,
}

impl AzureDevops {
    /// A project.
    ///
    /// # Errors
    /// One sentence: the address is not one of HTTP.
    pub fn new(mut http: Http, settings: Settings, token: String) -> Result<Self, String> {
        let base = address(&settings.base_url, &[&settings.organization, &settings.project, "_apis", "wit"])?;
        http.hide_login("", &token);
        Ok(Self { http, base, settings, token })
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<RequestBuilder, Sent> {
        let to = address(self.base.as_str(), path).map_err(|detail| Sent::Refused { detail })?;
        let request = self.http.request(method, to).query(&[VERSION]).query(query);
        Ok(request.basic_auth("", Some(&self.token)))
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Sent> {
        signed_in(self.http.ask(request).await?)?.accepted(&HINTS)
    }

    /// Creates a work item, or only validates it.
    async fn add(&self, mark: &str, title: &str, text: &str, query: &[(&str, &str)]) -> Result<Answer, Sent> {
        let mut tags = vec!["landfall", mark];
        tags.extend(self.settings.tags.iter().map(String::as_str));
        let mut fields = vec![
            set("System.Title", title),
            set("System.Description", &html(text)),
            set("System.Tags", &tags.join("; ")),
        ];
        fields.extend(self.settings.area_path.iter().map(|area| set("System.AreaPath", area)));
        let of_type = format!("${}", self.settings.work_item_type);
        self.ask(patch(self.request(Method::POST, &["workitems", &of_type], query)?, fields)).await
    }

    fn is_done(&self, state: &str) -> bool {
        DONE.contains(&state) || self.settings.resolve_state.as_deref() == Some(state)
    }
}

impl Channel for AzureDevops {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.http.within(&self.base, tracker::tell(self, message)).boxed()
    }
}

impl Tracker for AzureDevops {
    async fn is_open(&self, item: &str) -> Result<bool, Sent> {
        let request = self.request(Method::GET, &["workitems", item], &[("fields", "System.State")])?;
        let answer = signed_in(self.http.ask(request).await?)?;
        if answer.status.as_u16() == 404 {
            return Ok(false);
        }
        let found = answer.accepted(&HINTS)?.json()?;
        Ok(found["fields"]["System.State"].as_str().is_some_and(|state| !self.is_done(state)))
    }

    async fn find(&self, mark: &str) -> Result<Option<String>, Sent> {
        let done = DONE.iter().copied().chain(self.settings.resolve_state.as_deref());
        let done: Vec<String> = done.map(|state| format!("'{}'", state.replace('\'', "''"))).collect();
        let query = format!(
            "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS '{mark}' \
             AND [System.State] NOT IN ({}) ORDER BY [System.Id] DESC",
            done.join(", ")
        );
        let request = self.request(Method::POST, &["wiql"], &[("$top", "1")])?.json(&json!({"query": query}));
        let found = self.ask(request).await?.json()?;
        Ok(found["workItems"][0]["id"].as_u64().map(|id| id.to_string()))
    }

    async fn create(&self, mark: &str, title: &str, text: &str) -> Result<(String, &'static str), Sent> {
        let answer = self.add(mark, title, text, &[]).await?;
        match answer.json()?["id"].as_u64() {
            Some(id) => Ok((id.to_string(), "")),
            None => Err(answer.refused("does not answer as Azure DevOps: is `base_url` right?")),
        }
    }

    async fn comment(&self, item: &str, text: &str, over: bool) -> Result<(), Sent> {
        let mut fields = vec![set("System.History", &html(text))];
        if let Some(state) = self.settings.resolve_state.as_ref().filter(|_| over) {
            fields.push(set("System.State", state));
        }
        self.ask(patch(self.request(Method::PATCH, &["workitems", item], &[])?, fields)).await.map(drop)
    }

    async fn rehearse(&self, title: &str, text: &str) -> Result<String, Sent> {
        let answer = self.add("landfall:test", title, text, &[("validateOnly", "true")]).await?;
        Ok(format!("{} would take a work item of type {}; none was made", answer.host, self.settings.work_item_type))
    }
}

/// A page in place of JSON is the one to log in.
fn signed_in(answer: Answer) -> Result<Answer, Sent> {
    let asked = answer.status.as_u16() == 203 || (answer.status.is_success() && answer.html) || answer.sign_in;
    if asked { Err(answer.refused(BAD_TOKEN)) } else { Ok(answer) }
}

fn set(field: &str, value: &str) -> Value {
    json!({"op": "add", "path": format!("/fields/{field}"), "value": value})
}

fn patch(request: RequestBuilder, fields: Vec<Value>) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/json-patch+json").body(Value::Array(fields).to_string())
}

/// Text as HTML that shows it as it is.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\n', "<br>")
}
