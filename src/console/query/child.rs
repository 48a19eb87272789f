//! The process that answers: started for a question, killed when the answer is no longer wanted.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Answer, Job};
use crate::console::action::Action;
use crate::console::load::tidy::line;

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
    let mut child = match started(job) {
        Ok(child) => child,
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
            return Ended::Answered(serde_json::from_str(&text).unwrap_or_else(|_| Err(ended.into())));
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

fn started(job: &Job) -> std::io::Result<Child> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("query")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(serde_json::to_string(job)?.as_bytes())?;
    }
    Ok(child)
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
        Self(all.join(std::process::id().to_string()))
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
