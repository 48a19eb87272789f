//! Reading the store and the lake, each on a thread of its own, so that drawing never waits for either.
//!
//! A newer request replaces those that wait: nobody needs the screen of a moment ago.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::mpsc;

use super::action::{Action, CellsRequest, ReplayRequest, WindowRequest};
use super::load::{self, Wish, replay, tidy, window};
use crate::domain::Instant;
use crate::domain::location::Location;
use crate::store::{self, Connection};

/// How long a reader waits for further changes before it reads.
const CALM: Duration = Duration::from_millis(100);

/// What to read from the store.
pub struct Request {
    /// What.
    pub wish: Wish,
    /// Whether further changes may be on their way.
    pub soon: bool,
}

/// Starts the reader of the store, and of the small files of the lake that belong to what it reads. It ends with the sender, or with the receiver of its answers.
pub fn store(state: PathBuf, lake: Location, out: mpsc::Sender<Action>) -> Sender<Request> {
    let (asks, asked) = channel();
    std::thread::spawn(move || {
        let mut connection = None;
        while let Some(wish) = next(&asked) {
            let action = match read(&state, &lake, &mut connection, &wish) {
                Ok(snapshot) => Action::Snapshot(Box::new(snapshot)),
                Err(error) => {
                    // The file may have been replaced; the next look opens it anew.
                    connection = None;
                    Action::StoreTrouble(tidy::line(&error.to_string()))
                }
            };
            if out.blocking_send(action).is_err() {
                break;
            }
        }
    });
    asks
}

/// The newest wish: at once when an operator waits for it, after a calm moment otherwise.
fn next(asked: &Receiver<Request>) -> Option<Wish> {
    let mut request = asked.recv().ok()?;
    let due = std::time::Instant::now() + CALM;
    while request.soon {
        match asked.recv_timeout(due.saturating_duration_since(std::time::Instant::now())) {
            Ok(newer) => request = newer,
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    Some(asked.try_iter().last().unwrap_or(request).wish)
}

fn read(
    state: &Path,
    lake: &Location,
    connection: &mut Option<(Option<Instant>, Connection)>,
    wish: &Wish,
) -> store::Result<load::Snapshot> {
    let opened = match (connection.take(), wish.past) {
        (Some((past, opened)), wanted) if past == wanted => opened,
        (_, Some(past)) => store::past::open_past(state, past)?,
        (_, None) => store::open_reader(state)?,
    };
    load::load(&connection.insert((wish.past, opened)).1, lake, wish)
}

/// Starts the reader of rows. It ends like [`store`].
pub fn rows(lake: Location, out: mpsc::Sender<Action>) -> Sender<WindowRequest> {
    let (asks, asked) = channel::<WindowRequest>();
    std::thread::spawn(move || {
        while let Ok(first) = asked.recv() {
            let request = asked.try_iter().last().unwrap_or(first);
            let rows = window::read(&lake, &request.parts, request.from, request.count, &request.columns);
            let rows = rows.map_err(|error| tidy::line(&format!("{error:#}")));
            if out.blocking_send(Action::Window(request.source, request.generation, rows)).is_err() {
                break;
            }
        }
    });
    asks
}

/// Looks once where something happened before an instant or after it, on a thread of its own.
pub fn step(state: PathBuf, from: Instant, back: bool, out: mpsc::Sender<Action>) {
    std::thread::spawn(move || {
        let found = store::open_reader(&state).and_then(|connection| store::past::step(&connection, from, back));
        let found = found.map_err(|error| tidy::line(&error.to_string()));
        // A console that has left needs no answer.
        out.blocking_send(Action::Stepped(back, found)).ok();
    });
}

/// Reads whole cells once, on a thread of its own.
pub fn cells(lake: Location, request: CellsRequest, out: mpsc::Sender<Action>) {
    std::thread::spawn(move || {
        let cells = window::whole(&lake, &request.parts, request.from, request.count, &request.columns);
        let cells = cells.map_err(|error| tidy::line(&format!("{error:#}")));
        // A console that has left needs no answer.
        out.blocking_send(Action::Cells(request.goal, cells)).ok();
    });
}

/// Reads the workspace's settings once, on a thread of its own.
pub fn settings(root: PathBuf, out: mpsc::Sender<Action>) {
    std::thread::spawn(move || {
        // A console that has left needs no answer.
        out.blocking_send(Action::Settings(super::settings::of_workspace(&root))).ok();
    });
}

/// Starts the reader that replays the rules. Any newer word ends a replay that is under way, between two pipelines. It
/// ends like [`store`].
pub fn replays(root: PathBuf, state: PathBuf, out: mpsc::Sender<Action>) -> Sender<Option<ReplayRequest>> {
    let (asks, asked) = channel::<Option<ReplayRequest>>();
    std::thread::spawn(move || {
        let mut newer = None;
        while let Some(word) = newer.take().or_else(|| asked.recv().ok()) {
            let Some(request) = asked.try_iter().last().unwrap_or(word) else { continue };
            let replayed = replay::read(&root, &state, request.to, || {
                newer = asked.try_iter().last();
                newer.is_some()
            });
            let Some(outcome) = replayed.transpose() else { continue };
            if out.blocking_send(Action::Replayed(request.number, outcome)).is_err() {
                break;
            }
        }
    });
    asks
}
