//! One engine per workspace.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::Instant;

/// Who holds a workspace. The pid alone is no proof of life (pids are reused): the operating system's lock on the
/// file is; this is what a second engine tells its operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// When it took the lock.
    pub started: Instant,
    /// Boot id of the machine it runs on.
    pub boot: String,
}

/// The lock, held while this lives. The operating system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another engine has it.
    #[error("an engine already runs here: process {} since {}", .0.pid, .0.started.format("%Y-%m-%d %H:%M:%S UTC"))]
    Held(Holder),
    /// The lock file cannot be used.
    #[error("the lock file {path} cannot be used: {error}")]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl Lock {
    /// Takes the workspace's lock, creating the state folder.
    ///
    /// # Errors
    /// [`LockError::Held`] when another engine has it.
    pub fn take(state: &Path, now: Instant) -> Result<Self, LockError> {
        let path = state.join("engine.lock");
        let io = |error| LockError::Io { path: path.clone(), error };
        std::fs::create_dir_all(state).map_err(io)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        if file.try_lock().is_err() {
            let mut text = String::new();
            // The holder writes right after locking; an unreadable file only costs the details.
            let _ = file.read_to_string(&mut text);
            let unknown = Holder { pid: 0, started: now, boot: String::new() };
            return Err(LockError::Held(serde_json::from_str(&text).unwrap_or(unknown)));
        }
        let holder = Holder { pid: std::process::id(), started: now, boot: boot_id() };
        let text = serde_json::to_string(&holder).map_err(|error| io(error.into()))?;
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(io)?;
        file.write_all(text.as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// Whether an engine has the workspace, whether it answers already or not.
pub fn is_held(state: &Path) -> bool {
    let file = File::open(state.join("engine.lock"));
    file.is_ok_and(|file| file.try_lock_shared().is_err())
}

/// What tells this boot of the machine from the one before: Linux says it, elsewhere it is unknown.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Lock, LockError};

    #[test]
    fn a_second_engine_is_told_who_holds_the_workspace() {
        let state = tempfile::tempdir().unwrap();
        let now = chrono::Utc::now();
        let first = Lock::take(state.path(), now).unwrap();
        let LockError::Held(holder) = Lock::take(state.path(), now).unwrap_err() else { panic!("not held") };
        assert_eq!(holder.pid, std::process::id());
        drop(first);
        assert!(Lock::take(state.path(), now).is_ok());
    }
}
