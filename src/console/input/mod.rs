//! Reading the terminal: keys, pastes, the mouse, another size.
//!
//! A thread blocks in `read` and hands on what came. The event source of crossterm 0.29 waits for an edge it has seen
//! already once more than a kilobyte comes at a time, and is deaf until the next key; a flood of the mouse does that.

mod parse;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use crossterm::event::Event;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use parse::Parser;

/// How long the rest of a sequence may be on its way before an Esc is the key.
const PATIENCE: Duration = Duration::from_millis(15);
/// Bytes of one read, and how many reads wait at most: behind that the terminal waits.
const CHUNK: (usize, usize) = (1 << 14, 16);

/// What the terminal says.
pub struct Input {
    chunks: mpsc::Receiver<Vec<u8>>,
    sizes: Signal,
    parser: Parser,
    ready: VecDeque<Event>,
    /// When what is not whole counts as it is.
    due: Instant,
}

impl Input {
    /// Starts reading standard input, or the terminal of this process when that is none.
    ///
    /// # Errors
    /// When there is no terminal to read.
    pub fn open() -> std::io::Result<Self> {
        let stdin = std::io::stdin();
        let mut terminal =
            if stdin.is_terminal() { File::from(stdin.as_fd().try_clone_to_owned()?) } else { File::open("/dev/tty")? };
        let (out, chunks) = mpsc::channel(CHUNK.1);
        std::thread::spawn(move || {
            let mut bytes = vec![0; CHUNK.0];
            loop {
                match terminal.read(&mut bytes) {
                    Ok(n @ 1..) if out.blocking_send(bytes[..n].to_vec()).is_ok() => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // The terminal hung up, or nobody listens any more.
                    Ok(_) | Err(_) => break,
                }
            }
        });
        let sizes = signal(SignalKind::window_change())?;
        Ok(Self { chunks, sizes, parser: Parser::default(), ready: VecDeque::new(), due: Instant::now() })
    }

    /// The next event; none when the terminal is gone. Nothing is lost when it is not waited for to the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            tokio::select! {
                biased;
                chunk = self.chunks.recv() => self.take(&chunk?),
                () = sleep_until(self.due), if self.parser.waits() => self.ready.extend(self.parser.settle()),
                _ = self.sizes.recv() => {
                    if let Ok((columns, rows)) = crossterm::terminal::size() {
                        return Some(Event::Resize(columns, rows));
                    }
                }
            }
        }
    }

    /// An event that is there already.
    pub fn waiting(&mut self) -> Option<Event> {
        while self.ready.is_empty() {
            let chunk = self.chunks.try_recv().ok()?;
            self.take(&chunk);
        }
        self.ready.pop_front()
    }

    /// Forgets half a key from before.
    pub fn forget(&mut self) {
        self.parser = Parser::default();
    }

    fn take(&mut self, bytes: &[u8]) {
        self.ready.extend(self.parser.feed(bytes));
        self.due = Instant::now() + PATIENCE;
    }
}
