//! From a claimed file version to its content.

use std::io::{self, Read, Seek};
use std::path::Path;

use super::unpack::Sentence;
use crate::domain::job::InputFile;
use crate::landing::{open, token};
use crate::stages::StageError;

/// Why a file of the batch is left out.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It cannot be used.
    Quarantine(String),
    /// It is not the version that was claimed.
    Changed(String),
    /// It is not the file's doing, and the stage ends.
    Stage(Box<StageError>),
}

impl Refusal {
    /// Why.
    pub fn reason(self) -> String {
        match self {
            Self::Quarantine(reason) | Self::Changed(reason) => reason,
            Self::Stage(error) => error.message(),
        }
    }
}

/// A refusal for a file that cannot be used.
pub(super) fn quarantine<T>(reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Quarantine(reason.into()))
}

/// What files are read from.
pub(super) trait Content: Read + Seek + Send {}
impl<T: Read + Seek + Send> Content for T {}

/// What `read` makes of exactly the claimed version: what it read of a file that changed meanwhile is not used.
pub(super) fn with<T>(
    file: &InputFile,
    read: impl FnOnce(&mut dyn Content) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let path = Path::new(&file.path);
    let Some(mut opened) = open::open(path, &file.token).map_err(|error| unreadable(&error))? else {
        return Err(Refusal::Changed("it was changed before it was read".to_owned()));
    };
    let result = read(&mut opened);
    match token::of(path) {
        Ok(found) if found.0 == file.token => result,
        Ok(_) => Err(Refusal::Changed("it was changed while it was read".to_owned())),
        Err(error) => Err(unreadable(&error)),
    }
}

/// What is said of an error in reading content.
pub(super) fn unreadable(error: &io::Error) -> Refusal {
    if let Some(sentence) = error.get_ref().and_then(|inner| inner.downcast_ref::<Sentence>()) {
        return Refusal::Quarantine(sentence.0.clone());
    }
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::Changed("it has vanished from the landing".to_owned()),
        io::ErrorKind::PermissionDenied => Refusal::Quarantine(
            "the file cannot be read: permission denied; give the user of the engine the right to read it".to_owned(),
        ),
        _ => Refusal::Quarantine(format!("the file cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, with};
    use crate::domain::job::InputFile;
    use crate::landing::token;

    #[test]
    fn what_was_read_of_a_file_that_changed_meanwhile_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a\n1\n").unwrap();
        let (token, key) = (token::of(&path).unwrap().0, "a.csv".to_owned());
        let file = InputFile { id: 1, key, path: path.display().to_string(), bytes: 4, token, promised: None };
        let text = with(&file, |content| {
            let mut text = String::new();
            content.read_to_string(&mut text).unwrap();
            Ok(text)
        });
        assert_eq!(text.unwrap(), "a\n1\n");
        let changed = with(&file, |_| {
            std::fs::write(&path, "a\n1\n2\n").unwrap();
            Ok(())
        });
        assert!(matches!(changed, Err(Refusal::Changed(why)) if why == "it was changed while it was read"));
    }
}
