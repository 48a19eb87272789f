//! Somebody in front of the console: keys in, frames out.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

/// The end of a frame: the synchronized update is over.
const END: &[u8] = b"\x1b[?2026l";
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A console in a pseudo-terminal.
pub struct Seat {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
}

struct Seen {
    parser: Parser,
    frames: usize,
    bytes: usize,
    tail: Vec<u8>,
}

impl Seen {
    /// The row below the tabs in which the cursor stands, and the row's text: a table scrolls under it.
    fn cursor(&self) -> Option<(usize, String)> {
        let shown = self.parser.screen().contents();
        let mut lines = shown.lines().map(str::to_owned).enumerate().skip(2);
        lines.find(|(_, line)| line.contains('▸'))
    }
}

impl Seat {
    /// Starts the console of the workspace at `root`.
    pub fn take(root: &Path, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_landfall"));
        command.args(["-C", &root.display().to_string()]);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("LANDFALL_THEME", "dark");
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = Parser::new(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap(), 0);
        let seen = Seen { parser, frames: 0, bytes: 0, tail: Vec::new() };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let feeding = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                let mut seen = feeding.0.lock().unwrap();
                seen.bytes += n;
                // The mark may be cut by the end of what was read.
                seen.tail.extend_from_slice(&bytes[..n]);
                let ends = seen.tail.windows(END.len()).filter(|window| *window == END).count();
                seen.frames += ends;
                let keep = if ends > 0 && seen.tail.ends_with(END) { 0 } else { seen.tail.len().min(END.len() - 1) };
                let from = seen.tail.len() - keep;
                seen.tail.drain(..from);
                seen.parser.process(&bytes[..n]);
                feeding.1.notify_all();
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { child, keys, seen, _master: pair.master }
    }

    fn wait(&self, what: &str, reached: impl Fn(&Seen) -> bool) {
        let began = Instant::now();
        let mut seen = self.seen.0.lock().unwrap();
        while !reached(&seen) {
            assert!(began.elapsed() < PATIENCE, "waited for {what}:\n{}", seen.parser.screen().contents());
            seen = self.seen.1.wait_timeout(seen, Duration::from_millis(100)).unwrap().0;
        }
    }

    /// Waits for the first frame.
    pub fn first_frame(&self) {
        self.wait("a frame", |seen| seen.frames > 0);
    }

    fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Types a key that moves the cursor of a list or table, and waits until it stands elsewhere; answers the bytes that
    /// came meanwhile.
    pub fn moves(&mut self, key: &str) -> usize {
        let (bytes, before) = {
            let seen = self.seen.0.lock().unwrap();
            (seen.bytes, seen.cursor())
        };
        self.send(key);
        self.wait(&format!("{key} to move the cursor from {before:?}"), |seen| seen.cursor() != before);
        self.seen.0.lock().unwrap().bytes - bytes
    }

    /// Waits until a text is on screen.
    pub fn until(&self, text: &str) {
        self.wait(text, |seen| seen.parser.screen().contents().contains(text));
    }

    /// Types, and waits until a text is on screen.
    pub fn type_and_wait(&mut self, keys: &str, text: &str) {
        self.send(keys);
        self.until(text);
    }

    /// Waits until nothing was drawn for a moment, but not for long.
    pub fn calm(&self) {
        let mut frames = self.frames();
        let began = Instant::now();
        let mut since = began;
        while since.elapsed() < Duration::from_millis(15) && began.elapsed() < Duration::from_millis(100) {
            std::thread::sleep(Duration::from_millis(3));
            if self.frames() != frames {
                (frames, since) = (self.frames(), Instant::now());
            }
        }
    }

    /// Frames so far.
    pub fn frames(&self) -> usize {
        self.seen.0.lock().unwrap().frames
    }

    fn status(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.process_id().unwrap())).unwrap_or_default()
    }

    /// Processor time so far.
    pub fn cpu(&self) -> Duration {
        let stat = self.status("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// Most resident memory so far, in bytes.
    pub fn memory(&self) -> u64 {
        let status = self.status("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 1_024
    }

    /// Leaves, whatever runs.
    pub fn leave(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
