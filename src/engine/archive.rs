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

/// Where a file went: its path and its version token there; `None` of a deleted one.
type Went = Option<(PathBuf, String)>;

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
                                Some((path, _)) => format!("moved to {}", path.display()),
                                None => "removed from the landing".to_owned(),
                            };
                            files::set_state(tx, row.id, FileState::Archived, &one_line(&reason), now)?;
                        }
                        if let Some((path, token)) = &went {
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

/// `None` when neither the landing nor the archive holds this version any more.
fn leave(landing: &Path, to: &Archive, row: &FileRow) -> io::Result<Option<Went>> {
    let path = landing.join(&row.key);
    let there = match token::of(&path) {
        Ok(token) => token.0 == row.token,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    let Archive::Folder(folder) = to else {
        if !there {
            return Ok(None);
        }
        std::fs::remove_file(&path)?;
        return Ok(Some(None));
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
        Some(place) if there => {
            std::fs::remove_file(&path)?;
            place
        }
        Some(place) => place,
        None if there => {
            std::fs::create_dir_all(folder)?;
            let target = if places[0].exists() { &places[1] } else { &places[0] };
            if !carry(&path, target, folder, row)? {
                return Ok(None);
            }
            target
        }
        None => return Ok(None),
    };
    std::fs::File::open(folder)?.sync_all()?;
    let token = token::of(target)?.0;
    Ok(Some(Some((target.clone(), token))))
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

/// Moves the file at `path` to `target`, over the border of a file system too; `false` when it is another version by
/// now.
fn carry(path: &Path, target: &Path, folder: &Path, row: &FileRow) -> io::Result<bool> {
    match std::fs::rename(path, target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let Some(mut file) = open::open(path, &row.token)? else { return Ok(false) };
            // Never half a file under its own name.
            let half = folder.join(format!(".{}.part", row.id));
            let mut copy = std::fs::File::create(&half)?;
            io::copy(&mut file, &mut copy)?;
            copy.sync_all()?;
            std::fs::rename(&half, target)?;
            std::fs::remove_file(path)?;
        }
        other => other?,
    }
    Ok(true)
}
