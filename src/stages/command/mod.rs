//! The command stage: any program in any language as a stage.
//!
//! The program finds in its environment: `LANDFALL_RUN`, `LANDFALL_PIPELINE`, `LANDFALL_STAGE`, `LANDFALL_ATTEMPT`;
//! `LANDFALL_OUTPUT`, an empty folder whose files become artifacts of the run; `LANDFALL_HISTORY` and
//! `LANDFALL_BATCH`, absolute paths of Parquet files, one a line. What it prints is log, except JSON lines like
//! `{"progress": 0.4, "note": "fold 2 of 5"}` and `{"metric": "auc", "value": 0.71}`. Exit code 0 is success, anything else failure.

mod line;
mod outputs;
mod speech;

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;

use super::{Events, StageError};
use crate::domain::dataset::Part;
use crate::domain::job::{CommandJob, Job, Level};
use crate::lake::{Lake, LakeError};

/// Lines of output an error shows.
const LAST_LINES: usize = 5;

/// Runs the program of `work` in its directory and takes what it left in its output folder.
///
/// # Errors
/// [`StageError::Program`] when it cannot be started, ends with another exit code than 0, or leaves a file whose name
/// cannot be kept.
pub fn run(job: &Job, work: &CommandJob, events: &Events) -> Result<String, StageError> {
    let lake = Lake::open(&job.lake)?;
    let folder = format!("{}/output", job.staging);
    let output = outputs::prepare(&lake, &folder)?;
    let mut child = start(&lake, job, work, &output)?;
    let last = Mutex::new(VecDeque::new());
    listen(&mut child, events, &last);
    let status = child.wait().map_err(|error| StageError::Program(format!("waiting for the program: {error}")))?;
    if !status.success() {
        return Err(StageError::Program(failure(&work.program, status, last)));
    }
    let artifacts = outputs::collect(&lake, job, &folder, &output)?;
    let summary = match artifacts.len() {
        0 => "succeeded, no output".to_owned(),
        1 => format!("succeeded, 1 file: {}", artifacts[0].part.partition),
        files => format!("succeeded, {files} files"),
    };
    artifacts.into_iter().for_each(|artifact| events.artifact(artifact));
    Ok(summary)
}

fn start(lake: &Lake, job: &Job, work: &CommandJob, output: &Path) -> Result<Child, StageError> {
    let Some((program, arguments)) = work.program.split_first() else {
        return Err(StageError::Program("no program is configured: set `program` of the stage".to_owned()));
    };
    Command::new(program)
        .args(arguments)
        .current_dir(&work.directory)
        .envs(work.environment.iter().map(|(name, value)| (name, value)))
        .env("LANDFALL_RUN", job.run.to_string())
        .env("LANDFALL_PIPELINE", &job.pipeline)
        .env("LANDFALL_STAGE", &job.stage)
        .env("LANDFALL_ATTEMPT", job.attempt.to_string())
        .env("LANDFALL_OUTPUT", output)
        .env("LANDFALL_HISTORY", paths(lake, &work.history)?)
        .env("LANDFALL_BATCH", paths(lake, &work.batch)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| StageError::Program(not_started(program, &work.directory, &error)))
}

fn not_started(program: &str, directory: &str, error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "is it installed and on the PATH of the engine, and does its directory exist?",
        io::ErrorKind::PermissionDenied => "is it executable?",
        _ => "see `program` of the stage",
    };
    format!("`{program}` could not be started in {directory}: {error}; {advice}")
}

fn paths(lake: &Lake, parts: &[Part]) -> Result<String, LakeError> {
    let paths = parts.iter().map(|part| Ok(lake.file(&part.path)?.to_string_lossy().into_owned()));
    Ok(paths.collect::<Result<Vec<_>, LakeError>>()?.join("\n"))
}

/// Passes on what the program says until it has closed both ends.
fn listen(child: &mut Child, events: &Events, last: &Mutex<VecDeque<String>>) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        if let Some(stdout) = stdout {
            scope.spawn(|| speech::relay(stdout, Level::Info, events, last));
        }
        if let Some(stderr) = stderr {
            speech::relay(stderr, Level::Warn, events, last);
        }
    });
}

fn failure(program: &[String], status: ExitStatus, last: Mutex<VecDeque<String>>) -> String {
    let last = last.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let said = match last.is_empty() {
        true => "it said nothing".to_owned(),
        false => format!("its last words: {}", Vec::from(last).join(" / ")),
    };
    format!("`{}` failed ({status}); {said}", program.join(" "))
}
