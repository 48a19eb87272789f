//! From landfall.toml to what a receiver hears.

use std::fs;
use std::sync::{Arc, Mutex};

use landfall::alerts::channel::bell::Ring;
use landfall::alerts::channel::{Sent, open};
use landfall::config;
use landfall::domain::alert::{Occasion, Severity};
use landfall::domain::clock::SystemClock;

use super::channels::{ALL, SECRET, well};
use super::message::letter;
use super::receiver::Receiver;
use crate::workspace::Workspace;

/// The table of a channel to a receiver at `base`.
fn table(name: &str, base: &str) -> String {
    let secret = "{ file = \"secrets/token\" }";
    let own = match name {
        "webhook" => format!("url = \"{base}/hook\"\nsecret = {secret}\nheaders = {{ Authorization = {secret} }}"),
        "azure_devops" => {
            format!("organization = \"example\"\nproject = \"P\"\ntoken = {secret}\nbase_url = \"{base}\"")
        }
        "github" => format!("repository = \"example/p\"\ntoken = {secret}\nbase_url = \"{base}\""),
        "jira" => format!("project = \"OPS\"\nuser = \"a@example.com\"\ntoken = {secret}\nbase_url = \"{base}\""),
        "pagerduty" => format!("routing_key = {secret}\nbase_url = \"{base}\""),
        "slack" | "teams" => "url = { file = \"secrets/url\" }".to_owned(),
        "ntfy" => format!("topic = \"t\"\ntoken = {secret}\nbase_url = \"{base}\""),
        "command" => {
            "program = [\"sh\", \"-c\", \"cat > told.json; echo $ROOM > room\"]\nenvironment = { ROOM = \"tower\" }"
                .into()
        }
        _ => String::new(),
    };
    format!("[channels.{name}]\nkind = \"{name}\"\n{own}\n")
}

fn written(name: &str, base: &str) -> (Workspace, config::Workspace) {
    let workspace = Workspace::rentals("", "");
    workspace.write("landfall.toml", &table(name, base));
    fs::create_dir(workspace.root().join("secrets")).unwrap();
    workspace.write("secrets/token", SECRET);
    workspace.write("secrets/url", &format!("{base}/hooks/{SECRET}"));
    let loaded = config::load(workspace.root()).unwrap();
    (workspace, loaded)
}

#[tokio::test]
async fn every_kind_of_channel_over_http_is_opened_as_it_is_configured() {
    for name in ALL {
        let receiver = Receiver::new(move |heard, _| well(name, &heard.path)).await;
        let (workspace, loaded) = written(name, &receiver.base);
        let silent: Ring = Arc::new(|_, _| ());
        let channel = open(&loaded.channels[0], workspace.root(), Arc::new(SystemClock), silent).unwrap();
        let sent = channel.send(letter(Occasion::Fired).message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{name}: {sent:?}");
        assert!(!receiver.heard().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_program_and_the_bell_are_opened_as_they_are_configured() {
    let rung: Arc<Mutex<Vec<Severity>>> = Arc::default();
    for name in ["command", "bell", "desktop"] {
        let (workspace, loaded) = written(name, "");
        let heard = Arc::clone(&rung);
        let ring: Ring = Arc::new(move |severity, _| heard.lock().unwrap().push(severity));
        let channel = open(&loaded.channels[0], workspace.root(), Arc::new(SystemClock), ring).unwrap();
        if name == "desktop" {
            continue;
        }
        let sent = channel.send(letter(Occasion::Fired).message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{name}: {sent:?}");
        if name == "command" {
            assert_eq!(fs::read_to_string(workspace.root().join("room")).unwrap(), "tower\n");
        }
    }
    assert_eq!(*rung.lock().unwrap(), [Severity::Critical]);
}

#[test]
fn a_secret_that_cannot_be_had_is_said_when_the_channel_is_opened() {
    for name in ALL {
        let (workspace, loaded) = written(name, "http://127.0.0.1:9");
        for file in ["token", "url"] {
            fs::remove_file(workspace.root().join("secrets").join(file)).unwrap();
        }
        let silent: Ring = Arc::new(|_, _| ());
        let error = open(&loaded.channels[0], workspace.root(), Arc::new(SystemClock), silent).err().unwrap();
        assert!(error.starts_with("the file ") && error.contains("cannot be read"), "{name}: {error}");
    }
}
