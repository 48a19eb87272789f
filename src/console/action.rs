//! What happens to the console, and what the console makes happen.

use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};

use super::Leave;
use super::load::window::{Cells, Window};
use super::load::{Snapshot, Wish};
use super::place::Source;
use super::query::{Answer, Job};
use super::settings::Setting;
use crate::alerts::replay::ReplayReport;
use crate::config::console::ConsoleSettings;
use crate::domain::Instant;
use crate::domain::run::RerunFrom;
use crate::domain::wire::{Command, EngineEvent, Reply};

/// Something that happened. `update` takes them one after another; a log of them replays a session.
#[derive(Debug, Clone)]
pub enum Action {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The workspace's settings were read, or could not be.
    Settings(Result<Vec<Setting>, String>),
    /// The console's settings were written, or could not be.
    Written(Result<String, String>),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// Where something happened before an instant, or after it (whether before), or why that is not known.
    Stepped(bool, Result<Option<Instant>, String>),
    /// The clock, once a second.
    Tick(Instant),
    /// The store was read.
    Snapshot(Box<Snapshot>),
    /// The store could not be read.
    StoreTrouble(String),
    /// Rows of a table were read, or not; with the generation of the request.
    Window(Source, u64, Result<Window, String>),
    /// Whole cells were read, or not.
    Cells(CellsFor, Result<Cells, String>),
    /// A question about rows was answered, or could not be; with its number.
    Queried(u64, Result<Answer, String>),
    /// A text went to the clipboard, or could not; what it was.
    Copied(String),
    /// The replay of this number is over, or was not possible.
    Replayed(u64, Result<ReplayReport, String>),
    /// The link to the engine changed.
    Link(Link),
    /// The engine said something.
    Engine(EngineEvent),
    /// The engine answered.
    Reply(Ask, Reply),
    /// A page was handed to the browser, or could not be.
    Opened(Result<String, String>),
}

/// Work that `update` asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the store. `soon`: further changes may be on their way, wait a moment for them.
    Load {
        /// What to read.
        wish: Wish,
        /// Whether to wait a moment.
        soon: bool,
    },
    /// Read rows of a table.
    Window(WindowRequest),
    /// Read whole cells.
    Cells(CellsRequest),
    /// Answer a question about rows; none: whoever asked has seen enough.
    Query(u64, Option<Box<Job>>),
    /// Take away what an earlier question found.
    Forget(PathBuf),
    /// Copy to the clipboard: what it is, and the text.
    Copy(String, String),
    /// Replay the rules; none: whoever asked has left.
    Replay(Option<ReplayRequest>),
    /// Look where something happened before an instant or after it.
    Step {
        /// The instant.
        from: Instant,
        /// Whether before.
        back: bool,
    },
    /// Remember layout and history for the next session.
    Remember,
    /// Ask the engine.
    Send(Ask, Command),
    /// Open a page of the lake in the browser.
    Open(String),
    /// Call the operator, by this text, in the ways that are switched on.
    Ring(String),
    /// Take the settings of the console in force.
    Apply,
    /// Read the workspace's settings.
    Settings,
    /// Write the console's settings into the configuration.
    WriteSettings(Box<ConsoleSettings>),
    /// Write a picture of the screen.
    Picture,
    /// Write text to a file that is not there yet: path, text.
    Save(PathBuf, String),
    /// Leave the console.
    Leave(Leave),
    /// Suspend the process.
    Suspend,
    /// Forget what the terminal shows and draw all of it.
    Redraw,
}

/// Rows to read.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowRequest {
    /// Of what.
    pub source: Source,
    /// Parts: (path relative to the lake, rows).
    pub parts: Vec<(String, u64)>,
    /// First row.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// The columns; empty: as many as there are, up to [`window::WIDE`](super::load::window::WIDE).
    pub columns: Vec<String>,
    /// Counts what the rows are read from.
    pub generation: u64,
}

/// Whole cells to read.
#[derive(Debug, Clone, PartialEq)]
pub struct CellsRequest {
    /// What for.
    pub goal: CellsFor,
    /// Parts: (path relative to the lake, rows).
    pub parts: Vec<(String, u64)>,
    /// First row.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// The columns, in order.
    pub columns: Vec<String>,
}

/// What whole cells are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellsFor {
    /// The row in view, of this generation of the table.
    Record(u64),
    /// The clipboard gets a cell.
    Cell,
    /// The clipboard gets rows with their names.
    Rows,
}

/// A replay of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayRequest {
    /// Its number, by which its answer is known.
    pub number: u64,
    /// Up to when.
    pub to: Instant,
}

/// Why the engine was asked, so that its answer finds its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Its answer is shown as a message.
    Plain,
    /// Fills the rerun dialog.
    Preview {
        /// The run.
        run: i64,
        /// From where.
        from: RerunFrom,
    },
    /// One of many answers: they are counted, and the next one is sent.
    Batch,
    /// Leads to the new run.
    Rerun,
    /// The engine is to stop, and the console leaves.
    Stop,
}

/// The link to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Not yet.
    Connecting,
    /// It answers.
    Up {
        /// When it started, once it said so.
        started: Option<Instant>,
    },
    /// It does not answer; what is shown comes from the store.
    Down(String),
    /// It speaks another protocol.
    Foreign(u32),
    /// It said that it leaves.
    Stopping,
}
