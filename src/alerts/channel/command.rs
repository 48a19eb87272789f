//! Any program: the notice as JSON on its standard input, the gist of it in variables, no shell between.
//!
//! The JSON is that of [`super::webhook`]. Variables: `LANDFALL_OCCASION`, `LANDFALL_SEVERITY`, `LANDFALL_SUBJECT`,
//! `LANDFALL_TEXT` (at most 16,000 characters), `LANDFALL_KEY`, `LANDFALL_WORKSPACE`, `LANDFALL_GROUP`,
//! `LANDFALL_PIPELINE`, `LANDFALL_KIND`, `LANDFALL_OBJECT`, `LANDFALL_ALERTS` (how many), `LANDFALL_LINK`; a gist that
//! there is not is empty. Exit code 0 is delivered, 75 (`EX_TEMPFAIL` of sysexits.h) asks for another try, anything else
//! is refused. What takes longer than the channel's time limit is killed with all it started, and tried again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::cut::characters;
use super::process::{Ended, run};
use super::webhook::body;
use super::{Channel, Message, Sent, gravest};
use crate::domain::text::{many_lines, one_line};

/// "Try again later", of sysexits.h.
const TEMPORARY: i32 = 75;
/// Most characters of a variable: a system takes 128 KiB in each.
const LONGEST_VARIABLE: usize = 16_000;
/// Most characters kept of what a program says.
const LONGEST_QUOTE: usize = 400;

/// A program.
pub struct Command {
    program: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    folder: PathBuf,
    timeout: Duration,
}

impl Command {
    /// A program with its arguments, started in `folder` with further environment variables.
    ///
    /// # Errors
    /// One sentence: no program is named.
    pub fn new(
        program: &[String],
        environment: Vec<(String, String)>,
        folder: PathBuf,
        timeout: Duration,
    ) -> Result<Self, String> {
        match program {
            [program, arguments @ ..] if !program.is_empty() => {
                let (program, arguments) = (program.clone(), arguments.to_vec());
                Ok(Self { program, arguments, environment, folder, timeout })
            }
            _ => Err("the command names no program".into()),
        }
    }

    async fn tell(&self, message: Message<'_>) -> Sent {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command.envs(self.environment.iter().cloned()).envs(variables(message));
        let ended = run(&mut command, body(message).as_bytes(), self.timeout).await;
        judged(&self.program, ended, self.timeout)
    }
}

impl Channel for Command {
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Sent> {
        self.tell(message).boxed()
    }
}

/// What an end means for the message.
pub(super) fn judged(program: &str, ended: Ended, timeout: Duration) -> Sent {
    let name = Path::new(program).file_name().unwrap_or(program.as_ref()).to_string_lossy();
    let quoted = |output: &str| match characters(&one_line(output), LONGEST_QUOTE) {
        quote if quote.is_empty() => String::new(),
        quote => format!(": {quote}"),
    };
    let one = |detail: String| one_line(&detail);
    match ended {
        Ended::Exited { code: Some(0), output } => {
            Sent::Delivered { detail: one(format!("{name} ended well{}", quoted(&output))), remote: None }
        }
        Ended::Exited { code: Some(TEMPORARY), output } => {
            Sent::Retry { detail: one(format!("{name} asks for another try{}", quoted(&output))), after: None }
        }
        Ended::Exited { code: Some(code), output } => {
            Sent::Refused { detail: one(format!("{name} ended with exit code {code}{}", quoted(&output))) }
        }
        Ended::Exited { code: None, output } => {
            Sent::Retry { detail: one(format!("{name} was ended by a signal{}", quoted(&output))), after: None }
        }
        Ended::TimedOut => {
            let detail = format!("{name} was stopped after {} s: it took too long", timeout.as_secs_f64());
            Sent::Retry { detail: one(detail), after: None }
        }
        Ended::NotStarted(error) => Sent::Refused {
            detail: one(format!("{name} could not be started: {error}: is it there, and may it be executed?")),
        },
    }
}

/// The gist of the notice. No value holds a NUL, which would end it.
fn variables(message: Message<'_>) -> [(&'static str, String); 12] {
    let notice = message.notice;
    let first = notice.alerts.first();
    let line = |text: &str| characters(&one_line(text), LONGEST_VARIABLE);
    [
        ("LANDFALL_OCCASION", notice.occasion.name().to_owned()),
        ("LANDFALL_SEVERITY", gravest(notice).name().to_owned()),
        ("LANDFALL_SUBJECT", line(message.subject)),
        ("LANDFALL_TEXT", characters(&many_lines(message.text), LONGEST_VARIABLE)),
        ("LANDFALL_KEY", line(message.key)),
        ("LANDFALL_WORKSPACE", line(&notice.workspace)),
        ("LANDFALL_GROUP", line(&notice.group)),
        ("LANDFALL_PIPELINE", first.map(|alert| line(&alert.pipeline)).unwrap_or_default()),
        ("LANDFALL_KIND", first.map(|alert| alert.finding.kind.key()).unwrap_or_default()),
        ("LANDFALL_OBJECT", first.map(|alert| line(&alert.finding.object)).unwrap_or_default()),
        ("LANDFALL_ALERTS", notice.total.to_string()),
        ("LANDFALL_LINK", notice.link.as_deref().map(line).unwrap_or_default()),
    ]
}
