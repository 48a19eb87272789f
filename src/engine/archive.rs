//! Files whose rows are in the lake leave the landing, where the pipeline says so.
//!
//! Never before the commit, and found by every look: what a crash left in the landing goes at the next one.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Pipeline;
use crate::config::pipeline::Archive;
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::lake::crash;
use crate::landing::{open, token};
use crate::store::files::FileRow;
use crate::store::{Result, files, ledger};

use super::context::Context;

/// How a version left the landing.
enum Went {
    /// To the archive: its path there and its version token.
    Moved(PathBuf, String),
    Removed,
    /// Somebody else took it, or an engine that died before it could say so.
    Gone,
}

/// Moves or removes every committed file that is still in the landing as the version that was run.
///
/// # Errors
/// The store's. A file that cannot be moved stays, and that is said.
pub async fn archive(context: &Context, pipeline: &Pipeline) -> Result<()> {
    if pipeline.landing.archive == Archive::Keep {
        return Ok(());
    }
    let name = pipeline.name.clone();
    let rows = context.store.read(move |c| files::in_state(c, &name, FileState::Committed)).await?;
    for row in rows {
        if let Some(path) = row.archived.clone() {
            // A rerun had it.
            let reason = format!("lies in {}", one_line(&path));
            context.write(move |tx, now| files::set_state(tx, row.id, FileState::Archived, &reason, now)).await?;
            continue;
        }
        let (landing, to, moved) = (pipeline.landing.path.clone(), pipeline.landing.archive.clone(), row.clone());
        let outcome = tokio::task::spawn_blocking(move || leave(&landing, &to, &moved)).await;
        let said = match outcome {
            Ok(Ok(Some(went))) => {
                crash::point("archive-moved");
                context
                    .write(move |tx, now| {
                        // A rerun may have claimed it meanwhile; it finds the file where the ledger says from now on.
                        if files::get(tx, row.id)?.is_some_and(|row| row.state == FileState::Committed) {
                            let reason = match &went {
                                Went::Moved(path, _) => format!("moved to {}", path.display()),
                                Went::Removed => "removed from the landing".to_owned(),
                                Went::Gone => "no longer in the landing".to_owned(),
                            };
                            files::set_state(tx, row.id, FileState::Archived, &one_line(&reason), now)?;
                        }
                        if let Went::Moved(path, token) = &went {
                            ledger::set_archived(tx, row.id, &path.display().to_string(), token)?;
                        }
                        Ok(())
                    })
                    .await?;
                continue;
            }
            Ok(Ok(None)) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(panic) => panic.to_string(),
        };
        let said = format!("{} stays in the landing: it cannot be archived: {said}", one_line(&row.key));
        context.note(Level::Warn, Some(&pipeline.name), None, "file", &said).await;
    }
    Ok(())
}

/// `None` when another version has its name in the landing, and the archive does not hold this one.
fn leave(landing: &Path, to: &Archive, row: &FileRow) -> io::Result<Option<Went>> {
    let path = landing.join(&row.key);
    let present = token_there(&path)?;
    let there = present.as_ref() == Some(&row.token);
    // A landing that is away as a whole says nothing about its files.
    let gone = || Ok((present.is_none() && landing.is_dir()).then_some(Went::Gone));
    let Archive::Folder(folder) = to else {
        return if there { Ok(remove_version(&path, row)?.then_some(Went::Removed)) } else { gone() };
    };
    let places = [folder.join(&row.key), folder.join(format!("{}-{}", row.id, row.key))];
    let mut went = None;
    // An engine that died before it could write down the place had moved it, or copied it and not yet removed it.
    for place in &places {
        if is_copy(place, row)? {
            went = Some(place);
        }
    }
    let target = match went {
        Some(place) => {
            sync(folder)?;
            remove_version(&path, row)?;
            place
        }
        None if there => {
            std::fs::create_dir_all(folder)?;
            let target = if places[0].exists() { &places[1] } else { &places[0] };
            if !carry(&path, target, folder, row)? {
                return Ok(None);
            }
            target
        }
        None => return gone(),
    };
    let token = token::of(target)?.0;
    Ok(Some(Went::Moved(target.clone(), token)))
}

/// The version token of what is at `path`, if anything is.
fn token_there(path: &Path) -> io::Result<Option<String>> {
    match token::of(path) {
        Ok(token) => Ok(Some(token.0)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes the file at `path` if it still is the version that was run: a newer one, which nobody has read, may have
/// come while a copy was made or compared.
fn remove_version(path: &Path, row: &FileRow) -> io::Result<bool> {
    let there = token_there(path)?.as_ref() == Some(&row.token);
    if there {
        std::fs::remove_file(path)?;
    }
    Ok(there)
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Whether the file at `place` has the content of this version.
fn is_copy(place: &Path, row: &FileRow) -> io::Result<bool> {
    let (Ok(metadata), Some(hash)) = (std::fs::symlink_metadata(place), &row.hash) else { return Ok(false) };
    if !metadata.is_file() || metadata.len() != row.bytes {
        return Ok(false);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(place)?)?;
    Ok(hasher.finalize().to_hex().as_str() == hash)
}

/// Moves the file at `path` to `target`, over the border of a file system too, and makes that durable; `false` when
/// another version is there by now.
fn carry(path: &Path, target: &Path, folder: &Path, row: &FileRow) -> io::Result<bool> {
    let Some(mut file) = open::open(path, &row.token)? else { return Ok(false) };
    match std::fs::rename(path, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            // Never half a file under its own name.
            let half = folder.join(format!(".{}.part", row.id));
            let mut copy = std::fs::File::create(&half)?;
            io::copy(&mut file, &mut copy)?;
            copy.sync_all()?;
            std::fs::rename(&half, target)?;
            sync(folder)?;
            remove_version(path, row)?;
        }
        other => {
            other?;
            sync(folder)?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Instant;
    use crate::domain::file::{Listed, VersionToken};
    use crate::store::Store;

    /// What the ledger knows of a file that was committed when it was `token`.
    fn row(key: &str, content: &str, token: String) -> FileRow {
        let state = tempfile::tempdir().unwrap();
        let store = Store::open(state.path()).unwrap();
        let bytes = content.len() as u64;
        let listed = Listed { key: key.into(), bytes, modified: Instant::default(), token: VersionToken(token) };
        let entered = store.write(move |tx| {
            let id = files::enter(tx, "p", &listed, Instant::default())?;
            files::get(tx, id)
        });
        let row = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(entered).unwrap().unwrap();
        FileRow { hash: Some(blake3::hash(content.as_bytes()).to_hex().to_string()), ..row }
    }

    /// A landing whose file is a newer version than the one that was run.
    fn overwritten() -> (tempfile::TempDir, PathBuf, FileRow) {
        let folder = tempfile::tempdir().unwrap();
        let (landing, archive) = (folder.path().join("landing"), folder.path().join("archive"));
        std::fs::create_dir(&landing).unwrap();
        std::fs::create_dir(&archive).unwrap();
        let path = landing.join("a.csv");
        std::fs::write(&path, "old").unwrap();
        let row = row("a.csv", "old", token::of(&path).unwrap().0);
        std::fs::write(folder.path().join("new"), "new").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        (folder, path, row)
    }

    #[test]
    fn a_version_nobody_has_read_is_neither_moved_nor_removed() {
        let (folder, path, row) = overwritten();
        let archive = folder.path().join("archive");
        let target = archive.join("a.csv");
        // It came after the look that found the old one in place.
        assert!(!carry(&path, &target, &archive, &row).unwrap() && !target.exists());
        assert!(!remove_version(&path, &row).unwrap());
        std::fs::write(&target, "old").unwrap();
        let went = leave(path.parent().unwrap(), &Archive::Folder(archive), &row).unwrap();
        assert!(matches!(went, Some(Went::Moved(place, _)) if place == target));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert!(leave(path.parent().unwrap(), &Archive::Delete, &row).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn what_is_gone_without_a_copy_is_not_looked_for_again_unless_the_landing_is_away() {
        let (folder, path, row) = overwritten();
        std::fs::remove_file(&path).unwrap();
        let landing = path.parent().unwrap();
        for to in [Archive::Delete, Archive::Folder(folder.path().join("archive"))] {
            assert!(matches!(leave(landing, &to, &row).unwrap(), Some(Went::Gone)));
            assert!(leave(&folder.path().join("away"), &to, &row).unwrap().is_none());
        }
    }
}
