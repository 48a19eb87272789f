//! Passing on what a program says.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Mutex, PoisonError};

use super::{LAST_LINES, line};
use crate::domain::job::{Level, WorkerEvent};
use crate::domain::text::one_line;
use crate::stages::Events;

/// Of one line, at most this many bytes are kept.
const LONGEST_LINE: u64 = 8 * 1024;

/// Of one stream, at most this many lines go to the log, and as many figures to the store.
const MOST: usize = 10_000;

/// Passes on every line of `stream` until it ends: events as such, everything else as log of `level`. The last lines
/// are kept in `last` for the error, should there be one.
pub(super) fn relay(stream: impl Read, level: Level, events: &Events, last: &Mutex<VecDeque<String>>) {
    let mut stream = BufReader::new(stream);
    let (mut lines, mut figures) = (0, 0);
    while let Some(text) = next_line(&mut stream) {
        let event = (level == Level::Info).then(|| line::event(&text)).flatten();
        let (said, what, event) = match event {
            Some(WorkerEvent::Progress { done, total, unit, note }) => {
                events.progress(done, total, &unit, &note);
                continue;
            }
            Some(event @ WorkerEvent::Metric(_)) => (&mut figures, "figures", event),
            Some(event) => (&mut lines, "lines", event),
            None => {
                remember(last, &text);
                (&mut lines, "lines", WorkerEvent::Log { level, text })
            }
        };
        *said += 1;
        if *said <= MOST {
            events.send(event);
        } else if *said == MOST + 1 {
            events.warn(format!("the program has written {MOST} {what}; further ones are not kept"));
        }
    }
}

fn remember(last: &Mutex<VecDeque<String>>, text: &str) {
    let text = one_line(text.trim());
    if text.is_empty() {
        return;
    }
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() == LAST_LINES {
        last.pop_front();
    }
    last.push_back(text);
}

/// The next line, cut when it is too long; what is not UTF-8 is replaced. `None` at the end, or when the stream fails.
fn next_line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    if read == 0 {
        return None;
    }
    if line.last() != Some(&b'\n') {
        skip_line(stream);
    }
    let text = String::from_utf8_lossy(&line);
    Some(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn skip_line(stream: &mut impl BufRead) {
    loop {
        let (length, ended) = match stream.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(buffer) => match buffer.iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (buffer.len(), false),
            },
        };
        stream.consume(length);
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_the_next_one_is_whole() {
        let text = format!("{}\nnext\r\nlast", "x".repeat(20_000));
        let mut stream = BufReader::new(text.as_bytes());
        assert_eq!(next_line(&mut stream).unwrap().len(), 8 * 1024);
        assert_eq!(next_line(&mut stream).unwrap(), "next");
        assert_eq!(next_line(&mut stream).unwrap(), "last");
        assert_eq!(next_line(&mut stream), None);
    }
}
