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

/// `None` when the landing does not hold this version any more.
fn leave(landing: &Path, to: &Archive, row: &FileRow) -> io::Result<Option<Went>> {
    let path = landing.join(&row.key);
    match token::of(&path) {
        Ok(token) if token.0 == row.token => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let Archive::Folder(folder) = to else {
        std::fs::remove_file(&path)?;
        return Ok(Some(None));
    };
    std::fs::create_dir_all(folder)?;
    let mut target = folder.join(&row.key);
    if target.exists() {
        target = folder.join(format!("{}-{}", row.id, row.key));
    }
    match std::fs::rename(&path, &target) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let Some(mut file) = open::open(&path, &row.token)? else { return Ok(None) };
            let mut copy = std::fs::File::create_new(&target)?;
            io::copy(&mut file, &mut copy)?;
            copy.sync_all()?;
            std::fs::remove_file(&path)?;
        }
        other => other?,
    }
    std::fs::File::open(folder)?.sync_all()?;
    let token = token::of(&target)?.0;
    Ok(Some(Some((target, token))))
}
