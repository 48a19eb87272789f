//! Listing a landing that is a place in an object store, and fetching objects of it.

use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;
use object_store::list::PaginatedListOptions;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::domain::file::{Listed, VersionToken};
use crate::lake::listing::is_pictured;
use crate::lake::remote::Remote;
use crate::lake::trouble::{Cause, Trouble};

/// So much of an object is asked for at a time.
const PIECE: u64 = 8 << 20;
/// So many objects that cannot be taken are remembered of a look.
const REFUSED: usize = 1_000;

/// A look at a place in an object store, page by page: one request and the memory of one page at a time.
pub struct Look {
    remote: Remote,
    prefix: Option<String>,
    /// Where the next page begins; none when there is no next one.
    next: Option<Option<String>>,
    refused: Vec<(String, String)>,
}

impl Look {
    /// Begins a look at what lies directly below the place. Nothing is asked of the store yet.
    pub fn begin(remote: Remote) -> Self {
        let prefix = match remote.prefix.as_ref() {
            "" => None,
            prefix => Some(format!("{prefix}/")),
        };
        Self { remote, prefix, next: Some(None), refused: Vec::new() }
    }

    /// The next page as the store gives it; none at the end.
    ///
    /// # Errors
    /// When the page cannot be had, after the store's retries: half a listing is none.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Listed>>, Trouble> {
        let Some(page_token) = self.next.take() else { return Ok(None) };
        let options = PaginatedListOptions { delimiter: Some("/".into()), page_token, ..Default::default() };
        let prefix = self.prefix.as_deref();
        let found = self.remote.pages.list_paginated(prefix, options).await;
        let found = found.map_err(|error| self.remote.trouble(&error))?;
        self.next = found.page_token.map(Some);
        let page: Vec<Listed> = found.result.objects.iter().filter_map(|meta| listed(prefix, meta)).collect();
        let (unreadable, page): (Vec<Listed>, _) = page.into_iter().partition(|file| is_pictured(&file.key));
        let room = REFUSED.saturating_sub(self.refused.len());
        let reason = "its name has control characters or is no path: rename it";
        self.refused.extend(unreadable.into_iter().take(room).map(|file| (file.key, reason.to_owned())));
        Ok(Some(page))
    }

    /// Objects so far whose names cannot be asked for, with the reason.
    pub fn refused(self) -> Vec<(String, String)> {
        self.refused
    }
}

fn listed(prefix: Option<&str>, meta: &ObjectMeta) -> Option<Listed> {
    let key = meta.location.as_ref().strip_prefix(prefix.unwrap_or_default())?;
    // Some tools make an object that stands for the folder itself.
    (!key.is_empty()).then(|| Listed {
        key: key.to_owned(),
        bytes: meta.size,
        modified: meta.last_modified.with_timezone(&Utc),
        token: token_of(meta),
    })
}

/// The version of an object: `size etag`. An etag changes with every write, or with the content where it is its hash.
/// The number of a version is left out: listings do not say it.
fn token_of(meta: &ObjectMeta) -> VersionToken {
    VersionToken(format!("{} {}", meta.size, meta.e_tag.as_deref().unwrap_or_default().trim_matches('"')))
}

/// Where the local copy of an object is kept until its run has committed: its ledger id and version make the name
/// unique, the name in the landing is there for people and for endings.
pub fn spooled(folder: &Path, id: i64, key: &str, token: &str) -> PathBuf {
    let version = blake3::hash(token.as_bytes()).to_hex();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = key.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let tail = name.len().saturating_sub(80);
    folder.join(format!("{id}-{}-{}", &version[..8], &name[tail..]))
}

/// What became of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The local copy is whole and on disk.
    Whole {
        /// BLAKE3 of the content, lower-case hex.
        hash: String,
    },
    /// The object is another version by now, or gone.
    Moved,
}

/// Fetches exactly the version `token` of the object `key` into `target`: piece by piece, every piece only of that
/// version, going on where an earlier fetch was cut off.
///
/// # Errors
/// When the store does not give it, after the store's retries; or the disk does not take it.
pub async fn fetch(remote: &Remote, key: &str, token: &str, target: &Path) -> Result<Fetched, Trouble> {
    let (size, etag) = token.split_once(' ').unwrap_or((token, ""));
    let size: u64 = size.parse().unwrap_or_default();
    let if_match = match etag {
        "" => None,
        weak if weak.starts_with("W/") => Some(weak.to_owned()),
        strong => Some(format!("\"{strong}\"")),
    };
    let name = name_of(remote, key)?;
    let part = target.with_extension("part");
    let (mut file, mut hasher, mut have) = resume(target, &part).await.map_err(disk)?;
    while have < size {
        let range = Some(GetRange::Bounded(have..(have + PIECE).min(size)));
        let options = GetOptions { range, if_match: if_match.clone(), ..GetOptions::default() };
        let got = match remote.store.get_opts(&name, options).await {
            Ok(got) => got,
            Err(error) => return moved(remote.trouble(&error)),
        };
        if token_of(&got.meta).0 != token {
            return Ok(Fetched::Moved);
        }
        let bytes = match got.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => return moved(remote.trouble(&error)),
        };
        hasher.update(&bytes);
        file.write_all(&bytes).await.map_err(disk)?;
        have += bytes.len() as u64;
    }
    file.sync_all().await.map_err(disk)?;
    let keep = || -> io::Result<()> {
        std::fs::rename(&part, target)?;
        std::fs::File::open(target.parent().unwrap_or(target))?.sync_all()
    };
    keep().map_err(disk)?;
    Ok(Fetched::Whole { hash: hasher.finalize().to_hex().to_string() })
}

/// The bytes of a small object, such as a marker; none where there is no such object, and no bytes of one that has more
/// than `most`.
///
/// # Errors
/// When the store does not give it, after the store's retries.
pub async fn small(remote: &Remote, key: &str, most: u64) -> Result<Option<Vec<u8>>, Trouble> {
    let name = name_of(remote, key)?;
    let got = match remote.store.get_opts(&name, GetOptions::default()).await {
        Ok(got) if got.meta.size > most => return Ok(Some(Vec::new())),
        Ok(got) => got.bytes().await,
        Err(error) => Err(error),
    };
    match got.map_err(|error| remote.trouble(&error)) {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(Trouble { cause: Cause::Missing, .. }) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn name_of(remote: &Remote, key: &str) -> Result<object_store::path::Path, Trouble> {
    object_store::path::Path::parse(format!("{}/{key}", remote.prefix))
        .map_err(|error| Trouble::other(error.to_string()))
}

/// What an earlier fetch of the same version left, hashed anew.
async fn resume(target: &Path, part: &Path) -> io::Result<(tokio::fs::File, blake3::Hasher, u64)> {
    if let Some(folder) = target.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut file = tokio::fs::OpenOptions::new().read(true).append(true).create(true).open(part).await?;
    let (mut hasher, mut have, mut piece) = (blake3::Hasher::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece).await?;
        if read == 0 {
            return Ok((file, hasher, have));
        }
        hasher.update(&piece[..read]);
        have += read as u64;
    }
}

fn moved(trouble: Trouble) -> Result<Fetched, Trouble> {
    match trouble.cause {
        Cause::Changed | Cause::Missing => Ok(Fetched::Moved),
        _ => Err(trouble),
    }
}

fn disk(error: io::Error) -> Trouble {
    Trouble::other(format!("the local copy cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::spooled;

    #[test]
    fn a_hostile_name_stays_in_the_spool() {
        let at = |key: &str| spooled(Path::new("/spool"), 7, key, "3 etag").display().to_string();
        assert!(at("../../x\n.csv.gz").ends_with("-.._.._x_.csv.gz"), "{}", at("../../x\n.csv.gz"));
        assert_eq!(Path::new(&at("../a")).parent(), Some(Path::new("/spool")));
        assert!(at(&"ü".repeat(500)).len() < 120);
        assert_ne!(at("a"), spooled(Path::new("/spool"), 7, "a", "3 other").display().to_string());
    }
}
