//! What an operator can do with file versions, and with which.

use super::keymap::Act;
use super::place::{List, Place};
use super::state::State;
use crate::domain::file::{FileState, FileVerb};
use crate::store::files::FileRow;

/// What a key asks for.
pub fn verb(act: Act) -> Option<FileVerb> {
    Some(match act {
        Act::HoldFile => FileVerb::Hold,
        Act::ReleaseFile => FileVerb::Release,
        Act::RetryFile => FileVerb::Retry,
        Act::DropFile => FileVerb::Drop,
        _ => return None,
    })
}

/// Its name, to head a dialog with.
pub fn name(verb: FileVerb) -> &'static str {
    match verb {
        FileVerb::Hold => "Hold",
        FileVerb::Release => "Release",
        FileVerb::Retry => "Retry",
        FileVerb::Drop => "Drop",
    }
}

/// What it means, before it is done.
pub fn meaning(verb: FileVerb) -> &'static str {
    match verb {
        FileVerb::Hold => "No run takes it until it is released.",
        FileVerb::Release => "The next run takes it as it is.",
        FileVerb::Retry => "It is looked at as if it had just landed.",
        FileVerb::Drop => "No run will ever take it, unless somebody releases it.",
    }
}

/// Why it cannot be done with this file version, in one sentence.
pub fn refusal(verb: FileVerb, file: &FileRow) -> Option<String> {
    if verb.leads_to(file.state).is_some() {
        return None;
    }
    let fitting = FileState::ALL.iter().filter(|state| verb.leads_to(**state).is_some());
    let fitting: Vec<&str> = fitting.map(|state| state.name()).collect();
    let (last, others) = fitting.split_last()?;
    let others = others.join(", ");
    Some(format!("no {} file can be {}: only one that is {others} or {last}", file.state, verb.past()))
}

impl State {
    /// The file version that keys are about here.
    pub fn file(&self) -> Option<&FileRow> {
        match &self.place {
            Place::Files => self.pages.files.as_ref()?.get(self.selected_index(List::Files)?),
            Place::File { file } => self.pages.file.as_ref().map(|page| &page.file).filter(|row| row.id == *file),
            _ => None,
        }
    }

    /// The file versions that a verb goes to: the marked ones, or the one under the cursor.
    pub fn chosen_files(&self) -> Vec<&FileRow> {
        if self.place == Place::Files && !self.marked.is_empty() {
            let files = self.pages.files.as_deref().unwrap_or_default();
            return files.iter().filter(|file| self.marked.contains(&file.id)).collect();
        }
        self.file().into_iter().collect()
    }
}
