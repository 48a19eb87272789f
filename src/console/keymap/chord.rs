//! A key with its modifier.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    control: bool,
}

impl Chord {
    /// A character; a capital one means with shift.
    pub const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: false }
    }

    /// A character with control.
    pub const fn control(c: char) -> Self {
        Self { code: KeyCode::Char(c), control: true }
    }

    /// A named key.
    pub const fn key(code: KeyCode) -> Self {
        Self { code, control: false }
    }

    /// A key as a person writes it: `x`, `ctrl-x`, `f5`, `tab`, `space`.
    pub fn read(text: &str) -> Option<Self> {
        let (control, rest) = match text.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut chars = rest.chars();
        let code = match (rest, chars.next(), chars.next()) {
            (_, Some(c), None) => KeyCode::Char(c),
            ("space", ..) => KeyCode::Char(' '),
            ("tab", ..) => KeyCode::Tab,
            ("enter", ..) => KeyCode::Enter,
            ("backspace", ..) => KeyCode::Backspace,
            ("delete", ..) => KeyCode::Delete,
            ("insert", ..) => KeyCode::Insert,
            (_, Some('f'), Some(_)) => KeyCode::F(rest[1..].parse().ok().filter(|n| (1..=12).contains(n))?),
            _ => return None,
        };
        Some(Self { code, control })
    }

    /// Whether `key` is this chord. Shift is in the character already, and alt is never meant.
    pub fn fits(&self, key: &KeyEvent) -> bool {
        self.code == key.code
            && self.control == key.modifiers.contains(KeyModifiers::CONTROL)
            && !key.modifiers.contains(KeyModifiers::ALT)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Enter => f.write_str("⏎"),
            KeyCode::Esc => f.write_str("esc"),
            KeyCode::Tab => f.write_str("tab"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("pgup"),
            KeyCode::PageDown => f.write_str("pgdn"),
            KeyCode::Home => f.write_str("home"),
            KeyCode::End => f.write_str("end"),
            KeyCode::Backspace => f.write_str("backspace"),
            other => write!(f, "{other}"),
        }
    }
}
