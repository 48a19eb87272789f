//! The process that answers: started for a question, killed when the answer is no longer wanted.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Answer, Job, Want};
use crate::console::action::Action;
use crate::console::load::tidy::line;
use crate::domain::job::WorkerEvent;

/// How often it is looked whether the answer is there, or no longer wanted.
const LOOK: Duration = Duration::from_millis(5);

/// A question with its number; no question: whoever asked has seen enough.
pub type Question = (u64, Option<Job>);

/// Starts the thread that has questions answered, one at a time: a newer word ends what is under way. It ends with the
/// sender, or with the receiver of its answers.
pub fn questions(out: mpsc::Sender<Action>) -> Sender<Question> {
    let (asks, asked) = channel::<Question>();
    std::thread::spawn(move || {
        let mut newer = None;
        while let Some(word) = newer.take().or_else(|| asked.recv().ok()) {
            let (number, Some(job)) = asked.try_iter().last().unwrap_or(word) else { continue };
            match answered(&job, &asked) {
                Ended::Answered(answer) => {
                    if out.blocking_send(Action::Queried(number, answer)).is_err() {
                        break;
                    }
                }
                Ended::Overtaken(word) => newer = word,
            }
        }
    });
    asks
}

enum Ended {
    Answered(Result<Answer, String>),
    /// By a newer word, or by the end of the console.
    Overtaken(Option<Question>),
}

fn answered(job: &Job, asked: &Receiver<Question>) -> Ended {
    // A worker lives as long as somebody holds the other end of its input.
    let (mut child, _held) = match started(job) {
        Ok(started) => started,
        Err(error) => return Ended::Answered(Err(format!("the query cannot be started: {error}"))),
    };
    let (told, tells) = channel();
    if let Some(mut stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut text = String::new();
            // Half an answer cannot be read, and is said below.
            let _ = stdout.read_to_string(&mut text);
            told.send(text).ok();
        });
    }
    loop {
        if let Ok(text) = tells.recv_timeout(LOOK) {
            // It has said what it had to say.
            child.wait().ok();
            let ended = "the query ended without an answer: there may not be enough memory for it";
            return Ended::Answered(told_by(job, &text).unwrap_or_else(|| Err(ended.into())));
        }
        let word = match asked.try_recv() {
            Ok(word) => Some(word),
            Err(std::sync::mpsc::TryRecvError::Empty) => continue,
            Err(std::sync::mpsc::TryRecvError::Disconnected) => None,
        };
        child.kill().ok();
        child.wait().ok();
        return Ended::Overtaken(word);
    }
}

/// The answer in what the process said; `None` when it ended before it had one.
fn told_by(job: &Job, text: &str) -> Option<Result<Answer, String>> {
    if !matches!(job.want, Want::Why(_)) {
        return serde_json::from_str(text).ok();
    }
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).find_map(|event| match event {
        WorkerEvent::Why(why) => Some(Ok(Answer::Why(why))),
        WorkerEvent::Failed { message, .. } => Some(Err(line(&message))),
        _ => None,
    })
}

/// The process, and of a worker its open input.
fn started(job: &Job) -> std::io::Result<(Child, Option<ChildStdin>)> {
    let (verb, asked) = match &job.want {
        Want::Why(job) => ("worker", serde_json::to_string(job)? + "\n"),
        _ => ("query", serde_json::to_string(job)?),
    };
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(verb).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if verb == "worker" {
        // It ends its whole group when its input ends: not this console.
        command.process_group(0);
    }
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        stdin.write_all(asked.as_bytes())?;
    }
    Ok((child, stdin.filter(|_| verb == "worker")))
}

/// The folder for what questions found; it goes with the console.
pub struct Found(PathBuf);

impl Found {
    /// A folder of this process below the folder of the state; those that dead consoles left are taken away.
    pub fn new(state: &Path) -> Self {
        let all = state.join("console");
        for left in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let process = left.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            let lives = process.is_none_or(|id| nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), None).is_ok());
            if !lives {
                // What cannot be taken away now is tried again by the next console.
                let _ = std::fs::remove_dir_all(left.path());
            }
        }
        let own = all.join(std::process::id().to_string());
        // What is relative would be looked for in the lake.
        Self(std::path::absolute(&own).unwrap_or(own))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it, where it is not there yet.
    ///
    /// # Errors
    /// One sentence.
    pub fn made(&self) -> Result<(), String> {
        let path = line(&self.0.display().to_string());
        std::fs::create_dir_all(&self.0).map_err(|error| format!("{path} cannot be made: {error}"))
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        // The next console takes away what stays.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
