//! What happens to the console, and what the console makes happen.

use crossterm::event::KeyEvent;

use super::Leave;
use super::load::window::Window;
use super::load::{Snapshot, Wish};
use super::place::Source;
use crate::alerts::replay::ReplayReport;
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
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The clock, once a second.
    Tick(Instant),
    /// The store was read.
    Snapshot(Box<Snapshot>),
    /// The store could not be read.
    StoreTrouble(String),
    /// Rows of a table were read, or not.
    Window(Source, Result<Window, String>),
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
    /// Replay the rules; none: whoever asked has left.
    Replay(Option<ReplayRequest>),
    /// Ask the engine.
    Send(Ask, Command),
    /// Open a page of the lake in the browser.
    Open(String),
    /// Ring the terminal's bell.
    Ring,
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
