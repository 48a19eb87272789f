//! The text of a file, a window at a time: decoded from its encoding, and never more of it in memory than one record
//! may have.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::source::{Refusal, quarantine, unreadable};
use super::unpack::Sentence;
use crate::domain::format;

/// How much text is taken at a time.
const WINDOW: usize = 1 << 20;

/// A walk over a text.
pub(super) struct Text<'r> {
    reader: &'r mut dyn BufRead,
    encoding: &'static Encoding,
    decoder: Decoder,
    /// Bytes of UTF-8 that are not text yet: the beginning of a character.
    pending: Vec<u8>,
    window: String,
    at: usize,
    ended: bool,
    /// Bytes and lines before the window.
    before: (u64, u64),
    most: u64,
}

impl<'r> Text<'r> {
    /// Over the bytes of `reader`, in the encoding called `label` (UTF-8 without one) unless a byte order mark says
    /// otherwise. No record may be longer than `most` bytes.
    pub fn open(reader: &'r mut dyn BufRead, label: Option<&str>, most: u64) -> Result<Self, Refusal> {
        let head = reader.fill_buf().map_err(|error| unreadable(&error))?;
        let named = label.and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8);
        let (encoding, mark) = Encoding::for_bom(head).unwrap_or((named, 0));
        reader.consume(mark);
        let decoder = encoding.new_decoder_without_bom_handling();
        let (pending, window, before) = (Vec::new(), String::new(), (mark as u64, 0));
        let mut text = Self { reader, encoding, decoder, pending, window, at: 0, ended: false, before, most };
        text.more()?;
        Ok(text)
    }

    /// What has been decoded and not been advanced over.
    pub fn rest(&self) -> &str {
        &self.window[self.at..]
    }

    /// Line ends before [`Self::rest`].
    pub fn line(&self) -> u64 {
        self.before.1 + memchr::memchr_iter(b'\n', &self.window.as_bytes()[..self.at]).count() as u64
    }

    /// Whether nothing follows [`Self::rest`].
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Goes on by `bytes` of the rest.
    pub fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Decodes more of the file behind the rest, which is the beginning of a record.
    pub fn more(&mut self) -> Result<(), Refusal> {
        self.take();
        if self.window.len() as u64 > self.most {
            let (line, most) = (self.before.1 + 1, format::bytes(self.most));
            return quarantine(format!(
                "the record at line {line} is longer than the {most} that one may have (`landing.max_record`); is a \
                 quote or bracket left open?"
            ));
        }
        self.fill(self.window.len() + WINDOW)
    }

    /// Takes whole records of about `size` bytes, or all that is left: `end` says where the last whole one of a text
    /// ends, 0 without any. `None` at the end.
    pub fn block(&mut self, size: usize, end: impl Fn(&str) -> usize) -> Result<Option<String>, Refusal> {
        self.take();
        self.fill(size)?;
        let mut most = size.max(1);
        while !self.window.is_empty() {
            let all = most >= self.window.len();
            self.at = match all && self.ended {
                true => self.window.len(),
                false => end(&self.window[..self.window.floor_char_boundary(most)]),
            };
            if self.at > 0 {
                return Ok(Some(self.take()));
            }
            if all {
                self.more()?;
            }
            most = most.saturating_mul(2);
        }
        Ok(None)
    }

    /// What was advanced over.
    fn take(&mut self) -> String {
        let rest = self.window[self.at..].to_owned();
        self.window.truncate(self.at);
        self.at = 0;
        self.before.0 += self.window.len() as u64;
        self.before.1 += memchr::memchr_iter(b'\n', self.window.as_bytes()).count() as u64;
        std::mem::replace(&mut self.window, rest)
    }

    fn fill(&mut self, enough: usize) -> Result<(), Refusal> {
        let old = self.window.len();
        self.window.reserve(enough.saturating_sub(old));
        while !self.ended && self.window.len() < enough {
            self.decode()?;
        }
        match memchr::memchr(0, &self.window.as_bytes()[old..]) {
            Some(at) => {
                let byte = self.before.0 + (old + at) as u64 + 1;
                quarantine(format!("the file holds NUL bytes from byte {byte} on: not a text file"))
            }
            None => Ok(()),
        }
    }

    fn decode(&mut self) -> Result<(), Refusal> {
        let chunk = self.reader.fill_buf().map_err(|error| unreadable(&error))?;
        let (read, last) = (chunk.len(), chunk.is_empty());
        self.ended = last;
        let valid = if self.encoding == UTF_8 {
            if let (true, Ok(text)) = (self.pending.is_empty(), std::str::from_utf8(chunk)) {
                self.window.push_str(text);
                self.reader.consume(read);
                return Ok(());
            }
            self.pending.extend_from_slice(chunk);
            utf8(&mut self.pending, &mut self.window, last)
        } else {
            decoded(&mut self.decoder, chunk, &mut self.window, last)
        };
        self.reader.consume(read);
        if valid {
            return Ok(());
        }
        let line = self.before.1 + 1 + self.window.bytes().filter(|byte| *byte == b'\n').count() as u64;
        let byte = self.before.0 + self.window.len() as u64 + 1;
        quarantine(match self.encoding {
            encoding if encoding == UTF_8 => format!("the file is not UTF-8 text: line {line}, byte {byte}"),
            encoding => format!("the file is not {} text: line {line}", encoding.name()),
        })
    }
}

/// Moves what is text from `bytes` to `text`; whether it is right so far. What is wrong stays in `bytes`.
fn utf8(bytes: &mut Vec<u8>, text: &mut String, last: bool) -> bool {
    let (valid, wrong) = match std::str::from_utf8(bytes) {
        Ok(valid) => (valid.len(), false),
        Err(error) => (error.valid_up_to(), error.error_len().is_some() || last),
    };
    text.push_str(std::str::from_utf8(&bytes[..valid]).unwrap_or_default());
    bytes.drain(..valid);
    !wrong
}

fn decoded(decoder: &mut Decoder, mut bytes: &[u8], text: &mut String, last: bool) -> bool {
    loop {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 3 + 16));
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, last);
        bytes = &bytes[read..];
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

/// A text as UTF-8 bytes. Characters may be parted: it can only be read as bytes from then on.
pub(super) struct Bytes<'t, 'r> {
    pub text: &'t mut Text<'r>,
    /// Bytes read of the present record: whoever sees its end sets it to zero.
    pub since: &'t std::cell::Cell<u64>,
}

impl Read for Bytes<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let said = |reason: String| io::Error::other(Sentence(reason));
        if self.text.at == self.text.window.len() && !self.text.ended() {
            self.text.more().map_err(|refusal| said(refusal.reason()))?;
        }
        let rest = &self.text.window.as_bytes()[self.text.at..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.text.advance(length);
        self.since.set(self.since.get() + length as u64);
        if self.since.get() > self.text.most {
            let most = format::bytes(self.text.most);
            return Err(said(format!("a record is longer than the {most} that one may have (`landing.max_record`)")));
        }
        Ok(length)
    }
}
