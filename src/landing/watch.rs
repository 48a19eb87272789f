//! File-system events as hints: they shorten the wait for the next look, they never decide anything.

use std::path::{Path, PathBuf};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Watches folders while it lives.
pub struct Hints {
    watcher: RecommendedWatcher,
    watched: Vec<PathBuf>,
}

impl Hints {
    /// Calls `hint` (from a thread of its own) with the folder in which something was written, renamed or removed.
    /// Reads do not count: Landfall's own looks would feed themselves.
    ///
    /// # Errors
    /// When the system offers no watcher (the schedule still works without).
    pub fn new(hint: impl Fn(&Path) + Send + 'static) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // An overflow or a failed watch says nothing reliable; the next scheduled look finds what it missed.
            let Ok(event) = event else { return };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            if let Some(folder) = event.paths.first().and_then(|path| path.parent()) {
                hint(folder);
            }
        })?;
        Ok(Self { watcher, watched: Vec::new() })
    }

    /// Watches exactly these folders from now on. Answers those that cannot be watched, with the reason.
    pub fn watch(&mut self, folders: &[PathBuf]) -> Vec<(PathBuf, String)> {
        for old in std::mem::take(&mut self.watched) {
            if !folders.contains(&old) {
                // It may be gone already, and then it is not watched either.
                let _ = self.watcher.unwatch(&old);
            } else {
                self.watched.push(old);
            }
        }
        let mut failed = Vec::new();
        for folder in folders {
            if self.watched.contains(folder) {
                continue;
            }
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => self.watched.push(folder.clone()),
                Err(error) => failed.push((folder.clone(), error.to_string())),
            }
        }
        failed
    }
}
