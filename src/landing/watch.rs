//! File-system events as hints: they shorten the wait for the next look, they never decide anything.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::event::{ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::token;
use crate::domain::file::VersionToken;

/// Renames of which the second half is waited for.
const LEFT: usize = 64;

/// Where it is worth looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// In this folder something was written, renamed or removed.
    Folder(PathBuf),
    /// Into this folder a file was moved.
    Moved(PathBuf, Moved),
    /// Anywhere: events were lost.
    Anywhere,
}

/// A file that came to its name by a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub key: String,
    /// Its version when the event was heard: a writer that goes on writing to it makes another.
    pub token: VersionToken,
    /// Its name before, if it was in the same folder.
    pub from: Option<String>,
}

/// Watches folders while it lives.
pub struct Hints {
    watcher: RecommendedWatcher,
    watched: BTreeMap<PathBuf, Identity>,
    refused: BTreeSet<PathBuf>,
}

/// What came of [`Hints::tend`].
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// Folders that are watched anew or no longer there: no event told what has happened in them.
    pub changed: BTreeSet<PathBuf>,
    /// Folders that cannot be watched, with the reason; each is named once.
    pub refused: Vec<(PathBuf, String)>,
}

/// Tells a folder from another one that later has its name: device, inode (which are used again) and birth.
type Identity = (u64, u64, Option<SystemTime>);

impl Hints {
    /// Calls `hint` (from a thread of its own) with what every event says. Reads do not count: Landfall's own looks would
    /// feed themselves.
    ///
    /// # Errors
    /// When the system offers no watcher (the schedule still works without).
    pub fn new(hint: impl Fn(Hint) + Send + 'static) -> notify::Result<Self> {
        let mut left = Vec::new();
        let watcher = notify::recommended_watcher(move |event| {
            if let Some(found) = read(event, &mut left) {
                hint(found);
            }
        })?;
        Ok(Self { watcher, watched: BTreeMap::new(), refused: BTreeSet::new() })
    }

    /// Watches exactly these folders from now on, as far as they are there. To be called again and again: a folder that
    /// comes, or is made anew, or is mounted over, is not watched before.
    pub fn tend(&mut self, folders: &[PathBuf]) -> Tended {
        let Self { watcher, watched, refused } = self;
        watched.retain(|old, _| {
            let stays = folders.contains(old);
            if !stays {
                // It may be gone already, and then it is not watched either.
                let _ = watcher.unwatch(old);
            }
            stays
        });
        let mut tended = Tended::default();
        for folder in folders {
            // Before it is watched: if another one takes its place in between, the next call sees that.
            let found = identity(folder);
            if found.as_ref() == watched.get(folder) {
                continue;
            }
            if watched.remove(folder).is_some() {
                let _ = watcher.unwatch(folder);
                tended.changed.insert(folder.clone());
            }
            let Some(found) = found else { continue };
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    watched.insert(folder.clone(), found);
                    refused.remove(folder);
                    tended.changed.insert(folder.clone());
                }
                Err(error) if refused.insert(folder.clone()) => {
                    tended.refused.push((folder.clone(), error.to_string()))
                }
                Err(_) => {}
            }
        }
        tended
    }
}

/// What an event says; nothing when it is about a mere read. `left` are the last names that files had to leave in renames,
/// and what the rest of each is known by.
fn read(event: notify::Result<Event>, left: &mut Vec<(usize, PathBuf)>) -> Option<Hint> {
    let Ok(event) = event else { return Some(Hint::Anywhere) };
    if event.need_rescan() {
        return Some(Hint::Anywhere);
    }
    if matches!(event.kind, EventKind::Access(_)) {
        return None;
    }
    let Some(path) = event.paths.first() else { return Some(Hint::Anywhere) };
    let folder = path.parent()?.to_owned();
    match event.kind {
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
            left.extend(event.tracker().map(|tracker| (tracker, path.clone())));
            left.drain(..left.len().saturating_sub(LEFT));
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
            let from = left.iter().position(|(tracker, _)| event.tracker() == Some(*tracker));
            if let Some(moved) = moved(path, from.map(|at| left.swap_remove(at).1)) {
                return Some(Hint::Moved(folder, moved));
            }
        }
        _ => {}
    }
    Some(Hint::Folder(folder))
}

fn moved(path: &Path, from: Option<PathBuf>) -> Option<Moved> {
    let from = from.filter(|from| from.parent() == path.parent());
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    Some(Moved { key: name(path)?, token: token::of(path).ok()?, from: from.and_then(|from| name(&from)) })
}

fn identity(folder: &Path) -> Option<Identity> {
    let found = std::fs::metadata(folder).ok().filter(std::fs::Metadata::is_dir)?;
    Some((found.dev(), found.ino(), found.created().ok()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc;
    use std::time::Duration;

    use notify::event::{AccessKind, CreateKind, Flag, ModifyKind, RenameMode};
    use notify::{Error, Event, EventKind};

    use super::{Hint, Hints, Moved, Tended, read, token};

    #[test]
    fn what_was_lost_may_be_anywhere_and_a_read_is_nothing() {
        let read = |event| read(event, &mut Vec::new());
        let created = Event::new(EventKind::Create(CreateKind::File));
        let in_folder = created.clone().add_path("landing/a.csv".into());
        assert_eq!(read(Ok(in_folder.clone())), Some(Hint::Folder("landing".into())));
        assert_eq!(read(Ok(in_folder.set_flag(Flag::Rescan))), Some(Hint::Anywhere));
        assert_eq!(read(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan))), Some(Hint::Anywhere));
        assert_eq!(read(Ok(created)), Some(Hint::Anywhere));
        assert_eq!(read(Err(Error::generic("the queue is gone"))), Some(Hint::Anywhere));
        let opened = Event::new(EventKind::Access(AccessKind::Any)).add_path("landing/a.csv".into());
        assert_eq!(read(Ok(opened)), None);
    }

    #[test]
    fn a_rename_says_the_version_that_came_and_its_name_before() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::write(path("b.csv"), "x\n").unwrap();
        let token = token::of(&path("b.csv")).unwrap();
        let event = |mode, tracker: usize, name: &str| {
            Ok(Event::new(EventKind::Modify(ModifyKind::Name(mode))).set_tracker(tracker).add_path(path(name)))
        };
        let said = |from: Option<&str>| {
            let from = from.map(str::to_owned);
            Some(Hint::Moved(place.path().into(), Moved { key: "b.csv".into(), token: token.clone(), from }))
        };
        let (mut left, here) = (Vec::new(), Some(Hint::Folder(place.path().into())));
        assert_eq!(read(event(RenameMode::From, 1, "a.tmp"), &mut left), here);
        assert_eq!(read(event(RenameMode::To, 1, "b.csv"), &mut left), said(Some("a.tmp")));
        assert_eq!(read(event(RenameMode::To, 2, "b.csv"), &mut left), said(None));
        // Another file's name before is not this one's, and a file that has gone again has not come.
        assert_eq!(read(event(RenameMode::From, 3, "a.tmp"), &mut left), here);
        assert_eq!(read(event(RenameMode::To, 4, "b.csv"), &mut left), said(None));
        assert_eq!(read(event(RenameMode::To, 5, "gone.csv"), &mut left), here);
    }

    #[test]
    fn a_folder_that_comes_goes_and_comes_again_is_watched_each_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("landing");
        let folders = [folder.clone()];
        let (tell, told) = mpsc::channel();
        let mut hints = Hints::new(move |hint| tell.send(hint).unwrap_or_default()).unwrap();
        let changed = |folders: &[PathBuf]| Tended { changed: folders.iter().cloned().collect(), refused: Vec::new() };
        let lands = |name: &str| {
            while told.try_recv().is_ok() {}
            std::fs::write(place.path().join(name), "x\n").unwrap();
            std::fs::rename(place.path().join(name), folder.join(name)).unwrap();
            // What happened to the folder itself is told of the one above it.
            let heard = || told.recv_timeout(Duration::from_secs(60)).unwrap();
            let token = token::of(&folder.join(name)).unwrap();
            let moved = Hint::Moved(folder.clone(), Moved { key: name.into(), token, from: None });
            while heard() != moved {}
        };
        assert_eq!(hints.tend(&folders), Tended::default());
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(hints.tend(&folders), changed(&folders));
        assert_eq!(hints.tend(&folders), Tended::default());
        lands("a.csv");
        std::fs::rename(&folder, place.path().join("moved")).unwrap();
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(hints.tend(&folders), changed(&folders));
        lands("b.csv");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(hints.tend(&folders), changed(&folders));
        assert_eq!(hints.tend(&[]), Tended::default());
    }
}
