//! Trackers of work: one trouble is one item, whatever is killed when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use landfall::alerts::channel::azure_devops::AzureDevops;
use landfall::alerts::channel::github::Github;
use landfall::alerts::channel::jira::Jira;
use landfall::alerts::channel::{Channel, Sent};
use landfall::config::channels as config;
use landfall::domain::alert::Occasion;
use serde_json::{Value, json};

use super::channels::{self, PATIENT, SECRET, http, mark, open};
use super::message::{KEY, Letter, letter};
use super::receiver::{Heard, Play, Receiver};

const TRACKERS: [&str; 3] = ["azure_devops", "github", "jira"];

/// What a tracker keeps.
#[derive(Debug, Clone, Default)]
struct Item {
    labels: Vec<String>,
    title: String,
    comments: Vec<String>,
    state: String,
}

/// A tracker that keeps items and answers as its service does.
#[derive(Default)]
struct Service {
    items: Mutex<BTreeMap<u64, Item>>,
    /// Creates, and then breaks the connection before it says so: as an engine sees it that is killed in between.
    silent: Mutex<bool>,
    /// Does not take labels, as GitHub does of those who may not set them.
    labels_dropped: bool,
    /// Answers 404 where only the cloud has a search.
    data_center: bool,
}

impl Service {
    fn items(&self) -> Vec<Item> {
        self.items.lock().unwrap().values().cloned().collect()
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Item)) {
        change(self.items.lock().unwrap().get_mut(&id).expect("an item that is there"));
    }

    fn add(&self, item: Item, said: impl FnOnce(u64, &Item) -> Play) -> Play {
        let mut items = self.items.lock().unwrap();
        let id = 41 + items.len() as u64;
        items.insert(id, item.clone());
        if *self.silent.lock().unwrap() { Play::Cut } else { said(id, &item) }
    }

    fn found(&self, query: &str, done: &str) -> Option<u64> {
        let items = self.items.lock().unwrap();
        let fits = |item: &Item| item.state != done && item.labels.iter().any(|label| query.contains(label.as_str()));
        items.iter().rev().find(|(_, item)| fits(item)).map(|(id, _)| *id)
    }

    fn azure_devops(&self, heard: &Heard) -> Play {
        let path = heard.path.split('?').next().unwrap();
        let last = path.rsplit('/').next().unwrap();
        assert!(path.starts_with("/example/Data%20Platform/_apis/wit/"), "{path}");
        assert!(heard.path.contains("api-version=7.1"), "{}", heard.path);
        let field = |name: &str| {
            let fields = heard.json().as_array().unwrap().clone();
            let field = fields.into_iter().find(|field| field["path"] == format!("/fields/{name}"))?;
            assert_eq!(field["op"], "add");
            Some(field["value"].as_str().unwrap().to_owned())
        };
        match (heard.method.as_str(), last) {
            ("POST", "wiql") => {
                let query = heard.json()["query"].as_str().unwrap().to_owned();
                let query = query.split("CONTAINS").nth(1).unwrap().to_owned();
                let ids: Vec<Value> = self.found(&query, "Resolved").map(|id| json!({"id": id})).into_iter().collect();
                Play::json(200, &json!({"queryType": "flat", "workItems": ids}))
            }
            ("POST", "$Bug") => {
                let labels = field("System.Tags")
                    .unwrap()
                    .split("; ")
                    .filter(|tag| tag.contains(':'))
                    .map(str::to_owned)
                    .collect();
                let item =
                    Item { labels, title: field("System.Title").unwrap(), state: "New".into(), ..Item::default() };
                self.add(item, |id, item| Play::json(200, &json!({"id": id, "fields": {"System.State": item.state}})))
            }
            ("PATCH", id) => {
                assert_eq!(heard.header("content-type"), Some("application/json-patch+json"));
                self.change(id.parse().unwrap(), |item| {
                    item.comments.extend(field("System.History"));
                    item.state = field("System.State").unwrap_or(item.state.clone());
                });
                Play::json(200, &json!({"id": id.parse::<u64>().unwrap()}))
            }
            ("GET", id) => match self.items.lock().unwrap().get(&id.parse().unwrap()) {
                Some(item) => Play::json(200, &json!({"id": 1, "fields": {"System.State": item.state}})),
                None => Play::json(404, &json!({"message": "TF401232: Work item does not exist"})),
            },
            other => panic!("{other:?}"),
        }
    }

    fn github(&self, heard: &Heard) -> Play {
        let (path, query) = heard.path.split_once('?').unwrap_or((&heard.path, ""));
        let path = path.strip_prefix("/repos/example/flights/issues").unwrap();
        let said = |id: u64, item: &Item| {
            let labels: Vec<Value> = item.labels.iter().map(|label| json!({"name": label})).collect();
            json!({"number": id, "state": item.state, "labels": labels})
        };
        match (heard.method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
            ("GET", [_]) => {
                let wanted = query.replace("%3A", ":");
                let items = self.found(&wanted, "closed").map(|id| said(id, &self.items.lock().unwrap()[&id]));
                Play::json(200, &json!(items.into_iter().collect::<Vec<_>>()))
            }
            ("POST", [_]) => {
                let issue = heard.json();
                let labels: Vec<String> = serde_json::from_value(issue["labels"].clone()).unwrap();
                let labels = labels.into_iter().filter(|label| label.contains(':') && !self.labels_dropped).collect();
                let title = issue["title"].as_str().unwrap().to_owned();
                let item = Item { labels, title, state: "open".into(), ..Item::default() };
                self.add(item, |id, item| Play::json(201, &said(id, item)))
            }
            ("POST", [_, id, "comments"]) => {
                let comment = heard.json()["body"].as_str().unwrap().to_owned();
                self.change(id.parse().unwrap(), |item| item.comments.push(comment));
                Play::json(201, &json!({"id": 1}))
            }
            ("PATCH", [_, id]) => {
                self.change(id.parse().unwrap(), |item| item.state = heard.json()["state"].as_str().unwrap().into());
                Play::json(200, &json!({"number": 1}))
            }
            ("GET", [_, id]) => match self.items.lock().unwrap().get(&id.parse().unwrap()) {
                Some(item) => Play::json(200, &said(1, item)),
                None => Play::json(404, &json!({"message": "Not Found"})),
            },
            other => panic!("{other:?}"),
        }
    }

    fn jira(&self, heard: &Heard) -> Play {
        let path = heard.path.split('?').next().unwrap().strip_prefix("/rest/api/2/").unwrap();
        let number = |key: &str| key.strip_prefix("OPS-").unwrap().parse::<u64>().unwrap();
        match (heard.method.as_str(), path.split('/').collect::<Vec<_>>().as_slice()) {
            ("POST", ["search", "jql"]) if self.data_center => Play::page(404),
            ("POST", ["search"] | ["search", "jql"]) => {
                let jql = heard.json()["jql"].as_str().unwrap().to_owned();
                let keys = self.found(&jql, "done").map(|id| json!({"key": format!("OPS-{id}")}));
                Play::json(200, &json!({"issues": keys.into_iter().collect::<Vec<_>>()}))
            }
            ("POST", ["issue"]) => {
                let fields = heard.json()["fields"].clone();
                let labels: Vec<String> = serde_json::from_value(fields["labels"].clone()).unwrap();
                let labels = labels.into_iter().filter(|label| label.contains(':')).collect();
                let title = fields["summary"].as_str().unwrap().to_owned();
                let item = Item { labels, title, state: "new".into(), ..Item::default() };
                self.add(item, |id, _| Play::json(201, &json!({"id": "1", "key": format!("OPS-{id}")})))
            }
            ("POST", ["issue", key, "comment"]) => {
                let comment = heard.json()["body"].as_str().unwrap().to_owned();
                self.change(number(key), |item| item.comments.push(comment));
                Play::json(201, &json!({"id": "1"}))
            }
            ("GET", ["issue", _, "transitions"]) => {
                Play::json(200, &json!({"transitions": [{"id": "11", "name": "Start"}, {"id": "31", "name": "DONE"}]}))
            }
            ("POST", ["issue", key, "transitions"]) => {
                assert_eq!(heard.json()["transition"]["id"], "31");
                self.change(number(key), |item| item.state = "done".into());
                Play::with(204, "X-Nothing", "here")
            }
            ("GET", ["issue", key]) => match self.items.lock().unwrap().get(&number(key)) {
                Some(item) => Play::json(200, &json!({"fields": {"status": {"statusCategory": {"key": item.state}}}})),
                None => Play::json(404, &json!({"errorMessages": ["Issue does not exist"]})),
            },
            other => panic!("{other:?}"),
        }
    }
}

async fn start(name: &'static str, service: Service) -> (Receiver, Arc<Service>, Box<dyn Channel>) {
    let service = Arc::new(service);
    let own = Arc::clone(&service);
    let receiver = Receiver::new(move |heard, _| match name {
        "azure_devops" => own.azure_devops(heard),
        "github" => own.github(heard),
        _ => own.jira(heard),
    })
    .await;
    let channel = open(name, &receiver.base, http(PATIENT, None));
    (receiver, service, channel)
}

fn item(name: &str, id: u64) -> String {
    if name == "jira" { format!("OPS-{id}") } else { id.to_string() }
}

async fn told(channel: &dyn Channel, letter: &Letter, expected: &str) -> Option<String> {
    match channel.send(letter.message()).await {
        Sent::Delivered { detail, remote } => {
            assert_eq!(detail, expected);
            remote
        }
        other => panic!("{other:?}, not {expected}"),
    }
}

#[tokio::test]
async fn the_same_trouble_is_one_item_with_a_comment_for_each_further_notice_and_is_closed_when_over() {
    for name in TRACKERS {
        let (_receiver, service, channel) = start(name, Service::default()).await;
        let id = item(name, 41);
        let remote = told(&*channel, &letter(Occasion::Fired), &format!("created {id}")).await;
        assert_eq!(remote.as_deref(), Some(id.as_str()));
        for occasion in [Occasion::Repeated, Occasion::Acknowledged] {
            let again = letter(occasion).with_remote(&id);
            told(&*channel, &again, &format!("commented on {id}")).await;
        }
        let items = service.items();
        assert_eq!((items.len(), items[0].comments.len()), (1, 2), "{name}: {items:?}");
        assert_eq!(items[0].labels, [mark(KEY)]);
        assert_eq!(items[0].title, letter(Occasion::Fired).subject);
        assert!(items[0].comments[0].contains("10.2x its usual 93 kB"), "{name}: {items:?}");

        told(&*channel, &letter(Occasion::Resolved).with_remote(&id), &format!("commented on {id}")).await;
        let items = service.items();
        assert_eq!(items[0].comments.len(), 3);
        assert!(["Resolved", "closed", "done"].contains(&items[0].state.as_str()), "{name}: {items:?}");
    }
}

#[tokio::test]
async fn an_engine_killed_between_creating_and_recording_finds_what_it_created() {
    for name in TRACKERS {
        let (_receiver, service, channel) = start(name, Service::default()).await;
        *service.silent.lock().unwrap() = true;
        let sent = channel.send(letter(Occasion::Fired).message()).await;
        assert!(matches!(sent, Sent::Retry { .. }), "{name}: {sent:?}");
        *service.silent.lock().unwrap() = false;
        let id = item(name, 41);
        let remote = told(&*channel, &letter(Occasion::Fired), &format!("commented on {id}")).await;
        assert_eq!(remote.as_deref(), Some(id.as_str()));
        let items = service.items();
        assert_eq!((items.len(), items[0].comments.len()), (1, 1), "{name}: {items:?}");
    }
}

#[tokio::test]
async fn a_new_episode_after_a_closed_item_is_a_new_item_and_another_trouble_is_another() {
    for name in TRACKERS {
        let (_receiver, service, channel) = start(name, Service::default()).await;
        let first = item(name, 41);
        told(&*channel, &letter(Occasion::Fired), &format!("created {first}")).await;
        told(&*channel, &letter(Occasion::Resolved).with_remote(&first), &format!("commented on {first}")).await;
        // Over for the second time: there is nothing to say to whom.
        let over = letter(Occasion::Resolved).with_remote(&first);
        assert_eq!(told(&*channel, &over, "nothing is open there any more").await, None);
        let second = item(name, 42);
        let fired = letter(Occasion::Fired).with_remote(&first);
        told(&*channel, &fired, &format!("created {second}")).await;
        let other = Letter { key: "flights/staleness/arrival".into(), ..letter(Occasion::Fired) };
        told(&*channel, &other, &format!("created {}", item(name, 43))).await;
        assert_eq!(service.items().len(), 3);
    }
}

#[tokio::test]
async fn an_item_that_somebody_deleted_is_made_anew() {
    for name in TRACKERS {
        let (_receiver, _service, channel) = start(name, Service::default()).await;
        let fired = letter(Occasion::Repeated).with_remote(&item(name, 7));
        told(&*channel, &fired, &format!("created {}", item(name, 41))).await;
    }
}

#[tokio::test]
async fn without_the_setting_an_item_stays_open_when_the_trouble_is_over() {
    let (receiver, service, _) = start("azure_devops", Service::default()).await;
    let settings = config::AzureDevops { resolve_state: None, ..channels::azure_devops(&receiver.base) };
    let channel = AzureDevops::new(http(PATIENT, None), settings, SECRET.into()).unwrap();
    told(&channel, &letter(Occasion::Fired), "created 41").await;
    told(&channel, &letter(Occasion::Resolved), "commented on 41").await;
    assert_eq!(service.items()[0].state, "New");
    assert_eq!(service.items()[0].comments.len(), 1);
}

#[tokio::test]
async fn a_jira_data_center_is_searched_where_it_has_its_search() {
    let (receiver, service, channel) = start("jira", Service { data_center: true, ..Service::default() }).await;
    told(&*channel, &letter(Occasion::Fired), "created OPS-41").await;
    told(&*channel, &letter(Occasion::Repeated), "commented on OPS-41").await;
    assert_eq!(service.items().len(), 1);
    assert!(receiver.heard().iter().any(|heard| heard.path == "/rest/api/2/search"));
    let settings = config::Jira { user: String::new(), ..channels::jira(&receiver.base) };
    let channel = Jira::new(http(PATIENT, None), settings, SECRET.into()).unwrap();
    channel.send(letter(Occasion::Fired).message()).await;
    let authorization = format!("Bearer {SECRET}");
    assert_eq!(receiver.heard().last().unwrap().header("authorization"), Some(authorization.as_str()));
}

#[tokio::test]
async fn a_jira_without_the_transition_names_those_there_are() {
    let (receiver, service, _) = start("jira", Service::default()).await;
    let settings = config::Jira { resolve_transition: Some("Finish".into()), ..channels::jira(&receiver.base) };
    let channel = Jira::new(http(PATIENT, None), settings, SECRET.into()).unwrap();
    told(&channel, &letter(Occasion::Fired), "created OPS-41").await;
    let sent = channel.send(letter(Occasion::Resolved).message()).await;
    let Sent::Refused { detail } = &sent else { panic!("{sent:?}") };
    assert_eq!(detail, "127.0.0.1 has no transition Finish for OPS-41 now; there is: Start, DONE");
    assert_eq!(service.items()[0].state, "new");
}

#[tokio::test]
async fn an_issue_whose_label_github_dropped_is_known_by_its_number_and_the_record_says_so() {
    let (_receiver, service, channel) = start("github", Service { labels_dropped: true, ..Service::default() }).await;
    let said = "created 41, without its label: let the token write the repository's labels";
    told(&*channel, &letter(Occasion::Fired), said).await;
    told(&*channel, &letter(Occasion::Repeated).with_remote("41"), "commented on 41").await;
    assert_eq!(service.items().len(), 1);
}

#[tokio::test]
async fn azure_devops_that_leads_to_its_sign_in_page_has_a_bad_token() {
    let to = "https://login.example.com/_signin?realm=dev.azure.com";
    let receiver = Receiver::always(Play::with(302, "Location", to)).await;
    let channel = open("azure_devops", &receiver.base, http(PATIENT, None));
    let sent = channel.send(letter(Occasion::Test).message()).await;
    let Sent::Refused { detail } = &sent else { panic!("{sent:?}") };
    assert!(detail.contains("the token is wrong or has expired"), "{detail}");
}

#[test]
fn a_setting_that_is_no_address_or_no_repository_is_said_at_once() {
    let error = Jira::new(http(PATIENT, None), channels::jira("ftp://example.com"), SECRET.into()).err().unwrap();
    assert!(error.contains("must begin with https://"), "{error}");
    let settings = config::Github { repository: "flights".into(), ..channels::github("https://api.github.com") };
    let error = Github::new(http(PATIENT, None), settings, SECRET.into()).err().unwrap();
    assert!(error.contains("`owner/name`"), "{error}");
}
