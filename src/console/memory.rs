//! What the console remembers from one session to the next: its layout, and what was asked of rows.
//!
//! A file of the state folder. It is only a convenience: one that cannot be read or written changes nothing else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::domain::text::one_line;

/// Questions of each kind that are kept.
const KEPT: usize = 100;

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// How the screen is divided.
    pub layout: Layout,
    /// SELECTs that were typed, oldest first.
    pub selects: Vec<String>,
    /// Conditions that were typed, oldest first.
    pub conditions: Vec<String>,
}

fn file(state: &Path) -> PathBuf {
    state.join("console.json")
}

/// What the last session left in the folder of the state; nothing when that cannot be read.
pub fn read(state: &Path) -> Option<Memory> {
    let text = std::fs::read_to_string(file(state)).ok()?;
    let mut memory: Memory = serde_json::from_str(&text).ok()?;
    for list in [&mut memory.selects, &mut memory.conditions] {
        list.iter_mut().for_each(|text| *text = one_line(text));
        list.drain(..list.len().saturating_sub(KEPT));
    }
    Some(memory)
}

/// Writes it, whole or not at all.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(state: &Path, memory: &Memory) -> std::io::Result<()> {
    let part = state.join(format!(".console.{}.part", std::process::id()));
    std::fs::write(&part, serde_json::to_string_pretty(memory)?)?;
    std::fs::rename(&part, file(state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_nonsense_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        let selects = (0..300).map(|n| format!("SELECT {n} FROM data\u{1b}[2J")).collect();
        let memory =
            Memory { selects, layout: Layout { beside: "alerts".into(), ..Layout::default() }, ..Memory::default() };
        write(folder.path(), &memory).unwrap();
        let again = read(folder.path()).unwrap();
        assert_eq!((again.layout, again.selects.len()), (memory.layout, KEPT));
        assert!(again.selects[99].starts_with("SELECT 299") && !again.selects[99].contains('\u{1b}'));
        std::fs::write(file(folder.path()), "{\"layout\": 7").unwrap();
        assert_eq!(read(folder.path()), None);
        std::fs::write(file(folder.path()), "{}").unwrap();
        assert_eq!(read(folder.path()), Some(Memory::default()));
    }
}
