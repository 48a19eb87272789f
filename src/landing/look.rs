//! A look at a landing wherever it is, page by page: a landing may hold more than should be in memory at once.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::names::Names;
use super::{list, remote};
use crate::config::Landing;
use crate::domain::Instant;
use crate::domain::file::Listed;
use crate::domain::location::Location;
use crate::lake::remote::Remote;

/// A look that has begun.
pub enum Look {
    /// At a folder, and which.
    Folder(list::Look, PathBuf),
    /// At a place in an object store.
    Store(Box<StoreLook>),
    /// At what is not there and need not be.
    Nothing,
}

/// A look at a place in an object store, how the place and the names are called there, and what markers there are.
pub struct StoreLook {
    look: remote::Look,
    place: Location,
    names: Names,
    markers: Markers,
}

/// When each marker was put, by its name.
pub type Markers = HashMap<String, Instant>;

impl Look {
    /// Begins a look at the landing.
    ///
    /// # Errors
    /// Why it cannot be looked at, in one clause.
    pub async fn begin(landing: &Landing) -> Result<Self, String> {
        let names = Names::of(landing).map_err(|error| format!("a pattern of the landing: {error}"))?;
        if let Some(place) = &landing.remote {
            let remote = Remote::open(place).map_err(|trouble| unlisted(place, &trouble.words))?;
            let (look, place) = (remote::Look::begin(remote), place.clone());
            return Ok(Self::Store(Box::new(StoreLook { look, place, names, markers: Markers::new() })));
        }
        let folder = landing.path.clone();
        match blocking(move || list::Look::begin(&folder, &names)).await? {
            Ok(look) => Ok(Self::Folder(look, landing.path.clone())),
            // Nothing has been written there yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound && landing.stream.is_some() => Ok(Self::Nothing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!(
                "the landing {} does not exist: create it, or correct `landing.path`",
                landing.path.display()
            )),
            Err(error) => Err(unread(&landing.path, &error)),
        }
    }

    /// The next files whose names are to be taken; none at the end.
    ///
    /// # Errors
    /// Why there is no next page: what came before is not a whole listing.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Listed>>, String> {
        match self {
            Self::Nothing => Ok(None),
            Self::Folder(..) => {
                let Self::Folder(mut look, folder) = std::mem::replace(self, Self::Nothing) else { return Ok(None) };
                let (look, page) = blocking(move || {
                    let page = look.next_page();
                    (look, page)
                })
                .await?;
                let page = page.map_err(|error| unread(&folder, &error));
                *self = Self::Folder(look, folder);
                page
            }
            Self::Store(store) => {
                let StoreLook { look, place, names, markers } = store.as_mut();
                let page = look.next_page().await.map_err(|trouble| unlisted(place, &trouble.words))?;
                Ok(page.map(|mut page| {
                    let marks = page.iter().filter(|file| names.is_marker(&file.key));
                    markers.extend(marks.map(|file| (file.key.clone(), file.modified)));
                    page.retain(|file| names.take(&file.key));
                    page
                }))
            }
        }
    }

    /// The markers that were listed so far; of folders none, where they are looked for beside each file.
    pub fn markers(&mut self) -> Markers {
        match self {
            Self::Store(store) => std::mem::take(&mut store.markers),
            Self::Folder(..) | Self::Nothing => Markers::new(),
        }
    }

    /// Entries that match but cannot be taken, with the reason.
    pub fn refused(self) -> Vec<(String, String)> {
        match self {
            Self::Folder(look, _) => look.refused(),
            Self::Store(store) => {
                let StoreLook { look, names, .. } = *store;
                let mut refused = look.refused();
                refused.retain(|(key, _)| names.take(key));
                refused
            }
            Self::Nothing => Vec::new(),
        }
    }
}

fn unlisted(place: &dyn std::fmt::Display, why: &str) -> String {
    format!("the landing {place} cannot be listed: {why}")
}

fn unread(folder: &Path, error: &io::Error) -> String {
    let cure = match error.kind() {
        io::ErrorKind::PermissionDenied => "; allow this user to read and to enter the folder",
        _ => "",
    };
    unlisted(&folder.display(), &format!("{error}{cure}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| panic.to_string())
}
