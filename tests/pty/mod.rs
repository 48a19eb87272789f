//! The console in a pseudo-terminal, as a person meets it.

mod console;
mod demo;
mod floods;
mod hardships;
mod terminal;

use terminal::Terminal;

use crate::workspace::Workspace;

/// Keys that have no letter.
mod key {
    pub const ENTER: &str = "\r";
    pub const ESC: &str = "\x1b";
    pub const DOWN: &str = "\x1b[B";
}

/// A console of `workspace` that has its engine.
fn open(workspace: &Workspace) -> Terminal {
    let terminal = Terminal::start(&["-C", &workspace.root().display().to_string()], 100, 30);
    terminal.shows(&["▸ overview", "● engine"]);
    terminal
}

/// Whether an engine holds the workspace below `root`. The operating system's lock is the truth.
fn engine_lives(root: &std::path::Path) -> bool {
    let lock = root.join(".landfall/engine.lock");
    std::fs::File::options().write(true).open(lock).is_ok_and(|file| file.try_lock().is_err())
}
