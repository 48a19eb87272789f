//! Acknowledgements that come back, from a pager of a test: HTTP on a port of its own.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::Desk;
use crate::domain::alert::{AlertKind, AlertState, Severity};
use crate::domain::wire::Command;
use crate::engine::answers::answer;
use crate::engine::notify::poll::ask;
use crate::store::{alerts, events};

/// What it heard, and what it says when it is asked for incidents.
struct Pager {
    secrets: TempDir,
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<(u16, String)>>,
}

impl Pager {
    /// Listens; nothing is acknowledged.
    fn open() -> Self {
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("token"), "s3cr3t-token").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let pager = Self {
            secrets,
            port,
            heard: Arc::default(),
            says: Arc::new(Mutex::new((200, r#"{"incidents":[]}"#.into()))),
        };
        let (heard, says) = (Arc::clone(&pager.heard), Arc::clone(&pager.says));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&mut stream.unwrap(), &heard, &says);
            }
        });
        pager
    }

    fn channel(&self) -> String {
        let (port, token) = (self.port, self.secrets.path().join("token"));
        let token = format!("{{ file = \"{}\" }}", token.display());
        format!(
            "[channels.pager]\nkind = \"pagerduty\"\nrouting_key = {token}\ntoken = {token}\n\
             base_url = \"http://127.0.0.1:{port}\"\n"
        )
    }

    fn says(&self, status: u16, body: &str) {
        *self.says.lock().unwrap() = (status, body.to_owned());
    }

    /// From now on every incident is one that was acknowledged at this time.
    fn acknowledged(&self, at: &str) {
        let who = r#"{"summary":"On call"}"#;
        let seen = format!(r#"{{"status":"acknowledged","acknowledgements":[{{"at":"{at}","acknowledger":{who}}}]}}"#);
        self.says(200, &format!(r#"{{"incidents":[{seen}]}}"#));
    }

    /// How often it was asked for incidents.
    fn asked(&self) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| line.starts_with("GET /incidents?")).count()
    }
}

/// One request and its answer.
fn serve(stream: &mut TcpStream, heard: &Mutex<Vec<String>>, says: &Mutex<(u16, String)>) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.lines().next().unwrap().trim().parse::<usize>().unwrap());
            if body.len() >= length {
                break;
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk) {
            Ok(n @ 1..) => bytes.extend_from_slice(&chunk[..n]),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default().to_owned();
    let (status, body) =
        if line.starts_with("GET") { says.lock().unwrap().clone() } else { (202, r#"{"status":"success"}"#.into()) };
    heard.lock().unwrap().push(line);
    let length = body.len();
    // A client that breaks off is its own business.
    let _ = write!(stream, "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
}

impl Desk {
    async fn state(&self, alert: i64) -> (AlertState, Option<String>) {
        let row = self.context.store.read(move |c| alerts::get(c, alert)).await.unwrap().unwrap();
        (row.state, row.who)
    }

    async fn told_by(&self, subject: &'static str) -> Vec<String> {
        let events = self.context.store.read(|c| events::list(c, None, 99)).await.unwrap();
        events.into_iter().rev().filter(|event| event.subject == subject).map(|event| event.text).collect()
    }
}

#[tokio::test]
async fn what_is_acknowledged_at_the_pager_is_acknowledged_here_and_what_is_taken_back_here_stays_so() {
    let pager = Pager::open();
    let desk = Desk::with(&pager.channel()).await;
    let look = async || ask(&desk.context, &mut BTreeMap::new()).await.unwrap();
    // Below the severity that it is told of.
    let silent = desk.raise(&["bikes"], AlertKind::FileSize, Severity::Info).await[0];
    look().await;
    assert_eq!(pager.asked(), 0, "of nothing that it was told");
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    desk.pass(30);
    desk.send().await;
    look().await;
    assert_eq!((pager.asked(), desk.state(alert).await), (1, (AlertState::Firing, None)));

    // Of an earlier episode: the desk's day began at 22:13:20.
    pager.acknowledged("2023-11-14T21:00:00Z");
    look().await;
    assert_eq!(desk.state(alert).await.0, AlertState::Firing);
    pager.acknowledged("2023-11-14T22:13:51Z");
    desk.pass(60);
    look().await;
    let theirs = (AlertState::Acknowledged, Some("On call (pagerduty)".to_owned()));
    assert_eq!(desk.state(alert).await, theirs);
    let done = format!("On call (pagerduty): acknowledge alert {alert}: alert {alert} is acknowledged");
    assert_eq!(desk.told_by("operator").await, [done]);
    assert_eq!(desk.state(silent).await.0, AlertState::Firing);
    look().await;
    assert_eq!(pager.asked(), 3, "nothing that it was told of fires");

    let workspace = desk.context.workspace();
    let back = Command::Unacknowledge { alert };
    desk.context.write(move |tx, now| answer(tx, &workspace, "operator", &back, now)).await.unwrap();
    look().await;
    assert_eq!((pager.asked(), desk.state(alert).await.0), (4, AlertState::Firing), "what was given before");
    pager.acknowledged("2023-11-14T22:15:00Z");
    look().await;
    assert_eq!(desk.state(alert).await, theirs);
}

#[tokio::test]
async fn a_pager_that_cannot_be_asked_is_noted_once_until_it_can() {
    let pager = Pager::open();
    let desk = Desk::with(&pager.channel()).await;
    let alert = desk.raise(&["flights"], AlertKind::FileSize, Severity::Critical).await[0];
    let mut failing = BTreeMap::new();
    pager.says(401, r#"{"error":"s3cr3t-token"}"#);
    for _ in 0..2 {
        ask(&desk.context, &mut failing).await.unwrap();
    }
    let noted = desk.told_by("delivery").await;
    let sentence = "pager cannot be asked who has acknowledged: ";
    assert!(noted.len() == 1 && noted[0].starts_with(sentence) && noted[0].contains("the token is wrong"), "{noted:?}");
    assert!(!noted[0].contains("s3cr3t"), "{noted:?}");
    pager.acknowledged("2023-11-14T22:14:00Z");
    ask(&desk.context, &mut failing).await.unwrap();
    assert_eq!(desk.state(alert).await.0, AlertState::Acknowledged);
}
