//! The terminal as a resource: taken once, given back whole on leaving, on an error, and on a panic of this thread.

use std::io::{BufWriter, Stdout, Write, stdout};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Arc;

use anyhow::Context;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

type Hook = dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static;

/// The terminal while the console has it.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    hook: Arc<Hook>,
    mouse: bool,
    /// Whether what the terminal shows is not known any more.
    stale: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When standard output is no terminal, or it refuses.
    pub fn enter() -> anyhow::Result<Self> {
        // crossterm 0.29 answers NO_COLOR with a full reset in the middle of styled text; the theme honours NO_COLOR.
        force_color_output(true);
        let hook: Arc<Hook> = Arc::from(take_hook());
        guard_panics(Arc::clone(&hook));
        take().inspect_err(|_| give_back()).context("cannot take the terminal: the console needs one")?;
        let terminal = Terminal::new(backend()).inspect_err(|_| give_back())?;
        Ok(Self { terminal, hook, mouse: false, stale: false })
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |size| (size.width, size.height))
    }

    /// Draws one frame as one synchronized update: a terminal that knows it never shows half of it.
    pub fn draw(&mut self, view: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) -> anyhow::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.stale) {
            // A new one knows of nothing that is shown. Its own way to forget asks where the cursor is, and not every
            // terminal answers.
            execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
            self.terminal = Terminal::new(backend())?;
        }
        let drawn = self
            .terminal
            .draw(|frame| {
                if let Some(cursor) = view(frame.area(), frame.buffer_mut()) {
                    frame.set_cursor_position(cursor);
                }
            })
            .map(|_| ());
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        drawn?;
        Ok(())
    }

    /// Rings the bell.
    pub fn ring(&mut self) -> anyhow::Result<()> {
        self.terminal.backend_mut().write_all(b"\x07")?;
        self.terminal.backend_mut().flush()?;
        Ok(())
    }

    /// Takes the mouse, or leaves it to the terminal, which then selects text.
    pub fn mouse(&mut self, taken: bool) -> anyhow::Result<()> {
        self.mouse = taken;
        if taken {
            execute!(stdout(), EnableMouseCapture)?;
        } else {
            execute!(stdout(), DisableMouseCapture)?;
        }
        Ok(())
    }

    /// Has the terminal show a notification (OSC 9). `text` is safe to show.
    pub fn notify(&mut self, text: &str) -> anyhow::Result<()> {
        write!(self.terminal.backend_mut(), "\x1b]9;{text}\x07")?;
        self.terminal.backend_mut().flush()?;
        Ok(())
    }

    /// Hands text to the clipboard of the terminal (OSC 52), which may be on another machine. Whether the terminal takes
    /// it, it does not say.
    pub fn copy(&mut self, text: &str) -> anyhow::Result<()> {
        use base64::Engine;
        let coded = base64::engine::general_purpose::STANDARD.encode(text);
        write!(self.terminal.backend_mut(), "\x1b]52;c;{coded}\x07")?;
        self.terminal.backend_mut().flush()?;
        Ok(())
    }

    /// Gives the terminal back for a while.
    pub fn leave(&mut self) {
        self.terminal.backend_mut().flush().ok();
        give_back();
    }

    /// Takes it again; the next frame draws everything.
    pub fn reenter(&mut self) -> anyhow::Result<()> {
        take()?;
        self.mouse(self.mouse)?;
        self.forget();
        Ok(())
    }

    /// Forgets what the terminal shows; the next frame draws everything.
    pub fn forget(&mut self) {
        self.stale = true;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
        if !std::thread::panicking() {
            let hook = Arc::clone(&self.hook);
            set_hook(Box::new(move |info| hook(info)));
        }
    }
}

/// A frame is one write, however many cells change.
fn backend() -> CrosstermBackend<BufWriter<Stdout>> {
    CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()))
}

fn take() -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// Nothing is left to be done about an error here: a terminal that hung up takes no more writes.
fn give_back() {
    execute!(stdout(), EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show)
        .ok();
    disable_raw_mode().ok();
}

/// Gives the terminal back before a panic of this thread is reported. Another thread's panic is a lost read or a lost
/// link, not the end of the console: it goes to the log and leaves the screen whole.
fn guard_panics(hook: Arc<Hook>) {
    let own = std::thread::current().id();
    set_hook(Box::new(move |info| {
        if std::thread::current().id() == own {
            give_back();
            hook(info);
        } else {
            tracing::error!("a thread of the console panicked: {info}");
        }
    }));
}
