//! The worker's main: one job on stdin, events on stdout.

use std::any::Any;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use super::{Events, StageError, run};
use crate::domain::job::{Job, WorkerEvent};

/// Reads one [`Job`] as one line of JSON from stdin, does it and says how it went on stdout. The last event is `Done`
/// or `Failed`, even when the stage panics. Exit code 0 after `Done`, 1 after `Failed`.
///
/// The engine holds its end of stdin open for as long as the attempt may run. When that end is gone, so is the
/// engine, and the worker ends itself with everything it started.
///
/// `POLARS_MAX_THREADS` limits the threads of polars. Priority and memory limit are set by the engine, which also
/// ends the process group on cancel.
pub fn main() -> ExitCode {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    if let Err(error) = read {
        eprintln!("the job could not be read: {error}");
        return ExitCode::FAILURE;
    }
    std::thread::spawn(lifeline);
    serve(&line, Engine)
}

/// Waits for the end of stdin, which is the end of the engine.
fn lifeline() {
    // An error is as much an end as the end itself.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    let group = nix::unistd::getpgrp();
    // Only a group of its own: started by hand, the worker shares its shell's.
    if group == nix::unistd::getpid() {
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
    }
}

/// Does the job that `line` holds and says on `output` how it went.
pub fn serve(line: &str, output: impl Write + Send + 'static) -> ExitCode {
    let events = Events::new(output);
    let result = read(line).and_then(|job| {
        catch_unwind(AssertUnwindSafe(|| run(&job, &events)))
            .unwrap_or_else(|panic| Err(StageError::Internal(anyhow::anyhow!("{}", panic_text(panic.as_ref())))))
    });
    match result {
        Ok(summary) => {
            events.send(WorkerEvent::Done { summary });
            ExitCode::SUCCESS
        }
        Err(error) => {
            let (class, message, retry) = (error.class().to_owned(), error.message(), error.retry());
            events.send(WorkerEvent::Failed { class, message, retry });
            ExitCode::FAILURE
        }
    }
}

fn read(line: &str) -> Result<Job, StageError> {
    serde_json::from_str(line)
        .map_err(|error| StageError::Internal(anyhow::anyhow!("the job on stdin is not a valid job: {error}")))
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the stage panicked: {}", text.unwrap_or("no message"))
}

/// Stdout, whose other end is the engine. When the engine is gone the worker leaves at once: nobody will commit what
/// it makes, and the next engine starts the attempt anew.
struct Engine;

impl Write for Engine {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        io::stdout().write(piece).inspect_err(|_| std::process::exit(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().inspect_err(|_| std::process::exit(1))
    }
}
