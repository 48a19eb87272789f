//! A terminal of a test: a pseudo-terminal, a screen that shows what a person would see, and keys.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser, Screen};

use crate::workspace::PATIENCE;

/// A program in a terminal. Killed when the test ends before it does.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Shown>,
}

struct Shown {
    parser: Mutex<Parser>,
    changed: Condvar,
}

impl Terminal {
    /// Starts `landfall arguments` in a terminal of `columns` by `rows`.
    pub fn start(arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::program(env!("CARGO_BIN_EXE_landfall"), arguments, columns, rows)
    }

    /// Starts `program arguments` in a terminal of `columns` by `rows`.
    pub fn program(program: &str, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in ["LANDFALL_WORKSPACE", "LANDFALL_LOG", "LANDFALL_THEME", "NO_COLOR", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let shown =
            Arc::new(Shown { parser: Mutex::new(Parser::new(size(rows), size(columns), 0)), changed: Condvar::new() });
        let mut reader = pair.master.try_clone_reader().unwrap();
        let feeding = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                // A test that failed while it looked has poisoned the screen: nobody looks any more.
                let Ok(mut parser) = feeding.parser.lock() else { break };
                parser.process(&bytes[..n]);
                drop(parser);
                feeding.changed.notify_all();
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, child, keys, shown }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Waits until the screen is as it should be.
    pub fn until(&self, what: &str, reached: impl Fn(&Screen) -> bool) -> &Self {
        let began = Instant::now();
        let mut parser = self.shown.parser.lock().unwrap();
        while !reached(parser.screen()) {
            assert!(began.elapsed() < PATIENCE, "waited until {what}; the screen is\n{}", parser.screen().contents());
            parser = self.shown.changed.wait_timeout(parser, Duration::from_millis(200)).unwrap().0;
        }
        self
    }

    /// Waits until all of `parts` are on screen.
    pub fn shows(&self, parts: &[&str]) -> &Self {
        self.until(&format!("it shows {parts:?}"), |screen| {
            let text = screen.contents();
            parts.iter().all(|part| text.contains(part))
        })
    }

    /// Waits until `part` is gone.
    pub fn hides(&self, part: &str) -> &Self {
        self.until(&format!("{part:?} is gone"), |screen| !screen.contents().contains(part))
    }

    /// The screen as lines.
    pub fn lines(&self) -> Vec<String> {
        let parser = self.shown.parser.lock().unwrap();
        let (_, columns) = parser.screen().size();
        parser.screen().rows(0, columns.get()).collect()
    }

    /// Gives the terminal another size. What was on it is forgotten, as in a terminal that reflows.
    pub fn resize(&self, columns: u16, rows: u16) {
        {
            let mut parser = self.shown.parser.lock().unwrap();
            *parser = Parser::new(size(rows), size(columns), 0);
            parser.process(b"\x1b[?1049h\x1b[?25l\x1b[?2004h");
        }
        self.master.resize(pty_size(columns, rows)).unwrap();
    }

    /// Process id of the program.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    /// Waits for the program's end, checks that it gave the terminal back, and answers its exit code.
    pub fn left(mut self) -> u32 {
        let code = self.ended();
        self.until("the terminal is given back", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == MouseProtocolMode::None
        });
        let modes = format!("{:?}", self.master.get_termios().unwrap().local_flags);
        assert!(modes.contains("ICANON") && modes.contains("ECHO"), "the terminal is still raw: {modes}");
        code
    }

    /// Waits for the program's end.
    pub fn ended(&mut self) -> u32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end; the screen is\n{}", self.lines().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn size(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
