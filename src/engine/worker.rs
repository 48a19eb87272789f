//! One attempt as a child process: started, listened to, limited, and ended.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant as Monotonic};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::StageConfig;
use crate::domain::job::{Job, Level, Work, WorkerEvent};
use crate::learn::learner::MEMORY;

use super::context::WorkerProgram;
use super::memory::{group_usage, of_machine};

/// How often the memory of a running attempt is looked at.
const SAMPLE: Duration = Duration::from_millis(250);
/// Percent of the machine's memory that a stage without a limit of its own may take.
const MEMORY_SHARE: u64 = 80;
/// Niceness of workers: the console and the system come first.
const NICENESS: i32 = 5;

/// What an attempt may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Killed after this.
    pub timeout: Duration,
    /// Killed above this much resident memory of its process group, in bytes.
    pub memory: Option<u64>,
}

impl Limits {
    /// Those of a stage. Without a limit of its own it may take most of the machine's memory: beyond that the system would
    /// end some process, and not necessarily this one.
    pub fn of(stage: &StageConfig) -> Self {
        let most = || of_machine().map(|bytes| bytes / 100 * MEMORY_SHARE);
        Self { timeout: stage.timeout, memory: stage.memory.or_else(most) }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// Well.
    Done {
        /// One line for the screen.
        summary: String,
    },
    /// Badly.
    Failed {
        /// Class of the error.
        class: String,
        /// One sentence.
        message: String,
        /// Whether another attempt may help.
        retry: bool,
    },
    /// On request.
    Cancelled,
}

/// What the supervisor passes on while an attempt runs.
#[derive(Debug)]
pub enum Heard {
    /// The process started with this pid.
    Started(u32),
    /// The worker said something.
    Said(Box<WorkerEvent>),
    /// Resident memory of its process group, in bytes.
    Memory(u64),
    /// Its process group used the processor since the last look.
    Busy,
}

/// Runs one attempt to its end, passing on what is heard. Never leaves a process behind.
pub async fn supervise(
    program: &WorkerProgram,
    job: &Job,
    limits: Limits,
    mut cancel: watch::Receiver<bool>,
    mut heard: impl FnMut(Heard),
) -> Ended {
    let mut worker = match Worker::start(program, job).await {
        Ok(worker) => worker,
        Err(error) => {
            let message = format!("the worker for stage {} could not be started: {error}", job.stage);
            return Ended::Failed { class: "internal".into(), message, retry: true };
        }
    };
    heard(Heard::Started(worker.pid));
    let deadline = tokio::time::sleep(limits.timeout);
    tokio::pin!(deadline);
    let mut sample = tokio::time::interval(SAMPLE);
    sample.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Monotonic::now();
    let mut processor = 0;
    let mut verdict: Option<Ended> = None;
    let (mut out_open, mut err_open, mut overdue) = (true, true, false);
    while out_open || err_open {
        tokio::select! {
            // In this order: a worker that talks without a pause must not talk its limits away.
            biased;
            changed = cancel.changed(), if verdict != Some(Ended::Cancelled) => {
                if changed.is_err() || *cancel.borrow() {
                    verdict = Some(Ended::Cancelled);
                    worker.kill();
                }
            }
            () = &mut deadline, if !overdue => {
                overdue = true;
                // One that has said how it ended, and does not go, keeps its word.
                verdict.get_or_insert_with(|| timed_out(job, limits));
                worker.kill();
            }
            _ = sample.tick() => {
                let usage = group_usage(worker.pid);
                if let Some(usage) = usage {
                    heard(Heard::Memory(usage.memory));
                    // Less is as much a sign as more: a process of the group has ended.
                    if std::mem::replace(&mut processor, usage.processor) != usage.processor {
                        heard(Heard::Busy);
                    }
                }
                if verdict.is_none() && let Some(over) = over_limit(job, limits, usage.map(|usage| usage.memory)) {
                    verdict = Some(over);
                    worker.kill();
                }
            }
            line = worker.out.next_line(), if out_open => match line {
                Ok(Some(line)) => listen(&line, &mut verdict, &mut heard),
                _ => out_open = false,
            },
            line = worker.err.next_line(), if err_open => match line {
                Ok(Some(text)) => heard(Heard::Said(Box::new(WorkerEvent::Log { level: Level::Warn, text }))),
                _ => err_open = false,
            },
        }
    }
    let status = worker.end().await;
    tracing::debug!("{} attempt {} took {:?}", job.stage, job.attempt, began.elapsed());
    verdict.unwrap_or_else(|| silent_end(job, status))
}

fn listen(line: &str, verdict: &mut Option<Ended>, heard: &mut impl FnMut(Heard)) {
    match serde_json::from_str::<WorkerEvent>(line) {
        Ok(WorkerEvent::Done { summary }) => {
            verdict.get_or_insert(Ended::Done { summary });
        }
        Ok(WorkerEvent::Failed { class, message, retry }) => {
            verdict.get_or_insert(Ended::Failed { class, message, retry });
        }
        Ok(event) => heard(Heard::Said(Box::new(event))),
        Err(_) => heard(Heard::Said(Box::new(WorkerEvent::Log { level: Level::Info, text: line.to_owned() }))),
    }
}

fn timed_out(job: &Job, limits: Limits) -> Ended {
    let seconds = limits.timeout.as_secs_f64();
    let message = format!(
        "stage {} was stopped after its timeout of {seconds} s: raise `stages.{}.timeout`, or find out what it waited for",
        job.stage, job.stage
    );
    Ended::Failed { class: "timeout".into(), message, retry: true }
}

fn over_limit(job: &Job, limits: Limits, memory: Option<u64>) -> Option<Ended> {
    let (limit, memory) = (limits.memory?, memory?);
    let megabytes = |bytes: u64| bytes / 1_000_000;
    (memory > limit).then(|| Ended::Failed {
        class: "memory".into(),
        message: format!(
            "stage {} was stopped at {} MB of memory, its limit is {} MB: raise `stages.{}.memory`, or give it less data",
            job.stage,
            megabytes(memory),
            megabytes(limit),
            job.stage
        ),
        retry: false,
    })
}

/// The worker ended without a word on how: it was killed, or it broke.
fn silent_end(job: &Job, status: Option<ExitStatus>) -> Ended {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.and_then(|status| status.signal());
    let how = match (signal, status.and_then(|status| status.code())) {
        (Some(9), _) => "was killed (signal 9); when nobody did it, the system ran out of memory".to_owned(),
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, Some(code)) => format!("ended with code {code} and no word on why; its log has what it said last"),
        (None, None) => "ended and nobody knows how".to_owned(),
    };
    let class = if signal.is_some() { "killed" } else { "internal" };
    Ended::Failed { class: class.into(), message: format!("the worker for stage {} {how}", job.stage), retry: true }
}

struct Worker {
    child: Child,
    pid: u32,
    // Held open while the attempt may run: a worker ends itself when its engine, and with it this end, is gone.
    _lifeline: ChildStdin,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Worker {
    async fn start(program: &WorkerProgram, job: &Job) -> std::io::Result<Self> {
        let missing = |what: &str| std::io::Error::other(format!("no {what}"));
        let mut words = program.0.iter();
        let mut command = Command::new(words.next().ok_or_else(|| missing("program"))?);
        let (name, value) = MEMORY;
        if matches!(job.work, Work::Train(_) | Work::Backtest(_)) && std::env::var_os(name).is_none() {
            command.env(name, value);
        }
        let mut child = command
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().ok_or_else(|| missing("process id"))?;
        lower_priority(pid);
        let mut lifeline = child.stdin.take().ok_or_else(|| missing("stdin"))?;
        let out = BufReader::new(child.stdout.take().ok_or_else(|| missing("stdout"))?).lines();
        let err = BufReader::new(child.stderr.take().ok_or_else(|| missing("stderr"))?).lines();
        let mut line = serde_json::to_vec(job).map_err(std::io::Error::other)?;
        line.push(b'\n');
        // A worker that dies while it is told its job is judged by its end, not by this broken pipe.
        let _ = lifeline.write_all(&line).await;
        let _ = lifeline.flush().await;
        Ok(Self { child, pid, _lifeline: lifeline, out, err })
    }

    fn kill(&self) {
        kill_group(self.pid);
    }

    /// Waits for the worker's end; whatever it started and left behind in its group is ended with it.
    async fn end(mut self) -> Option<ExitStatus> {
        let status = self.child.wait().await.ok();
        kill_group(self.pid);
        status
    }
}

/// Ends a process group at once. One that is gone already is no error.
pub fn kill_group(pid: u32) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

fn lower_priority(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
        // Best effort: a worker that has ended already needs none.
        let _ = rustix::process::setpriority_process(Some(pid), NICENESS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::{CommandJob, Work};

    /// Long enough for a shell to have begun, however busy the machine is.
    const LONG: Duration = Duration::from_secs(2);

    /// How a worker that runs `script` under a timeout of `timeout` ends, and how often it was heard.
    async fn ended(script: &str, timeout: Duration) -> (Ended, u64) {
        let program = WorkerProgram(["sh", "-c", script].map(Into::into).to_vec());
        let (_cancel, cancelled) = watch::channel(false);
        let mut heard = 0;
        let limits = Limits { timeout, memory: None };
        let ended = supervise(&program, &job(), limits, cancelled, |_| heard += 1).await;
        (ended, heard)
    }

    fn job() -> Job {
        let work = CommandJob {
            program: Vec::new(),
            directory: String::new(),
            environment: Vec::new(),
            history: Vec::new(),
            batch: Vec::new(),
        };
        Job {
            run: 1,
            pipeline: "p".into(),
            stage: "talk".into(),
            attempt: 1,
            now: chrono::DateTime::UNIX_EPOCH,
            seed: 0,
            lake: "/lake".into(),
            staging: String::new(),
            work: Work::Command(work),
        }
    }

    #[tokio::test]
    async fn a_worker_that_never_stops_talking_is_stopped_at_its_timeout() {
        let talk = |stream| async move { ended(&format!("exec yes{stream}"), LONG).await };
        let (out, err) = tokio::join!(talk(""), talk(" >&2"));
        for (ended, heard) in [out, err] {
            let Ended::Failed { class, .. } = ended else { panic!("{ended:?}") };
            assert_eq!(class, "timeout");
            assert!(heard > 100, "{heard}");
        }
    }

    #[tokio::test]
    async fn a_worker_that_is_done_and_does_not_go_keeps_its_word_and_is_ended() {
        let script = r#"echo '{"event":"done","summary":"well"}'; exec sleep 600"#;
        let (ended, _) = ended(script, LONG).await;
        assert_eq!(ended, Ended::Done { summary: "well".into() });
    }
}
