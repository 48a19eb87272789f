//! The desktop of the machine that the engine runs on: `notify-send` where it is, else `osascript`.
//!
//! Texts are arguments of their own, so that none is taken for an option or a line of a script. Limits: a desktop shows
//! few lines; 300 characters a title, 1,000 a text.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::command::judged;
use super::cut::characters;
use super::process::run;
use super::{Channel, Message, Sent, gravest, title};
use crate::domain::alert::Severity;
use crate::domain::text::{many_lines, one_line};

/// Most characters of a title.
const LONGEST_TITLE: usize = 300;
/// Most characters of a text.
const LONGEST_TEXT: usize = 1_000;
/// Shows its second argument under its first.
const SCRIPT: [&str; 6] = [
    "-e",
    "on run texts",
    "-e",
    "display notification (item 2 of texts) with title (item 1 of texts)",
    "-e",
    "end run",
];

/// Notifications of a desktop.
pub struct Desktop {
    programs: Vec<PathBuf>,
    timeout: Duration,
}

impl Desktop {
    /// The desktop of this machine: programs are looked for in the folders of `path` (the variable `PATH`), each time.
    pub fn new(path: &str, timeout: Duration) -> Self {
        let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
        let programs = ["notify-send", "osascript"].iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
        Self { programs: programs.collect(), timeout }
    }

    async fn tell(&self, message: Message<'_>) -> Sent {
        let Some(program) = self.programs.iter().find(|program| program.is_file()) else {
            let detail = "neither notify-send nor osascript is on the engine's PATH: install libnotify, or leave this \
                          channel out on machines without a desktop";
            return Sent::Refused { detail: detail.into() };
        };
        let mut command = tokio::process::Command::new(program);
        command.args(arguments(program, message));
        judged(&program.to_string_lossy(), run(&mut command, &[], self.timeout).await, self.timeout)
    }
}

impl Channel for Desktop {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.tell(message).boxed()
    }
}

fn arguments(program: &Path, message: Message<'_>) -> Vec<String> {
    let title = characters(&one_line(title(message)), LONGEST_TITLE);
    let text = characters(&many_lines(message.text), LONGEST_TEXT);
    let mut arguments: Vec<String> = match program.file_name().is_some_and(|name| name == "osascript") {
        true => SCRIPT.iter().map(|line| (*line).to_owned()).collect(),
        false => {
            let urgency = match gravest(message.notice) {
                Severity::Info => "low",
                Severity::Warning => "normal",
                Severity::Critical => "critical",
            };
            vec!["--app-name=Landfall".into(), format!("--urgency={urgency}")]
        }
    };
    arguments.extend(["--".into(), title, shown(program, &text)]);
    arguments
}

/// Notification servers take the text for markup.
fn shown(program: &Path, text: &str) -> String {
    match program.ends_with("notify-send") {
        true => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        false => text.to_owned(),
    }
}
