//! Bytes of a terminal into events. Nothing that comes makes it fail, grow without end, or take half a sequence for keys.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const ESC: u8 = 0x1b;
/// The end of a paste.
const PASTED: &[u8] = b"\x1b[201~";
/// Most bytes of a paste that are kept: nothing that is typed here is longer.
const KEPT: usize = 1 << 14;
/// Longest sequence that means anything.
const LONGEST: usize = 64;

/// What came and is not whole yet.
#[derive(Default)]
pub struct Parser {
    pending: Vec<u8>,
    /// The paste under way: what is kept of it.
    paste: Option<Vec<u8>>,
}

/// What the beginning of some bytes is.
enum Found {
    /// An event, or nothing that matters, and how many bytes it took.
    Whole(usize, Option<Event>),
    /// The beginning of a paste.
    Paste(usize),
    /// More must come.
    Part,
}

impl Parser {
    /// Takes bytes; answers the events that are whole now. Of a dragging mouse only its last place counts.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let (mut at, mut events) = (0, Vec::new());
        while at < pending.len() {
            if let Some(paste) = &mut self.paste {
                let rest = &pending[at..];
                let end = rest.windows(PASTED.len()).position(|window| window == PASTED);
                // The end may be cut in the middle.
                let whole = end.unwrap_or(rest.len().saturating_sub(PASTED.len() - 1));
                paste.extend_from_slice(&rest[..whole.min(KEPT.saturating_sub(paste.len()))]);
                at += whole;
                let Some(_) = end else { break };
                at += PASTED.len();
                events.push(Event::Paste(String::from_utf8_lossy(paste).into_owned()));
                self.paste = None;
                continue;
            }
            match found(&pending[at..]) {
                Found::Whole(taken, event) => {
                    at += taken;
                    push(&mut events, event);
                }
                Found::Paste(taken) => {
                    at += taken;
                    self.paste = Some(Vec::new());
                }
                Found::Part => break,
            }
        }
        self.pending = pending[at..].to_vec();
        events
    }

    /// Whether something is not whole that time decides: a paste ends when it says so.
    pub fn waits(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// Nothing more came: an Esc is the key, two are alt and a key, anything longer was lost.
    pub fn settle(&mut self) -> Option<Event> {
        let pending = std::mem::take(&mut self.pending);
        match pending.as_slice() {
            [ESC] => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            [ESC, byte @ 0x20..0x7f] => Some(key(KeyCode::Char(char::from(*byte)), KeyModifiers::ALT)),
            _ => None,
        }
    }
}

fn push(events: &mut Vec<Event>, event: Option<Event>) {
    let dragged = |event: &Event| matches!(event, Event::Mouse(mouse) if matches!(mouse.kind, MouseEventKind::Drag(_)));
    match event {
        Some(event) if dragged(&event) && events.last().is_some_and(dragged) => {
            events.pop();
            events.push(event);
        }
        // Moving the mouse, of which there may be thousands a second, means nothing here.
        Some(Event::Mouse(mouse)) if mouse.kind == MouseEventKind::Moved => {}
        Some(event) => events.push(event),
        None => {}
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// What `bytes`, of which there is at least one, begin with.
fn found(bytes: &[u8]) -> Found {
    match bytes {
        [ESC] => Found::Part,
        // The first one was a key.
        [ESC, ESC, ..] => Found::Whole(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [ESC, b'[', rest @ ..] => control_sequence(rest),
        [ESC, b'O'] => Found::Part,
        [ESC, b'O', byte, ..] => Found::Whole(3, single(*byte).map(|code| key(code, KeyModifiers::NONE))),
        // The late answer to a question about colours.
        [ESC, b']'] => Found::Part,
        [ESC, b']', b'0'..=b'9', ..] => answer(bytes),
        [ESC, rest @ ..] => match character(rest) {
            Found::Whole(taken, Some(Event::Key(event))) => {
                Found::Whole(taken + 1, Some(key(event.code, event.modifiers | KeyModifiers::ALT)))
            }
            Found::Whole(taken, _) => Found::Whole(taken + 1, None),
            part => part,
        },
        _ => character(bytes),
    }
}

/// An operating-system command up to its end.
fn answer(bytes: &[u8]) -> Found {
    let bell = bytes.iter().position(|byte| *byte == 0x07).map(|at| at + 1);
    let end = bytes.windows(2).position(|pair| pair == [ESC, b'\\']).map(|at| at + 2);
    match bell.into_iter().chain(end).min() {
        Some(taken) => Found::Whole(taken, None),
        None if bytes.len() > LONGEST => Found::Whole(bytes.len(), None),
        None => Found::Part,
    }
}

/// A control character or one of UTF-8.
fn character(bytes: &[u8]) -> Found {
    let control = |letter: u8| key(KeyCode::Char(char::from(letter)), KeyModifiers::CONTROL);
    let event = match bytes[0] {
        0 => control(b' '),
        b'\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        b'\r' => key(KeyCode::Enter, KeyModifiers::NONE),
        byte @ 0x01..=0x1a => control(byte - 1 + b'a'),
        byte @ 0x1c..=0x1f => control(byte - 0x1c + b'4'),
        0x7f => key(KeyCode::Backspace, KeyModifiers::NONE),
        byte => {
            let long = match byte {
                0..0x80 => 1,
                0xc2..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0..0xf5 => 4,
                _ => return Found::Whole(1, None),
            };
            let Some(text) = bytes.get(..long) else {
                let whole = bytes[1..].iter().all(|byte| byte & 0xc0 == 0x80);
                return if whole { Found::Part } else { Found::Whole(1, None) };
            };
            let Some(c) = std::str::from_utf8(text).ok().and_then(|text| text.chars().next()) else {
                return Found::Whole(1, None);
            };
            let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            return Found::Whole(long, Some(key(KeyCode::Char(c), shift)));
        }
    };
    Found::Whole(1, Some(event))
}

/// What follows `ESC [`: parameters, then a final byte.
fn control_sequence(rest: &[u8]) -> Found {
    // The console of Linux: F1 is `ESC [ [ A`.
    if let [b'[', tail @ ..] = rest {
        return match tail {
            [] => Found::Part,
            [byte, ..] => {
                let function = byte.checked_sub(b'A').filter(|n| *n < 5).map(|n| KeyCode::F(n + 1));
                Found::Whole(4, function.map(|code| key(code, KeyModifiers::NONE)))
            }
        };
    }
    // The oldest protocol of the mouse: three bytes follow.
    if let [b'M', tail @ ..] = rest {
        return match tail {
            [what, x, y, ..] => {
                let at = |byte: &u8| u16::from(byte.saturating_sub(32));
                Found::Whole(6, mouse(at(what), at(x), at(y), false))
            }
            _ => Found::Part,
        };
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return if rest.len() > LONGEST { Found::Whole(rest.len() + 2, None) } else { Found::Part };
    };
    let (inside, last) = (&rest[..end], rest[end]);
    if !(0x40..0x7f).contains(&last) {
        // Broken off by something else, which counts.
        return Found::Whole(end + 2, None);
    }
    let taken = end + 3;
    let (own, numbers) = match inside {
        [mark @ b'<'..=b'?', tail @ ..] => (Some(*mark), tail),
        _ => (None, inside),
    };
    let text = String::from_utf8_lossy(numbers);
    let mut numbers = text.split(';').map(|part| part.split(':').next().and_then(|n| n.parse::<u16>().ok()));
    let mut next = || numbers.next().flatten();
    if own == Some(b'<') || (own.is_none() && last == b'M') {
        let (what, x, y) = (next().unwrap_or(0), next().unwrap_or(1), next().unwrap_or(1));
        // Without the mark every number of rxvt is 32 more than it means.
        let what = if own.is_none() { what.saturating_sub(32) } else { what };
        return Found::Whole(taken, mouse(what, x, y, last == b'm'));
    }
    if own.is_some() {
        return Found::Whole(taken, None);
    }
    let first = next();
    let held = modifiers(next().unwrap_or(1));
    let code = match (last, first) {
        (b'~', Some(200)) => return Found::Paste(taken),
        (b'~', Some(1 | 7)) => KeyCode::Home,
        (b'~', Some(2)) => KeyCode::Insert,
        (b'~', Some(3)) => KeyCode::Delete,
        (b'~', Some(4 | 8)) => KeyCode::End,
        (b'~', Some(5)) => KeyCode::PageUp,
        (b'~', Some(6)) => KeyCode::PageDown,
        (b'~', Some(n @ 11..=15)) => KeyCode::F(n as u8 - 10),
        (b'~', Some(n @ 17..=21)) => KeyCode::F(n as u8 - 11),
        (b'~', Some(n @ 23..=24)) => KeyCode::F(n as u8 - 12),
        (b'Z', _) => KeyCode::BackTab,
        // A report of the cursor's place ends in R too, with two numbers.
        (b'R', Some(2..)) => return Found::Whole(taken, None),
        (byte, _) => match single(byte) {
            Some(code) => code,
            None => return Found::Whole(taken, None),
        },
    };
    let held = if code == KeyCode::BackTab { held | KeyModifiers::SHIFT } else { held };
    Found::Whole(taken, Some(key(code, held)))
}

/// Keys of one letter.
fn single(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(byte - b'P' + 1),
        _ => return None,
    })
}

/// Modifiers as xterm numbers them: one more than the sum of shift 1, alt 2, control 4.
fn modifiers(number: u16) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let of = |bit: u16, modifier| if bits & bit != 0 { modifier } else { KeyModifiers::NONE };
    of(1, KeyModifiers::SHIFT) | of(2, KeyModifiers::ALT) | of(4, KeyModifiers::CONTROL)
}

/// The mouse: the low bits say which button, 32 that it moved, 64 the wheel. Places count from 1.
fn mouse(what: u16, x: u16, y: u16, released: bool) -> Option<Event> {
    let button = match what & 3 {
        0 => Some(MouseButton::Left),
        1 => Some(MouseButton::Middle),
        2 => Some(MouseButton::Right),
        _ => None,
    };
    let kind = match (what & 0b1110_0000, button) {
        (0, Some(button)) if released => MouseEventKind::Up(button),
        (0, Some(button)) => MouseEventKind::Down(button),
        // The oldest protocol does not say which button was let go.
        (0, None) => MouseEventKind::Up(MouseButton::Left),
        (32, Some(button)) => MouseEventKind::Drag(button),
        (32, None) => MouseEventKind::Moved,
        (64, _) => match what & 3 {
            0 => MouseEventKind::ScrollUp,
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::ScrollLeft,
            _ => MouseEventKind::ScrollRight,
        },
        _ => return None,
    };
    let (column, row) = (x.saturating_sub(1), y.saturating_sub(1));
    let modifiers = modifiers(((what >> 2) & 7) + 1);
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut events = parser.feed(bytes);
        events.extend(parser.settle());
        events
    }

    fn plain(code: KeyCode) -> Event {
        key(code, KeyModifiers::NONE)
    }

    #[test]
    fn keys_are_what_terminals_send_for_them() {
        let of = |text: &str| all(text.as_bytes());
        assert_eq!(
            of("jG\u{fc}"),
            [plain(KeyCode::Char('j')), key(KeyCode::Char('G'), KeyModifiers::SHIFT), plain(KeyCode::Char('ü'))]
        );
        assert_eq!(of("\r\t\x7f"), [plain(KeyCode::Enter), plain(KeyCode::Tab), plain(KeyCode::Backspace)]);
        let control = |c| key(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(of("\x04\x1a\0"), [control('d'), control('z'), control(' ')]);
        assert_eq!(
            of("\x1b[A\x1bOB\x1b[1;5C"),
            [plain(KeyCode::Up), plain(KeyCode::Down), key(KeyCode::Right, KeyModifiers::CONTROL)]
        );
        assert_eq!(
            of("\x1b[5~\x1b[6~\x1bOP\x1b[15~\x1b[24~\x1b[[A"),
            [
                plain(KeyCode::PageUp),
                plain(KeyCode::PageDown),
                plain(KeyCode::F(1)),
                plain(KeyCode::F(5)),
                plain(KeyCode::F(12)),
                plain(KeyCode::F(1))
            ]
        );
        assert_eq!(of("\x1b[Z"), [key(KeyCode::BackTab, KeyModifiers::SHIFT)]);
        assert_eq!(of("\x1b"), [plain(KeyCode::Esc)]);
        assert_eq!(of("\x1b\x1b[B"), [plain(KeyCode::Esc), plain(KeyCode::Down)]);
        assert_eq!(of("\x1bx"), [key(KeyCode::Char('x'), KeyModifiers::ALT)]);
    }

    #[test]
    fn answers_and_reports_of_the_terminal_are_no_keys() {
        assert_eq!(all(b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;22c\x1b[24;80Rq").len(), 1);
    }

    #[test]
    fn the_mouse_is_understood_in_each_of_its_protocols() {
        let at = |event: &Event| match event {
            Event::Mouse(mouse) => (mouse.kind, mouse.column, mouse.row),
            other => panic!("{other:?}"),
        };
        let left = MouseEventKind::Down(MouseButton::Left);
        for bytes in [&b"\x1b[<0;7;3M"[..], b"\x1b[32;7;3M", b"\x1b[M '#"] {
            assert_eq!(all(bytes).iter().map(at).collect::<Vec<_>>(), [(left, 6, 2)], "{bytes:?}");
        }
        assert_eq!(at(&all(b"\x1b[<65;1;1M")[0]).0, MouseEventKind::ScrollDown);
        assert_eq!(at(&all(b"\x1b[<0;7;3m")[0]).0, MouseEventKind::Up(MouseButton::Left));
    }

    #[test]
    fn a_flood_of_the_mouse_leaves_what_matters() {
        let mut flood = b"\x1b[<35;10;10M".repeat(20_000);
        flood.extend(b"\x1b[<32;10;10M".repeat(20_000));
        flood.push(b'j');
        let events = all(&flood);
        assert_eq!(events.len(), 2, "the last place of the drag, and the key");
        assert_eq!(events[1], plain(KeyCode::Char('j')));
    }

    #[test]
    fn a_paste_is_one_event_of_bounded_length_wherever_it_is_cut() {
        let mut parser = Parser::default();
        let mut events = parser.feed(b"\x1b[200~ab\x1b[20");
        assert!(events.is_empty() && !parser.waits());
        events.extend(parser.feed(b"1~j"));
        assert_eq!(events, [Event::Paste("ab".into()), plain(KeyCode::Char('j'))]);
        let events = all(&[b"\x1b[200~".as_slice(), &b"x".repeat(1 << 20), PASTED].concat());
        assert!(matches!(&events[..], [Event::Paste(text)] if text.len() == KEPT));
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_events_are_the_same(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "j", "G", "\x1b[A", "\x1b[<0;7;3M", "\x1b[<64;1;1M", "\x1b[M '#", "\x1b[200~é\x1b[201~", "日", "\x1bOP", "\x1b[1;5C",
            ]), 1..20),
            cut in 1_usize..9,
        ) {
            let whole = pieces.concat();
            let mut parser = Parser::default();
            let mut events: Vec<Event> = whole.as_bytes().chunks(cut).flat_map(|piece| parser.feed(piece)).collect();
            events.extend(parser.settle());
            prop_assert_eq!(events, all(whole.as_bytes()));
        }

        #[test]
        fn no_bytes_make_it_fail_or_keep_more_than_a_sequence(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let mut parser = Parser::default();
            parser.feed(&bytes);
            prop_assert!(parser.paste.is_some() || parser.pending.len() <= LONGEST + 3);
            parser.settle();
            prop_assert!(!parser.waits());
        }
    }
}
